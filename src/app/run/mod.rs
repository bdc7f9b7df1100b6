//! Commands that take in readings: into a log or into topics.

pub(super) mod console;
pub(super) mod demo;
pub(super) mod feed;
pub(super) mod load;
mod metrics;
pub(super) mod play;
pub(super) mod serve;
pub(super) mod topics;
mod tracer;
