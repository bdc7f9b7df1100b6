//! Reads the log in a topic, record by record, without affecting its writer.

use std::path::PathBuf;
use std::sync::Arc;

use crate::engine::{Memory, PortError, Record};
use crate::wire::log_reader::{self, Damage, LogReader, ReadError, ReadProgress, ReadUnit};
use crate::wire::record::ParseRules;
use crate::wire::snapshot::SnapshotFound;
use crate::wire::trust::{Hash, tree};

use super::client::Connection;
use super::decoders::{self, Decoders};
use super::snapshot::{self, Loaded};
use super::topic_log::{Entries, Stored, TopicError, TopicReading, TornEnd};

/// The records of a log in a topic, from the first one on, to what is committed now.
pub struct KafkaLogReader {
    reading: TopicReading,
    decoders: Decoders,
    entries: Entries,
    now: Option<(Stored, Arc<str>)>,
    total: u64,
    failed: bool,
}

impl KafkaLogReader {
    /// Opens the log in a topic; none where there is no such topic.
    pub fn open(
        connection: &Connection,
        topic: &str,
        parse: ParseRules,
    ) -> Result<Option<Self>, PortError> {
        let Some(reading) = TopicReading::open(connection, topic)? else { return Ok(None) };
        let total = u64::try_from(reading.ends()?.1).unwrap_or_default();
        Ok(Some(Self { total, ..Self::from(&reading, 0, parse)? }))
    }

    /// Reads on from a position of a log that is open.
    pub(super) fn from(
        reading: &TopicReading,
        position: u64,
        parse: ParseRules,
    ) -> Result<Self, PortError> {
        let (entries, decoders) = (reading.read(position)?, Decoders::new(parse)?);
        let reading = reading.clone();
        Ok(Self { reading, decoders, entries, now: None, total: 0, failed: false })
    }

    /// The hash of the record that came last.
    pub(super) fn last_leaf(&self) -> Option<Hash> {
        self.now.as_ref().map(|(stored, _)| tree::leaf(decoders::bytes(&stored.payload)))
    }

    fn advance(&mut self) -> Result<Option<Record>, TopicError> {
        let Some(stored) = self.entries.next().transpose()? else { return Ok(None) };
        let (record, schema) = self.decoders.decode(&self.reading, &stored)?;
        self.now = Some((stored, schema));
        Ok(Some(record))
    }
}

/// A log opened for reading, after the records that a snapshot covers.
pub struct TakenUp {
    /// The state that the records before the reader lead to.
    pub memory: Memory,
    /// Where it came from.
    pub found: SnapshotFound,
    /// The records after those.
    pub reader: KafkaLogReader,
}

/// Opens the log in a topic for reading, with the state of its snapshot where there is one; none
/// where there is no such topic.
pub fn take_up(
    connection: &Connection,
    topic: &str,
    parse: ParseRules,
) -> Result<Option<TakenUp>, PortError> {
    let Some(reading) = TopicReading::open(connection, topic)? else { return Ok(None) };
    let total = u64::try_from(reading.ends()?.1).unwrap_or_default();
    let topic_id = snapshot::topic_id(connection, topic)?;
    let (memory, found) = match snapshot::load(connection, &reading, topic_id.as_deref(), parse) {
        Ok(Loaded { memory, .. }) => {
            let found = SnapshotFound::Used(memory.next);
            (memory, found)
        }
        Err(found) => (Memory::default(), found),
    };
    let reader = KafkaLogReader::from(&reading, memory.next.0, parse)?;
    Ok(Some(TakenUp { memory, found, reader: KafkaLogReader { total, ..reader } }))
}

/// Where a log stands, as words and faults name it.
pub(super) fn place(topic: &str) -> PathBuf {
    format!("{topic}/0").into()
}

impl LogReader for KafkaLogReader {
    fn next_record(&mut self) -> Result<Option<Record>, ReadError> {
        Ok(self.next().transpose()?)
    }

    fn bytes(&self) -> &[u8] {
        self.now.as_ref().map_or(&[], |(stored, _)| decoders::bytes(&stored.payload))
    }

    fn schema(&self) -> &str {
        self.now.as_ref().map_or("", |(_, schema)| schema)
    }

    fn ends_append(&self) -> bool {
        self.now.as_ref().is_some_and(|(stored, _)| stored.ends_append)
    }

    fn place(&self) -> (PathBuf, u64) {
        let offset = self.now.as_ref().map_or(0, |(stored, _)| stored.offset);
        (place(self.reading.topic()), offset)
    }

    fn progress(&self) -> ReadProgress {
        let done = self.now.as_ref().map_or(0, |(stored, _)| stored.offset + 1);
        ReadProgress { done, total: self.total, unit: ReadUnit::Messages }
    }

    fn torn_end(&self) -> Option<log_reader::TornEnd> {
        let TornEnd { offset, size, there } = self.entries.torn()?;
        let what = format!("an append of which only {there} of {size} records are there");
        let damage = Damage { file: place(self.reading.topic()), byte: *offset, what };
        Some(log_reader::TornEnd { damage, bytes: 0 })
    }
}

impl From<TopicError> for ReadError {
    fn from(error: TopicError) -> Self {
        match &error {
            TopicError::Port(error) => Self::Port(error.clone()),
            TopicError::Damaged { topic, offset, what, .. } => {
                let damage = Damage { file: place(topic), byte: *offset, what: what.clone() };
                Self::Damaged { damage, error: error.into() }
            }
        }
    }
}

impl Iterator for KafkaLogReader {
    type Item = Result<Record, TopicError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let next = self.advance();
        self.failed = next.is_err();
        next.transpose()
    }
}
