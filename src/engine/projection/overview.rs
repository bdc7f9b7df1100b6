//! The newest state of every jurisdiction: air, warning and order.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::domain::{
    ActKind, AirEvent, CityHour, Division, Event, Fact, HourClosed, Jurisdiction, Order, OrderSet,
    ResponseEvent, Timestamp, WarningAct, WarningEvent,
};
use crate::engine::{Entry, Follower, Position};

use super::message::{concerned, division};

/// The newest state of one jurisdiction, as the records that last changed it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Standing {
    division: Division,
    /// The last closed hour, and the place of the jurisdiction in it.
    air: Option<(Arc<Entry>, usize)>,
    /// The last act on its warning.
    warning: Option<Arc<Entry>>,
    /// The last order set that binds it, and the place of its order.
    order: Option<(Arc<Entry>, usize)>,
}

impl Standing {
    fn of(division: Division) -> Self {
        Self { division, air: None, warning: None, order: None }
    }

    /// Its code.
    pub fn division(&self) -> Division {
        self.division
    }

    /// Its last closed hour, and the record of that.
    pub fn air(&self) -> Option<(&Entry, &HourClosed, &CityHour)> {
        let (entry, place) = self.air.as_ref()?;
        let Event::Air(AirEvent::HourClosed(closed)) = &entry.record.event else { return None };
        Some((entry, closed, closed.jurisdictions.get(*place)?))
    }

    /// The last act on the warning that is announced or in force, and the record of that; none
    /// after a lift.
    pub fn warning(&self) -> Option<(&Entry, &WarningAct)> {
        let entry = self.warning.as_ref()?;
        let Event::Warning(WarningEvent::WarningDecided(act)) = &entry.record.event else {
            return None;
        };
        (act.kind != ActKind::Lift).then_some((entry, act))
    }

    /// Its last order, and the record of its set.
    pub fn order(&self) -> Option<(&Entry, &OrderSet, &Order)> {
        let (entry, place) = self.order.as_ref()?;
        let Event::Response(ResponseEvent::OrderSetIssued(set)) = &entry.record.event else {
            return None;
        };
        Some((entry, set, set.orders.get(*place)?))
    }

    /// The last record that changed it.
    pub fn position(&self) -> Option<Position> {
        self.entries().map(|it| it.record.position).max()
    }

    /// The latest time that one of its records is about.
    pub fn time(&self) -> Timestamp {
        self.entries().map(|it| it.record.happened_at).max().unwrap_or_default()
    }

    /// When the newest of its records was written.
    pub fn recorded_at(&self) -> Timestamp {
        self.entries().map(|it| it.record.recorded_at).max().unwrap_or_default()
    }

    /// Its names, by the rule book of the last record that changed it.
    pub fn jurisdiction(&self) -> Option<&Jurisdiction> {
        let newest = self.entries().max_by_key(|it| it.record.position)?;
        let mut all = newest.rules()?.jurisdictions.iter();
        all.find(|it| it.division == self.division)
    }

    fn entries(&self) -> impl Iterator<Item = &Arc<Entry>> {
        let air = self.air.iter().map(|(entry, _)| entry);
        let order = self.order.iter().map(|(entry, _)| entry);
        air.chain(&self.warning).chain(order)
    }
}

/// The newest state of every jurisdiction: a fold over a log.
#[derive(Clone, Debug, Default)]
pub struct Overview {
    standings: BTreeMap<Division, Standing>,
    changed: BTreeSet<Division>,
    /// The last closed hour, which is about the air of all. It is applied when the states are
    /// read: in a feed that catches up, most closed hours are replaced before that.
    closed: Option<Arc<Entry>>,
}

impl Overview {
    /// Takes the next record of the log.
    pub fn take(&mut self, entry: &Arc<Entry>) {
        match &entry.record.event {
            Event::Air(AirEvent::HourClosed(_)) => {
                // One under another rule book may be about others.
                if self.closed.as_ref().is_some_and(|it| !has_same_book(it, entry)) {
                    self.spread_closed();
                }
                self.closed = Some(Arc::clone(entry));
            }
            Event::Warning(WarningEvent::WarningDecided(act)) => {
                let Some(rules) = entry.rules() else { return };
                for division in concerned(rules, act.warning.jurisdiction) {
                    self.change(division).warning = Some(Arc::clone(entry));
                }
            }
            Event::Response(ResponseEvent::OrderSetIssued(set)) => {
                let Some(rules) = entry.rules() else { return };
                for (place, order) in set.orders.iter().enumerate() {
                    if let Some(division) = division(rules, order.jurisdiction) {
                        self.change(division).order = Some((Arc::clone(entry), place));
                    }
                }
            }
            Event::Fact(
                Fact::RuleBookAdopted(_)
                | Fact::StreamsJoined(_)
                | Fact::Ticked(_)
                | Fact::ReadingsReceived(_)
                | Fact::ForecastReceived(_)
                | Fact::IntervalExcluded(_)
                | Fact::InputRefused(_)
                | Fact::CommandGiven(_),
            )
            | Event::Station(_)
            | Event::Air(AirEvent::HourAmended(_) | AirEvent::DataInsufficient(_))
            | Event::Warning(WarningEvent::ReviewDue(_) | WarningEvent::SameAirUnlikeGrade(_))
            | Event::Cooperation(_)
            | Event::Response(
                ResponseEvent::OrderConfirmedByAmendment(_) | ResponseEvent::OrderAmended(_),
            ) => {}
        }
    }

    /// Every jurisdiction of which something is known, by rising code.
    pub fn standings(&mut self) -> &BTreeMap<Division, Standing> {
        self.spread_closed();
        &self.standings
    }

    /// Those that have changed since the last call.
    pub fn take_changed(&mut self) -> Vec<&Standing> {
        self.spread_closed();
        let changed = std::mem::take(&mut self.changed);
        changed.iter().filter_map(|it| self.standings.get(it)).collect()
    }

    /// Counts every jurisdiction as changed.
    pub fn change_all(&mut self) {
        self.changed.extend(self.standings.keys());
    }

    fn change(&mut self, division: Division) -> &mut Standing {
        self.changed.insert(division);
        self.standings.entry(division).or_insert_with(|| Standing::of(division))
    }

    fn spread_closed(&mut self) {
        let Some(entry) = self.closed.take() else { return };
        let Event::Air(AirEvent::HourClosed(closed)) = &entry.record.event else { return };
        let Some(rules) = entry.rules() else { return };
        for (place, city) in closed.jurisdictions.iter().enumerate() {
            if let Some(division) = division(rules, city.jurisdiction) {
                self.change(division).air = Some((Arc::clone(&entry), place));
            }
        }
    }
}

fn has_same_book(a: &Entry, b: &Entry) -> bool {
    let books = a.book.as_ref().zip(b.book.as_ref());
    books.is_some_and(|(a, b)| Arc::ptr_eq(a, b))
}

impl Follower for Overview {
    fn follow(&mut self, entry: &Arc<Entry>) {
        self.take(entry);
    }
}
