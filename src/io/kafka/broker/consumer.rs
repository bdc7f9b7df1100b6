//! Consumers that look at topics from an offset to their end, in no group.

use rdkafka::client::Client;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::{Offset, TopicPartitionList};

use crate::engine::PortError;

use super::client::{ASK, Connection, Context, failed};

/// Reads the only partition of a topic: what is committed, and a word at its end.
pub(in crate::io::kafka) fn reading(
    connection: &Connection,
    topic: &str,
    from: Offset,
    doing: &str,
) -> Result<BaseConsumer<Context>, PortError> {
    let more = [("auto.offset.reset", "error"), ("queued.min.messages", "100000")];
    let consumer = looking(connection, "airshed.log.reader", Some(topic), &more, doing)?;
    await_end(connection, &consumer, topic, doing)?;
    let mut assigned = TopicPartitionList::new();
    assigned
        .add_partition_offset(topic, 0, from)
        .and_then(|()| consumer.assign(&assigned))
        .map_err(|error| failed(doing, &error))?;
    Ok(consumer)
}

/// A consumer that is assigned partitions by hand and sees what is committed, with a word at the
/// end of each. `more` goes over what such consumers have in common.
pub(in crate::io::kafka) fn looking(
    connection: &Connection,
    name: &str,
    topic: Option<&str>,
    more: &[(&str, &str)],
    doing: &str,
) -> Result<BaseConsumer<Context>, PortError> {
    let mut settings = connection.settings();
    settings
        .set("group.id", name)
        .set("enable.auto.commit", "false")
        .set("enable.partition.eof", "true")
        .set("isolation.level", "read_committed")
        .set("auto.offset.reset", "earliest")
        .set("fetch.queue.backoff.ms", "2")
        .set("fetch.wait.max.ms", "10");
    for (key, value) in more {
        settings.set(*key, *value);
    }
    let consumer: BaseConsumer<Context> = settings
        .create_with_context(connection.context())
        .map_err(|error| failed(doing, &error))?;
    find_leader(connection, consumer.client(), topic, doing)?;
    Ok(consumer)
}

/// A leader that was elected just now may not know yet how far the log is committed, and a read
/// would end too early, without an error. Asked for the end, it does not answer before it knows.
fn await_end(
    connection: &Connection,
    consumer: &BaseConsumer<Context>,
    topic: &str,
    doing: &str,
) -> Result<(), PortError> {
    connection.patiently(doing, || consumer.fetch_watermarks(topic, 0, ASK).map(drop))
}

/// Asks for the leaders of a topic, or of all topics. A client that does not ask before it reads or
/// writes may wait until its library asks: a consumer for half a second, a producer for 100 ms.
pub(in crate::io::kafka) fn find_leader(
    connection: &Connection,
    client: &Client<Context>,
    topic: Option<&str>,
    doing: &str,
) -> Result<(), PortError> {
    connection.patiently(doing, || client.fetch_metadata(topic, ASK).map(drop))
}
