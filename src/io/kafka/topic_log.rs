//! An append-only log in a topic of one partition, with a single writer.
//!
//! ```text
//! one append = one message for each entry, all of them in one transaction:
//!   key      position, in decimal figures
//!   value    the entry's bytes
//!   headers  type         name of the record type, for people
//!            batch_first  position of the first entry of the append
//!            batch_size   how many entries the append has
//!            schema       of the entries; on the first entry of each schema of each writer
//! ```
//!
//! The transaction fences an earlier writer and usually makes an append all or nothing. A reader
//! does not rest on that: it takes a batch when all of it is there, and passes over a torn one.
//! A log that is carried over from elsewhere has many appends in one transaction.

mod error;
mod marks;
mod reader;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rdkafka::message::{Header, OwnedHeaders};

use crate::engine::PortError;

use super::admin::{Asking, ensure_topic};
use super::client::Connection;
use super::client::Delivered;
use super::fenced::{Outgoing, Sent, Writer};
use super::topic_table::LOG;
use crate::wire::topic_snapshot::AppendMark;
use marks::Marks;

pub use error::TopicError;
pub(super) use reader::TornEnd;
pub use reader::{Entries, Stored};

/// One record to be appended.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Entry {
    /// Its place; the next one after the last entry of the log.
    pub position: u64,
    /// Name of its record type.
    pub kind: &'static str,
    /// The record.
    pub payload: Vec<u8>,
}

/// What is appended as a whole.
#[derive(Clone, Copy, Debug)]
pub struct Batch<'a> {
    /// By which schema the entries are written.
    pub schema: &'a str,
    /// At least one.
    pub entries: &'a [Entry],
}

/// A log in a topic, to be read.
#[derive(Clone, Debug)]
pub struct TopicReading {
    connection: Connection,
    topic: String,
    passed: Arc<Mutex<Passed>>,
    /// How many records have been read from the topic.
    records_read: Arc<AtomicU64>,
}

/// The log of one airshed in a topic. Opening it fences every earlier writer.
pub struct TopicLog {
    reading: TopicReading,
    schema: &'static str,
    /// The schemas that this writer has said.
    said: Vec<String>,
    writer: Writer,
    /// That of the writer when the end of the log was known to be ours.
    generation: u64,
}

/// What readers have passed, kept for the next one.
#[derive(Debug, Default)]
struct Passed {
    marks: Marks,
    /// The schemas of all writers, each once.
    schemas: Vec<Arc<str>>,
}

impl TopicReading {
    /// The log in `topic`, as a reader sees it; none where there is no such topic.
    pub fn open(connection: &Connection, topic: &str) -> Result<Option<Self>, PortError> {
        let Some(partitions) = Asking::new(connection)?.find(topic)? else {
            return Ok(None);
        };
        check_partitions(topic, partitions)?;
        Ok(Some(Self::new(connection, topic)))
    }

    fn new(connection: &Connection, topic: &str) -> Self {
        let (connection, topic) = (connection.clone(), topic.to_owned());
        Self { connection, topic, passed: Arc::default(), records_read: Arc::default() }
    }

    /// The name of the topic.
    pub fn topic(&self) -> &str {
        &self.topic
    }

    /// Reads from a position to the end of what is committed now.
    pub fn read(&self, from: u64) -> Result<Entries, PortError> {
        Entries::open(self.clone(), from)
    }

    /// The schemas of all entries that have been read.
    pub fn schemas(&self) -> Vec<Arc<str>> {
        self.passed().schemas.clone()
    }

    /// Adds schemas that were read before.
    pub(super) fn add_schemas(&self, schemas: &[Arc<str>]) {
        let mut passed = self.passed();
        for schema in schemas {
            if !passed.schemas.contains(schema) {
                passed.schemas.push(Arc::clone(schema));
            }
        }
    }

    /// Adds a place in the topic that is known from elsewhere.
    pub(super) fn add_mark(&self, mark: AppendMark) {
        self.passed().marks.note(mark);
    }

    /// Never forgets this place, however much is read after it.
    pub(super) fn pin(&self, mark: AppendMark) {
        self.passed().marks.pin(mark);
    }

    /// The latest known place at or before a record.
    pub(super) fn mark_before(&self, position: u64) -> Option<AppendMark> {
        self.passed().marks.before(position)
    }

    /// The same log, with no place known and all records counted together.
    pub(super) fn without_marks(&self) -> Self {
        Self { passed: Arc::default(), ..self.clone() }
    }

    /// How many records have been read from the topic.
    pub fn records_read(&self) -> u64 {
        self.records_read.load(Ordering::Relaxed)
    }

    /// The first offset of the log, and the one after its last.
    pub fn ends(&self) -> Result<(i64, i64), PortError> {
        Asking::new(&self.connection)?.ends(&self.topic, 0)
    }

    fn passed(&self) -> MutexGuard<'_, Passed> {
        self.passed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl TopicLog {
    /// Opens the log in `topic` as its only writer; `writer` names the airshed, and the newest
    /// one of that name is the writer.
    pub fn open(
        connection: &Connection,
        topic: &str,
        writer: &str,
        schema: &'static str,
    ) -> Result<Self, PortError> {
        let partitions = ensure_topic(connection, topic, LOG.partitions, LOG.settings)?;
        check_partitions(topic, partitions)?;
        let writer = Writer::open(connection, writer)?;
        let reading = TopicReading::new(connection, topic);
        let (said, generation) = (Vec::new(), writer.generation());
        Ok(Self { reading, schema, said, writer, generation })
    }

    /// Adds entries, all or none of them; they are durable when this returns.
    pub fn append(&mut self, entries: &[Entry]) -> Result<(), PortError> {
        if entries.is_empty() {
            return Ok(());
        }
        self.append_all(&[Batch { schema: self.schema, entries }])
    }

    /// Adds one append after another, all or none of them.
    pub fn append_all(&mut self, batches: &[Batch<'_>]) -> Result<(), PortError> {
        let Some(first) = batches.first().and_then(|it| it.entries.first()) else { return Ok(()) };
        let what = format!("the log {}", self.reading.topic);
        let mut said = self.said.clone();
        let mut messages = Vec::new();
        for batch in batches {
            let is_new = !said.iter().any(|it| it == batch.schema);
            if is_new {
                said.push(batch.schema.to_owned());
            }
            let schema = is_new.then_some(batch.schema);
            messages.extend(outgoing(&self.reading.topic, batch.entries, schema));
        }
        let delivered = loop {
            if self.writer.generation() != self.generation {
                self.generation = self.writer.generation();
                if self.reading.holds(batches)? {
                    break None;
                }
            }
            if let Sent::There(delivered) = self.writer.send(&what, &messages)? {
                break delivered;
            }
        };
        if let Some(Delivered { offset, timestamp_ms }) = delivered {
            self.reading.add_mark(AppendMark { position: first.position, offset, timestamp_ms });
        }
        self.said = said;
        Ok(())
    }

    /// Sends messages to another topic of the log, as its only writer; `is_there` says
    /// whether they arrived where the broker has left that open.
    pub(super) fn send_beside(
        &mut self,
        messages: &[Outgoing<'_>],
        is_there: impl Fn() -> Result<bool, PortError>,
    ) -> Result<(), PortError> {
        let what = format!("checkpoints of the log {}", self.reading.topic);
        while self.writer.send(&what, messages)? == Sent::Unknown {
            if is_there()? {
                break;
            }
        }
        Ok(())
    }

    /// Sends messages to another topic of the log, as its only writer, or gives up at the
    /// first difficulty.
    pub(super) fn try_send_beside(&self, messages: &[Outgoing<'_>]) -> Result<(), PortError> {
        self.writer.try_send(&format!("the snapshot of the log {}", self.reading.topic), messages)
    }

    /// The schemas that records of this writer may have.
    pub(super) fn all_schemas(&self) -> Vec<Arc<str>> {
        self.reading
            .add_schemas(&self.said.iter().map(|it| it.as_str().into()).collect::<Vec<_>>());
        self.reading.schemas()
    }

    /// The writer.
    pub fn writer(&self) -> &Writer {
        &self.writer
    }

    /// The log as a reader sees it.
    pub fn reading(&self) -> &TopicReading {
        &self.reading
    }

    /// Reads from a position to the end of what is committed now.
    pub fn read(&self, from: u64) -> Result<Entries, PortError> {
        self.reading.read(from)
    }

    /// The schemas of all entries that have been read.
    pub fn schemas(&self) -> Vec<Arc<str>> {
        self.reading.schemas()
    }
}

impl TopicReading {
    /// Whether the log ends with these entries. A new producer has ended the transaction of the
    /// old one, one way or the other; the log itself says which.
    fn holds(&self, batches: &[Batch<'_>]) -> Result<bool, PortError> {
        let mut entries = batches.iter().flat_map(|it| it.entries);
        let Some(first) = entries.clone().next() else { return Ok(true) };
        for stored in self.read(first.position)? {
            let stored = stored?;
            let ours = entries
                .next()
                .is_some_and(|it| it.position == stored.position && it.payload == stored.payload);
            if !ours {
                let words = format!("the log {} has grown by another hand", self.topic);
                return Err(PortError::Fenced(words));
            }
        }
        let left = entries.count();
        let all = batches.iter().map(|it| it.entries.len()).sum();
        if left > 0 && left < all {
            // Some appends of many are there: not by our transaction.
            let words = format!("the log {} has a part of what was appended whole", self.topic);
            return Err(PortError::Failed(words));
        }
        Ok(left == 0)
    }
}

/// The messages of one append; the first one says the schema, where it is new.
fn outgoing<'a>(
    topic: &'a str,
    entries: &'a [Entry],
    schema: Option<&'a str>,
) -> impl Iterator<Item = Outgoing<'a>> {
    let first = entries.first().map_or(0, |it| it.position);
    let (batch_first, batch_size) = (first.to_string(), entries.len().to_string());
    entries.iter().map(move |entry| {
        let headers = OwnedHeaders::new_with_capacity(4)
            .insert(Header { key: "type", value: Some(entry.kind) })
            .insert(Header { key: "batch_first", value: Some(&batch_first) })
            .insert(Header { key: "batch_size", value: Some(&batch_size) });
        let headers = match schema.filter(|_| entry.position == first) {
            Some(schema) => headers.insert(Header { key: "schema", value: Some(schema) }),
            None => headers,
        };
        Outgoing { topic, key: entry.position.to_string(), payload: &entry.payload, headers }
    })
}

fn check_partitions(topic: &str, partitions: i32) -> Result<(), PortError> {
    if partitions == 1 {
        return Ok(());
    }
    let words = format!("the topic {topic} has {partitions} partitions: a log has one");
    Err(PortError::Failed(words))
}
