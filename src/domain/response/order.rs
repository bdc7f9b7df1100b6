//! One decision becomes one order set: all jurisdictions or none.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::domain::{Cause, Grade, Hour, JurisdictionIndex, Timestamp, WarningId};

/// What an order demands.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[repr(u8)]
pub enum OrderAct {
    /// Start the response.
    Impose = 0,
    /// To a stricter level.
    Raise = 1,
    /// Start earlier.
    Advance = 2,
    /// Go on for longer.
    Extend = 3,
    /// To a milder level.
    Lower = 4,
    /// End the response.
    Lift = 5,
}

impl OrderAct {
    /// All six, in the order of their numbers.
    pub const ALL: [Self; 6] =
        [Self::Impose, Self::Raise, Self::Advance, Self::Extend, Self::Lower, Self::Lift];

    /// The fixed name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Impose => "impose",
            Self::Raise => "raise",
            Self::Advance => "advance",
            Self::Extend => "extend",
            Self::Lower => "lower",
            Self::Lift => "lift",
        }
    }
}

/// All orders of one decision: one record, appended whole or not at all.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OrderSet {
    /// Grows by one with every set; a receiver refuses an older one.
    pub epoch: u64,
    /// The decision hour t.
    pub hour: Hour,
    /// The clock at the decision.
    pub decided_at: Timestamp,
    /// The hour that all imposing orders share, else the earliest; none where it only extends.
    pub effective_at: Option<Hour>,
    /// Whether the region is linked.
    pub linked: bool,
    /// One order for each jurisdiction with an act, by rising code.
    pub orders: Vec<Order>,
}

/// One jurisdiction's order; its id is epoch and code, such as `42-130100`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Order {
    /// The jurisdiction that it binds.
    pub jurisdiction: JurisdictionIndex,
    /// The warning that it answers.
    pub warning: WarningId,
    /// What it demands.
    pub act: OrderAct,
    /// From when; none for an extension.
    pub effective_at: Option<Hour>,
    /// The grade after the act; of a lift, the grade lifted.
    pub grade: Grade,
    /// Names of the measures in force with it; empty for a lift.
    pub measures: Vec<Arc<str>>,
    /// Emission and least cut in per cent.
    pub floors: Vec<(Arc<str>, u16)>,
    /// Why it is ordered.
    pub causes: Vec<Cause>,
    /// Expected end; none: until further notice.
    pub expected_end: Option<Hour>,
    /// Until when it is to be acknowledged.
    pub acknowledge_by: Timestamp,
}
