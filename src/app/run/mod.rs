//! Commands that take in readings: into a log or into topics.

mod console;
pub(super) mod demo;
pub(super) mod feed;
#[cfg_attr(not(test), allow(dead_code, reason = "The HTTP doors show them."))]
mod metrics;
pub(super) mod play;
pub(super) mod serve;
pub(super) mod topics;
