//! The log of an airshed as a topic: its records, and beside it the checkpoints over them.

use crate::engine::{EventLog, PortError, Position, Record, Records};
use crate::wire::append::Append;
use crate::wire::record::{self, ParseRules};
use crate::wire::trust::key::SignerKey;
use crate::wire::trust::note::Note;
use crate::wire::trust::signing::{self, SignError, is_decision};
use crate::wire::trust::tree::{self, Edge};

use super::checkpoints::{self, Last};
use super::client::Connection;
use super::decoders::{self, Decoders};
use super::fenced::Writer;
use super::log_reader::KafkaLogReader;
use super::topic_log::{Batch, Entry, Stored, TopicLog};

/// The log of one airshed in a topic. Opening it fences every earlier writer.
pub struct KafkaLog {
    connection: Connection,
    topic: TopicLog,
    parse: ParseRules,
    decoders: Decoders,
    /// What stands before each record of ours.
    frame: Vec<u8>,
    signing: Option<Signing>,
}

/// Who signs, and what has been appended so far.
struct Signing {
    key: SignerKey,
    edge: Edge,
    /// Whether there is a topic for checkpoints: it is looked for once.
    has_topic: bool,
}

impl KafkaLog {
    /// Opens the log in `topic`; `airshed` names its writer, and the newest of that name writes.
    pub fn open(
        connection: &Connection,
        topic: &str,
        airshed: &str,
        parse: ParseRules,
    ) -> Result<Self, PortError> {
        Ok(Self {
            connection: connection.clone(),
            topic: TopicLog::open(connection, topic, airshed, record::SCHEMA)?,
            parse,
            decoders: Decoders::new(parse)?,
            frame: decoders::frame(record::SCHEMA)?,
            signing: None,
        })
    }

    /// Who writes it; what is published goes through the same writer.
    pub fn writer(&self) -> &Writer {
        self.topic.writer()
    }

    /// Whether a key has signed this log before.
    pub fn is_signed(&self) -> Result<bool, PortError> {
        checkpoints::exist(&self.connection, self.name())
    }

    /// From here on, a checkpoint signed by this key follows each append that holds a decision.
    /// What a crash has lost of them is made again. A log that is shorter than its last checkpoint
    /// says, or another, is not signed.
    pub fn sign(&mut self, key: SignerKey) -> Result<(), PortError> {
        let last = checkpoints::last(&self.connection, self.name(), &key)?;
        let (edge, missing) = self.unsigned(last.as_ref())?;
        let is_signed = last.is_some();
        let notes: Vec<_> =
            missing.into_iter().map(|(size, root)| checkpoints::signed(&key, size, root)).collect();
        checkpoints::add(&self.connection, &mut self.topic, &notes, is_signed)?;
        let has_topic = is_signed || !notes.is_empty();
        self.signing = Some(Signing { key, edge, has_topic });
        Ok(())
    }

    /// The edge over all records, and where a checkpoint is missing.
    fn unsigned(&self, last: Option<&Last>) -> Result<(Edge, Vec<signing::Unsigned>), PortError> {
        let mut reader = KafkaLogReader::from(self.topic.reading(), 0, self.parse)?;
        let signed = last.map(|it| &it.checkpoint);
        signing::unsigned(&mut reader, Edge::default(), signed).map_err(|error| match error {
            SignError::OtherKey(words) | SignError::Damaged(words) => {
                checkpoints::damaged(self.name(), last.map_or(0, |it| it.offset), &words)
            }
            SignError::Read(error) => error.into(),
        })
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
        Ok(self.decoders.decode(self.topic.reading(), stored)?.0)
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
        let Some(signing) = &mut self.signing else { return Ok(()) };
        for entry in &entries {
            signing.edge.push(tree::leaf(decoders::bytes(&entry.payload)), |_| {});
        }
        if !records.iter().any(is_decision) {
            return Ok(());
        }
        // A crash before this is no loss: the next start signs what is unsigned.
        let (size, root) = (signing.edge.leaves(), signing.edge.root());
        let note = checkpoints::signed(&signing.key, size, root);
        checkpoints::add(&self.connection, &mut self.topic, &[note], signing.has_topic)?;
        signing.has_topic = true;
        Ok(())
    }

    fn read(&self, from: Position) -> Result<Records<'_>, PortError> {
        let stored = self.topic.read(from.0)?;
        Ok(Box::new(stored.map(|it| self.decode(&it?))))
    }
}
