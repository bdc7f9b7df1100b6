//! In which bytes: domain values to and from files, messages and records. Opens nothing.

pub mod append;
pub mod avro;
pub mod cap;
pub mod csv;
mod excerpt;
pub mod hash;
pub mod hooks;
pub mod identity;
pub mod log_reader;
pub mod message;
pub mod publication;
pub mod record;
pub mod rule_book;
pub mod snapshot;
pub mod state;
pub mod stations;
pub mod topic_snapshot;
pub mod tree;
pub mod trust;
