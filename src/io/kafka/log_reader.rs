//! Reads the log in a topic, record by record, and disturbs nobody who writes to it.

use std::path::PathBuf;
use std::sync::Arc;

use crate::engine::{PortError, Record};
use crate::wire::record::ParseRules;

use super::client::Connection;
use super::decoders::{self, Decoders};
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
        let (entries, decoders) = (reading.read(0)?, Decoders::new(parse)?);
        Ok(Some(Self { reading, decoders, entries, now: None, total, failed: false }))
    }

    /// Offsets that have been passed, and the one after the last when it was opened.
    pub fn progress(&self) -> (u64, u64) {
        (self.now.as_ref().map_or(0, |(stored, _)| stored.offset + 1), self.total)
    }

    /// The bytes of the record that came last, without what the topic puts before them.
    pub fn bytes(&self) -> &[u8] {
        self.now.as_ref().map_or(&[], |(stored, _)| decoders::bytes(&stored.payload))
    }

    /// The schema by which those bytes were written.
    pub fn schema(&self) -> &str {
        self.now.as_ref().map_or("", |(_, schema)| schema)
    }

    /// Whether the record that came last was the last one of its append.
    pub fn ends_append(&self) -> bool {
        self.now.as_ref().is_some_and(|(stored, _)| stored.ends_append)
    }

    /// Topic and partition, and the offset of the record that came last.
    pub fn place(&self) -> (PathBuf, u64) {
        let offset = self.now.as_ref().map_or(0, |(stored, _)| stored.offset);
        (place(self.reading.topic()), offset)
    }

    /// What has come of an append of which the rest is not there.
    pub(super) fn torn(&self) -> Option<&TornEnd> {
        self.entries.torn()
    }

    fn advance(&mut self) -> Result<Option<Record>, TopicError> {
        let Some(stored) = self.entries.next().transpose()? else { return Ok(None) };
        let (record, schema) = self.decoders.decode(&self.reading, &stored)?;
        self.now = Some((stored, schema));
        Ok(Some(record))
    }
}

/// Where a log stands, as words and faults name it.
pub(super) fn place(topic: &str) -> PathBuf {
    format!("{topic}/0").into()
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
