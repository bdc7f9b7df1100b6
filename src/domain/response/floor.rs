//! Floors: they raise the response of a jurisdiction whatever its air is, never a grade.

use crate::domain::{FloorOrder, Grade, Hour, JurisdictionIndex, OrderAct, Rules, Timestamp};

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
