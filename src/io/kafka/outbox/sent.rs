//! What the topics say has been sent: the last message of each.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::message::BorrowedMessage;
use rdkafka::{Message as _, Offset, TopicPartitionList};

use crate::engine::PortError;

use crate::io::kafka::admin::Asking;
use crate::io::kafka::client::{Connection, Context, failed, header, is_passing};
use crate::io::kafka::consumer::find_leader;
use crate::io::kafka::current::Current;
use crate::io::kafka::topics::Topics;

/// What has been sent before.
#[derive(Debug, Default)]
pub(super) struct Sent {
    /// Topics that are there.
    pub(super) there: BTreeSet<String>,
    /// The record of the last message in each.
    pub(super) last: BTreeMap<String, u64>,
    /// What the topic of the current state says.
    pub(super) current: Current,
    /// Everything before has arrived everywhere.
    pub(super) settled: u64,
}

/// Looks at the last message of every topic that goes out, and through all of the current state.
pub(super) fn look(connection: &Connection, topics: &Topics) -> Result<Sent, PortError> {
    let asking = Asking::new(connection)?;
    let names = asking.partition_counts()?.into_keys().filter(|it| topics.goes_out(it));
    let mut sent = Sent { there: names.collect(), ..Sent::default() };
    let mut assigned = TopicPartitionList::new();
    // The offset up to which each topic is still to be read.
    let mut ends = BTreeMap::new();
    for name in &sent.there {
        let (first, end) = asking.ends(name, 0)?;
        if first < end {
            let from = if *name == topics.current() { first } else { end - 1 };
            assigned
                .add_partition_offset(name, 0, Offset::Offset(from))
                .map_err(|error| failed("preparing to look at sent orders", &error))?;
            ends.insert(name.clone(), end);
        }
    }
    if !ends.is_empty() {
        read_to(connection, &assigned, ends, &mut sent, topics)?;
    }
    Ok(sent)
}

fn read_to(
    connection: &Connection,
    assigned: &TopicPartitionList,
    mut ends: BTreeMap<String, i64>,
    sent: &mut Sent,
    topics: &Topics,
) -> Result<(), PortError> {
    let doing = "looking at sent orders";
    let consumer: BaseConsumer<Context> = connection
        .settings()
        .set("group.id", "airshed.outbox.reader")
        .set("enable.auto.commit", "false")
        .set("auto.offset.reset", "earliest")
        .set("fetch.queue.backoff.ms", "2")
        .set("fetch.wait.max.ms", "10")
        .create_with_context(connection.context())
        .map_err(|error| failed(doing, &error))?;
    find_leader(connection, &consumer, None, doing)?;
    consumer.assign(assigned).map_err(|error| failed(doing, &error))?;
    while !ends.is_empty() {
        match consumer.poll(Duration::from_millis(100)) {
            None => {}
            Some(Ok(message)) => {
                connection.answers();
                sent.take(&message, topics);
                if ends.get(message.topic()).is_some_and(|end| message.offset() + 1 >= *end) {
                    ends.remove(message.topic());
                }
            }
            Some(Err(error)) if is_passing(&error) => connection.is_silent(),
            Some(Err(error)) => return Err(failed(doing, &error)),
        }
        connection.go_on(doing)?;
    }
    Ok(())
}

impl Sent {
    fn take(&mut self, message: &BorrowedMessage<'_>, topics: &Topics) {
        let number = |name: &str| header(message, name).and_then(|it| it.parse::<u64>().ok());
        // A message without a position is not ours; ours that follow it decide.
        let Some(position) = number("position") else { return };
        self.last.insert(message.topic().to_owned(), position);
        self.settled = self.settled.max(number("settled").unwrap_or(0));
        if message.topic() == topics.current() {
            let key = message.key().and_then(|it| std::str::from_utf8(it).ok());
            if let (Some(key), Some(body)) = (key, message.payload()) {
                self.current.know(key, position, body);
            }
        }
    }
}
