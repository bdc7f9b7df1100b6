//! The three doors between the engine and the world.

use thiserror::Error;

use crate::domain::{Command, Stream};

use super::{Position, Record};

/// A door failed. The engine stops; a restart replays the log.
#[derive(Clone, Debug, Error, Eq, PartialEq)]
pub enum PortError {
    /// What stands behind the door cannot be reached or answers wrongly; says what to do.
    #[error("{0}")]
    Failed(String),
    /// Another engine has taken over this airshed.
    #[error("another engine has taken over: {0}")]
    Fenced(String),
}

/// Where commands come from.
pub trait Inbox {
    /// Goes on after what the log already holds: for each stream, the last position taken.
    /// A stream that is not named starts at its beginning.
    fn resume(&mut self, taken: &[(Stream, u64)]) -> Result<(), PortError>;
    /// The next commands, oldest first in each stream; empty when there are none *now*.
    ///
    /// Everything that one position says (a message that speaks of two hours, a row and the
    /// refusal of one of its cells) comes in one `take`: only whole positions reach the log.
    fn take(&mut self) -> Result<Vec<Command>, PortError>;
}

/// A log read from a position on.
pub type Records<'a> = Box<dyn Iterator<Item = Result<Record, PortError>> + 'a>;

/// Where events stay.
pub trait EventLog {
    /// Adds records, all or none of them; they are durable when this returns.
    fn append(&mut self, records: &[Record]) -> Result<(), PortError>;
    /// Reads from a position to the end.
    fn read(&self, from: Position) -> Result<Records<'_>, PortError>;
}

impl<L: EventLog + ?Sized> EventLog for Box<L> {
    fn append(&mut self, records: &[Record]) -> Result<(), PortError> {
        (**self).append(records)
    }

    fn read(&self, from: Position) -> Result<Records<'_>, PortError> {
        (**self).read(from)
    }
}

/// Where orders go.
pub trait Outbox {
    /// From which record on something may be unsent: every earlier one has arrived everywhere.
    /// [`Position::NEVER`] where nothing is ever sent.
    fn unsent_from(&mut self) -> Result<Position, PortError>;
    /// Sends what a record says; a receiver that already has it is passed over.
    fn publish(&mut self, record: &Record) -> Result<(), PortError>;
    /// Returns when everything published has arrived.
    fn flush(&mut self) -> Result<(), PortError>;
}
