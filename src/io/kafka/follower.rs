//! Reads what is published as a receiver outside does: some topics of one partition, from their
//! beginnings on, each message once.

use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::{Message as _, Offset, TopicPartitionList};

use crate::engine::PortError;

use super::admin::Asking;
use super::client::{ASK, Connection, Context, failed, header, is_passing};
use super::consumer::looking;

const DOING: &str = "following what is published";

/// Which messages a receiver sees.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Isolation {
    /// Those of committed transactions.
    Committed,
    /// All.
    Uncommitted,
}

/// A message as a receiver sees it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Followed {
    /// The topic.
    pub topic: String,
    /// The header `ce_id`.
    pub id: Option<String>,
    /// The header `position`.
    pub position: Option<u64>,
    /// The body.
    pub payload: Vec<u8>,
}

/// A receiver of some topics.
pub struct Follower {
    connection: Connection,
    consumer: BaseConsumer<Context>,
}

impl Follower {
    /// Reads these topics, which must be there, from their first messages on.
    pub fn open(
        connection: &Connection,
        topics: &[String],
        isolation: Isolation,
    ) -> Result<Self, PortError> {
        let level = match isolation {
            Isolation::Committed => "read_committed",
            Isolation::Uncommitted => "read_uncommitted",
        };
        let more = [
            ("isolation.level", level),
            ("enable.partition.eof", "false"),
            ("fetch.wait.max.ms", "100"),
        ];
        let consumer = looking(connection, "airshed.follower", None, &more, DOING)?;
        let mut assigned = TopicPartitionList::new();
        for topic in topics {
            assigned
                .add_partition_offset(topic, 0, Offset::Beginning)
                .map_err(|error| failed(DOING, &error))?;
        }
        consumer.assign(&assigned).map_err(|error| failed(DOING, &error))?;
        Ok(Self { connection: connection.clone(), consumer })
    }

    /// The next message; none if none comes in time.
    pub fn next(&self, wait: Duration) -> Result<Option<Followed>, PortError> {
        match self.consumer.poll(wait) {
            None => Ok(None),
            Some(Ok(message)) => {
                let position = header(&message, "position").and_then(|it| it.parse().ok());
                Ok(Some(Followed {
                    topic: message.topic().to_owned(),
                    id: header(&message, "ce_id").map(str::to_owned),
                    position,
                    payload: message.payload().unwrap_or_default().to_vec(),
                }))
            }
            Some(Err(error)) if is_passing(&error) => {
                self.connection.passes(DOING, &error);
                self.connection.go_on(DOING).map(|()| None)
            }
            Some(Err(error)) => Err(failed(DOING, &error)),
        }
    }

    /// The offset after the last message of a topic that a receiver like this can see now.
    pub fn end(&self, topic: &str) -> Result<i64, PortError> {
        self.connection
            .patiently(DOING, || self.consumer.fetch_watermarks(topic, 0, ASK).map(|it| it.1))
    }

    /// Which of these topics are there, and how many messages each has been given in all of its
    /// partitions.
    pub fn messages(
        connection: &Connection,
        topics: &[String],
    ) -> Result<Vec<Option<u64>>, PortError> {
        let asking = Asking::new(connection)?;
        let there = asking.partition_counts()?;
        let count = |topic: &String| {
            let Some(partitions) = there.get(topic) else { return Ok(None) };
            let mut sum = 0;
            for partition in 0..*partitions {
                sum += u64::try_from(asking.ends(topic, partition)?.1).unwrap_or_default();
            }
            Ok(Some(sum))
        };
        topics.iter().map(count).collect()
    }
}
