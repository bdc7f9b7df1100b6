//! Makes the topics that are missing; those that exist are the operator's.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::metadata::MetadataTopic;
use rdkafka::types::RDKafkaErrorCode;

use crate::engine::PortError;

use super::client::{ASK, Connection, Context, PAUSE, failed};
use super::settings::LARGEST_MESSAGE;

/// How a topic is kept, where we are the ones to make it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Settings {
    /// Everything, for ever.
    KeepAll,
    /// The newest message of each key.
    KeepNewest,
}

impl Settings {
    /// The settings and their values.
    pub fn pairs(self) -> &'static [(&'static str, &'static str)] {
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

/// A topic as we want it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Wanted {
    /// Its name.
    pub name: String,
    /// Its partitions, where we are the ones to make it.
    pub partitions: i32,
    /// How it is kept.
    pub settings: Settings,
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
    let wanted = Wanted { name: name.to_owned(), partitions, settings };
    let there = ensure_topics(connection, &[wanted])?;
    Ok(there.first().copied().unwrap_or(partitions))
}

/// The same for many topics at once.
pub fn ensure_topics(connection: &Connection, wanted: &[Wanted]) -> Result<Vec<i32>, PortError> {
    let asking = Asking::new(connection)?;
    let mut there = asking.partition_counts()?;
    let missing: Vec<_> = wanted.iter().filter(|it| !there.contains_key(&it.name)).collect();
    if !missing.is_empty() {
        create(connection, &missing)?;
    }
    while !wanted.iter().all(|it| there.contains_key(&it.name)) {
        connection.go_on("waiting for a new topic")?;
        std::thread::sleep(Duration::from_millis(20));
        there = asking.partition_counts()?;
    }
    Ok(wanted.iter().filter_map(|it| there.get(&it.name).copied()).collect())
}

/// Asks the broker what there is.
pub(in crate::io::kafka) struct Asking<'a> {
    connection: &'a Connection,
    client: BaseConsumer<Context>,
}

impl<'a> Asking<'a> {
    pub(in crate::io::kafka) fn new(connection: &'a Connection) -> Result<Self, PortError> {
        let client = connection
            .settings()
            .set("allow.auto.create.topics", "false")
            .create_with_context(connection.context())
            .map_err(|error| failed("preparing to ask the broker", &error))?;
        Ok(Self { connection, client })
    }

    /// The client that asks.
    pub(in crate::io::kafka) fn client(&self) -> &BaseConsumer<Context> {
        &self.client
    }

    /// All topics that can be used now, and how many partitions each has.
    pub(in crate::io::kafka) fn partition_counts(
        &self,
    ) -> Result<BTreeMap<String, i32>, PortError> {
        self.connection.patiently("asking for topics", || {
            let metadata = self.client.fetch_metadata(None, ASK)?;
            let usable = metadata.topics().iter().filter(|topic| {
                let led = topic.partitions().iter().all(|it| it.leader() >= 0);
                topic.error().is_none() && led && !topic.partitions().is_empty()
            });
            let count = |it: &MetadataTopic| i32::try_from(it.partitions().len()).unwrap_or(0);
            Ok(usable.map(|it| (it.name().to_owned(), count(it))).collect())
        })
    }

    /// The topics with such names. One that cannot be read for the moment is waited for.
    pub(in crate::io::kafka) fn led(
        &self,
        is_wanted: impl Fn(&str) -> bool,
    ) -> Result<BTreeSet<String>, PortError> {
        let doing = "waiting for the leaders of the topics that were sent to";
        loop {
            let metadata =
                self.connection.patiently(doing, || self.client.fetch_metadata(None, ASK))?;
            let there: Vec<_> = metadata
                .topics()
                .iter()
                .filter(|it| is_wanted(it.name()))
                .filter(|it| !it.partitions().is_empty())
                .collect();
            if there.iter().all(|it| it.partitions().iter().all(|it| it.leader() >= 0)) {
                return Ok(there.into_iter().map(|it| it.name().to_owned()).collect());
            }
            self.connection.is_silent();
            self.connection.go_on(doing)?;
            std::thread::sleep(PAUSE);
        }
    }

    /// How many partitions a topic has; none where there is no such topic. One that cannot be used
    /// for the moment is waited for.
    pub(in crate::io::kafka) fn find(&self, topic: &str) -> Result<Option<i32>, PortError> {
        let doing = format!("looking for the topic {topic}");
        loop {
            let metadata =
                self.connection.patiently(&doing, || self.client.fetch_metadata(None, ASK))?;
            let found = metadata.topics().iter().find(|it| it.name() == topic);
            let Some(found) = found else { return Ok(None) };
            let led = found.partitions().iter().all(|it| it.leader() >= 0);
            if found.error().is_none() && led && !found.partitions().is_empty() {
                return Ok(i32::try_from(found.partitions().len()).ok());
            }
            self.connection.is_silent();
            self.connection.go_on(&doing)?;
            std::thread::sleep(PAUSE);
        }
    }

    /// The first offset of a partition and the one after its last.
    pub(in crate::io::kafka) fn ends(
        &self,
        topic: &str,
        partition: i32,
    ) -> Result<(i64, i64), PortError> {
        self.connection.patiently("asking for the end of a topic", || {
            self.client.fetch_watermarks(topic, partition, ASK)
        })
    }
}

fn create(connection: &Connection, missing: &[&Wanted]) -> Result<(), PortError> {
    let names: Vec<_> = missing.iter().map(|it| &*it.name).collect();
    let doing = format!("making the topics {}", names.join(", "));
    let admin: AdminClient<Context> = connection
        .settings()
        .create_with_context(connection.context())
        .map_err(|error| failed(&doing, &error))?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .map_err(|error| PortError::Failed(format!("{doing}: {error}")))?;
    let topics: Vec<_> = missing
        .iter()
        .map(|it| {
            let topic = NewTopic::new(&it.name, it.partitions, TopicReplication::Fixed(-1));
            it.settings.pairs().iter().fold(topic, |topic, (key, value)| topic.set(key, value))
        })
        .collect();
    let options = AdminOptions::new().request_timeout(Some(ASK)).operation_timeout(Some(ASK));
    connection.patiently(&doing, || {
        let results = runtime.block_on(admin.create_topics(&topics, &options))?;
        let mut refused = results.into_iter().filter_map(Result::err).map(|(_, code)| code);
        match refused.find(|code| *code != RDKafkaErrorCode::TopicAlreadyExists) {
            None => Ok(()),
            Some(code) => Err(KafkaError::AdminOp(code)),
        }
    })
}
