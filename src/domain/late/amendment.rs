//! What is recorded when the air turns out other than it was thought: late values, too few
//! values, and neighbours whose grades differ though their air does not.

use std::sync::Arc;

use crate::domain::{ActKind, Grade, Hour, JurisdictionIndex, StationIndex, Timestamp, WarningId};

/// A closed hour whose arithmetic is open again: values came late. Its record stands.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct HourAmended {
    /// Whose hour.
    pub jurisdiction: JurisdictionIndex,
    /// Which hour.
    pub hour: Hour,
    /// The decision hour t from which the new value counts.
    pub decision_hour: Hour,
    /// The clock at that decision.
    pub decided_at: Timestamp,
    /// The mean that counted so far, whole µg/m³.
    pub old_ug_m3: Option<u16>,
    /// The mean that counts from now on; the same where rounding hides the difference.
    pub new_ug_m3: Option<u16>,
    /// Stations whose value came late, by rising code.
    pub stations: Vec<StationIndex>,
    /// What it changes.
    pub effect: AmendmentEffect,
    /// The jurisdiction's first decision since the oldest hour amended now that would have been
    /// another one, had all that is known now of closed hours been known in time.
    pub otherwise: Option<Otherwise>,
}

/// What an amendment changes for its jurisdiction.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[repr(u8)]
pub enum AmendmentEffect {
    /// Nothing is ordered, and nothing would have been.
    NoOrder = 0,
    /// What is ordered stands, and every decision would have been the same.
    OrderStands = 1,
    /// This decision orders what it would not have ordered without the amendments, or does not
    /// order what it would have.
    OrderAmended = 2,
    /// An order would have been given that was not, or another one.
    WouldHaveBeenOrdered = 3,
    /// An order was given that would not have been.
    WouldNotHaveBeenOrdered = 4,
}

impl AmendmentEffect {
    /// All five, in the order of their numbers.
    pub const ALL: [Self; 5] = [
        Self::NoOrder,
        Self::OrderStands,
        Self::OrderAmended,
        Self::WouldHaveBeenOrdered,
        Self::WouldNotHaveBeenOrdered,
    ];

    /// The fixed name.
    pub fn name(self) -> &'static str {
        match self {
            Self::NoOrder => "no_order",
            Self::OrderStands => "order_stands",
            Self::OrderAmended => "order_amended",
            Self::WouldHaveBeenOrdered => "would_have_been_ordered",
            Self::WouldNotHaveBeenOrdered => "would_not_have_been_ordered",
        }
    }
}

/// A past decision, as it was and as it would have been. Not both are none.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Otherwise {
    /// The hour of that decision.
    pub decision_hour: Hour,
    /// What was done; none where nothing was.
    pub was: Option<Done>,
    /// What would have been done; none where nothing would have been.
    pub would_be: Option<Done>,
}

/// An act in short.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Done {
    /// What is done.
    pub kind: ActKind,
    /// The grade after it; of a lift, the grade lifted.
    pub grade: Grade,
    /// From when the warning is in force.
    pub start: Hour,
    /// Expected end; none: until further notice.
    pub end: Option<Hour>,
}

/// An amendment leaves the warning in force, and so its order, as it is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OrderConfirmed {
    /// The warning whose order stands.
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
    /// Whose order; its own air need not be what was amended.
    pub warning: WarningId,
    /// The order set that holds it; none where nothing is ordered.
    pub epoch: Option<u64>,
    /// The decision hour t.
    pub decision_hour: Hour,
    /// The clock at that decision.
    pub decided_at: Timestamp,
    /// The jurisdictions and hours whose value changed.
    pub hours: Vec<(JurisdictionIndex, Hour)>,
    /// What this decision would have done without the amendment; none where nothing.
    pub without: Option<Done>,
    /// What it does; none where nothing.
    pub with: Option<Done>,
}

/// A city has too few observed values for a 24 h mean. Recorded once a run.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Insufficiency {
    /// Whose air.
    pub jurisdiction: JurisdictionIndex,
    /// The decision hour t.
    pub hour: Hour,
    /// The clock at the decision.
    pub decided_at: Timestamp,
    /// Valid hours of the last 24.
    pub valid_hours: u8,
    /// Hours of the last 24 that are excluded.
    pub excluded_hours: u8,
    /// How many are needed.
    pub needed_hours: u8,
    /// What stands in for the hours that are missing.
    pub fallback: InsufficientAs,
}

/// What stands in for the missing hours of a city with too few values.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[repr(u8)]
pub enum InsufficientAs {
    /// Outlooks, as everywhere; where none speaks the hour stays missing, and no act rests on it.
    Outlook = 0,
    /// Where no outlook speaks, the mean of the other members' hours.
    AirshedMean = 1,
}

impl InsufficientAs {
    /// Both, in the order of their numbers.
    pub const ALL: [Self; 2] = [Self::Outlook, Self::AirshedMean];

    /// The fixed name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Outlook => "outlook",
            Self::AirshedMean => "airshed_mean",
        }
    }
}

/// Two jurisdictions under one standard with like air and unlike grades.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Unlike {
    /// The decision hour t.
    pub hour: Hour,
    /// The clock at the decision.
    pub decided_at: Timestamp,
    /// The standard of both.
    pub standard: Arc<str>,
    /// No 24 h mean of the one is further than this from that of the other, whole µg/m³.
    pub differ_by_ug_m3: u16,
    /// How many windows were compared.
    pub windows: u16,
    /// The one with the lower code, and the other.
    pub sides: [UnlikeSide; 2],
}

/// One of the two, and why its grade is what it is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct UnlikeSide {
    /// Who.
    pub jurisdiction: JurisdictionIndex,
    /// The grade of its warning after this decision; none without one.
    pub grade: Grade,
    /// From when that warning is in force.
    pub start: Option<Hour>,
    /// The grade that its air asks for by itself.
    pub episode_grade: Grade,
    /// The clause that its air satisfies.
    pub clause: Option<Arc<str>>,
    /// Its 24 h mean at t, whole µg/m³; none where it is unknown.
    pub mean_24h_ug_m3: Option<u16>,
}
