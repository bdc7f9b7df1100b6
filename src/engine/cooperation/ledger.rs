//! What became of every matter of a log: each time that one was opened, its last deadline and owner,
//! and how it ended.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::domain::cooperation::{Body, Matter, MatterState, What};
use crate::domain::{Airshed, Event, Fact, ResponseEvent, Timestamp};

/// One matter, from its opening to its end.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Asked {
    pub(super) matter: Arc<str>,
    /// Its last owner.
    pub(super) owner: Body,
    /// Its last deadline.
    pub(super) due_at: Timestamp,
    pub(super) end: End,
}

/// How a matter ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum End {
    Answered {
        in_time: bool,
    },
    /// It asks for nothing more; due: after its deadline had passed.
    Fallen {
        was_due: bool,
    },
    /// It is open.
    Open {
        is_due: bool,
    },
}

impl Asked {
    /// Whether it counts, and as what: none if it fell before it was due, or is not due yet.
    pub(super) fn in_time(&self) -> Option<bool> {
        match self.end {
            End::Answered { in_time } => Some(in_time),
            End::Fallen { was_due } => was_due.then_some(false),
            End::Open { is_due } => is_due.then_some(false),
        }
    }
}

/// All matters of a log: a fold over its records and states.
#[derive(Clone, Debug, Default)]
pub(super) struct Ledger {
    open: BTreeMap<Arc<str>, Matter>,
    ended: Vec<Asked>,
}

impl Ledger {
    /// Takes the next record in; the state is the one after it, and the clock before it is known.
    pub(super) fn note(&mut self, event: &Event, before: Option<Timestamp>, airshed: &Airshed) {
        let clock = airshed.clock().unwrap_or_default();
        if matches!(event, Event::Fact(Fact::RuleBookAdopted(_))) {
            // Rules that ask for no answers drop all that was asked.
            let open: Vec<Arc<str>> = self.open.keys().cloned().collect();
            for id in open {
                self.look(&id, None, clock, airshed);
            }
        }
        for thing in touched(event, before, airshed) {
            let prefix = format!("{thing}/");
            for (id, matter) in airshed.cooperation.matters.with(&prefix) {
                self.look(id, Some(matter), clock, airshed);
            }
        }
    }

    /// Compares a matter with what was known of it.
    fn look(&mut self, id: &Arc<str>, now: Option<&Matter>, clock: Timestamp, airshed: &Airshed) {
        let now = now.or_else(|| airshed.cooperation.matters.get(id));
        if let Some(open) = now.filter(|it| it.is_open()) {
            self.open.insert(Arc::clone(id), open.clone());
            return;
        }
        let Some(known) = self.open.remove(id) else { return };
        let is_answered = now.is_some_and(|it| it.state == MatterState::Answered);
        let in_time = known.is_in_time(clock);
        let end =
            if is_answered { End::Answered { in_time } } else { End::Fallen { was_due: !in_time } };
        let (owner, due_at) = (known.owner, known.due_at);
        self.ended.push(Asked { matter: Arc::clone(id), owner, due_at, end });
    }

    /// The deadline of an open matter.
    pub(super) fn due_at(&self, matter: &str) -> Option<Timestamp> {
        self.open.get(matter).map(|it| it.due_at)
    }

    /// All of them.
    pub(super) fn all(&self, clock: Timestamp) -> impl Iterator<Item = Asked> {
        let open = self.open.iter().map(move |(id, it)| Asked {
            matter: Arc::clone(id),
            owner: it.owner.clone(),
            due_at: it.due_at,
            end: End::Open { is_due: !it.is_in_time(clock) },
        });
        self.ended.iter().cloned().chain(open)
    }
}

/// The things with matters that a record can have changed.
fn touched(event: &Event, before: Option<Timestamp>, airshed: &Airshed) -> BTreeSet<String> {
    let orders = &airshed.cooperation.orders;
    let mut things = BTreeSet::new();
    if let Event::Cooperation(event) = event {
        let thing = |it: &str| it.split_once('/').map_or(it, |it| it.0).to_owned();
        things.extend(event.what.named().iter().map(|it| thing(it)));
        if matches!(event.what, What::CommandRefused(_)) {
            return BTreeSet::new();
        }
    } else if let Event::Response(ResponseEvent::OrderSetIssued(set)) = event {
        let begins = format!("{}-", set.epoch);
        for (id, order) in orders.with(&begins) {
            things.extend([id.to_string(), order.response.to_string()]);
        }
    }
    // The end of a day asks for its reports.
    if before.map(Timestamp::date) < airshed.clock().map(Timestamp::date) {
        things.extend(orders.open_responses().map(|(id, _)| id.to_string()));
    }
    things
}
