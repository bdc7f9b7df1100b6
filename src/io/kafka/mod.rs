//! Kafka and what speaks its protocol: inputs in, the log as a topic, orders out.

mod admin;
mod books;
mod client;
mod current;
mod feed;
mod inbox;
mod log;
mod outbox;
mod projection;
mod topic_log;
mod topics;

pub use admin::{Settings, Wanted, ensure_topic, ensure_topics};
pub use books::{Books, WithBooks};
pub use client::{Connection, Stop};
pub use feed::{KafkaFeed, spread};
pub use inbox::KafkaInbox;
pub use log::KafkaLog;
pub use outbox::KafkaOutbox;
pub use topic_log::{Entries, Entry, Stored, TopicLog};
pub use topics::Topics;
