//! A log as text: a summary, lines and tables.

pub(super) mod answers;
pub(super) mod console_outbox;
pub(super) mod lines;
pub(super) mod log_summary;
pub(super) mod orders;
pub(super) mod summary;
