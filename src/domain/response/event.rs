//! What is decided about orders.

use crate::domain::{ActSummary, Grade, Hour, JurisdictionIndex, OrderSet, Timestamp, WarningId};

/// A decision about orders.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ResponseEvent {
    /// The orders of all jurisdictions that follow from one decision.
    OrderSetIssued(OrderSet),
    /// An order is unchanged, although an hour on which it rests is amended.
    OrderConfirmedByAmendment(OrderConfirmed),
    /// An order would be another one, because hours on which it rests are amended.
    OrderAmended(OrderAmended),
}

impl ResponseEvent {
    /// The fixed name of its record type.
    pub fn record_type(&self) -> &'static str {
        match self {
            Self::OrderSetIssued(_) => "order_set_issued",
            Self::OrderConfirmedByAmendment(_) => "order_confirmed_by_amendment",
            Self::OrderAmended(_) => "order_amended",
        }
    }

    /// The end of the hour that was decided about.
    pub fn happened_at(&self) -> Timestamp {
        match self {
            Self::OrderSetIssued(set) => set.hour.end(),
            Self::OrderConfirmedByAmendment(it) => it.decision_hour.end(),
            Self::OrderAmended(it) => it.decision_hour.end(),
        }
    }
}

/// An amendment leaves the warning in force, and so its order, as it is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OrderConfirmed {
    /// The warning of the unchanged order.
    pub warning: WarningId,
    /// Its grade.
    pub grade: Grade,
    /// The decision hour t.
    pub decision_hour: Hour,
    /// The clock at that decision.
    pub decided_at: Timestamp,
    /// The hours that were amended, oldest first.
    pub hours: Vec<Hour>,
}

/// A decision that is another one because of amended hours. Not both sides are none.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OrderAmended {
    /// The warning of the order; the amended air can be that of another jurisdiction.
    pub warning: WarningId,
    /// The order set that holds it; none where nothing is ordered.
    pub epoch: Option<u64>,
    /// The decision hour t.
    pub decision_hour: Hour,
    /// The clock at that decision.
    pub decided_at: Timestamp,
    /// The jurisdictions and hours with a changed value.
    pub hours: Vec<(JurisdictionIndex, Hour)>,
    /// What this decision would have done without the amendment; none where nothing.
    pub without: Option<ActSummary>,
    /// What it does; none where nothing.
    pub with: Option<ActSummary>,
}
