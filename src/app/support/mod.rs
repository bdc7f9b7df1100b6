//! Code that several commands share: configuration, opening a log, output, signals.

pub(super) mod broker;
pub(super) mod cap;
pub(super) mod config;
mod failure;
pub(super) mod hooks;
pub(super) mod http;
pub(super) mod log_folder;
pub(super) mod log_reader;
pub(super) mod moment;
mod nearest;
pub(super) mod notes;
pub(super) mod origin;
pub(super) mod outlook;
pub(super) mod output;
pub(super) mod progress;
pub(super) mod recent;
mod registry;
pub(super) mod rules;
pub(super) mod signals;
pub(super) mod telemetry;
pub(super) mod terminal;

pub(super) use failure::Failure;
