//! Floors: they raise the response of a jurisdiction whatever its air is, never a grade.
//!
//! A floor is there from one instant to another. What all floors of a jurisdiction ask for is
//! compared with what its newest orders of the track of floors ask for; where the two differ there
//! is an order.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::orders::{Ordered, body_of};
use crate::domain::cooperation::{Body, Cooperation};
use crate::domain::{
    Cause, FloorOrder, Grade, Hour, JurisdictionIndex, OrderAct, Rules, Timestamp, Track,
};

/// The sector that no floor touches: announcements to the public need a warning.
const PUBLIC: &str = "public";

/// One floor.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct ResponseFloor {
    /// What it comes from, such as a consultation.
    pub(crate) source: Arc<str>,
    /// Why it is ordered.
    pub(crate) cause: Cause,
    pub(crate) jurisdictions: Vec<Body>,
    pub(crate) from: Timestamp,
    /// From here on it is there no more.
    pub(crate) to: Timestamp,
    pub(crate) level: Grade,
    /// The sectors that it raises; empty: all but that of the public.
    pub(crate) sectors: Vec<Arc<str>>,
    /// Measures beyond those of the level.
    pub(crate) extra: Vec<Arc<str>>,
}

/// All floors that are not over.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct ResponseFloors(Vec<ResponseFloor>);

/// What is asked for at an instant.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
struct Asked {
    sectors: BTreeMap<Arc<str>, Grade>,
    extra: BTreeSet<Arc<str>>,
}

impl Asked {
    fn of_order(order: Option<&Ordered>) -> Self {
        let order = order.filter(|it| it.act != OrderAct::Lift);
        order.map_or_else(Self::default, |it| Self {
            sectors: it.sectors.iter().cloned().collect(),
            extra: it.extra.iter().cloned().collect(),
        })
    }

    fn is_none(&self) -> bool {
        self.sectors.is_empty() && self.extra.is_empty()
    }

    fn level(&self) -> Grade {
        self.sectors.values().copied().max().unwrap_or(Grade::None)
    }

    /// What must be done to come from another one to this.
    fn act_after(&self, before: &Self) -> OrderAct {
        let level_before = |sector| before.sectors.get(sector).copied().unwrap_or(Grade::None);
        let rises = self.sectors.iter().any(|(sector, level)| *level > level_before(sector));
        if before.is_none() {
            OrderAct::Impose
        } else if self.is_none() {
            OrderAct::Lift
        } else if rises || !self.extra.is_subset(&before.extra) {
            OrderAct::Raise
        } else {
            OrderAct::Lower
        }
    }
}

impl ResponseFloors {
    pub(crate) fn add(&mut self, floor: ResponseFloor) {
        self.0.push(floor);
    }

    /// Forgets those that are over.
    pub(crate) fn forget_before(&mut self, now: Timestamp) {
        self.0.retain(|it| it.to > now);
    }

    fn of<'a>(&'a self, body: &Body, at: Timestamp) -> impl Iterator<Item = &'a ResponseFloor> {
        let covers = move |it: &&ResponseFloor| it.from <= at && at < it.to;
        self.0.iter().filter(covers).filter(|it| it.jurisdictions.contains(body))
    }

    /// What the floors of a jurisdiction ask for at an instant: in each sector the highest level.
    fn asked(&self, body: &Body, at: Timestamp, rules: &Rules) -> Asked {
        let mut asked = Asked::default();
        for floor in self.of(body, at) {
            let all = || sectors(rules).filter(|it| &***it != PUBLIC);
            let sectors: Vec<&Arc<str>> = match floor.sectors.as_slice() {
                [] => all().collect(),
                some => some.iter().collect(),
            };
            for sector in sectors {
                let level = asked.sectors.entry(Arc::clone(sector)).or_default();
                *level = floor.level.max(*level);
            }
            asked.extra.extend(floor.extra.iter().cloned());
        }
        asked
    }

    fn causes(&self, body: &Body, at: Timestamp) -> Vec<Cause> {
        let causes: BTreeSet<Cause> = self.of(body, at).map(|it| it.cause).collect();
        causes.into_iter().collect()
    }

    /// The first whole hour from an instant on at which the floors of a jurisdiction ask for
    /// nothing.
    fn end(&self, body: &Body, from: Hour, rules: &Rules) -> Option<Hour> {
        let own = self.0.iter().filter(|it| it.jurisdictions.contains(body));
        let mut ends: Vec<Hour> = own.map(|it| it.to.hour_at_or_after()).collect();
        ends.retain(|it| *it > from);
        ends.sort_unstable();
        ends.into_iter().find(|it| self.asked(body, it.end(), rules).is_none())
    }
}

/// The sectors of the catalogue, of any date.
fn sectors(rules: &Rules) -> impl Iterator<Item = &Arc<str>> {
    rules.measures.iter().map(|it| &it.sector)
}

impl Cooperation {
    /// The orders that changes of floors make at a decision: one for each jurisdiction of which the
    /// floors differ from what is ordered, at the first hour at which they do.
    pub(crate) fn floor_orders(
        &self,
        decided_at: Timestamp,
        hour: Hour,
        rules: &Rules,
    ) -> Vec<FloorOrder> {
        if rules.cooperation.is_none() || (self.floors.0.is_empty() && !self.orders.has_floors()) {
            return Vec::new();
        }
        let hours = rules.soonest(decided_at).0..=hour.plus(rules.parameters.acts.notice_h).0;
        let places = (0_u16..).take(rules.jurisdictions.len()).map(JurisdictionIndex);
        let orders = places.filter_map(|place| {
            let body = body_of(rules, place).filter(|it| !self.proposals.is_held(it))?;
            hours
                .clone()
                .find_map(|at| self.floor_order(place, &body, (decided_at, Hour(at)), rules))
        });
        orders.collect()
    }

    fn floor_order(
        &self,
        jurisdiction: JurisdictionIndex,
        body: &Body,
        (decided_at, at): (Timestamp, Hour),
        rules: &Rules,
    ) -> Option<FloorOrder> {
        let before = self.orders.in_track(body, Track::Floor, at.end());
        let asked = self.floors.asked(body, at.end(), rules);
        let ordered = Asked::of_order(before);
        if asked == ordered {
            return None;
        }
        let act = asked.act_after(&ordered);
        let is_lift = act == OrderAct::Lift;
        let grade = if is_lift { ordered.level() } else { asked.level() };
        let causes = match before {
            Some(before) if is_lift => before.causes.clone(),
            _ => self.floors.causes(body, at.end()),
        };
        let expected_end = if is_lift { Some(at) } else { self.floors.end(body, at, rules) };
        Some(FloorOrder {
            causes,
            expected_end,
            sectors: asked.sectors.into_iter().collect(),
            extra: asked.extra.into_iter().collect(),
            ..floor_order(rules, jurisdiction, (act, grade), at, decided_at)
        })
    }
}

/// An order of the track of floors, without what it asks for.
pub(super) fn floor_order(
    rules: &Rules,
    jurisdiction: JurisdictionIndex,
    (act, grade): (OrderAct, Grade),
    effective_at: Hour,
    decided_at: Timestamp,
) -> FloorOrder {
    let within_h = rules.parameters.orders.acknowledge_within_h[grade as usize];
    FloorOrder {
        jurisdiction,
        act,
        effective_at,
        grade,
        measures: Vec::new(),
        floors: Vec::new(),
        causes: Vec::new(),
        expected_end: None,
        acknowledge_by: decided_at.plus_hours(within_h),
        response: "".into(),
        measure_causes: Vec::new(),
        sectors: Vec::new(),
        extra: Vec::new(),
    }
}
