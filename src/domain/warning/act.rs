//! What was decided about a warning, and on what it rests.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::domain::{Grade, Hour, JurisdictionIndex, Timestamp};

/// What is done to a warning.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[repr(u8)]
pub enum ActKind {
    /// A new warning (发布).
    Issue = 0,
    /// To a stricter grade (升级).
    Raise = 1,
    /// To an earlier start.
    Advance = 2,
    /// To a later expected end.
    Extend = 3,
    /// To an earlier expected end; recorded, no order.
    Shorten = 4,
    /// To a milder grade (降级).
    Lower = 5,
    /// Its end (解除).
    Lift = 6,
}

impl ActKind {
    /// All seven, in the order of their numbers.
    pub const ALL: [Self; 7] = [
        Self::Issue,
        Self::Raise,
        Self::Advance,
        Self::Extend,
        Self::Shorten,
        Self::Lower,
        Self::Lift,
    ];

    /// The record type.
    pub fn record_type(self) -> &'static str {
        match self {
            Self::Issue => "warning_issued",
            Self::Raise => "warning_raised",
            Self::Advance => "warning_advanced",
            Self::Extend => "warning_extended",
            Self::Shorten => "warning_shortened",
            Self::Lower => "warning_lowered",
            Self::Lift => "warning_lifted",
        }
    }
}

/// The name of a warning: its jurisdiction and its number there, such as `130100-7`.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct WarningId {
    /// The jurisdiction.
    pub jurisdiction: JurisdictionIndex,
    /// The first is 1.
    pub number: u32,
}

/// One act, as recorded.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct WarningAct {
    /// What is done.
    pub kind: ActKind,
    /// The decision hour t.
    pub hour: Hour,
    /// The clock at the decision.
    pub decided_at: Timestamp,
    /// Which warning.
    pub warning: WarningId,
    /// The grade after the act; of a lift, the grade lifted.
    pub grade: Grade,
    /// The grade before the act.
    pub previous_grade: Grade,
    /// From when it is in force; of a raise, from when the new grade is.
    pub start: Hour,
    /// Expected end; none: until further notice. Of a lift, the hour of the lift.
    pub end: Option<Hour>,
    /// The standard by which it was decided.
    pub standard: Arc<str>,
    /// The clause that is satisfied; none where none is (lift).
    pub clause: Option<Arc<str>>,
    /// Start minus decision, whole hours rounded down.
    pub lead_time_h: i32,
    /// Why it is done now.
    pub cause: Cause,
    /// The windows that satisfy the clause, oldest first.
    pub windows: Vec<Window>,
    /// Hours of those windows that were observed.
    pub observed_hours: u16,
    /// Hours of those windows that come from an outlook.
    pub forecast_hours: u16,
    /// The makers of those outlooks.
    pub makers: Vec<Arc<str>>,
    /// Of a lower, the hour from which the milder grade is in force. None for other acts, and for
    /// lowers that an earlier version recorded: [`WarningAct::change`] then uses the rules.
    pub in_force_from: Option<Hour>,
}

impl WarningAct {
    /// Its summary; none for an act that changes no obligation.
    pub(crate) fn ordered(&self) -> Option<ActSummary> {
        let Self { kind, grade, start, end, .. } = *self;
        (kind != ActKind::Shorten).then_some(ActSummary { kind, grade, start, end })
    }
}

/// An act in short.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ActSummary {
    /// What is done.
    pub kind: ActKind,
    /// The grade after it; of a lift, the grade lifted.
    pub grade: Grade,
    /// From when the warning is in force.
    pub start: Hour,
    /// Expected end; none: until further notice.
    pub end: Option<Hour>,
}

/// Why a warning act or an order falls in this decision.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Cause {
    /// The jurisdiction's own air.
    Warning = 0,
    /// A neighbour starts, and its own start is near.
    Synchrony = 1,
    /// The same, and near only because the region is linked (区域应急联动).
    Linkage = 2,
    /// It follows another jurisdiction.
    Follows = 3,
    /// Late values: without them this decision would have been another one.
    Amendment = 4,
    /// The guarantee of a major event (保障); of orders alone.
    Guarantee = 5,
    /// A signed conclusion that binds (上级预警提示); of orders alone.
    Prompt = 6,
    /// A signed conclusion approved it; of orders alone.
    Consultation = 7,
}

impl Cause {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 8] = [
        Self::Warning,
        Self::Synchrony,
        Self::Linkage,
        Self::Follows,
        Self::Amendment,
        Self::Guarantee,
        Self::Prompt,
        Self::Consultation,
    ];

    /// The fixed name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Synchrony => "synchrony",
            Self::Linkage => "linkage",
            Self::Follows => "follows",
            Self::Amendment => "amendment",
            Self::Guarantee => "guarantee",
            Self::Prompt => "prompt",
            Self::Consultation => "consultation",
        }
    }
}

/// One 24 h window.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Window {
    /// Its last hour.
    pub end: Hour,
    /// Its mean, whole µg/m³.
    pub mean_ug_m3: u16,
    /// The index of that mean.
    pub index: u16,
    /// Valid hours of the 24.
    pub valid_hours: u8,
}
