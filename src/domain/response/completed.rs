//! What is added to an order set where bodies answer: to which response each order belongs, and
//! what both tracks ask for at the hour from which it counts.

use std::sync::Arc;

use super::orders::{Ordered, body_of};
use crate::domain::cooperation::{Cooperation, CooperationRules};
use crate::domain::{Date, JurisdictionIndex, MeasureCauses, OrderAct, OrderSet, Rules, Timestamp};

/// What an order lists.
struct Listed {
    measures: Vec<Arc<str>>,
    measure_causes: Vec<MeasureCauses>,
    least_cuts: Vec<(Arc<str>, u16)>,
}

/// Of which jurisdiction, and of which day of the catalogue.
type Of = (JurisdictionIndex, Date);

impl Cooperation {
    /// Completes a set; where bodies are asked for nothing it is complete.
    pub(crate) fn complete(&self, set: &mut OrderSet, rules: &Rules) {
        let Some(numbers) = &rules.cooperation else { return };
        self.assign(set, rules, numbers);
        let given: Vec<Ordered> =
            self.orders.given_by(set, rules).into_iter().map(|it| it.1).collect();
        let list = |order: &Ordered, at: Timestamp, (jurisdiction, date): Of| {
            let in_force = self.orders.in_force_with(&order.jurisdiction, &given, at);
            let measures = in_force.measures(jurisdiction, date, rules);
            let measure_causes = in_force.measure_causes(&measures, rules);
            let least_cuts = in_force.least_cuts(jurisdiction, date, rules);
            Listed { measures, measure_causes, least_cuts }
        };
        let (warnings, floors) = given.split_at(set.orders.len().min(given.len()));
        for (order, taken) in set.orders.iter_mut().zip(warnings) {
            let from = taken.counts_from;
            let extends = order.act == OrderAct::Extend;
            let at = if extends { from.max(set.hour.end()) } else { from };
            let date = order.effective_at.map_or(set.hour, |it| it.plus(1)).date();
            let listed = list(taken, at, (order.jurisdiction, date));
            (order.measures, order.floors) = (listed.measures, listed.least_cuts);
            order.measure_causes = listed.measure_causes;
        }
        for (order, taken) in set.floor_orders.iter_mut().zip(floors) {
            let of = (order.jurisdiction, order.effective_at.plus(1).date());
            let listed = list(taken, taken.counts_from, of);
            (order.measures, order.floors) = (listed.measures, listed.least_cuts);
            order.measure_causes = listed.measure_causes;
        }
    }

    /// Gives each order its response, and the deadline of its jurisdiction.
    fn assign(&self, set: &mut OrderSet, rules: &Rules, numbers: &CooperationRules) {
        let decided_at = set.decided_at;
        for order in &mut set.orders {
            let Some(body) = body_of(rules, order.jurisdiction) else { continue };
            order.response = Some(self.response_of_next_order(&body));
            if let Some(within_h) = numbers.own_acknowledge_within_h(&body, order.grade) {
                order.acknowledge_by = decided_at.plus_hours(within_h);
            }
        }
        for order in &mut set.floor_orders {
            let Some(body) = body_of(rules, order.jurisdiction) else { continue };
            order.response = self.response_of_next_order(&body);
            if let Some(within_h) = numbers.own_acknowledge_within_h(&body, order.grade) {
                order.acknowledge_by = decided_at.plus_hours(within_h);
            }
        }
    }
}
