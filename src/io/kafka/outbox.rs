//! Orders out, each once and in order.
//!
//! ```text
//! one published append = a transaction of all its orders, then one of all its other messages;
//!                        of each, all messages arrive or none
//! headers  position  of the record that the message follows from
//!          settled   everything that follows from earlier records has arrived everywhere, once the
//!                    transaction of this message is committed
//! ```
//!
//! The transactions are those of the writer of the log, so a process that another one has replaced
//! cannot publish. Orders go first, so that they do not wait for the other topics: each topic of a
//! transaction takes about a millisecond. A long catch-up is cut into several transactions, between
//! two records.
//!
//! There is no memory of what was sent but the topics themselves. At the start the last committed
//! message of each is read: `settled` says from which record on to publish, `position` what a topic
//! has beyond that. To have become the writer is the barrier before this look: it returns only when
//! the last transaction of the older writer is over in every partition, on all in-sync replicas.
//! So it costs nothing to wait for whatever a dead process has left above the high watermark.

mod sent;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::domain::{Event, Fact, Rules};
use crate::engine::projection::{Channel, Grounds, Involved, Marks, messages};
use crate::engine::{Entry, Needs, Outbox, PortError, Position, Record};

use crate::wire::trust::key::SignerKey;

use super::admin::ensure_topics;
use super::client::Connection;
use super::current::Current;
use super::fenced::{Sent, Writer};
use super::outgoing::OutgoingMessage;
use super::topics::Topics;
use super::traces::Traces;

/// What one transaction holds at most, up to the end of the record that passes it.
const MESSAGES_MAX: usize = 10_000;
const BYTES_MAX: usize = 8 << 20;
const WHAT: &str = "what is published";

/// Publishes orders, alerts, states, refusals and what bodies do by Kafka.
pub struct KafkaOutbox {
    connection: Connection,
    topics: Topics,
    source: String,
    /// Signs what is sent.
    key: Option<SignerKey>,
    /// None: traces are not followed.
    traces: Option<Traces>,
    writer: Writer,
    /// That of the writer when the topics were looked at.
    generation: u64,
    /// The record of the last message in each topic, queued ones included.
    last: BTreeMap<String, u64>,
    /// Topics that are known to be there.
    there: BTreeSet<String>,
    current: Current,
    grounds: Grounds,
    involved: Involved,
    queue: Queue,
    /// Everything before has arrived everywhere.
    settled: u64,
    /// Everything before has been handed over.
    published: u64,
}

/// What waits for its transaction.
#[derive(Default)]
struct Queue {
    messages: Vec<OutgoingMessage>,
    bytes: usize,
}

impl KafkaOutbox {
    /// Prepares to send in the name of `airshed`, as the writer of its log.
    pub fn open(connection: &Connection, writer: &Writer, topics: Topics, airshed: &str) -> Self {
        Self {
            connection: connection.clone(),
            topics,
            source: format!("/airshed/{airshed}"),
            key: None,
            traces: None,
            writer: writer.clone(),
            generation: writer.generation(),
            last: BTreeMap::new(),
            there: BTreeSet::new(),
            current: Current::default(),
            grounds: Grounds::default(),
            involved: Involved::default(),
            queue: Queue::default(),
            settled: 0,
            published: 0,
        }
    }

    /// Signs each order, alert and record for a body from now on.
    pub fn sign(&mut self, key: SignerKey) {
        self.key = Some(key);
    }

    /// From here on each message has the trace of its record.
    pub fn set_traces(&mut self, traces: Traces) {
        self.traces = Some(traces);
    }

    fn note(&mut self, entry: &Entry) {
        self.grounds.note(&entry.record);
        if let Some(rules) = entry.rules() {
            self.involved.note(&entry.record, rules);
        }
    }

    /// Whether a topic may lack what follows from an old record. There are far more refusals than
    /// anything else, and they go to one topic.
    fn may_lack(&self, record: &Record) -> bool {
        let lacks = |last: &u64| *last < record.position.0;
        if matches!(record.event, Event::Fact(Fact::InputRefused(_))) {
            return self.last.get(&self.topics.refused()).is_some_and(lacks);
        }
        self.last.values().any(lacks)
    }

    fn queue(&mut self, message: OutgoingMessage) -> Result<(), PortError> {
        if !self.there.contains(&message.topic) {
            self.make(vec![message.topic.clone()])?;
        }
        self.last.insert(message.topic.clone(), message.position);
        self.queue.push(message);
        Ok(())
    }

    /// Makes all topics of a rule book at once, so that receivers find theirs before an order. That
    /// of a district is made when the first record is sent to it.
    fn make_all(&mut self, rules: &Rules) -> Result<(), PortError> {
        let names = self.topics.outputs(rules).into_iter();
        let missing = names.filter(|it| !self.there.contains(it)).collect();
        self.make(missing)
    }

    /// A broker that comes back may not name a topic for a while though it is there, so a topic
    /// that seemed to be missing is looked at as well.
    fn make(&mut self, names: Vec<String>) -> Result<(), PortError> {
        if names.is_empty() {
            return Ok(());
        }
        let current = self.topics.current();
        let wanted: Vec<_> = names.iter().filter_map(|it| self.topics.made(it)).collect();
        ensure_topics(&self.connection, &wanted)?;
        let mut sent = sent::Sent::default();
        sent::look_at(&self.connection, &self.topics, &names, &mut sent)?;
        self.last.append(&mut sent.last);
        if names.contains(&current) {
            self.current.compare_with(sent.current);
        }
        self.writer.find_leaders(&names)?;
        self.there.extend(names);
        Ok(())
    }

    /// Sends what is queued: the orders, then the rest. The last transaction settles everything
    /// published so far.
    fn send(&mut self) -> Result<(), PortError> {
        while !self.queue.messages.is_empty() {
            if self.writer.generation() != self.generation {
                self.look_again()?;
                continue;
            }
            let count = self.queue.first_part();
            let is_last = count == self.queue.messages.len();
            let settled = if is_last { self.published } else { self.settled }.to_string();
            let queued = self.queue.messages[..count].iter();
            let messages: Vec<_> =
                queued.map(|it| it.with_headers(&settled, &self.source)).collect();
            if let Sent::There(_) = self.writer.send(WHAT, &messages)? {
                self.queue.messages.drain(..count);
            }
        }
        self.queue.bytes = 0;
        self.settled = self.published;
        Ok(())
    }

    /// This process has lost its place as the writer and is the writer again. The topics say
    /// whether the last transaction was committed, and whether another process has published.
    fn look_again(&mut self) -> Result<(), PortError> {
        let generation = self.writer.generation();
        let sent = sent::look(&self.connection, &self.topics)?;
        if sent.last.values().any(|it| *it >= self.published) || sent.settled > self.published {
            let words = "orders have been published that are not ours".to_owned();
            return Err(PortError::Fenced(words));
        }
        let current = self.topics.current();
        self.queue.messages.retain(|it| {
            if it.topic == current {
                return sent.current.get(&it.key) != Some(&it.body);
            }
            sent.last.get(&it.topic).is_none_or(|last| *last < it.position)
        });
        // The new producer knows none.
        self.writer.find_leaders(&self.there)?;
        self.generation = generation;
        Ok(())
    }
}

impl Queue {
    fn push(&mut self, message: OutgoingMessage) {
        self.bytes += message.body.len();
        self.messages.push(message);
    }

    /// Moves the orders before the rest; how many messages make the next transaction.
    fn first_part(&mut self) -> usize {
        // Stable: the messages of each topic stay in their order.
        self.messages.sort_by_key(|it| !it.is_order());
        match self.messages.partition_point(OutgoingMessage::is_order) {
            0 => self.messages.len(),
            orders => orders,
        }
    }

    fn is_full(&self) -> bool {
        self.messages.len() >= MESSAGES_MAX || self.bytes >= BYTES_MAX
    }
}

impl Outbox for KafkaOutbox {
    fn unsent_from(&mut self) -> Result<Position, PortError> {
        self.generation = self.writer.generation();
        let sent = sent::look(&self.connection, &self.topics)?;
        self.writer.find_leaders(&sent.there)?;
        self.there = sent.there;
        self.last = sent.last;
        self.current.compare_with(sent.current);
        self.settled = sent.settled;
        self.published = sent.settled;
        Ok(Position(sent.settled))
    }

    /// The current state is made from the log, whatever its topic says. A topic whose last message
    /// is older than the last one that was sent is completed from there.
    fn needs(&self, marks: &Marks) -> Needs {
        let lacks = |(channel, sent): (Channel, Position)| {
            let last = *self.last.get(&self.topics.of(&channel))?;
            (last < sent.0).then_some(Position(last + 1))
        };
        marks.sent().filter_map(lacks).min().map_or(Needs::Marked, Needs::From)
    }

    fn learn(&mut self, marks: &Marks) {
        self.involved = marks.involved().clone();
    }

    /// A topic that has an older message of ours and lacks this one has been mirrored or restored
    /// in part; it is given what it lacks. To one that has none, because it was deleted or emptied
    /// by retention, nothing old is sent again.
    fn recall(&mut self, entry: &Arc<Entry>) -> Result<(), PortError> {
        let record = &entry.record;
        self.note(entry);
        if self.may_lack(record) {
            for message in messages(entry, &self.grounds, &self.involved) {
                let topic = self.topics.of(&message.channel);
                if self.last.get(&topic).is_some_and(|it| *it < record.position.0) {
                    self.queue(OutgoingMessage::new(&message, &self.topics, self.key.as_ref()))?;
                }
            }
        }
        self.current.take(entry);
        if self.queue.is_full() { self.send() } else { Ok(()) }
    }

    fn publish(&mut self, entry: &Arc<Entry>) -> Result<(), PortError> {
        let record = &entry.record;
        self.note(entry);
        if let Event::Fact(Fact::RuleBookAdopted(book)) = &record.event {
            self.make_all(&book.rules)?;
        }
        let trace = self.traces.as_ref().and_then(|it| it.of(record));
        for message in messages(entry, &self.grounds, &self.involved) {
            let topic = self.topics.of(&message.channel);
            let is_there = self.last.get(&topic).is_some_and(|it| *it >= record.position.0);
            if !is_there {
                let message = OutgoingMessage::new(&message, &self.topics, self.key.as_ref());
                self.queue(OutgoingMessage { trace: trace.clone(), ..message })?;
            }
        }
        self.current.take(entry);
        self.published = record.position.0 + 1;
        if self.queue.is_full() {
            self.send()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), PortError> {
        for message in self.current.take_changed(&self.topics) {
            self.queue(message)?;
        }
        self.send()
    }
}
