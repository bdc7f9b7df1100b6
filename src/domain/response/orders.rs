//! The orders of each jurisdiction, and the responses (响应) that they make.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::ending::{EndedHow, ObjectionState, OrderEnded};
use super::in_force::OrdersInForce;
use super::objection::Objection;
use super::report::Reported;
use crate::domain::cooperation::{Body, Cooperation, MatterState, Rank, What};
use crate::domain::{Cause, Date, Grade, JurisdictionIndex, OrderAct, Rules, Timestamp, Track};

/// One order, and what became of it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct Ordered {
    pub(crate) jurisdiction: Body,
    pub(crate) track: Track,
    pub(crate) epoch: u64,
    pub(crate) response: Arc<str>,
    pub(crate) act: OrderAct,
    /// The grade after the act; of a lift, the grade lifted.
    pub(crate) grade: Grade,
    /// From when it counts.
    pub(crate) counts_from: Timestamp,
    pub(crate) measures: Vec<Arc<str>>,
    /// Of the track of floors: the level in each sector.
    pub(crate) sectors: Vec<(Arc<str>, Grade)>,
    /// Of the track of floors: measures beyond those of the levels.
    pub(crate) extra: Vec<Arc<str>>,
    pub(crate) causes: Vec<Cause>,
    pub(crate) acknowledge_by: Timestamp,
    pub(crate) acknowledged: bool,
    /// When a lift asks for nothing more although it is not acknowledged.
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) ended: Option<EndedHow>,
    pub(crate) objection: Option<Objection>,
}

/// Measures that need not be taken.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct Excuse {
    pub(crate) measure: Arc<str>,
    /// The order to which the objection was made.
    pub(crate) order: Arc<str>,
    /// Until a later order of a higher level counts.
    pub(crate) up_to: Grade,
}

/// All orders of a jurisdiction from none in force to none in force.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct Response {
    pub(crate) jurisdiction: Body,
    /// The oldest first.
    pub(crate) orders: Vec<Arc<str>>,
    pub(crate) closed: bool,
    pub(crate) excuses: Vec<Excuse>,
    /// The last report of each duty.
    pub(crate) reports: BTreeMap<(Date, Arc<str>), Reported>,
}

/// All orders, by id, and what follows from them.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct OrderBook {
    orders: BTreeMap<Arc<str>, Ordered>,
    responses: BTreeMap<Arc<str>, Response>,
    /// The newest order of each jurisdiction and track.
    newest: BTreeMap<(Body, Track), Arc<str>>,
    /// Reports that a hole moved before they were asked for.
    pub(crate) moved_reports: BTreeMap<Arc<str>, Timestamp>,
}

impl OrderBook {
    pub(crate) fn get(&self, id: &str) -> Option<&Ordered> {
        self.orders.get(id)
    }

    /// All orders, by id.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Arc<str>, &Ordered)> {
        self.orders.iter()
    }

    /// The orders with ids that begin so.
    pub(crate) fn with(&self, prefix: &str) -> impl Iterator<Item = (&Arc<str>, &Ordered)> {
        let from = self.orders.range::<str, _>((Bound::Included(prefix), Bound::Unbounded));
        from.take_while(move |(id, _)| id.starts_with(prefix))
    }

    pub(crate) fn get_mut(&mut self, id: &str) -> Option<&mut Ordered> {
        self.orders.get_mut(id)
    }

    pub(crate) fn response(&self, id: &str) -> Option<&Response> {
        self.responses.get(id)
    }

    pub(crate) fn response_mut(&mut self, id: &str) -> Option<&mut Response> {
        self.responses.get_mut(id)
    }

    /// The newest order of a jurisdiction in a track.
    pub(crate) fn newest(&self, jurisdiction: &Body, track: Track) -> Option<&Arc<str>> {
        self.newest.get(&(jurisdiction.clone(), track))
    }

    /// Whether a floor was ever ordered.
    pub(crate) fn has_floors(&self) -> bool {
        self.newest.keys().any(|it| it.1 == Track::Floor)
    }

    /// The newest order of each jurisdiction and track.
    pub(crate) fn all_newest(&self) -> impl Iterator<Item = (&Arc<str>, &Ordered)> {
        self.newest.values().filter_map(|id| Some((id, self.get(id)?)))
    }

    /// All responses that are not closed.
    pub(crate) fn open_responses(&self) -> impl Iterator<Item = (&Arc<str>, &Response)> {
        self.responses.iter().filter(|(_, it)| !it.closed)
    }

    /// The orders of a response that are in force at an instant: in each track, of those that
    /// count, the newest.
    pub(crate) fn in_force(&self, response: &Response, at: Timestamp) -> OrdersInForce<'_> {
        let of = |track: Track| {
            let orders = response.orders.iter().rev().filter_map(|it| self.get(it));
            orders.into_iter().find(|it| it.track == track && it.counts_from <= at)
        };
        OrdersInForce { warning: of(Track::Warning), floor: of(Track::Floor) }
    }

    /// The orders of a jurisdiction in force at an instant, with those of a set that is not taken
    /// in yet.
    pub(crate) fn in_force_with<'a>(
        &'a self,
        jurisdiction: &Body,
        given: &'a [Ordered],
        at: Timestamp,
    ) -> OrdersInForce<'a> {
        let of = |track: Track| {
            let new = given.iter().find(|it| {
                it.jurisdiction == *jurisdiction && it.track == track && it.counts_from <= at
            });
            new.or_else(|| self.in_track(jurisdiction, track, at))
        };
        OrdersInForce { warning: of(Track::Warning), floor: of(Track::Floor) }
    }

    /// The order of a jurisdiction that is in force in a track at an instant.
    pub(crate) fn in_track(
        &self,
        jurisdiction: &Body,
        track: Track,
        at: Timestamp,
    ) -> Option<&Ordered> {
        let newest = self.get(self.newest(jurisdiction, track)?)?;
        let in_force = self.in_force(self.response(&newest.response)?, at);
        match track {
            Track::Warning => in_force.warning,
            Track::Floor => in_force.floor,
        }
    }

    /// The level that a response has in force at an instant.
    fn level(&self, response: &Response, at: Timestamp) -> Grade {
        self.in_force(response, at).level()
    }

    /// Whether a response has ended: the newest order of each track is a lift, or there is none.
    pub(crate) fn has_ended(&self, response: &Response) -> bool {
        let of = |track: Track| {
            let orders = response.orders.iter().rev().filter_map(|it| self.get(it));
            orders.into_iter().find(|it| it.track == track)
        };
        Track::ALL.iter().filter_map(|it| of(*it)).all(|it| it.act == OrderAct::Lift)
    }

    /// The response of a jurisdiction that has not ended.
    pub(crate) fn running(&self, jurisdiction: &Body) -> Option<&Arc<str>> {
        let newest = Track::ALL.iter().filter_map(|it| self.get(self.newest(jurisdiction, *it)?));
        let newest = newest.filter(|it| it.act != OrderAct::Lift);
        newest.map(|it| &it.response).next()
    }

    /// The level that a jurisdiction has in force at an instant.
    pub(crate) fn level_of(&self, jurisdiction: &Body, at: Timestamp) -> Grade {
        let ids = format!("{jurisdiction}-r");
        let from = self.responses.range::<str, _>((Bound::Included(&*ids), Bound::Unbounded));
        let of_it = from.take_while(|(id, _)| id.starts_with(&ids));
        of_it.map(|(_, it)| self.level(it, at)).max().unwrap_or(Grade::None)
    }

    /// Whether a response has a level in force at an instant or later.
    pub(crate) fn is_in_force(&self, response: &Response, at: Timestamp) -> bool {
        let counts_from = response.orders.iter().filter_map(|it| Some(self.get(it)?.counts_from));
        let mut instants = counts_from.filter(|it| *it > at).chain([at]);
        instants.any(|it| self.level(response, it) > Grade::None)
    }

    /// The orders that a report of a day may name: those of the highest epoch that count before
    /// the day ends.
    pub(crate) fn answerable<'r>(&self, response: &'r Response, day: Date) -> Vec<&'r Arc<str>> {
        let end = day.plus(1).at_minute(0);
        let orders = response.orders.iter().filter_map(|id| Some((id, self.get(id)?)));
        let counting: Vec<_> = orders.filter(|(_, it)| it.counts_from < end).collect();
        let highest = counting.iter().map(|(_, it)| it.epoch).max();
        let of_it = counting.into_iter().filter(|(_, it)| Some(it.epoch) == highest);
        of_it.map(|(id, _)| id).collect()
    }

    /// The objections that wait for a decision: order, and until when.
    pub(crate) fn reviews(&self) -> impl Iterator<Item = (&Arc<str>, Timestamp)> {
        self.orders.iter().filter_map(|(id, it)| {
            let objection = it.objection.as_ref().filter(|it| it.is_pending())?;
            Some((id, objection.review_by))
        })
    }

    /// Moves the decision of an objection; its deadline before.
    pub(crate) fn move_review(&mut self, order: &str, to: Timestamp) -> Option<Timestamp> {
        let objection = self.orders.get_mut(order)?.objection.as_mut()?;
        Some(std::mem::replace(&mut objection.review_by, to))
    }

    /// A lift that was not acknowledged asks for nothing more.
    pub(crate) fn expire(&self, order: &str) -> Option<What> {
        let it = self.get(order).filter(|it| it.ended.is_none() && !it.acknowledged)?;
        Some(it.end(order, EndedHow::Expired, None).into())
    }

    pub(super) fn insert(&mut self, id: Arc<str>, order: Ordered) {
        let new = || Response {
            jurisdiction: order.jurisdiction.clone(),
            orders: Vec::new(),
            closed: false,
            excuses: Vec::new(),
            reports: BTreeMap::new(),
        };
        let response = self.responses.entry(Arc::clone(&order.response)).or_insert_with(new);
        response.orders.push(Arc::clone(&id));
        self.newest.insert((order.jurisdiction.clone(), order.track), Arc::clone(&id));
        self.orders.insert(id, order);
    }
}

impl Ordered {
    pub(crate) fn end(&self, id: &str, how: EndedHow, by_order: Option<String>) -> OrderEnded {
        let objection = match &self.objection {
            None => ObjectionState::None,
            Some(it) if it.is_pending() => ObjectionState::Pending,
            Some(_) => ObjectionState::Decided,
        };
        OrderEnded { order: id.to_owned(), how, by_order, open: !self.acknowledged, objection }
    }
}

/// A jurisdiction's place in the rules.
pub(crate) fn index_of(rules: &Rules, body: &Body) -> Option<JurisdictionIndex> {
    let is_it = |it: &crate::domain::Jurisdiction| it.division.to_string() == body.code();
    let place = rules.jurisdictions.iter().position(is_it)?;
    u16::try_from(place).ok().map(JurisdictionIndex)
}

/// A jurisdiction as a body.
pub(crate) fn body_of(rules: &Rules, index: JurisdictionIndex) -> Option<Body> {
    let jurisdiction = rules.jurisdictions.get(usize::from(index.0))?;
    Some(Body::new(&jurisdiction.division.to_string()))
}

/// The id of an order.
pub(crate) fn order_id(epoch: u64, jurisdiction: &Body, track: Track) -> String {
    match track {
        Track::Warning => format!("{epoch}-{jurisdiction}"),
        Track::Floor => format!("{epoch}-{jurisdiction}-f"),
    }
}

impl Cooperation {
    /// An order need not expire any more.
    pub(crate) fn keep(&mut self, order: &str) {
        let id: Arc<str> = order.into();
        let expires_at = self.orders.get_mut(&id).and_then(|it| it.expires_at.take());
        if let Some(at) = expires_at {
            self.calendar.remove(at, Rank::Expiry, &id);
        }
    }

    /// A matter of an order or response falls.
    pub(crate) fn fall(&mut self, matter: &str) {
        self.matters.finish(matter, MatterState::Fallen, &mut self.calendar);
    }
}
