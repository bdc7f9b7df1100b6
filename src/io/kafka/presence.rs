//! Whether the topics of an airshed are still there, and where the partitions of its inputs end.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::KafkaResult;
use rdkafka::topic_partition_list::TopicPartitionListElem;
use rdkafka::{Offset, TopicPartitionList};

use crate::engine::PortError;

use super::admin::Asking;
use super::client::{Connection, Context, failed};
use super::topics::Topics;

/// Between two looks.
const LOOK_EVERY: Duration = Duration::from_secs(10);
/// How long a look may take; a silent broker is the concern of whoever needs it.
const ASK: Duration = Duration::from_secs(1);

/// Looks now and then whether a topic has been deleted, and how far inputs go.
pub struct TopicWatch {
    client: BaseConsumer<Context>,
    names: Vec<String>,
    inputs: Vec<String>,
    looked: Option<Instant>,
}

/// What a look has found.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Look {
    /// The topics that are gone.
    pub missing: Vec<String>,
    /// The partitions of the inputs; empty if the broker does not say.
    pub ends: Vec<PartitionEnds>,
}

/// The messages of a partition of an input.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PartitionEnds {
    /// Its topic.
    pub topic: String,
    /// Its number.
    pub partition: i32,
    /// The offset of its first message.
    pub first: u64,
    /// The offset after its last committed message.
    pub end: u64,
}

impl TopicWatch {
    /// Watches the topics that are there now: inputs, what goes out, and `log` where it is in
    /// Kafka.
    pub fn open(
        connection: &Connection,
        topics: &Topics,
        log: Option<&str>,
    ) -> Result<Self, PortError> {
        let there = Asking::new(connection)?.partition_counts()?.into_keys();
        let is_own = |it: &String| {
            topics.goes_out(it)
                || topics.inputs().contains(it)
                || log.is_some_and(|log| it == log || *it == format!("{log}.checkpoints"))
        };
        let client = connection
            .settings()
            .set("allow.auto.create.topics", "false")
            .create_with_context(connection.context())
            .map_err(|error| failed("preparing to watch the topics", &error))?;
        let inputs = topics.inputs().into_iter().collect();
        Ok(Self { client, names: there.filter(is_own).collect(), inputs, looked: None })
    }

    /// What there is; none where it is not time to look, or no broker says.
    #[expect(clippy::disallowed_methods, reason = "How often we look decides nothing.")]
    pub fn look(&mut self) -> Option<Look> {
        if self.looked.is_some_and(|it| it.elapsed() < LOOK_EVERY) {
            return None;
        }
        let metadata = self.client.fetch_metadata(None, ASK);
        let looked = metadata.map(|metadata| {
            let is_there = |name: &String| metadata.topics().iter().any(|it| it.name() == name);
            let missing = self.names.iter().filter(|it| !is_there(it)).cloned().collect();
            let inputs =
                metadata.topics().iter().filter(|it| self.inputs.contains(&it.name().into()));
            let numbers = inputs.flat_map(|topic| {
                let partitions = topic.partitions().iter();
                partitions.map(|it| (topic.name().to_owned(), it.id()))
            });
            Look { missing, ends: self.ends(&numbers.collect::<Vec<_>>()).unwrap_or_default() }
        });
        // Other clients are used all the time, and hear the same.
        self.client.context().forget(|| drop(self.client.poll(Duration::ZERO)));
        self.looked = Some(Instant::now());
        looked.ok()
    }

    /// Both ends of these partitions, in two questions for all of them.
    fn ends(&self, partitions: &[(String, i32)]) -> KafkaResult<Vec<PartitionEnds>> {
        if partitions.is_empty() {
            return Ok(Vec::new());
        }
        let ask = |end: Offset| -> KafkaResult<BTreeMap<(String, i32), u64>> {
            let mut asked = TopicPartitionList::new();
            for (topic, partition) in partitions {
                asked.add_partition_offset(topic, *partition, end)?;
            }
            let answer = self.client.offsets_for_times(asked, ASK)?;
            let offset = |it: TopicPartitionListElem<'_>| {
                let offset = it.offset().to_raw().and_then(|it| u64::try_from(it).ok())?;
                Some(((it.topic().to_owned(), it.partition()), offset))
            };
            Ok(answer.elements().into_iter().filter_map(offset).collect())
        };
        let (first, end) = (ask(Offset::Beginning)?, ask(Offset::End)?);
        let both = |((topic, partition), end): (&(String, i32), &u64)| {
            let first = *first.get(&(topic.clone(), *partition))?;
            Some(PartitionEnds { topic: topic.clone(), partition: *partition, first, end: *end })
        };
        Ok(end.iter().filter_map(both).collect())
    }
}
