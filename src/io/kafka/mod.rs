//! Kafka and what speaks its protocol: inputs in, the log as a topic, orders out.

mod admin;
mod books;
mod checkpoints;
mod client;
mod consumer;
mod current;
mod decoders;
mod feed;
mod fenced;
mod inbox;
mod log;
mod log_reader;
mod outbox;
mod projection;
mod topic_ids;
mod topic_log;
mod topics;
mod verify;

pub use admin::{Settings, Wanted, ensure_topic, ensure_topics};
pub use books::{Books, WithBooks};
pub use checkpoints::read as own_notes;
pub use client::{Connection, Stop};
pub use feed::{KafkaFeed, spread};
pub use inbox::KafkaInbox;
pub use log::KafkaLog;
pub use log_reader::KafkaLogReader;
pub use outbox::KafkaOutbox;
pub use topic_log::{Batch, Entries, Entry, Stored, TopicError, TopicLog, TopicReading};
pub use topics::Topics;
pub use verify::verify;
