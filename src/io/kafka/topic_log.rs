//! An append-only log in a topic of one partition, with a single writer.
//!
//! ```text
//! one append = one transaction = one message for each entry:
//!   key      position, in decimal figures
//!   value    the entry's bytes
//!   headers  type         name of the record type, for people
//!            batch_first  position of the first entry of the append
//!            batch_size   how many entries the append has
//!            schema       of the entries; on the first entry of each writer
//! ```
//!
//! The transaction fences an earlier writer and usually makes an append all or nothing. A reader
//! does not rest on that: it takes a batch when all of it is there, and passes over a torn one.

mod reader;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};
use rdkafka::types::RDKafkaErrorCode;

use crate::engine::PortError;

use super::admin::{Settings, ensure_topic};
use super::client::{ASK, Connection, Context, await_deliveries, failed, is_passing};

pub use reader::{Entries, Stored};

/// How long a full queue is given to empty.
const STEP: Duration = Duration::from_millis(1);

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

/// The log of one airshed in a topic. Opening it fences every earlier writer.
pub struct TopicLog {
    connection: Connection,
    topic: String,
    writer: String,
    schema: &'static str,
    /// Whether this writer has said its schema.
    said_schema: bool,
    producer: BaseProducer<Context>,
    passed: Mutex<Passed>,
}

/// What readers have passed, kept for the next one.
#[derive(Debug, Default)]
pub(super) struct Passed {
    marks: Marks,
    /// The schemas of all writers, each once.
    schemas: Vec<Arc<str>>,
}

/// How an append can fall short.
enum Trouble {
    /// Nothing of it is in the log; again, after an abort.
    Aborted(KafkaError),
    /// It may be in the log or not.
    Unknown(KafkaError),
    /// It is over.
    Final(PortError),
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
        let partitions = ensure_topic(connection, topic, 1, Settings::KeepAll)?;
        if partitions != 1 {
            return Err(PortError::Failed(format!(
                "the topic {topic} has {partitions} partitions: a log has one"
            )));
        }
        let producer = fencing_producer(connection, writer)?;
        Ok(Self {
            connection: connection.clone(),
            topic: topic.to_owned(),
            writer: writer.to_owned(),
            schema,
            said_schema: false,
            producer,
            passed: Mutex::default(),
        })
    }

    /// Adds entries, all or none of them; they are durable when this returns.
    pub fn append(&mut self, entries: &[Entry]) -> Result<(), PortError> {
        let Some(first) = entries.first() else { return Ok(()) };
        loop {
            match self.attempt(entries) {
                Ok(()) => break,
                Err(Trouble::Aborted(error)) => {
                    tracing::debug!(%error, "append aborted, once more");
                    self.connection.go_on("appending to the log")?;
                }
                Err(Trouble::Unknown(error)) => {
                    tracing::warn!(%error, "the broker left open whether an append succeeded");
                    if self.reopen_and_find(entries)? {
                        break;
                    }
                }
                Err(Trouble::Final(error)) => return Err(error),
            }
        }
        self.connection.answers();
        if let Some(offset) = self.producer.context().take_first_offset() {
            self.passed().marks.note(first.position, offset);
        }
        self.said_schema = true;
        Ok(())
    }

    /// Reads from a position to the end of what is committed now.
    pub fn read(&self, from: u64) -> Result<Entries<'_>, PortError> {
        Entries::open(&self.connection, &self.topic, &self.passed, from)
    }

    /// The schemas of all writers whose entries have been read.
    pub fn schemas(&self) -> Vec<Arc<str>> {
        self.passed().schemas.clone()
    }

    fn passed(&self) -> MutexGuard<'_, Passed> {
        self.passed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn attempt(&self, entries: &[Entry]) -> Result<(), Trouble> {
        self.producer.begin_transaction().map_err(|error| self.trouble(error))?;
        self.producer.context().clear();
        let sent = self.send(entries).and_then(|()| self.await_deliveries());
        match sent.and_then(|()| self.commit()) {
            Ok(()) => Ok(()),
            Err(Trouble::Aborted(error)) => {
                self.abort()?;
                Err(Trouble::Aborted(error))
            }
            Err(other) => Err(other),
        }
    }

    fn send(&self, entries: &[Entry]) -> Result<(), Trouble> {
        let first = entries.first().map_or(0, |it| it.position).to_string();
        let size = entries.len().to_string();
        for entry in entries {
            let key = entry.position.to_string();
            let says_schema = !self.said_schema && entry.position.to_string() == first;
            let schema = says_schema.then_some(self.schema);
            let headers = OwnedHeaders::new_with_capacity(4)
                .insert(Header { key: "type", value: Some(entry.kind) })
                .insert(Header { key: "batch_first", value: Some(&first) })
                .insert(Header { key: "batch_size", value: Some(&size) });
            let headers = match schema {
                Some(_) => headers.insert(Header { key: "schema", value: schema }),
                None => headers,
            };
            let mut record = BaseRecord::to(&self.topic)
                .partition(0)
                .key(&key)
                .payload(&entry.payload)
                .headers(headers);
            loop {
                match self.producer.send(record) {
                    Ok(()) => break,
                    Err((error, back))
                        if error.rdkafka_error_code() == Some(RDKafkaErrorCode::QueueFull) =>
                    {
                        self.producer.poll(STEP);
                        self.check_stop()?;
                        record = back;
                    }
                    Err((error, _)) => return Err(self.trouble(error)),
                }
            }
        }
        Ok(())
    }

    /// The library gives each message up after its own time, so this ends.
    fn await_deliveries(&self) -> Result<(), Trouble> {
        await_deliveries(&self.producer, &self.connection, "appending to the log")
            .map_err(Trouble::Final)?;
        match self.producer.context().take_failed() {
            Some(error) => Err(self.trouble(error)),
            None => Ok(()),
        }
    }

    fn commit(&self) -> Result<(), Trouble> {
        self.end(|| self.producer.commit_transaction(ASK))
    }

    fn abort(&self) -> Result<(), Trouble> {
        self.end(|| self.producer.abort_transaction(ASK)).map_err(|trouble| match trouble {
            // What cannot even be aborted is in nobody's hands.
            Trouble::Aborted(error) | Trouble::Unknown(error) => Trouble::Unknown(error),
            Trouble::Final(error) => Trouble::Final(error),
        })
    }

    /// Asking again resumes the same commit or abort: its outcome is not lost by waiting.
    fn end(&self, ask: impl Fn() -> KafkaResult<()>) -> Result<(), Trouble> {
        loop {
            let Err(error) = ask() else { return Ok(()) };
            let trouble = self.trouble(error);
            if !matches!(&trouble, Trouble::Unknown(error) if is_passing(error)) {
                return Err(trouble);
            }
            self.connection.is_silent();
            self.check_stop()?;
        }
    }

    fn check_stop(&self) -> Result<(), Trouble> {
        self.connection.go_on("appending to the log").map_err(Trouble::Final)
    }

    /// What an error says about the append.
    fn trouble(&self, error: KafkaError) -> Trouble {
        let fatal = self.producer.client().fatal_error();
        let code = fatal.as_ref().map(|it| it.0).or_else(|| error.rdkafka_error_code());
        if matches!(
            code,
            Some(
                RDKafkaErrorCode::Fenced
                    | RDKafkaErrorCode::ProducerFenced
                    | RDKafkaErrorCode::InvalidProducerEpoch
            )
        ) {
            let words = format!("a newer writer of the log {} is at work", self.topic);
            return Trouble::Final(PortError::Fenced(words));
        }
        if fatal.is_some() {
            return Trouble::Unknown(error);
        }
        if let KafkaError::Transaction(it) = &error
            && it.txn_requires_abort()
        {
            return Trouble::Aborted(error);
        }
        if let KafkaError::MessageProduction(code) = &error
            && !is_too_large(*code)
        {
            // A message was given up: the transaction can only be aborted.
            return Trouble::Aborted(error);
        }
        if is_passing(&error) {
            return Trouble::Unknown(error);
        }
        Trouble::Final(failed("appending to the log", &error))
    }

    /// A new producer ends the transaction of the old one, one way or the other; then the log
    /// itself says which.
    fn reopen_and_find(&mut self, entries: &[Entry]) -> Result<bool, PortError> {
        self.producer = fencing_producer(&self.connection, &self.writer)?;
        let (Some(first), Some(last)) = (entries.first(), entries.last()) else { return Ok(true) };
        let mut found = 0;
        for stored in self.read(first.position)? {
            let stored = stored?;
            let ours = entries
                .iter()
                .any(|it| it.position == stored.position && it.payload == stored.payload);
            if !ours || stored.position > last.position {
                let words = format!("the log {} has grown by another hand", self.topic);
                return Err(PortError::Fenced(words));
            }
            found += 1;
        }
        Ok(found == entries.len())
    }
}

fn is_too_large(code: RDKafkaErrorCode) -> bool {
    matches!(code, RDKafkaErrorCode::MessageSizeTooLarge | RDKafkaErrorCode::MessageBatchTooLarge)
}

fn fencing_producer(
    connection: &Connection,
    writer: &str,
) -> Result<BaseProducer<Context>, PortError> {
    let producer: BaseProducer<Context> = connection
        .settings()
        .set("transactional.id", format!("airshed.log.{writer}"))
        .set("transaction.timeout.ms", "60000")
        // Both must be shorter than the transaction's own time.
        .set("message.timeout.ms", "30000")
        .set("acks", "all")
        .set("linger.ms", "0")
        .set("compression.type", "lz4")
        .create_with_context(connection.context())
        .map_err(|error| failed("preparing to write the log", &error))?;
    connection.patiently("becoming the writer of the log", || producer.init_transactions(ASK))?;
    Ok(producer)
}

/// Where some positions stand, so that a read from late in the log need not start at its
/// beginning. Only first entries of a batch: a reader must see batches whole.
#[derive(Debug, Default)]
pub(super) struct Marks {
    /// Rising; thinned out.
    sparse: Vec<(u64, i64)>,
    last: Option<(u64, i64)>,
}

/// Between two marks that are kept.
const MARK_EVERY: u64 = 1_000;

impl Marks {
    fn note(&mut self, position: u64, offset: i64) {
        if self.sparse.last().is_none_or(|it| it.0 + MARK_EVERY <= position) {
            self.sparse.push((position, offset));
        }
        if self.last.is_none_or(|it| it.0 < position) {
            self.last = Some((position, offset));
        }
    }

    /// The latest known place at or before a position.
    fn before(&self, position: u64) -> Option<(u64, i64)> {
        if let Some(last) = self.last.filter(|it| it.0 <= position) {
            return Some(last);
        }
        let index = self.sparse.partition_point(|it| it.0 <= position);
        index.checked_sub(1).and_then(|it| self.sparse.get(it)).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_the_latest_known_place_before() {
        let mut marks = Marks::default();
        assert_eq!(marks.before(7), None);
        for (position, offset) in [(0, 0), (400, 410), (1_200, 1_230), (1_900, 1_950)] {
            marks.note(position, offset);
        }
        let places =
            [(0, (0, 0)), (1_199, (0, 0)), (1_500, (1_200, 1_230)), (9_999, (1_900, 1_950))];
        for (position, expected) in places {
            assert_eq!(marks.before(position), Some(expected), "before {position}");
        }
    }
}
