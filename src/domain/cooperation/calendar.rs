//! What falls due by itself, in the order in which it is recorded.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::domain::Timestamp;

/// Of what falls due at one instant, the lower rank comes first.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub(crate) enum Rank {
    /// An item of a proposal that was not decided.
    Proposal,
    /// An objection that was not decided.
    Objection,
    /// Opinions are due, or a signature.
    Consultation,
    /// An offer lapses.
    Offer,
    /// A deadline is missed.
    Overdue,
    /// The owner is reminded.
    Reminder,
    /// The body above is involved.
    Escalation,
    /// A lift that was not acknowledged asks for nothing more.
    Expiry,
    /// The days of consultation.
    Day,
    /// An episode closes.
    Episode,
}

/// An entry: when, in which order, and what.
type Entry = (Timestamp, Rank, Arc<str>);

/// All that will fall due, the earliest first.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct Calendar(BTreeSet<Entry>);

impl Calendar {
    pub(crate) fn add(&mut self, at: Timestamp, rank: Rank, id: &Arc<str>) {
        self.0.insert((at, rank, Arc::clone(id)));
    }

    pub(crate) fn remove(&mut self, at: Timestamp, rank: Rank, id: &Arc<str>) {
        self.0.remove(&(at, rank, Arc::clone(id)));
    }

    /// What falls due by then, the first first.
    pub(crate) fn due(&self, by: Timestamp) -> impl Iterator<Item = (Rank, &Arc<str>)> {
        self.0.iter().take_while(move |it| it.0 <= by).map(|(_, rank, id)| (*rank, id))
    }
}
