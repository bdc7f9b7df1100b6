//! The connection to a broker: settings, errors, topics and the fenced producer.

pub(super) mod admin;
pub(super) mod client;
pub(super) mod consumer;
pub(super) mod errors;
pub(super) mod fenced;
pub(super) mod pace;
mod refusal;
pub(super) mod settings;
pub(super) mod topic_ids;
pub(super) mod topic_table;
pub(super) mod voice;
