//! How new the readings in the topics are, without taking them.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::consumer::Consumer as _;
use rdkafka::error::KafkaError;
use rdkafka::{Message as _, Offset, TopicPartitionList};

use crate::domain::{Command, Hour, Rules, Stream};
use crate::engine::PortError;
use crate::wire::message::{Codes, Schemas, StreamReader, UnknownSchema, WriterSchemas};

use super::admin::Asking;
use super::client::{Connection, failed, is_passing};
use super::consumer::looking;
use super::topics::Topics;

/// So many messages at the end of each partition are looked at: ticks stand there too.
const TAIL: i64 = 200;

/// The longest wait for a registry. Messages by schemas that are not known by then do not count;
/// they are looked at again when they are taken.
const REGISTRY_WITHIN: Duration = Duration::from_secs(10);

/// What is done, for errors.
const DOING: &str = "looking for the newest readings";

/// The newest hour of which a reading stands near the end of any partition of the readings; none
/// where there are none. Schemas that only the registry knows come from there.
pub fn newest_hour(
    connection: &Connection,
    topics: &Topics,
    rules: &Rules,
    registry: Option<&mut dyn WriterSchemas>,
) -> Result<Option<Hour>, PortError> {
    let doing = DOING;
    let topic = topics.readings();
    let asking = Asking::new(connection)?;
    let Some(partitions) = asking.find(&topic)? else { return Ok(None) };
    let mut assigned = TopicPartitionList::new();
    let mut left = Vec::new();
    for partition in 0..partitions {
        let (first, end) = asking.ends(&topic, partition)?;
        if first < end {
            assigned
                .add_partition_offset(&topic, partition, Offset::Offset(first.max(end - TAIL)))
                .map_err(|error| failed(doing, &error))?;
            left.push(partition);
        }
    }
    let consumer = looking(connection, "airshed.inbox", Some(&topic), &[], doing)?;
    consumer.assign(&assigned).map_err(|error| failed(doing, &error))?;
    let mut look = Look::new(rules);
    while !left.is_empty() {
        match consumer.poll(Duration::from_millis(100)) {
            None => {}
            Some(Ok(message)) => {
                let stream = Stream::topic(&topic, message.partition());
                let offset = u64::try_from(message.offset()).unwrap_or_default();
                let payload = message.payload().unwrap_or_default();
                look.at(Seen { stream, offset, payload: payload.to_vec() });
            }
            Some(Err(KafkaError::PartitionEOF(partition))) => {
                left.retain(|it| *it != partition);
            }
            Some(Err(error)) if is_passing(&error) => connection.is_silent(),
            Some(Err(error)) => return Err(failed(doing, &error)),
        }
        connection.go_on(doing)?;
    }
    if let Some(registry) = registry {
        look.ask(registry, connection)?;
    }
    Ok(look.newest)
}

/// A message.
struct Seen {
    stream: Stream,
    offset: u64,
    payload: Vec<u8>,
}

/// The newest hour so far, and what is not readable yet.
struct Look {
    codes: Arc<Codes>,
    schemas: Schemas,
    newest: Option<Hour>,
    waiting: Vec<(u32, Seen)>,
}

impl Look {
    fn new(rules: &Rules) -> Self {
        let codes = Arc::new(Codes::new(rules));
        Self { codes, schemas: Schemas::default(), newest: None, waiting: Vec::new() }
    }

    fn at(&mut self, message: Seen) {
        let newest = &mut self.newest;
        let mut give = |command| {
            if let Command::Observe(batch) = command {
                *newest = (*newest).max(Some(batch.hour));
            }
        };
        let mut reader = StreamReader::new(message.stream.clone(), Arc::clone(&self.codes));
        match reader.read(message.offset, &message.payload, &self.schemas, &mut give) {
            Ok(()) => reader.flush(&mut give),
            Err(UnknownSchema::Id(id)) => self.waiting.push((id, message)),
            // What cannot be read is refused when it is taken.
            Err(_) => {}
        }
    }

    /// Asks a registry for the schemas of what waits.
    #[expect(clippy::disallowed_methods, reason = "How long a registry is waited for.")]
    fn ask(
        &mut self,
        registry: &mut dyn WriterSchemas,
        connection: &Connection,
    ) -> Result<(), PortError> {
        let (begin, mut asked) = (Instant::now(), BTreeSet::new());
        for (id, message) in &self.waiting {
            if asked.insert(*id) {
                registry.ask(*id, &format!("{} at offset {}", message.stream, message.offset));
            }
        }
        while !self.waiting.is_empty() && begin.elapsed() < REGISTRY_WITHIN {
            for (id, answer) in registry.answers() {
                let learnt = answer
                    .map_err(|it| it.to_string())
                    .and_then(|text| self.schemas.learn_id(id, &text).map_err(|it| it.to_string()));
                if let Err(refused) = learnt {
                    self.schemas.refuse_id(id, &refused);
                }
                for (_, message) in std::mem::take(&mut self.waiting) {
                    self.at(message);
                }
            }
            connection.go_on(DOING)?;
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }
}
