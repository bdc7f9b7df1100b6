//! What is decided about warnings.

use std::sync::Arc;

use crate::domain::{Grade, Hour, JurisdictionIndex, Timestamp, WarningAct, WarningId};

/// A decision about warnings.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum WarningEvent {
    /// An act on a warning.
    WarningDecided(WarningAct),
    /// Missing data alone keep a warning open; an operator should look.
    ReviewDue(ReviewDue),
    /// Two jurisdictions with like air have unlike grades.
    SameAirUnlikeGrade(UnlikeGrades),
}

impl WarningEvent {
    /// The fixed name of its record type: an act has one for each of its kinds.
    pub fn record_type(&self) -> &'static str {
        match self {
            Self::WarningDecided(act) => act.kind.record_type(),
            Self::ReviewDue(_) => "review_due",
            Self::SameAirUnlikeGrade(_) => "same_air_unlike_grade",
        }
    }

    /// The end of the hour that it is about.
    pub fn happened_at(&self) -> Timestamp {
        match self {
            Self::WarningDecided(act) => act.hour.end(),
            Self::ReviewDue(review) => review.hour.end(),
            Self::SameAirUnlikeGrade(unlike) => unlike.hour.end(),
        }
    }
}

/// A warning that stays open only because a window or an hour is unknown.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ReviewDue {
    /// Which warning.
    pub warning: WarningId,
    /// The decision hour t.
    pub hour: Hour,
    /// The clock at the decision.
    pub decided_at: Timestamp,
    /// Decisions running.
    pub decisions: u32,
}

/// Two jurisdictions under one standard with like air and unlike grades.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct UnlikeGrades {
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
    /// The jurisdiction.
    pub jurisdiction: JurisdictionIndex,
    /// The grade of its warning after this decision; none without one.
    pub grade: Grade,
    /// From when that warning is in force.
    pub start: Option<Hour>,
    /// The grade of its own episode.
    pub episode_grade: Grade,
    /// The clause that its air satisfies.
    pub clause: Option<Arc<str>>,
    /// Its 24 h mean at t, whole µg/m³; none where it is unknown.
    pub mean_24h_ug_m3: Option<u16>,
}
