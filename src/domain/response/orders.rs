//! The orders of each jurisdiction, and the responses (响应) that they make.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::ending::{EndedHow, ObjectionState, OrderEnded};
use super::objection::Objection;
use super::report::Reported;
use crate::domain::cooperation::{
    Body, Class, Cooperation, CooperationRules, MatterState, Opening, Rank, What,
};
use crate::domain::{
    Date, Grade, Hour, JurisdictionIndex, Order, OrderAct, OrderSet, Rules, Timestamp,
};

/// One order, and what became of it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct Ordered {
    pub(crate) jurisdiction: Body,
    pub(crate) response: Arc<str>,
    pub(crate) act: OrderAct,
    /// The grade after the act; of a lift, the grade lifted.
    pub(crate) grade: Grade,
    /// From when it counts.
    pub(crate) counts_from: Timestamp,
    pub(crate) measures: Vec<Arc<str>>,
    pub(crate) acknowledge_by: Timestamp,
    pub(crate) acknowledged: bool,
    /// When a lift asks for nothing more although it is not acknowledged.
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) ended: Option<EndedHow>,
    pub(crate) objection: Option<Objection>,
}

impl Ordered {
    /// The level after it: none for a lift.
    pub(crate) fn level(&self) -> Grade {
        if self.act == OrderAct::Lift { Grade::None } else { self.grade }
    }
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
    /// The newest order of each jurisdiction.
    newest: BTreeMap<Body, Arc<str>>,
    /// Reports that a hole moved before they were asked for.
    pub(crate) moved_reports: BTreeMap<Arc<str>, Timestamp>,
}

impl OrderBook {
    pub(crate) fn get(&self, id: &str) -> Option<&Ordered> {
        self.orders.get(id)
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

    /// The newest order of a jurisdiction.
    pub(crate) fn newest(&self, jurisdiction: &Body) -> Option<&Arc<str>> {
        self.newest.get(jurisdiction)
    }

    /// All responses that are not closed.
    pub(crate) fn open_responses(&self) -> impl Iterator<Item = (&Arc<str>, &Response)> {
        self.responses.iter().filter(|(_, it)| !it.closed)
    }

    /// The order of a response that is in force at an instant: of those that count, the newest.
    pub(crate) fn in_force(&self, response: &Response, at: Timestamp) -> Option<&Ordered> {
        let orders = response.orders.iter().rev().filter_map(|it| self.get(it));
        orders.into_iter().find(|it| it.counts_from <= at)
    }

    /// The level that a response has in force at an instant.
    pub(crate) fn level(&self, response: &Response, at: Timestamp) -> Grade {
        self.in_force(response, at).map_or(Grade::None, Ordered::level)
    }

    /// The level that a jurisdiction has in force at an instant.
    pub(crate) fn level_of(&self, jurisdiction: &Body, at: Timestamp) -> Grade {
        let of_it = self.responses.values().filter(|it| it.jurisdiction == *jurisdiction);
        of_it.map(|it| self.level(it, at)).max().unwrap_or(Grade::None)
    }

    /// Whether a response has a level in force at an instant or later.
    pub(crate) fn is_in_force(&self, response: &Response, at: Timestamp) -> bool {
        let counts_from = response.orders.iter().filter_map(|it| Some(self.get(it)?.counts_from));
        let mut instants = counts_from.filter(|it| *it > at).chain([at]);
        instants.any(|it| self.level(response, it) > Grade::None)
    }

    /// The measures of a day that must be reported, and the highest level of the day.
    pub(crate) fn duties(&self, response: &Response, day: Date, rules: &Rules) -> Duties {
        let index = index_of(rules, &response.jurisdiction);
        let mut duties = Duties::default();
        let mut seen: Option<(Grade, Date)> = None;
        for hour in 0..24 {
            let at = day.at_minute(60 * hour);
            let level = self.level(response, at);
            duties.highest = duties.highest.max(level);
            // The level and the day alone decide.
            let is_new = seen.replace((level, at.date())) != Some((level, at.date()));
            if level == Grade::None || !is_new {
                continue;
            }
            let Some(index) = index else { continue };
            for measure in rules.measures_for(index, level, at.date()) {
                let excused = self.is_excused(response, &measure, at);
                let duties = if excused { &mut duties.excused } else { &mut duties.due };
                duties.entry(measure).or_insert(at);
            }
        }
        let Duties { due, excused, .. } = &mut duties;
        excused.retain(|it, _| !due.contains_key(it));
        duties
    }

    /// Whether a measure is excused at an instant.
    fn is_excused(&self, response: &Response, measure: &str, at: Timestamp) -> bool {
        response.excuses.iter().filter(|it| &*it.measure == measure).any(|excuse| {
            let later = response.orders.iter().skip_while(|it| **it != excuse.order).skip(1);
            let counting = later.filter_map(|it| self.get(it)).filter(|it| it.counts_from <= at);
            counting.map(Ordered::level).all(|it| it <= excuse.up_to)
        })
    }

    /// The order that a report of a day must name: the newest that counts before the day ends.
    pub(crate) fn answerable(&self, response: &Response, day: Date) -> Option<Arc<str>> {
        let end = day.plus(1).at_minute(0);
        let counts = |it: &&Arc<str>| self.get(it).is_some_and(|it| it.counts_from < end);
        response.orders.iter().rev().find(counts).cloned()
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

    fn insert(&mut self, id: Arc<str>, order: Ordered) {
        let new = || Response {
            jurisdiction: order.jurisdiction.clone(),
            orders: Vec::new(),
            closed: false,
            excuses: Vec::new(),
            reports: BTreeMap::new(),
        };
        let response = self.responses.entry(Arc::clone(&order.response)).or_insert_with(new);
        response.orders.push(Arc::clone(&id));
        self.newest.insert(order.jurisdiction.clone(), Arc::clone(&id));
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

/// What must be reported of a day.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Duties {
    /// Measures, each with the first instant at which it is in force.
    pub(crate) due: BTreeMap<Arc<str>, Timestamp>,
    /// Measures that are excused, in the same way.
    pub(crate) excused: BTreeMap<Arc<str>, Timestamp>,
    /// The highest level of the day.
    pub(crate) highest: Grade,
}

impl Duties {
    /// Whether every duty has a report.
    pub(crate) fn are_reported(&self, response: &Response, day: Date) -> bool {
        self.due.keys().all(|it| response.reports.contains_key(&(day, Arc::clone(it))))
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
pub(crate) fn order_id(epoch: u64, jurisdiction: &Body) -> String {
    format!("{epoch}-{jurisdiction}")
}

impl Cooperation {
    /// Each order asks for its acknowledgement; the end of a response asks for its summary.
    pub(crate) fn take_orders(
        &mut self,
        set: &OrderSet,
        rules: &Rules,
        numbers: &CooperationRules,
    ) {
        for order in &set.orders {
            let Some(body) = body_of(rules, order.jurisdiction) else { continue };
            self.take_order(set, order, &body, numbers);
        }
    }

    fn take_order(
        &mut self,
        set: &OrderSet,
        order: &Order,
        body: &Body,
        numbers: &CooperationRules,
    ) {
        let id: Arc<str> = order_id(set.epoch, body).into();
        let before = self.orders.newest(body).and_then(|it| self.orders.get(it));
        let effective = order.effective_at.map(Hour::end);
        let counts_from = match (order.act, before.map(|it| it.counts_from)) {
            (OrderAct::Extend, Some(before)) => before,
            (OrderAct::Lower, Some(before)) => effective.map_or(before, |it| it.max(before)),
            _ => effective.unwrap_or(set.decided_at),
        };
        let running = before.filter(|it| it.act != OrderAct::Lift);
        let response: Arc<str> = if let Some(order) = running {
            Arc::clone(&order.response)
        } else {
            let id = self.next_id(body, 'r');
            self.note_id(body, 'r');
            id.into()
        };
        let mut expires_at = None;
        if order.act == OrderAct::Lift {
            let due_at = counts_from.plus_hours(numbers.summary_within_h);
            self.matters.open(
                Opening {
                    id: format!("{response}/summary"),
                    owner: body.clone(),
                    class: Class::Grade(Grade::Yellow),
                    opened_at: set.decided_at,
                    due_at,
                },
                &mut self.calendar,
            );
            let at = counts_from.plus_hours(numbers.lift_expires_h);
            expires_at = Some(at);
            self.calendar.add(at, Rank::Expiry, &id);
        }
        self.matters.open(
            Opening {
                id: format!("{id}/acknowledge"),
                owner: body.clone(),
                class: Class::of(order.grade),
                opened_at: set.decided_at,
                due_at: order.acknowledge_by,
            },
            &mut self.calendar,
        );
        self.orders.insert(
            id,
            Ordered {
                jurisdiction: body.clone(),
                response,
                act: order.act,
                grade: order.grade,
                counts_from,
                measures: order.measures.clone(),
                acknowledge_by: order.acknowledge_by,
                acknowledged: false,
                expires_at,
                ended: None,
                objection: None,
            },
        );
    }

    /// What a set ends, before it is taken in: for each of its orders the one before it.
    pub(crate) fn ended_by(&self, set: &OrderSet, rules: &Rules) -> Vec<What> {
        let ended = set.orders.iter().filter_map(|order| {
            let body = body_of(rules, order.jurisdiction)?;
            let id = self.orders.newest(&body)?;
            let before = self.orders.get(id).filter(|it| it.ended.is_none())?;
            let lifted = order.act == OrderAct::Lift;
            let how = if lifted { EndedHow::Lifted } else { EndedHow::Superseded };
            Some((body.clone(), before.end(id, how, Some(order_id(set.epoch, &body)))))
        });
        let mut ended: Vec<(Body, OrderEnded)> = ended.collect();
        ended.sort_by(|a, b| a.0.cmp(&b.0));
        ended.into_iter().map(|(_, it)| it.into()).collect()
    }

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
