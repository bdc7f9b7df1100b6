//! Kafka and what speaks its protocol: inputs in, the log as a topic, orders out.

mod answer;
mod broker;
mod checkpoints;
mod cluster;
mod current;
mod decoders;
mod feed;
mod follower;
mod inbox;
mod log;
mod log_reader;
mod newest;
mod newest_messages;
mod outbox;
mod outgoing;
mod presence;
mod probe;
mod safety;
mod snapshot;
mod topic_check;
mod topic_log;
mod topics;
mod traces;
mod verify;

use broker::{
    admin, client, consumer, errors, fenced, pace, settings, topic_ids, topic_table, voice,
};

pub use admin::{Settings, Wanted, ensure_topic, ensure_topics};
pub use answer::give_command;
pub use checkpoints::{newest as newest_checkpoint, read as read_checkpoints};
pub use client::{Connection, Stop};
pub use cluster::{BrokerAddress, Cluster, cluster, topics_with_messages_after};
pub use feed::{KafkaFeed, spread};
pub use fenced::Writer;
pub use follower::{Followed, Follower, Isolation};
pub use inbox::KafkaInbox;
pub use log::{KafkaLog, LogOptions};
pub use log_reader::{KafkaLogReader, TakenUp, take_up};
pub use newest::newest_hour;
pub use outbox::KafkaOutbox;
pub use presence::{Look, PartitionEnds, TopicWatch};
pub use probe::Probe;
pub use safety::{Unsafe, unsafe_topics};
pub use settings::{ClientSettings, SettingError};
pub use topic_check::{Difference, differences, missing};
pub use topic_log::{Batch, Entries, Entry, Stored, TopicError, TopicLog, TopicReading};
pub use topic_table::{Direction, TOPIC_KINDS, TopicKind};
pub use topics::Topics;
pub use traces::{Came, Traces};
pub use verify::verify;
