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
    /// One order for each jurisdiction whose floors change, by rising code.
    pub floor_orders: Vec<FloorOrder>,
    /// The proposal that was settled with it; none where nothing needed approval.
    pub proposal: Option<Arc<str>>,
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
    /// The response to which it belongs; none where bodies are asked for nothing.
    pub response: Option<Arc<str>>,
    /// Why each of the measures is in force; empty where bodies are asked for nothing.
    pub measure_causes: Vec<MeasureCauses>,
    /// The signed conclusion that approved it.
    pub conclusion: Option<Arc<str>>,
}

/// Why a measure is in force.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct MeasureCauses {
    /// The name of the measure.
    pub measure: Arc<str>,
    /// The causes of every order that asks for it.
    pub causes: Vec<Cause>,
}

/// One jurisdiction's order of the track of floors; its id ends in `-f`, such as `42-130100-f`.
///
/// A floor raises the response whatever the air is. It answers no warning.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FloorOrder {
    /// The jurisdiction that it binds.
    pub jurisdiction: JurisdictionIndex,
    /// What it demands: impose, raise, lower or lift.
    pub act: OrderAct,
    /// From when.
    pub effective_at: Hour,
    /// The highest level after the act; of a lift, that before it.
    pub grade: Grade,
    /// Names of the measures in force with it.
    pub measures: Vec<Arc<str>>,
    /// Emission and least cut in per cent.
    pub floors: Vec<(Arc<str>, u16)>,
    /// Why it is ordered.
    pub causes: Vec<Cause>,
    /// Expected end; none: until further notice.
    pub expected_end: Option<Hour>,
    /// Until when it is to be acknowledged.
    pub acknowledge_by: Timestamp,
    /// The response to which it belongs.
    pub response: Arc<str>,
    /// Why each of the measures is in force.
    pub measure_causes: Vec<MeasureCauses>,
    /// The level in each sector that it raises.
    pub sectors: Vec<(Arc<str>, Grade)>,
    /// Measures beyond those of the levels.
    pub extra: Vec<Arc<str>>,
}

/// The two chains of orders of a jurisdiction.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Track {
    /// Orders that answer a warning.
    #[default]
    Warning,
    /// Orders that a floor makes.
    Floor,
}

impl Track {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Warning, Self::Floor];

    /// The fixed name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Floor => "floor",
        }
    }
}
