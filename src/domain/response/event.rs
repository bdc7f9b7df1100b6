//! What is decided about orders.

use crate::domain::{OrderAmended, OrderConfirmed, OrderSet, Timestamp};

/// A decision about orders.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ResponseEvent {
    /// The orders of all jurisdictions that follow from one decision.
    OrderSetIssued(OrderSet),
    /// An order stands, although an hour on which it rests is amended.
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
