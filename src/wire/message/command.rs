//! A command of a body: an envelope as JSON, or as Avro by `schemas/command.avsc`.
//!
//! What the body of a command may hold is no matter of the envelope: the checks of commands look at
//! it, and refuse it by name. Only what is no envelope, or names no command, cannot be read.

mod avro;
mod json;
#[cfg(test)]
mod json_schema;
#[cfg(test)]
mod schema;

pub(super) use avro::parse_command;
pub(super) use json::MESSAGE_MAX;
pub use json::{CommandLine, UnreadableCommand, read_command, read_command_line, write_command};

#[cfg(test)]
mod tests;
