//! The log of an airshed as a topic: its records, and next to it the checkpoints over them and the
//! snapshot of the state that they lead to.

use std::cell::RefCell;

use crate::domain::{Event, Fact};
use crate::engine::{EventLog, Memory, Occasion, PortError, Position, Record, Records};
use crate::wire::append::Append;
use crate::wire::record::{self, ParseRules};
use crate::wire::snapshot::SnapshotFound;
use crate::wire::topic_snapshot::SignedEdge;
use crate::wire::trust::Hash;
use crate::wire::trust::key::SignerKey;
use crate::wire::trust::note::Note;
use crate::wire::trust::signing::{self, SignError, is_decision};
use crate::wire::trust::tree::{self, Edge};

use super::checkpoints::{self, Last};
use super::client::Connection;
use super::decoders::{self, Decoders};
use super::fenced::Writer;
use super::log_reader::KafkaLogReader;
use super::snapshot::{self, Loaded, New};
use super::topic_log::{Batch, Entry, Stored, TopicLog};

/// How a log in a topic is written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct LogOptions {
    /// After so many records the state that they lead to is saved.
    pub snapshot_records: u64,
}

/// Reading and folding ten thousand records takes less than a second.
impl Default for LogOptions {
    fn default() -> Self {
        Self { snapshot_records: 10_000 }
    }
}

/// The log of one airshed in a topic. Opening it fences every earlier writer.
pub struct KafkaLog {
    connection: Connection,
    topic: TopicLog,
    parse: ParseRules,
    decoders: Decoders,
    /// What stands before each record of ours.
    frame: Vec<u8>,
    signing: Option<Signing>,
    options: LogOptions,
    hashed: RefCell<Hashed>,
    snapshots: Snapshots,
}

/// The key, and where checkpoints go.
struct Signing {
    key: SignerKey,
    /// Whether there is a topic for checkpoints: it is looked for once.
    has_topic: bool,
}

/// The tree over the records that were read or appended so far.
#[derive(Default)]
struct Hashed {
    edge: Edge,
    /// The hash of the last of them.
    leaf: Hash,
}

/// What is known of the snapshot in its topic.
#[derive(Default)]
struct Snapshots {
    /// What was found when it was looked for.
    found: Option<SnapshotFound>,
    /// The state in it, until it is asked for.
    memory: Option<Box<Memory>>,
    /// The id of the topic of the log.
    topic_id: Option<String>,
    /// Whether the broker was asked for it.
    has_asked: bool,
    /// The log up to its last checkpoint.
    signed: Option<SignedEdge>,
    /// How many records the newest one covers.
    covered: u64,
    has_topic: bool,
    /// Whether it was said that none could be saved.
    has_failed: bool,
}

impl Snapshots {
    fn ignore(&mut self, why: &str) {
        self.found = Some(SnapshotFound::Wrong(why.to_owned()));
        (self.memory, self.covered) = (None, 0);
    }
}

impl KafkaLog {
    /// Opens the log in `topic`; `airshed` names its writer, and the newest of that name writes.
    pub fn open(
        connection: &Connection,
        topic: &str,
        airshed: &str,
        parse: ParseRules,
    ) -> Result<Self, PortError> {
        Self::open_with(connection, topic, airshed, parse, LogOptions::default())
    }

    /// The same with other options.
    pub fn open_with(
        connection: &Connection,
        topic: &str,
        airshed: &str,
        parse: ParseRules,
        options: LogOptions,
    ) -> Result<Self, PortError> {
        Ok(Self {
            connection: connection.clone(),
            topic: TopicLog::open(connection, topic, airshed, record::SCHEMA)?,
            parse,
            decoders: Decoders::new(parse)?,
            frame: decoders::frame(record::SCHEMA)?,
            signing: None,
            options,
            hashed: RefCell::default(),
            snapshots: Snapshots::default(),
        })
    }

    /// The writer of the log, which also publishes.
    pub fn writer(&self) -> &Writer {
        self.topic.writer()
    }

    /// Whether a key has signed this log before.
    pub fn is_signed(&self) -> Result<bool, PortError> {
        checkpoints::exist(&self.connection, self.name())
    }

    /// What became of the snapshot of this log. It is looked for once.
    pub fn snapshot_found(&mut self) -> Result<SnapshotFound, PortError> {
        if let Some(found) = &self.snapshots.found {
            return Ok(found.clone());
        }
        let topic_id = self.topic_id()?;
        let reading = self.topic.reading();
        let loaded = snapshot::load(&self.connection, reading, topic_id.as_deref(), self.parse);
        let found = match loaded {
            Ok(Loaded { memory, edge, leaf, signed }) => {
                let found = SnapshotFound::Used(memory.next);
                self.hashed = RefCell::new(Hashed { edge, leaf });
                self.snapshots.covered = memory.next.0;
                self.snapshots.memory = Some(Box::new(memory));
                self.snapshots.signed = signed;
                found
            }
            Err(found) => found,
        };
        self.snapshots.found = Some(found.clone());
        Ok(found)
    }

    /// Reads the whole log, whatever its snapshot says.
    pub fn ignore_snapshot(&mut self) {
        self.snapshots.ignore("as asked");
    }

    fn topic_id(&mut self) -> Result<Option<String>, PortError> {
        if !self.snapshots.has_asked {
            self.snapshots.topic_id = snapshot::topic_id(&self.connection, self.name())?;
            self.snapshots.has_asked = true;
        }
        Ok(self.snapshots.topic_id.clone())
    }

    /// How many records have been read from the topic so far.
    pub fn records_read(&self) -> u64 {
        self.topic.reading().records_read()
    }

    /// Whether there are no records.
    pub fn is_empty(&self) -> Result<bool, PortError> {
        Ok(self.topic.reading().ends()?.1 == 0)
    }

    /// From here on, a checkpoint signed by this key follows each append that holds a decision.
    /// What a crash has lost of them is made again. A log that is shorter than its last checkpoint
    /// says, or another, is not signed.
    pub fn sign(&mut self, key: SignerKey) -> Result<(), PortError> {
        self.snapshot_found()?;
        let last = checkpoints::last(&self.connection, self.name(), &key)?;
        let size = last.as_ref().map_or(0, |it| it.checkpoint.size);
        let known = self.snapshots.signed.take().filter(|it| it.edge.leaves() <= size);
        let after_known = known.as_ref().map(|it| self.unsigned(it.edge.clone(), last.as_ref()));
        let (hashed, missing) = match after_known {
            Some(Ok(found)) => {
                self.snapshots.signed = known;
                found
            }
            Some(Err(_)) => {
                // A wrong tree in the snapshot is no reason to refuse the log: the records decide.
                self.snapshots.ignore("its tree is not that of the records that were signed");
                self.unsigned(Edge::default(), last.as_ref())?
            }
            None => self.unsigned(Edge::default(), last.as_ref())?,
        };
        let notes: Vec<_> =
            missing.iter().map(|(size, root)| checkpoints::signed(&key, *size, *root)).collect();
        checkpoints::add(&self.connection, &mut self.topic, &notes, last.is_some())?;
        let has_topic = last.is_some() || !notes.is_empty();
        if missing.last().map_or(size, |it| it.0) == hashed.edge.leaves() {
            self.snapshots.signed = self.signed_edge(&hashed.edge);
        }
        self.hashed = RefCell::new(hashed);
        self.signing = Some(Signing { key, has_topic });
        Ok(())
    }

    /// The log up to its end, where that is signed.
    fn signed_edge(&self, edge: &Edge) -> Option<SignedEdge> {
        let last = edge.leaves().checked_sub(1)?;
        let mark = self.topic.reading().mark_before(last)?;
        Some(SignedEdge { mark, edge: edge.clone() })
    }

    /// The tree over all records, and where a checkpoint is missing, from the records after `edge`.
    fn unsigned(
        &self,
        edge: Edge,
        last: Option<&Last>,
    ) -> Result<(Hashed, Vec<signing::Unsigned>), PortError> {
        let mut reader = KafkaLogReader::from(self.topic.reading(), edge.leaves(), self.parse)?;
        let signed = last.map(|it| &it.checkpoint);
        let found = signing::unsigned(&mut reader, edge, signed);
        let (edge, missing) = found.map_err(|error| match error {
            SignError::OtherKey(words) | SignError::Damaged(words) => {
                checkpoints::damaged(self.name(), last.map_or(0, |it| it.offset), &words)
            }
            SignError::Read(error) => error.into(),
        })?;
        // Where nothing followed the edge, the last record is that of the snapshot.
        let before = self.hashed.borrow().leaf;
        let leaf = reader.last_leaf().unwrap_or(before);
        Ok((Hashed { edge, leaf }, missing))
    }

    /// Adds appends of another log, all or none of them; they are durable when this returns.
    pub fn carry(&mut self, appends: &[Append]) -> Result<(), PortError> {
        let (mut framed, mut frames) = (Vec::new(), Vec::<(&str, Vec<u8>)>::new());
        for append in appends {
            // A fingerprint costs a look at the whole schema.
            if frames.last().is_none_or(|(schema, _)| **schema != *append.schema) {
                frames.push((&append.schema, decoders::frame(&append.schema)?));
            }
            let frame = frames.last().map_or(&[][..], |(_, frame)| frame);
            let entry = |it: &crate::wire::append::Carried| Entry {
                position: it.position,
                kind: it.kind,
                payload: [frame, &it.bytes].concat(),
            };
            framed.push((&*append.schema, append.records.iter().map(entry).collect::<Vec<_>>()));
        }
        let batch = |(schema, entries)| Batch { schema, entries };
        let batches: Vec<_> = framed.iter().map(|(it, all)| batch((*it, &all[..]))).collect();
        self.topic.append_all(&batches)
    }

    /// Keeps all checkpoints of the log that is carried over; those that are there already must be
    /// the first of them.
    pub fn carry_checkpoints(&mut self, notes: &[Note]) -> Result<(), PortError> {
        let there = checkpoints::read(&self.connection, self.name())?.notes;
        let count = there.len();
        let there = there.into_iter().map(|(offset, note)| (offset, note.ok()));
        let new = signing::still_to_carry(there, notes)
            .map_err(|at| checkpoints::damaged(self.name(), at, signing::NOT_CARRIED))?;
        checkpoints::add(&self.connection, &mut self.topic, new, count > 0)
    }

    /// How many records there are now; at least so many are known to be.
    pub fn size_from(&self, known: u64) -> Result<u64, PortError> {
        let mut size = known;
        for stored in self.topic.read(known)? {
            size = stored?.position + 1;
        }
        Ok(size)
    }

    fn name(&self) -> &str {
        self.topic.reading().topic()
    }

    fn decode(&self, stored: &Stored) -> Result<Record, PortError> {
        let record = self.decoders.decode(self.topic.reading(), stored)?.0;
        self.hash(&record, decoders::bytes(&stored.payload));
        Ok(record)
    }

    /// Notes a record that was read or appended.
    fn hash(&self, record: &Record, bytes: &[u8]) {
        let mut hashed = self.hashed.borrow_mut();
        if hashed.edge.leaves() == record.position.0 {
            hashed.leaf = tree::leaf(bytes);
            let leaf = hashed.leaf;
            hashed.edge.push(leaf, |_| {});
        }
        if matches!(record.event, Event::Fact(Fact::RuleBookAdopted(_))) {
            let reading = self.topic.reading();
            if let Some(mark) = reading.mark_before(record.position.0) {
                reading.pin(mark);
            }
        }
    }

    /// Signs the log as it is now.
    fn add_checkpoint(&mut self) -> Result<(), PortError> {
        let Some(signing) = &mut self.signing else { return Ok(()) };
        let edge = self.hashed.borrow().edge.clone();
        let note = checkpoints::signed(&signing.key, edge.leaves(), edge.root());
        checkpoints::add(&self.connection, &mut self.topic, &[note], signing.has_topic)?;
        signing.has_topic = true;
        self.snapshots.signed = self.signed_edge(&edge);
        Ok(())
    }

    fn save(&mut self, memory: &Memory) -> Result<(), PortError> {
        let topic_id = self.topic_id()?;
        let (hashed, snapshots) = (self.hashed.borrow(), &self.snapshots);
        let new = New {
            topic_id: topic_id.as_deref(),
            memory,
            edge: &hashed.edge,
            leaf: &hashed.leaf,
            signed: snapshots.signed.as_ref(),
        };
        snapshot::save(&self.connection, &self.topic, &new, snapshots.has_topic)
    }
}

impl EventLog for KafkaLog {
    fn append(&mut self, records: &[Record]) -> Result<(), PortError> {
        let entry = |record: &Record| {
            let mut payload = self.frame.clone();
            record::encode(record, &mut payload);
            let kind = record.event.record_type();
            Entry { position: record.position.0, kind, payload }
        };
        let entries: Vec<_> = records.iter().map(entry).collect();
        self.topic.append(&entries)?;
        for (record, entry) in records.iter().zip(&entries) {
            self.hash(record, decoders::bytes(&entry.payload));
        }
        // A crash before this is no loss: the next start signs what is unsigned.
        if records.iter().any(is_decision) { self.add_checkpoint() } else { Ok(()) }
    }

    fn read(&self, from: Position) -> Result<Records<'_>, PortError> {
        let stored = self.topic.read(from.0)?;
        Ok(Box::new(stored.map(|it| self.decode(&it?))))
    }

    fn load_snapshot(&mut self) -> Option<Memory> {
        // Whoever cannot be asked for a snapshot cannot be asked for the records either.
        self.snapshot_found().ok()?;
        self.snapshots.memory.take().map(|it| *it)
    }

    fn save_snapshot(&mut self, memory: &Memory, occasion: Occasion) {
        let next = self.hashed.borrow().edge.leaves();
        let since = next.saturating_sub(self.snapshots.covered);
        let due = match occasion {
            Occasion::Append => since >= self.options.snapshot_records,
            Occasion::End => since > 0,
        };
        if !due || memory.next != Position(next) {
            return;
        }
        // If it fails, it is tried again after as many records.
        self.snapshots.covered = next;
        match self.save(memory) {
            Ok(()) => self.snapshots.has_topic = true,
            Err(error) => {
                if !std::mem::replace(&mut self.snapshots.has_failed, true) {
                    tracing::warn!(
                        topic = self.name(), %error,
                        "no snapshot could be saved: the log goes on, the next start takes longer"
                    );
                }
            }
        }
    }
}
