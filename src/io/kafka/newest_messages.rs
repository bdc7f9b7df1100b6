//! The newest messages of a topic of one partition, without reading all of it.

use std::time::Duration;

use rdkafka::Offset;
use rdkafka::error::KafkaError;
use rdkafka::message::BorrowedMessage;

use crate::engine::PortError;

use super::admin::Asking;
use super::client::{Connection, failed};
use super::consumer;
use super::errors::is_passing;

/// The look begins so many offsets before the end: marks of transactions have offsets, too.
const FIRST_STEP: i64 = 16;
/// How much further each step goes back.
const GROWTH: i64 = 16;

/// What `map` makes of the newest committed messages, oldest first. The look goes back until there
/// are `enough`, or to the beginning of the topic; empty where there is no such topic.
pub(super) fn newest_messages<T>(
    connection: &Connection,
    topic: &str,
    doing: &str,
    map: impl Fn(&BorrowedMessage<'_>) -> T,
    enough: impl Fn(&[T]) -> bool,
) -> Result<Vec<T>, PortError> {
    let asking = Asking::new(connection)?;
    if asking.find(topic)?.is_none() {
        return Ok(Vec::new());
    }
    let (first, end) = asking.ends(topic, 0)?;
    let mut back = FIRST_STEP;
    loop {
        let from = first.max(end.saturating_sub(back));
        let mut all = Vec::new();
        if from < end {
            read_from(connection, topic, from, doing, |it| all.push(map(it)))?;
        }
        if from <= first || enough(&all) {
            return Ok(all);
        }
        back = back.saturating_mul(GROWTH);
    }
}

/// Gives every committed message of a topic from an offset on.
fn read_from(
    connection: &Connection,
    topic: &str,
    from: i64,
    doing: &str,
    mut give: impl FnMut(&BorrowedMessage<'_>),
) -> Result<(), PortError> {
    let consumer = consumer::reading(connection, topic, Offset::Offset(from), doing)?;
    loop {
        match consumer.poll(Duration::from_millis(100)) {
            None => {}
            Some(Ok(message)) => {
                connection.answers();
                give(&message);
            }
            Some(Err(KafkaError::PartitionEOF(_))) => return Ok(()),
            Some(Err(error)) if is_passing(&error) => connection.passes(doing, &error),
            Some(Err(error)) => return Err(failed(doing, &error)),
        }
        connection.go_on(doing)?;
    }
}
