//! What is decided about warnings.

use crate::domain::{Hour, Timestamp, Unlike, WarningAct, WarningId};

/// A decision about warnings.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum WarningEvent {
    /// An act on a warning.
    WarningDecided(WarningAct),
    /// Missing data alone keep a warning open; an operator should look.
    ReviewDue(Review),
    /// Two jurisdictions with like air have unlike grades.
    SameAirUnlikeGrade(Unlike),
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

/// A warning that an unknown window or hour alone keeps open.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Review {
    /// Which warning.
    pub warning: WarningId,
    /// The decision hour t.
    pub hour: Hour,
    /// The clock at the decision.
    pub decided_at: Timestamp,
    /// Decisions running.
    pub decisions: u32,
}
