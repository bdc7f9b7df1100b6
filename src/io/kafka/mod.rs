//! Kafka and what speaks its protocol: inputs in, the log as a topic, orders out.

mod admin;
mod client;
mod topic_log;
mod topics;

pub use admin::{Settings, ensure_topic};
pub use client::{Connection, Stop};
pub use topic_log::{Entries, Entry, Stored, TopicLog};
pub use topics::Topics;
