//! The marks that a feed leaves on its messages: how far it has come in a partition.

use std::time::Duration;

use rdkafka::consumer::Consumer as _;
use rdkafka::error::KafkaError;
use rdkafka::{Offset, TopicPartitionList};

use crate::engine::PortError;

use crate::io::kafka::admin::Asking;
use crate::io::kafka::client::{Connection, failed, header, is_passing};
use crate::io::kafka::consumer::looking;

/// The header with the mark.
pub(super) const HEADER: &str = "fed";
/// So far from the end of a partition an earlier mark is looked for.
const LOOK_BACK: i64 = 1_000_000;

/// How far a feed has come in one partition.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Mark {
    /// Messages until here.
    pub(super) count: u64,
    /// Follows from all of them (FNV-1a).
    hash: u64,
}

impl Mark {
    /// Before the first message.
    pub(super) const START: Self = Self { count: 0, hash: 0xCBF2_9CE4_8422_2325 };

    /// After one more message.
    pub(super) fn add(&mut self, key: Option<&str>, bytes: &[u8]) {
        let mut put = |byte: u8| {
            self.hash = (self.hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3);
        };
        key.unwrap_or_default().bytes().for_each(&mut put);
        // So that key and bytes cannot be parted otherwise.
        put(0);
        bytes.iter().copied().for_each(put);
        self.count += 1;
    }

    /// The text of the header.
    pub(super) fn text(self, feed: &str) -> String {
        format!("{feed}:{}:{:016x}", self.count, self.hash)
    }

    /// Reads the mark of a feed.
    fn parse(text: &str, feed: &str) -> Option<Self> {
        let (count, hash) = text.strip_prefix(feed)?.strip_prefix(':')?.split_once(':')?;
        Some(Self { count: count.parse().ok()?, hash: u64::from_str_radix(hash, 16).ok()? })
    }
}

/// The last mark of a feed in each partition of a topic.
pub(super) fn find(
    connection: &Connection,
    topic: &str,
    partitions: usize,
    feed: &str,
) -> Result<Vec<Option<Mark>>, PortError> {
    let doing = "looking how far the feed has come";
    let asking = Asking::new(connection)?;
    let mut marks = vec![None; partitions];
    let mut assigned = TopicPartitionList::new();
    let mut left = 0;
    for partition in (0..).take(partitions) {
        let (first, end) = asking.ends(topic, partition)?;
        if first < end {
            assigned
                .add_partition_offset(topic, partition, Offset::Offset(first.max(end - LOOK_BACK)))
                .map_err(|error| failed(doing, &error))?;
            left += 1;
        }
    }
    if left == 0 {
        return Ok(marks);
    }
    let more = [("queued.min.messages", "100000")];
    let consumer = looking(connection, "airshed.feed.reader", None, &more, doing)?;
    consumer.assign(&assigned).map_err(|error| failed(doing, &error))?;
    while left > 0 {
        match consumer.poll(Duration::from_millis(100)) {
            None => {}
            Some(Ok(message)) => {
                connection.answers();
                let mark = header(&message, HEADER).and_then(|it| Mark::parse(it, feed));
                let place = usize::try_from(rdkafka::Message::partition(&message)).ok();
                if let (Some(mark), Some(place)) = (mark, place.and_then(|it| marks.get_mut(it))) {
                    *place = Some(mark);
                }
            }
            Some(Err(KafkaError::PartitionEOF(_))) => left -= 1,
            Some(Err(error)) if is_passing(&error) => connection.is_silent(),
            Some(Err(error)) => return Err(failed(doing, &error)),
        }
        connection.go_on(doing)?;
    }
    Ok(marks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_tells_the_messages_before_it() {
        let mut mark = Mark::START;
        mark.add(Some("1001A"), b"one");
        let one = mark;
        mark.add(None, b"two");
        assert_eq!(mark.count, 2);
        assert_eq!(Mark::parse(&mark.text("a:b"), "a:b"), Some(mark));
        for foreign in ["a", "a:b:", "", "a:b:c"] {
            assert_eq!(Mark::parse(&mark.text("a:b"), foreign), None, "{foreign}");
        }
        let mut other = Mark::START;
        other.add(Some("1001A"), b"onf");
        assert_ne!(one, other);
        other = Mark::START;
        other.add(Some("1001Ao"), b"ne");
        assert_ne!(one, other);
    }
}
