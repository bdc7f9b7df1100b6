//! How new the readings in the topics are, without taking them.

use std::sync::Arc;
use std::time::Duration;

use rdkafka::consumer::Consumer as _;
use rdkafka::error::KafkaError;
use rdkafka::{Message as _, Offset, TopicPartitionList};

use crate::domain::{Command, Hour, Rules, Stream};
use crate::engine::PortError;
use crate::wire::message::{Codes, Schemas, StreamReader};

use super::admin::Asking;
use super::client::{Connection, failed, is_passing};
use super::consumer::looking;
use super::topics::Topics;

/// So many messages at the end of each partition are looked at: ticks stand there too.
const TAIL: i64 = 200;

/// The newest hour of which a reading stands near the end of any partition of the readings; none
/// where there are none.
pub fn newest_hour(
    connection: &Connection,
    topics: &Topics,
    rules: &Rules,
) -> Result<Option<Hour>, PortError> {
    let doing = "looking for the newest readings";
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
    let codes = Arc::new(Codes::new(rules));
    let (schemas, mut newest) = (Schemas::default(), None);
    while !left.is_empty() {
        match consumer.poll(Duration::from_millis(100)) {
            None => {}
            Some(Ok(message)) => {
                let stream = Stream::topic(&topic, message.partition());
                let mut reader = StreamReader::new(stream, Arc::clone(&codes));
                let mut give = |command| {
                    if let Command::Observe(batch) = command {
                        newest = newest.max(Some(batch.hour));
                    }
                };
                let offset = u64::try_from(message.offset()).unwrap_or_default();
                // What cannot be read is refused when it is taken.
                let payload = message.payload().unwrap_or_default();
                if reader.read(offset, payload, &schemas, &mut give).is_ok() {
                    reader.flush(&mut give);
                }
            }
            Some(Err(KafkaError::PartitionEOF(partition))) => {
                left.retain(|it| *it != partition);
            }
            Some(Err(error)) if is_passing(&error) => connection.is_silent(),
            Some(Err(error)) => return Err(failed(doing, &error)),
        }
        connection.go_on(doing)?;
    }
    Ok(newest)
}
