//! Orders are taken in: each asks for its acknowledgement, and the end of a response for its summary.

use std::sync::Arc;

use super::ending::{EndedHow, OrderEnded};
use super::orders::{OrderBook, Ordered, body_of, order_id};
use crate::domain::cooperation::{Body, Class, Cooperation, CooperationRules, Opening, Rank, What};
use crate::domain::{FloorOrder, Grade, Hour, Order, OrderAct, OrderSet, Rules, Timestamp, Track};

impl OrderBook {
    /// The orders of a set as they are remembered, those of warnings first.
    pub(super) fn given_by(&self, set: &OrderSet, rules: &Rules) -> Vec<(Arc<str>, Ordered)> {
        let warnings = set.orders.iter().filter_map(|order| {
            let body = body_of(rules, order.jurisdiction)?;
            Some(self.given(set, order, body))
        });
        let floors = set.floor_orders.iter().filter_map(|order| {
            let body = body_of(rules, order.jurisdiction)?;
            Some(self.given_floor(set, order, body))
        });
        let given = warnings.chain(floors);
        given.map(|it| (order_id(set.epoch, &it.jurisdiction, it.track).into(), it)).collect()
    }

    fn given(&self, set: &OrderSet, order: &Order, body: Body) -> Ordered {
        let effective = order.effective_at.map_or(set.decided_at, Hour::end);
        Ordered {
            track: Track::Warning,
            epoch: set.epoch,
            response: order.response.clone().unwrap_or_default(),
            act: order.act,
            grade: order.grade,
            counts_from: self.counts_from(&body, Track::Warning, order.act, effective),
            measures: order.measures.clone(),
            sectors: Vec::new(),
            extra: Vec::new(),
            causes: order.causes.clone(),
            acknowledge_by: order.acknowledge_by,
            acknowledged: false,
            expires_at: None,
            ended: None,
            objection: None,
            jurisdiction: body,
        }
    }

    fn given_floor(&self, set: &OrderSet, order: &FloorOrder, body: Body) -> Ordered {
        let effective = order.effective_at.end();
        Ordered {
            track: Track::Floor,
            epoch: set.epoch,
            response: Arc::clone(&order.response),
            act: order.act,
            grade: order.grade,
            counts_from: self.counts_from(&body, Track::Floor, order.act, effective),
            measures: order.measures.clone(),
            sectors: order.sectors.clone(),
            extra: order.extra.clone(),
            causes: order.causes.clone(),
            acknowledge_by: order.acknowledge_by,
            acknowledged: false,
            expires_at: None,
            ended: None,
            objection: None,
            jurisdiction: body,
        }
    }

    fn counts_from(
        &self,
        body: &Body,
        track: Track,
        act: OrderAct,
        effective: Timestamp,
    ) -> Timestamp {
        let before = self.newest(body, track).and_then(|it| self.get(it));
        match (act, before.map(|it| it.counts_from)) {
            (OrderAct::Extend, Some(before)) => before,
            (OrderAct::Lower, Some(before)) => effective.max(before),
            _ => effective,
        }
    }
}

impl Cooperation {
    /// The response to which the next order of a jurisdiction belongs: the running one, or a new
    /// one.
    pub(super) fn response_of_next_order(&self, body: &Body) -> Arc<str> {
        let running = self.orders.running(body).cloned();
        running.unwrap_or_else(|| self.next_id(body, 'r').into())
    }

    /// Takes the orders of a set in.
    pub(crate) fn take_orders(
        &mut self,
        set: &OrderSet,
        rules: &Rules,
        numbers: &CooperationRules,
    ) {
        for (id, order) in self.orders.given_by(set, rules) {
            self.take_order(id, order, set.decided_at, numbers);
        }
    }

    fn take_order(
        &mut self,
        id: Arc<str>,
        mut order: Ordered,
        decided_at: Timestamp,
        numbers: &CooperationRules,
    ) {
        let (response, body) = (Arc::clone(&order.response), order.jurisdiction.clone());
        if self.orders.response(&response).is_none() {
            self.note_id(&body, 'r');
        }
        let counts_from = order.counts_from;
        if order.act == OrderAct::Lift {
            let at = counts_from.plus_hours(numbers.lift_expires_h);
            order.expires_at = Some(at);
            self.calendar.add(at, Rank::Expiry, &id);
        }
        self.matters.open(
            Opening {
                id: format!("{id}/acknowledge"),
                owner: body.clone(),
                class: Class::of(order.grade),
                opened_at: decided_at,
                due_at: order.acknowledge_by,
            },
            &mut self.calendar,
        );
        self.orders.insert(id, order);
        let ended = self.orders.response(&response).filter(|it| self.orders.has_ended(it));
        if ended.is_some() {
            let opening = Opening {
                id: format!("{response}/summary"),
                owner: body,
                class: Class::Grade(Grade::Yellow),
                opened_at: decided_at,
                due_at: counts_from.plus_hours(numbers.summary_within_h),
            };
            self.matters.open(opening, &mut self.calendar);
        }
    }

    /// What a set ends, before it is taken in: for each of its orders the one before it.
    pub(crate) fn ended_by(&self, set: &OrderSet, rules: &Rules) -> Vec<What> {
        let orders = set.orders.iter().map(|it| (it.jurisdiction, Track::Warning, it.act));
        let floors = set.floor_orders.iter().map(|it| (it.jurisdiction, Track::Floor, it.act));
        let ended = orders.chain(floors).filter_map(|(jurisdiction, track, act)| {
            let body = body_of(rules, jurisdiction)?;
            let id = self.orders.newest(&body, track)?;
            let before = self.orders.get(id).filter(|it| it.ended.is_none())?;
            let lifted = act == OrderAct::Lift;
            let how = if lifted { EndedHow::Lifted } else { EndedHow::Superseded };
            let by_order = order_id(set.epoch, &body, track);
            Some(((body, track), before.end(id, how, Some(by_order))))
        });
        let mut ended: Vec<((Body, Track), OrderEnded)> = ended.collect();
        ended.sort_by(|a, b| a.0.cmp(&b.0));
        ended.into_iter().map(|(_, it)| it.into()).collect()
    }

    /// What other rules end: the orders of jurisdictions that they no longer have.
    pub(crate) fn expired_by(&self, numbers: &CooperationRules) -> Vec<What> {
        let left = self
            .orders
            .all_newest()
            .filter(|(_, it)| it.ended.is_none() && !numbers.bodies.is_member(&it.jurisdiction));
        left.map(|(id, it)| it.end(id, EndedHow::Expired, None).into()).collect()
    }
}
