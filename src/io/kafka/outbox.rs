//! Orders out, each once and in order: what a topic has already is not sent to it again.
//!
//! There is no memory of what was sent but the topics themselves. Every message carries the
//! position of its record, and as `settled` the position before which everything had arrived
//! everywhere when it was sent. The last message of each topic tells the rest.

mod sent;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};
use rdkafka::types::RDKafkaErrorCode;

use crate::domain::{Event, Rules};
use crate::engine::{Outbox, PortError, Position, Record};

use super::admin::{Settings, Wanted, ensure_topics};
use super::books::Books;
use super::client::{ASK, Connection, Context, await_deliveries, failed};
use super::current::Current;
use super::projection::{Telling, tellings};
use super::topics::Topics;

/// How long a full queue is given to empty.
const STEP: Duration = Duration::from_millis(1);

/// Tells the jurisdictions by Kafka.
pub struct KafkaOutbox {
    connection: Connection,
    topics: Topics,
    books: Books,
    source: String,
    producer: BaseProducer<Context>,
    /// The record of the last message in each topic.
    last: BTreeMap<String, u64>,
    /// Topics that are known to be there.
    there: BTreeSet<String>,
    current: Current,
    /// Everything before has arrived everywhere.
    settled: u64,
    /// Everything before has been handed over.
    published: u64,
}

impl KafkaOutbox {
    /// Prepares to send in the name of `airshed`. Names come from the rule books of the log.
    pub fn open(
        connection: &Connection,
        topics: Topics,
        books: Books,
        airshed: &str,
    ) -> Result<Self, PortError> {
        let producer = connection
            .settings()
            .set("enable.idempotence", "true")
            .set("acks", "all")
            .set("linger.ms", "0")
            // An order waits for its broker as long as it takes: giving one up would let a later
            // one overtake it.
            .set("message.timeout.ms", "0")
            .create_with_context(connection.context())
            .map_err(|error| failed("preparing to send orders", &error))?;
        Ok(Self {
            connection: connection.clone(),
            topics,
            books,
            source: format!("/airshed/{airshed}"),
            producer,
            last: BTreeMap::new(),
            there: BTreeSet::new(),
            current: Current::default(),
            settled: 0,
            published: 0,
        })
    }

    fn tell(&mut self, telling: &Telling) -> Result<(), PortError> {
        if !self.there.contains(&telling.topic) {
            self.make(vec![telling.topic.clone()])?;
        }
        let body = telling.body.to_string();
        let headers = self.headers(telling);
        let mut record =
            BaseRecord::to(&telling.topic).key(&telling.key).payload(&body).headers(headers);
        loop {
            match self.producer.send(record) {
                Ok(()) => break,
                Err((error, back))
                    if error.rdkafka_error_code() == Some(RDKafkaErrorCode::QueueFull) =>
                {
                    self.producer.poll(STEP);
                    self.connection.go_on("sending orders")?;
                    record = back;
                }
                Err((error, _)) => return Err(failed("sending orders", &error)),
            }
        }
        self.last.insert(telling.topic.clone(), telling.position);
        Ok(())
    }

    fn headers(&self, telling: &Telling) -> OwnedHeaders {
        let (kind, time) = (format!("airshed.{}", telling.kind), telling.time.to_string());
        let (position, settled) = (telling.position.to_string(), self.settled.to_string());
        let text = |key, value| Header { key, value: Some(value) };
        let headers = OwnedHeaders::new_with_capacity(9)
            .insert(text("ce_specversion", "1.0"))
            .insert(text("ce_id", &telling.id))
            .insert(text("ce_source", &self.source))
            .insert(text("ce_type", &kind))
            .insert(text("ce_time", &time))
            .insert(text("content-type", "application/json"))
            .insert(text("position", &position))
            .insert(text("settled", &settled));
        match telling.epoch {
            Some(epoch) => headers.insert(text("epoch", &epoch.to_string())),
            None => headers,
        }
    }

    /// Makes all topics of a rule book at once, so that receivers find theirs before an order.
    fn make_all(&mut self, rules: &Rules) -> Result<(), PortError> {
        let divisions = rules.jurisdictions.iter().map(|it| it.division);
        let each = divisions.flat_map(|it| [self.topics.orders(it), self.topics.alerts(it)]);
        let names = each.chain([self.topics.current(), self.topics.refused()]);
        let missing = names.filter(|it| !self.there.contains(it)).collect();
        self.make(missing)
    }

    fn make(&mut self, names: Vec<String>) -> Result<(), PortError> {
        let current = self.topics.current();
        let wanted = |name: &String| {
            let newest = *name == current;
            let settings = if newest { Settings::KeepNewest } else { Settings::KeepAll };
            Wanted { name: name.clone(), partitions: 1, settings }
        };
        let wanted: Vec<_> = names.iter().map(wanted).collect();
        ensure_topics(&self.connection, &wanted)?;
        self.there.extend(names);
        self.find_leaders()
    }

    /// So that the first order to a jurisdiction does not have to ask its way.
    fn find_leaders(&self) -> Result<(), PortError> {
        let client = self.producer.client();
        self.connection.patiently("finding the topics of orders", || {
            client.fetch_metadata(None, ASK).map(|_| ())
        })
    }
}

impl Outbox for KafkaOutbox {
    fn unsent_from(&mut self) -> Result<Position, PortError> {
        let sent = sent::look(&self.connection, &self.topics)?;
        self.there = sent.there;
        self.last = sent.last;
        self.current = sent.current;
        self.settled = sent.settled;
        self.published = sent.settled;
        self.find_leaders()?;
        Ok(Position(sent.settled))
    }

    fn publish(&mut self, record: &Record) -> Result<(), PortError> {
        let Some(book) = self.books.at(record.position) else { return Ok(()) };
        if matches!(record.event, Event::RuleBookAdopted(_)) {
            self.make_all(&book.rules)?;
        }
        for telling in tellings(record, &book.rules, &self.topics) {
            let is_there = self.last.get(&telling.topic).is_some_and(|it| *it >= telling.position);
            if !is_there {
                self.tell(&telling)?;
            }
        }
        self.current.take(record, &book);
        self.published = record.position.0 + 1;
        Ok(())
    }

    fn flush(&mut self) -> Result<(), PortError> {
        for telling in self.current.take_changed(&self.topics) {
            self.tell(&telling)?;
        }
        let waits = self.producer.in_flight_count() > 0;
        await_deliveries(&self.producer, &self.connection, "sending orders")?;
        if let Some(error) = self.producer.context().take_failed() {
            return Err(failed("sending orders", &error));
        }
        if waits {
            self.connection.answers();
        }
        self.settled = self.published;
        Ok(())
    }
}
