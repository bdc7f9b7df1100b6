//! Inputs that are not there any more: a topic, or messages before they were taken.

use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use crate::engine::PortError;

/// A topic may be made again: it is waited for, and said once.
pub(super) fn warn_of_deleted(said: &mut bool, error: &KafkaError) {
    if !std::mem::replace(said, true) {
        tracing::warn!(%error, "an input topic was deleted: waiting until it is made again");
    }
}

/// Whether the broker knows no such topic. One that is on its way out, or in, may be without some
/// of its partitions.
pub(super) fn is_gone(error: &KafkaError) -> bool {
    matches!(
        error.rdkafka_error_code(),
        Some(
            RDKafkaErrorCode::UnknownTopic
                | RDKafkaErrorCode::UnknownPartition
                | RDKafkaErrorCode::UnknownTopicOrPartition
        )
    )
}

pub(super) fn deleted() -> PortError {
    PortError::Failed(
        "messages that were not yet taken have been deleted from an input topic: give it a \
         longer retention.ms; to go on without them is a decision for people"
            .to_owned(),
    )
}
