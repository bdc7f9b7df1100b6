//! Kafka and what speaks its protocol: inputs in, the log as a topic, orders out.

mod admin;
mod books;
mod client;
mod topic_log;
mod topics;

pub use admin::{Settings, Wanted, ensure_topic, ensure_topics};
pub use books::{Books, WithBooks};
pub use client::{Connection, Stop};
pub use topic_log::{Entries, Entry, Stored, TopicLog};
pub use topics::Topics;
