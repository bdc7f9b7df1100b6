//! The three doors between the engine and the world.

use std::sync::Arc;

use thiserror::Error;

use crate::domain::{Command, RuleBook, Stream};

use super::projection::Marks;
use super::{Entry, Memory, Position, Record};

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
    /// A stream that is not named starts at its beginning. The ids of topics that the log knows
    /// come as streams, too, see [`Stream::topic_id`].
    fn resume(&mut self, taken: &[(Stream, u64)]) -> Result<(), PortError>;
    /// A rule book is in force from here on: by its places the commands that it takes are numbered.
    /// Comes before [`Inbox::resume`] where the log has one, and after each adoption.
    fn adopt(&mut self, book: &Arc<RuleBook>);
    /// The next commands, oldest first in each stream; empty when there are none *now*.
    ///
    /// Everything from one position (a message with two hours, a row and the
    /// refusal of one of its cells) comes in one `poll`: only whole positions reach the log.
    fn poll(&mut self) -> Result<Vec<Command>, PortError>;
    /// Delivers nothing from these streams until they are no longer named, and goes on with those
    /// that were named before and are not now. An inbox that delivers all its streams in step has
    /// nothing to hold.
    fn hold(&mut self, streams: &[Stream]) -> Result<(), PortError> {
        let _ = streams;
        Ok(())
    }
}

/// A log read from a position on.
pub type Records<'a> = Box<dyn Iterator<Item = Result<Record, PortError>> + 'a>;

/// When a log is shown the state that its records lead to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Occasion {
    /// After an append.
    Append,
    /// At the end of a run.
    End,
}

/// Where events stay.
pub trait EventLog {
    /// Adds records, all or none of them; they are durable when this returns.
    fn append(&mut self, records: &[Record]) -> Result<(), PortError>;
    /// Reads from a position to the end. Every record is durable: what an earlier process wrote and
    /// may not have synced is synced before it is given out, because it may be sent from here.
    fn read(&self, from: Position) -> Result<Records<'_>, PortError>;
    /// The state that its first records lead to, where it has been kept; none: fold them. It is
    /// only a cache, so a log that is not sure of it has none.
    fn load_snapshot(&mut self) -> Option<Memory> {
        None
    }
    /// Shows the state that all records lead to, to be kept where it is time for that. If it
    /// cannot be kept nothing is lost.
    fn save_snapshot(&mut self, memory: &Memory, occasion: Occasion) {
        let _ = (memory, occasion);
    }
}

impl<L: EventLog + ?Sized> EventLog for Box<L> {
    fn append(&mut self, records: &[Record]) -> Result<(), PortError> {
        (**self).append(records)
    }

    fn read(&self, from: Position) -> Result<Records<'_>, PortError> {
        (**self).read(from)
    }

    fn load_snapshot(&mut self) -> Option<Memory> {
        (**self).load_snapshot()
    }

    fn save_snapshot(&mut self, memory: &Memory, occasion: Occasion) {
        (**self).save_snapshot(memory, occasion);
    }
}

/// What an outbox needs to see again of the records that have been sent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Needs {
    /// Nothing: it sends each record by itself.
    Nothing,
    /// The marked records, because it publishes a state that rests on them.
    Marked,
    /// Also every record from this one on, because a receiver lacks something that was sent.
    From(Position),
}

/// Where orders go.
pub trait Outbox {
    /// From which record on something may be unsent: every earlier one has arrived everywhere.
    /// [`Position::NEVER`] where nothing is ever sent.
    fn unsent_from(&mut self) -> Result<Position, PortError>;
    /// What it needs to see again of the records before [`Outbox::unsent_from`], of a log with these
    /// marks; of a log that is folded from its first record, it gets all it may need.
    fn needs(&self, marks: &Marks) -> Needs;
    /// Learns which bodies have a part in what, by the marks of the records that a start does not
    /// read again.
    fn learn(&mut self, marks: &Marks) {
        let _ = marks;
    }
    /// Sees again a record that has arrived everywhere before this start; sends at most what a
    /// receiver that has older ones lacks.
    fn recall(&mut self, entry: &Arc<Entry>) -> Result<(), PortError>;
    /// Sends what a record says; a receiver that already has it is passed over.
    fn publish(&mut self, entry: &Arc<Entry>) -> Result<(), PortError>;
    /// Returns when everything published has arrived.
    fn flush(&mut self) -> Result<(), PortError>;
}

impl<O: Outbox + ?Sized> Outbox for Box<O> {
    fn unsent_from(&mut self) -> Result<Position, PortError> {
        (**self).unsent_from()
    }

    fn needs(&self, marks: &Marks) -> Needs {
        (**self).needs(marks)
    }

    fn learn(&mut self, marks: &Marks) {
        (**self).learn(marks);
    }

    fn recall(&mut self, entry: &Arc<Entry>) -> Result<(), PortError> {
        (**self).recall(entry)
    }

    fn publish(&mut self, entry: &Arc<Entry>) -> Result<(), PortError> {
        (**self).publish(entry)
    }

    fn flush(&mut self) -> Result<(), PortError> {
        (**self).flush()
    }
}
