//! Reads the log topic batch by batch, and says what is wrong with it.

use std::collections::VecDeque;
use std::sync::atomic::Ordering;
use std::time::Duration;

use rdkafka::consumer::BaseConsumer;
use rdkafka::error::KafkaError;
use rdkafka::message::BorrowedMessage;
use rdkafka::{Message as _, Offset};

use crate::engine::PortError;

use super::{TopicError, TopicReading};
use crate::io::kafka::client::{Context, failed, header};
use crate::io::kafka::consumer;
use crate::io::kafka::errors::is_passing;
use crate::wire::topic_snapshot::AppendMark;

/// One record as it stands in the log.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Stored {
    /// Its place.
    pub position: u64,
    /// The record.
    pub payload: Vec<u8>,
    /// The offset of its message.
    pub offset: u64,
    /// Whether it is the last one of its append.
    pub ends_append: bool,
}

/// An append at the end of a log of which only a part is there.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(in crate::io::kafka) struct TornEnd {
    /// The offset of its first message.
    pub(in crate::io::kafka) offset: u64,
    /// How many entries it should have, and has.
    pub(in crate::io::kafka) size: u64,
    pub(in crate::io::kafka) there: u64,
}

/// The log from a position on, to what was its end when it was reached.
pub struct Entries {
    reading: TopicReading,
    consumer: BaseConsumer<Context>,
    from: u64,
    /// The position that must come next.
    expected: u64,
    /// What has come of a batch, and how many it must be.
    batch: Vec<Stored>,
    batch_size: u64,
    ready: VecDeque<Stored>,
    torn: Option<TornEnd>,
    ended: bool,
}

/// A message of the log, read as such.
struct Framed {
    batch_first: u64,
    batch_size: u64,
    timestamp_ms: Option<i64>,
    stored: Stored,
}

impl Entries {
    pub(super) fn open(reading: TopicReading, from: u64) -> Result<Self, PortError> {
        let known = reading.passed().marks.before(from);
        let offset = known.map_or(Offset::Beginning, |it| Offset::Offset(it.offset));
        let doing = "preparing to read the log";
        let consumer = consumer::reading(&reading.connection, &reading.topic, offset, doing)?;
        Ok(Self {
            reading,
            consumer,
            from,
            expected: known.map_or(0, |it| it.position),
            batch: Vec::new(),
            batch_size: 0,
            ready: VecDeque::new(),
            torn: None,
            ended: false,
        })
    }

    /// The append before which it has stopped, if the last one is not whole.
    pub(in crate::io::kafka) fn torn(&self) -> Option<&TornEnd> {
        self.torn.as_ref()
    }

    /// Reads on until something is ready, or the end is reached.
    fn fill(&mut self) -> Result<(), TopicError> {
        while self.ready.is_empty() && !self.ended {
            let connection = &self.reading.connection;
            let framed = match self.consumer.poll(Duration::from_millis(100)) {
                None => {
                    connection.go_on("reading the log")?;
                    continue;
                }
                Some(Ok(message)) => self.framed(&message)?,
                Some(Err(KafkaError::PartitionEOF(_))) => {
                    self.torn = self.drop_torn();
                    self.ended = true;
                    continue;
                }
                Some(Err(error)) if is_passing(&error) => {
                    connection.passes("reading the log", &error);
                    connection.go_on("reading the log")?;
                    continue;
                }
                Some(Err(error)) => return Err(failed("reading the log", &error).into()),
            };
            connection.answers();
            self.take(framed)?;
        }
        Ok(())
    }

    /// The position that is due.
    fn next_position(&self) -> u64 {
        self.expected + self.batch.len() as u64
    }

    fn damaged(&self, offset: u64, what: impl Into<String>) -> TopicError {
        let (topic, position) = (self.reading.topic.clone(), self.next_position());
        TopicError::Damaged { topic, offset, position, what: what.into() }
    }

    fn framed(&self, message: &BorrowedMessage<'_>) -> Result<Framed, TopicError> {
        let number = |name: &str| header(message, name)?.parse::<u64>().ok();
        if let Some(schema) = header(message, "schema") {
            let mut passed = self.reading.passed();
            if !passed.schemas.iter().any(|it| **it == *schema) {
                passed.schemas.push(schema.into());
            }
        }
        let offset = u64::try_from(message.offset()).unwrap_or_default();
        let position = || std::str::from_utf8(message.key()?).ok()?.parse().ok();
        let parts = (position(), number("batch_first"), number("batch_size"), message.payload());
        let (Some(position), Some(batch_first), Some(batch_size), Some(payload)) = parts else {
            return Err(self.damaged(offset, "no record: something else has written into the log"));
        };
        let ends_append = batch_first.checked_add(batch_size) == u64::checked_add(position, 1);
        let stored = Stored { position, payload: payload.to_vec(), offset, ends_append };
        let timestamp_ms = message.timestamp().to_millis();
        Ok(Framed { batch_first, batch_size, timestamp_ms, stored })
    }

    fn take(&mut self, framed: Framed) -> Result<(), TopicError> {
        let Framed { batch_first, batch_size, timestamp_ms, stored } = framed;
        if stored.position == batch_first {
            self.drop_torn();
            let offset = i64::try_from(stored.offset).unwrap_or(i64::MAX);
            let mark = AppendMark { position: batch_first, offset, timestamp_ms };
            self.reading.add_mark(mark);
            self.batch_size = batch_size;
        }
        let due = self.next_position();
        if stored.position != due {
            let what = format!("record {} where {due} should be", stored.position);
            return Err(self.damaged(stored.offset, what));
        }
        if batch_first != self.expected || batch_size != self.batch_size {
            return Err(self.damaged(stored.offset, "a record of another append"));
        }
        self.batch.push(stored);
        self.reading.records_read.fetch_add(1, Ordering::Relaxed);
        if self.batch.len() as u64 == self.batch_size {
            self.expected = due + 1;
            let wanted = self.batch.drain(..).filter(|it| it.position >= self.from);
            self.ready.extend(wanted);
        }
        Ok(())
    }

    /// A batch of which a part is missing was never acknowledged: nothing rests on it.
    fn drop_torn(&mut self) -> Option<TornEnd> {
        let (offset, there) = (self.batch.first()?.offset, self.batch.len() as u64);
        let size = self.batch_size;
        tracing::warn!(
            position = self.expected,
            there,
            of = size,
            "passed over a torn batch of the log"
        );
        self.batch.clear();
        Some(TornEnd { offset, size, there })
    }
}

impl Iterator for Entries {
    type Item = Result<Stored, TopicError>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Err(error) = self.fill() {
            self.ended = true;
            self.ready.clear();
            return Some(Err(error));
        }
        self.ready.pop_front().map(Ok)
    }
}
