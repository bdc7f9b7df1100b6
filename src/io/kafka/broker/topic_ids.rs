//! Which topic bears a name now. One that is deleted and made again has another id.
//!
//! The client library knows the id of each topic that it reads from, but its safe interface does
//! not show it. It does write a line when it learns an id or finds another one. It writes the line
//! before it fetches anything from the new topic, and hands both over in that order. Brokers older
//! than Kafka 2.8, and some that only speak its protocol, give topics no ids.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::{Offset, TopicPartitionList};

use crate::engine::PortError;

use super::client::{Connection, Context, failed};
use super::consumer::find_leader;

/// How long one look takes, and how many there are before ids count as unknown: 5 s in all.
const LOOK: Duration = Duration::from_millis(5);
const LOOKS_MAX: u32 = 1_000;

/// What a client has learned about topics.
#[derive(Debug, Default)]
pub(in crate::io::kafka) struct Learned {
    ids: BTreeMap<String, String>,
    /// Topics that have a leader, with an id or without one.
    led: BTreeSet<String>,
}

impl Learned {
    /// Parses a line of the log of the client library. Returns whether it contains an id.
    pub(in crate::io::kafka) fn take(&mut self, words: &str) -> bool {
        let Some((_, of_topic)) = words.split_once("Topic ") else { return false };
        if let Some((topic, ids)) = of_topic.split_once(" changed id from ") {
            if let Some((_, id)) = ids.split_once(" to ") {
                self.ids.insert(topic.to_owned(), id.trim().to_owned());
                return true;
            }
        } else if let Some((topic, rest)) = of_topic.split_once(" [")
            && rest.contains("] Leader ")
        {
            self.led.insert(topic.to_owned());
        }
        false
    }

    /// The id of a topic, where it is known.
    pub(in crate::io::kafka) fn id(&self, topic: &str) -> Option<&str> {
        self.ids.get(topic).map(String::as_str)
    }
}

/// Lets a client learn the ids of topics.
pub(in crate::io::kafka) fn learn(settings: &mut ClientConfig) -> &mut ClientConfig {
    settings.set("debug", "topic").set_log_level(RDKafkaLogLevel::Debug)
}

/// The ids that the broker gives these topics; those without an id are left out.
pub(in crate::io::kafka) fn find(
    connection: &Connection,
    topics: &[&str],
) -> Result<BTreeMap<String, String>, PortError> {
    let doing = "asking for the ids of topics";
    let consumer: BaseConsumer<Context> = learn(&mut connection.settings())
        .set("group.id", "airshed.inbox")
        .set("enable.auto.commit", "false")
        .create_with_context(connection.context())
        .map_err(|error| failed(doing, &error))?;
    find_leader(connection, consumer.client(), None, doing)?;
    let mut assigned = TopicPartitionList::new();
    for topic in topics {
        assigned
            .add_partition_offset(topic, 0, Offset::End)
            .map_err(|error| failed(doing, &error))?;
    }
    consumer.assign(&assigned).map_err(|error| failed(doing, &error))?;
    for _ in 0..LOOKS_MAX {
        // Only what the library writes is of interest; messages are left to others.
        drop(consumer.poll(LOOK));
        connection.go_on(doing)?;
        let learned = consumer.context().learned();
        if topics.iter().all(|it| learned.led.contains(*it)) {
            break;
        }
    }
    // What is not known yet is learned while the topics are read.
    Ok(consumer.context().learned().ids.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_learned_from_the_line_about_it() {
        let mut learned = Learned::default();
        let lines = [
            "[thrd:main]: Topic a.b changed id from AAAAAAAAAAAAAAAAAAAAAA to x-_9",
            "[thrd:main]: Topic a.b [0] Leader 1 Epoch 0",
            "[thrd:main]: Topic c [3] Leader 2 Epoch 7",
            "[thrd:main]: Topic a.b partition count changed from 0 to 1",
            "[thrd:main]: Topic a.b changed id from x-_9 to y",
        ];
        let is_new = lines.map(|it| learned.take(it));
        assert_eq!(is_new, [true, false, false, false, true]);
        assert_eq!((learned.id("a.b"), learned.id("c")), (Some("y"), None));
        assert_eq!(learned.led, BTreeSet::from(["a.b".to_owned(), "c".to_owned()]));
    }
}
