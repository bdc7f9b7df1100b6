//! Which records of a log its overview rests on, and which record was last sent in each channel.
//!
//! A few positions. They are part of what the engine remembers, so a start with a snapshot reads
//! these records, and those after the snapshot, instead of the whole log.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::cooperation::Body;
use crate::domain::{AirEvent, Division, Event, Fact, ResponseEvent, Rules, WarningEvent};
use crate::engine::{Position, Record};

use super::involved::Involved;
use super::message::{Channel, channels, concerned, division};

/// A record, and where the rule book in force at it was adopted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Mark {
    /// The record.
    pub(crate) at: Position,
    /// The record that adopted its rule book.
    pub(crate) adopted_at: Position,
}

/// The marks of one log: a fold over it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Marks {
    pub(crate) divisions: BTreeMap<Division, DivisionMarks>,
    /// The last hour that was closed under the rule book in force.
    pub(crate) closed: Option<Mark>,
    /// The last refused input.
    pub(crate) refused: Option<Position>,
    /// The last record of joint control that was sent to each body.
    pub(crate) matters: BTreeMap<Body, Position>,
    /// Which bodies have a part in what.
    pub(crate) involved: Involved,
}

/// The marks of one jurisdiction.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct DivisionMarks {
    /// Its last closed hour under an earlier rule book, if none was closed under this one.
    pub(crate) air: Option<Mark>,
    pub(crate) warning: Option<Mark>,
    pub(crate) order: Option<Mark>,
    pub(crate) alert: Option<Position>,
}

impl Marks {
    /// Takes the next record, with the rules in force before it and where they were adopted.
    pub(crate) fn note(
        &mut self,
        record: &Record,
        rules: Option<&Rules>,
        adopted_at: Option<Position>,
    ) {
        let (Some(rules), Some(adopted_at)) = (rules, adopted_at) else { return };
        let mark = Mark { at: record.position, adopted_at };
        match &record.event {
            Event::Air(AirEvent::HourClosed(_)) => {
                if self.closed.is_none() {
                    members(rules).for_each(|it| self.of(it).air = None);
                }
                self.closed = Some(mark);
            }
            Event::Fact(Fact::RuleBookAdopted(_)) => {
                if let Some(closed) = self.closed.take() {
                    members(rules).for_each(|it| self.of(it).air = Some(closed));
                }
            }
            Event::Warning(WarningEvent::WarningDecided(act)) => {
                let concerned = concerned(rules, act.warning.jurisdiction);
                concerned.for_each(|it| self.of(it).warning = Some(mark));
            }
            Event::Response(ResponseEvent::OrderSetIssued(set)) => {
                let bound = set.orders.iter().filter_map(|it| division(rules, it.jurisdiction));
                bound.for_each(|it| self.of(it).order = Some(mark));
            }
            Event::Fact(_)
            | Event::Station(_)
            | Event::Air(_)
            | Event::Cooperation(_)
            | Event::Warning(WarningEvent::ReviewDue(_) | WarningEvent::SameAirUnlikeGrade(_))
            | Event::Response(
                ResponseEvent::OrderConfirmedByAmendment(_) | ResponseEvent::OrderAmended(_),
            ) => {}
        }
        for (channel, _) in channels(&record.event, rules) {
            match channel {
                Channel::Alerts(division) => self.of(division).alert = Some(record.position),
                Channel::Refused => self.refused = Some(record.position),
                // The mark of the order says it; what is sent to bodies is below.
                Channel::Orders(_) | Channel::Matters(_) => {}
            }
        }
        self.involved.note(record, rules);
        for (body, _) in self.involved.receivers(record, rules) {
            self.matters.insert(body, record.position);
        }
    }

    /// Which bodies have a part in what.
    pub fn involved(&self) -> &Involved {
        &self.involved
    }

    /// Each channel in which something was sent, with the last record of which it was.
    pub fn sent(&self) -> impl Iterator<Item = (Channel, Position)> {
        let each = self.divisions.iter().flat_map(|(division, it)| {
            let orders = it.order.map(|mark| (Channel::Orders(*division), mark.at));
            orders.into_iter().chain(it.alert.map(|at| (Channel::Alerts(*division), at)))
        });
        let matters = self.matters.iter().map(|(body, at)| (Channel::Matters(body.clone()), *at));
        each.chain(self.refused.map(|at| (Channel::Refused, at))).chain(matters)
    }

    /// The records on which an overview rests, with those that adopted their rule books, by rising
    /// position. An overview that takes these, in this order, is the one that has taken the whole
    /// log.
    pub fn records(&self) -> BTreeSet<Position> {
        let parts = self.divisions.values().flat_map(|it| [it.air, it.warning, it.order]);
        let marks = parts.chain([self.closed]).flatten();
        marks.flat_map(|it| [it.at, it.adopted_at]).collect()
    }

    fn of(&mut self, division: Division) -> &mut DivisionMarks {
        self.divisions.entry(division).or_default()
    }
}

/// The jurisdictions in a closed hour: those with air of their own.
fn members(rules: &Rules) -> impl Iterator<Item = Division> {
    rules.jurisdictions.iter().filter(|it| it.follows.is_none()).map(|it| it.division)
}
