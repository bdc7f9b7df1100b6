//! From the acts of one decision to one order set, or none.

use std::sync::Arc;

use crate::domain::warning::synchrony::Decision;
use crate::domain::{
    ActKind, Date, FloorOrder, Grade, Hour, JurisdictionIndex, Order, OrderAct, OrderSet, Rules,
    WarningAct,
};

/// The order set that follows from a decision's acts; none if no obligation changes.
pub(crate) fn assemble(
    last_epoch: u64,
    rules: &Rules,
    decision: &Decision,
    floor_orders: Vec<FloorOrder>,
    soonest: Hour,
) -> Option<OrderSet> {
    let orders: Vec<Order> =
        decision.acts.iter().filter_map(|act| order(rules, act, soonest)).collect();
    if orders.is_empty() && floor_orders.is_empty() {
        return None;
    }
    let imposed = orders.iter().find(|it| it.act == OrderAct::Impose).map(|it| it.effective_at);
    let earliest = orders.iter().filter_map(|it| it.effective_at);
    let earliest = earliest.chain(floor_orders.iter().map(|it| it.effective_at)).min();
    Some(OrderSet {
        epoch: last_epoch + 1,
        hour: decision.hour,
        decided_at: decision.decided_at,
        effective_at: imposed.unwrap_or(earliest),
        linked: decision.linked,
        orders,
        floor_orders,
        proposal: None,
    })
}

fn order(rules: &Rules, warned: &WarningAct, soonest: Hour) -> Option<Order> {
    let (act, effective_at) = match warned.kind {
        ActKind::Issue => (OrderAct::Impose, Some(warned.start)),
        ActKind::Raise => (OrderAct::Raise, Some(warned.start)),
        ActKind::Advance => (OrderAct::Advance, Some(warned.start)),
        ActKind::Extend => (OrderAct::Extend, None),
        ActKind::Lower => (OrderAct::Lower, Some(soonest)),
        ActKind::Lift => (OrderAct::Lift, Some(soonest)),
        // An earlier expected end changes no obligation.
        ActKind::Shorten => return None,
    };
    let jurisdiction = warned.warning.jurisdiction;
    // An instant is the end of one hour: what is due is due from the next one on.
    let date = effective_at.map_or(warned.hour, |it| it.plus(1)).date();
    let bound = act != OrderAct::Lift;
    let within_h = rules.parameters.orders.acknowledge_within_h[warned.grade as usize];
    Some(Order {
        jurisdiction,
        warning: warned.warning,
        act,
        effective_at,
        grade: warned.grade,
        measures: if bound {
            rules.measures_for(jurisdiction, warned.grade, date)
        } else {
            Vec::new()
        },
        floors: if bound { rules.floors_for(jurisdiction, warned.grade, date) } else { Vec::new() },
        causes: vec![warned.cause],
        expected_end: warned.end,
        acknowledge_by: warned.decided_at.plus_hours(within_h),
        response: None,
        measure_causes: Vec::new(),
        conclusion: None,
    })
}

impl Rules {
    /// The measures that a jurisdiction must take in a grade on a day, in the catalogue's order.
    pub(crate) fn measures_for(
        &self,
        jurisdiction: JurisdictionIndex,
        grade: Grade,
        date: Date,
    ) -> Vec<Arc<str>> {
        let measures = self.measures.iter();
        let due =
            measures.filter(|it| it.is_for(grade) && it.is_in(jurisdiction) && it.is_on(date));
        due.map(|it| Arc::clone(&it.id)).collect()
    }

    pub(crate) fn floors_for(
        &self,
        jurisdiction: JurisdictionIndex,
        grade: Grade,
        date: Date,
    ) -> Vec<(Arc<str>, u16)> {
        let floors = self.floors.iter();
        let due = floors.filter(|it| it.grade == grade && it.is_in(jurisdiction) && it.is_on(date));
        due.map(|it| (Arc::clone(&it.emission), it.percent)).collect()
    }
}
