//! What the topics have already: the last message of each.
//!
//! A topic ends with the marks of its transactions, which are no messages, and a stranger may have
//! written to it. So the last message of ours is looked for from the end backwards, in steps that
//! grow, among what is committed.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::message::BorrowedMessage;
use rdkafka::{Message as _, Offset, TopicPartitionList};

use crate::engine::PortError;

use crate::io::kafka::admin::Asking;
use crate::io::kafka::client::{Connection, Context, failed, header, is_passing};
use crate::io::kafka::consumer::looking;
use crate::io::kafka::topics::Topics;

/// A transaction of ours ends with one message and one mark; the look begins that far back.
const FIRST_STEP: i64 = 2;
/// How much further each step goes back.
const GROWTH: i64 = 16;
const DOING: &str = "looking at what was sent";

/// What has been sent before.
#[derive(Debug, Default)]
pub(super) struct Sent {
    /// Topics that are there.
    pub(super) there: BTreeSet<String>,
    /// The record of the last message in each.
    pub(super) last: BTreeMap<String, u64>,
    /// The newest body of each key in the topic of the current state.
    pub(super) current: BTreeMap<String, String>,
    /// Everything before has arrived everywhere.
    pub(super) settled: u64,
}

/// Reads topics one after the other.
struct Reader<'a> {
    connection: &'a Connection,
    asking: Asking<'a>,
    consumer: BaseConsumer<Context>,
}

/// Looks at the last message of every topic that goes out, and through all of the current state.
/// Call this only as the writer: only then has every message of an older writer arrived or been
/// aborted.
pub(super) fn look(connection: &Connection, topics: &Topics) -> Result<Sent, PortError> {
    let reader = Reader::new(connection)?;
    let there = reader.asking.led(|it| topics.goes_out(it))?;
    let mut sent = Sent::default();
    for name in &there {
        reader.look_at(name, topics, &mut sent)?;
    }
    sent.there = there;
    Ok(sent)
}

/// The same for some topics that an earlier look has not seen.
pub(super) fn look_at(
    connection: &Connection,
    topics: &Topics,
    names: &[String],
    sent: &mut Sent,
) -> Result<(), PortError> {
    let reader = Reader::new(connection)?;
    names.iter().try_for_each(|it| reader.look_at(it, topics, sent))
}

impl<'a> Reader<'a> {
    fn new(connection: &'a Connection) -> Result<Self, PortError> {
        let more = [("fetch.wait.max.ms", "2")];
        let consumer = looking(connection, "airshed.outbox.reader", None, &more, DOING)?;
        Ok(Self { connection, asking: Asking::new(connection)?, consumer })
    }

    fn look_at(&self, name: &str, topics: &Topics, sent: &mut Sent) -> Result<(), PortError> {
        let (first, end) = self.asking.ends(name, 0)?;
        if name == topics.current() {
            return self.read(name, first, end, |it| sent.take_state(it));
        }
        let mut back = FIRST_STEP;
        loop {
            let from = first.max(end - back);
            self.read(name, from, end, |it| sent.take(it))?;
            if sent.last.contains_key(name) || from <= first {
                return Ok(());
            }
            back = back.saturating_mul(GROWTH);
        }
    }

    /// Gives everything that is committed from an offset to the end of the topic.
    fn read(
        &self,
        name: &str,
        from: i64,
        end: i64,
        mut take: impl FnMut(&BorrowedMessage<'_>),
    ) -> Result<(), PortError> {
        if from >= end {
            return Ok(());
        }
        let mut assigned = TopicPartitionList::new();
        assigned
            .add_partition_offset(name, 0, Offset::Offset(from))
            .and_then(|()| self.consumer.assign(&assigned))
            .map_err(|error| failed(DOING, &error))?;
        loop {
            match self.consumer.poll(Duration::from_millis(100)) {
                None => {}
                Some(Ok(message)) => {
                    self.connection.answers();
                    if message.topic() == name {
                        take(&message);
                    }
                }
                Some(Err(KafkaError::PartitionEOF(_))) => return Ok(()),
                Some(Err(error)) if is_passing(&error) => self.connection.passes(DOING, &error),
                Some(Err(error)) => return Err(failed(DOING, &error)),
            }
            self.connection.go_on(DOING)?;
        }
    }
}

impl Sent {
    /// A message without a position is not ours; ours before it decide.
    fn take(&mut self, message: &BorrowedMessage<'_>) {
        let number = |name: &str| header(message, name).and_then(|it| it.parse::<u64>().ok());
        let Some(position) = number("position") else { return };
        let last = self.last.entry(message.topic().to_owned()).or_default();
        *last = position.max(*last);
        self.settled = self.settled.max(number("settled").unwrap_or(0));
    }

    fn take_state(&mut self, message: &BorrowedMessage<'_>) {
        self.take(message);
        let text = |bytes| Some(std::str::from_utf8(bytes?).ok()?.to_owned());
        if let (Some(key), Some(body)) = (text(message.key()), text(message.payload())) {
            self.current.insert(key, body);
        }
    }
}
