//! Records: an event with its place in the log, with the rule book in force, and for followers.

mod entry;
mod follower;

use crate::domain::{Event, Timestamp};

pub use entry::{BookInForce, Entries, Entry, entries};
pub use follower::Follower;

/// Counts records from the start of the log, without a gap; the first is 0.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Position(pub u64);

impl Position {
    /// Beyond the end of every log.
    pub const NEVER: Self = Self(u64::MAX);
}

/// One entry of the log. Its source, where it has one, stands in its event.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Record {
    /// Where it stands.
    pub position: Position,
    /// The time it is about: the hour of a value, the hour of a decision.
    pub happened_at: Timestamp,
    /// When we took it in; never before that of the record before.
    pub recorded_at: Timestamp,
    /// The fact that set off this record's step; none for a fact itself.
    pub correlation: Option<Position>,
    /// The record that caused this one; none for a fact.
    pub causation: Option<Position>,
    /// What happened.
    pub event: Event,
}
