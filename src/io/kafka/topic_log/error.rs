//! What can be wrong with a log in a topic.

use thiserror::Error;

use crate::engine::PortError;

/// What can be wrong with a log in a topic.
#[derive(Clone, Debug, Error, Eq, PartialEq)]
pub enum TopicError {
    /// The broker refuses, or does not answer.
    #[error(transparent)]
    Port(#[from] PortError),
    /// The messages are not what was written.
    #[error("the log in {topic}/0 is damaged at offset {offset}, record {position}: {what}")]
    Damaged {
        /// Which topic.
        topic: String,
        /// Where in its only partition.
        offset: u64,
        /// Where a record should be.
        position: u64,
        /// What is there.
        what: String,
    },
}

impl From<TopicError> for PortError {
    fn from(error: TopicError) -> Self {
        match error {
            TopicError::Port(error) => error,
            TopicError::Damaged { .. } => Self::Failed(error.to_string()),
        }
    }
}
