//! Errors in the place of messages: a topic that is not there, or messages that were deleted before
//! they were taken.

use rdkafka::consumer::Consumer as _;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::{Offset, TopicPartitionList};

use crate::engine::PortError;
use crate::io::kafka::client::{failed, is_passing};

use super::KafkaInbox;
use super::lanes::{Phase, end_lanes};

impl KafkaInbox {
    /// Looks at an error that came in the place of a message: with some, reading goes on.
    pub(super) fn pass_over(&mut self, error: &KafkaError) -> Result<(), PortError> {
        if is_gone(error) {
            warn_of_deleted(&mut self.is_gone, error);
            return Ok(());
        }
        if is_passing(error) {
            self.connection.is_silent();
            return Ok(());
        }
        if error.rdkafka_error_code() != Some(RDKafkaErrorCode::AutoOffsetReset) {
            return Err(failed("taking inputs", error));
        }
        let context = self.consumer.context();
        let goes_on = end_lanes(context, &self.topics, &mut self.lanes) || self.read_again()?;
        if goes_on { Ok(()) } else { Err(deleted()) }
    }

    /// An error about an old partition can come after its topic was made again; the library then
    /// stops reading the new one. Reads new partitions of which nothing has come from their
    /// beginning once more; false where no such error is possible.
    fn read_again(&mut self) -> Result<bool, PortError> {
        let Some(left) = self.old_errors.checked_sub(1) else { return Ok(false) };
        self.old_errors = left;
        let doing = "preparing to take inputs from a topic that was made again";
        let (mut old, mut new) = (TopicPartitionList::new(), TopicPartitionList::new());
        for lane in self.lanes.iter().filter(|it| it.phase == Phase::New) {
            old.add_partition(&lane.topic, lane.partition);
            new.add_partition_offset(&lane.topic, lane.partition, Offset::Beginning)
                .map_err(|error| failed(doing, &error))?;
        }
        self.consumer
            .incremental_unassign(&old)
            .and_then(|()| self.consumer.incremental_assign(&new))
            .map_err(|error| failed(doing, &error))?;
        Ok(true)
    }
}

/// A topic may be made again: it is waited for, and said once.
fn warn_of_deleted(said: &mut bool, error: &KafkaError) {
    if !std::mem::replace(said, true) {
        tracing::warn!(%error, "an input topic was deleted: waiting until it is made again");
    }
}

/// Whether the broker knows no such topic. One that is on its way out, or in, may be without some
/// of its partitions.
fn is_gone(error: &KafkaError) -> bool {
    matches!(
        error.rdkafka_error_code(),
        Some(
            RDKafkaErrorCode::UnknownTopic
                | RDKafkaErrorCode::UnknownPartition
                | RDKafkaErrorCode::UnknownTopicOrPartition
        )
    )
}

fn deleted() -> PortError {
    PortError::Failed(
        "messages that were not yet taken have been deleted from an input topic: give it a \
         longer retention.ms; to go on without them is a decision for people"
            .to_owned(),
    )
}
