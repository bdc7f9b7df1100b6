//! Makes the topics that are missing; those that exist are the operator's.

use std::time::Duration;

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaErrorCode;

use crate::engine::PortError;

use super::client::{ASK, Connection, Context, LARGEST_MESSAGE, failed};

/// How a topic is kept, where we are the ones to make it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Settings {
    /// Everything, for ever.
    KeepAll,
    /// The newest message of each key.
    KeepNewest,
}

impl Settings {
    fn pairs(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::KeepAll => &[
                ("cleanup.policy", "delete"),
                ("retention.ms", "-1"),
                ("retention.bytes", "-1"),
                ("max.message.bytes", LARGEST_MESSAGE),
            ],
            Self::KeepNewest => {
                &[("cleanup.policy", "compact"), ("max.message.bytes", LARGEST_MESSAGE)]
            }
        }
    }
}

/// Makes a topic unless it is there, and returns how many partitions it has.
///
/// Replication is the broker's default: how many copies are kept is the operator's choice.
pub fn ensure_topic(
    connection: &Connection,
    name: &str,
    partitions: i32,
    settings: Settings,
) -> Result<i32, PortError> {
    if let Some(there) = partition_count(connection, name)? {
        return Ok(there);
    }
    create(connection, name, partitions, settings)?;
    loop {
        if let Some(there) = partition_count(connection, name)? {
            return Ok(there);
        }
        connection.go_on("waiting for a new topic")?;
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// How many partitions a topic has; none: there is no such topic.
pub(super) fn partition_count(
    connection: &Connection,
    name: &str,
) -> Result<Option<i32>, PortError> {
    let asking: BaseConsumer<Context> = connection
        .settings()
        .set("allow.auto.create.topics", "false")
        .create_with_context(connection.context())
        .map_err(|error| failed("preparing to ask for a topic", &error))?;
    let answer = connection.patiently("asking for a topic", || {
        let metadata = asking.fetch_metadata(Some(name), ASK)?;
        let Some(topic) = metadata.topics().first() else { return Ok(None) };
        match topic.error().map(RDKafkaErrorCode::from) {
            None => Ok(Some(topic.partitions().len())),
            Some(RDKafkaErrorCode::UnknownTopicOrPartition) => Ok(None),
            Some(code) => Err(KafkaError::MetadataFetch(code)),
        }
    })?;
    Ok(answer.filter(|it| *it > 0).and_then(|it| i32::try_from(it).ok()))
}

fn create(
    connection: &Connection,
    name: &str,
    partitions: i32,
    settings: Settings,
) -> Result<(), PortError> {
    let doing = format!("making the topic {name}");
    let admin: AdminClient<Context> = connection
        .settings()
        .create_with_context(connection.context())
        .map_err(|error| failed(&doing, &error))?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .map_err(|error| PortError::Failed(format!("{doing}: {error}")))?;
    let mut topic = NewTopic::new(name, partitions, TopicReplication::Fixed(-1));
    for (key, value) in settings.pairs() {
        topic = topic.set(key, value);
    }
    let options = AdminOptions::new().request_timeout(Some(ASK)).operation_timeout(Some(ASK));
    connection.patiently(&doing, || {
        let results = runtime.block_on(admin.create_topics([&topic], &options))?;
        match results.into_iter().next() {
            None | Some(Ok(_) | Err((_, RDKafkaErrorCode::TopicAlreadyExists))) => Ok(()),
            Some(Err((_, code))) => Err(KafkaError::AdminOp(code)),
        }
    })?;
    Ok(())
}
