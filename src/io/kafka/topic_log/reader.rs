//! Reads the log topic batch by batch, and says what is wrong with it.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::message::BorrowedMessage;
use rdkafka::{Message as _, Offset, TopicPartitionList};

use crate::engine::PortError;

use super::Passed;
use crate::io::kafka::client::{Connection, Context, failed, header, is_passing};

/// One record as it stands in the log.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Stored {
    /// Its place.
    pub position: u64,
    /// The record.
    pub payload: Vec<u8>,
}

/// The log from a position on, to what was its end when it was reached.
pub struct Entries<'a> {
    connection: &'a Connection,
    topic: String,
    passed: &'a Mutex<Passed>,
    consumer: BaseConsumer<Context>,
    from: u64,
    /// The position that must come next; none: the first one that comes.
    expected: Option<u64>,
    /// What has come of a batch, and how many it must be.
    batch: Vec<Stored>,
    batch_size: u64,
    ready: VecDeque<Stored>,
    ended: bool,
}

/// A message of the log, read as such.
struct Framed {
    offset: i64,
    batch_first: u64,
    batch_size: u64,
    stored: Stored,
}

impl<'a> Entries<'a> {
    pub(super) fn open(
        connection: &'a Connection,
        topic: &str,
        passed: &'a Mutex<Passed>,
        from: u64,
    ) -> Result<Self, PortError> {
        let known = lock(passed).marks.before(from);
        let doing = "preparing to read the log";
        let consumer: BaseConsumer<Context> = connection
            .settings()
            .set("group.id", "airshed.log.reader")
            .set("enable.auto.commit", "false")
            .set("enable.partition.eof", "true")
            .set("isolation.level", "read_committed")
            .set("auto.offset.reset", "error")
            .set("fetch.queue.backoff.ms", "2")
            .set("fetch.wait.max.ms", "10")
            .set("queued.min.messages", "100000")
            .create_with_context(connection.context())
            .map_err(|error| failed(doing, &error))?;
        let offset = known.map_or(Offset::Beginning, |it| Offset::Offset(it.1));
        let mut assigned = TopicPartitionList::new();
        assigned
            .add_partition_offset(topic, 0, offset)
            .and_then(|()| consumer.assign(&assigned))
            .map_err(|error| failed(doing, &error))?;
        Ok(Self {
            connection,
            topic: topic.to_owned(),
            passed,
            consumer,
            from,
            expected: Some(known.map_or(0, |it| it.0)),
            batch: Vec::new(),
            batch_size: 0,
            ready: VecDeque::new(),
            ended: false,
        })
    }

    /// Reads on until something is ready, or the end is reached.
    fn fill(&mut self) -> Result<(), PortError> {
        while self.ready.is_empty() && !self.ended {
            let framed = match self.consumer.poll(Duration::from_millis(100)) {
                None => {
                    self.connection.go_on("reading the log")?;
                    continue;
                }
                Some(Ok(message)) => self.framed(&message)?,
                Some(Err(KafkaError::PartitionEOF(_))) => {
                    self.drop_torn();
                    self.ended = true;
                    continue;
                }
                Some(Err(error)) if is_passing(&error) => {
                    self.connection.is_silent();
                    self.connection.go_on("reading the log")?;
                    continue;
                }
                Some(Err(error)) => return Err(failed("reading the log", &error)),
            };
            self.connection.answers();
            self.take(framed)?;
        }
        Ok(())
    }

    fn framed(&self, message: &BorrowedMessage<'_>) -> Result<Framed, PortError> {
        let number = |name: &str| header(message, name)?.parse().ok();
        if let Some(schema) = header(message, "schema") {
            let mut passed = lock(self.passed);
            if !passed.schemas.iter().any(|it| **it == *schema) {
                passed.schemas.push(schema.into());
            }
        }
        let position = || std::str::from_utf8(message.key()?).ok()?.parse().ok();
        let parts = (position(), number("batch_first"), number("batch_size"), message.payload());
        let (Some(position), Some(batch_first), Some(batch_size), Some(payload)) = parts else {
            return Err(PortError::Failed(format!(
                "offset {} of the topic {} is no record: something else has written into the log",
                message.offset(),
                self.topic
            )));
        };
        let stored = Stored { position, payload: payload.to_vec() };
        Ok(Framed { offset: message.offset(), batch_first, batch_size, stored })
    }

    fn take(&mut self, framed: Framed) -> Result<(), PortError> {
        let begins = framed.stored.position == framed.batch_first;
        if begins {
            self.drop_torn();
            lock(self.passed).marks.note(framed.batch_first, framed.offset);
            self.batch_size = framed.batch_size;
        }
        let next = self.expected.unwrap_or(framed.batch_first) + self.batch.len() as u64;
        if framed.stored.position != next {
            return Err(PortError::Failed(format!(
                "the log in the topic {} is damaged: at offset {} stands position {} where {next} \
                 must be",
                self.topic, framed.offset, framed.stored.position
            )));
        }
        self.batch.push(framed.stored);
        if self.batch.len() as u64 == self.batch_size {
            self.expected = Some(next + 1);
            let wanted = self.batch.drain(..).filter(|it| it.position >= self.from);
            self.ready.extend(wanted);
        }
        Ok(())
    }

    /// A batch of which a part is missing was never acknowledged: nothing rests on it.
    fn drop_torn(&mut self) {
        if let Some(first) = self.batch.first() {
            tracing::warn!(
                position = first.position,
                there = self.batch.len(),
                of = self.batch_size,
                "passed over a torn batch of the log"
            );
            self.batch.clear();
        }
    }
}

fn lock(passed: &Mutex<Passed>) -> MutexGuard<'_, Passed> {
    passed.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Iterator for Entries<'_> {
    type Item = Result<Stored, PortError>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Err(error) = self.fill() {
            self.ended = true;
            self.ready.clear();
            return Some(Err(error));
        }
        self.ready.pop_front().map(Ok)
    }
}
