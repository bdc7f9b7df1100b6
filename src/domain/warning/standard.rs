//! Warning-grade standards (预警分级标准) as data: clauses, and where and when they are in force.

use std::sync::Arc;

use crate::domain::{Date, Grade, JurisdictionIndex};

/// How certain a statement about the law is.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Certainty {
    /// Two independent sources or an official text.
    Confirmed,
    /// One source, not official.
    SingleSource,
    /// Known, but no text was found.
    FromMemory,
    /// A reading that the sources leave open.
    Interpretation,
}

impl Certainty {
    /// All of them.
    pub const ALL: [Self; 4] =
        [Self::Confirmed, Self::SingleSource, Self::FromMemory, Self::Interpretation];

    /// The fixed name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Confirmed => "CONFIRMED",
            Self::SingleSource => "SINGLE-SOURCE",
            Self::FromMemory => "FROM-MEMORY",
            Self::Interpretation => "INTERPRETATION",
        }
    }
}

/// One version of the grading rule.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Standard {
    /// Such as `BTH-2018`.
    pub id: Arc<str>,
    /// What it is called.
    pub title: Arc<str>,
    /// Number and clause of the document.
    pub reference: Arc<str>,
    /// How sure we are of its text.
    pub certainty: Certainty,
    /// How a duration of several days is read.
    pub duration_as: DurationAs,
    /// At which hours a 24 h window may end.
    pub window_phase: WindowPhase,
    /// Its clauses in file order; those of one grade are alternatives.
    pub clauses: Vec<Clause>,
}

/// The readings of "for 48 hours".
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum DurationAs {
    /// Back-to-back 24 h windows, each above the bound.
    #[default]
    Chain,
    /// The trailing 24 h value is above the bound at every end hour in between.
    Rolling,
}

impl DurationAs {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Chain, Self::Rolling];

    /// The fixed name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Chain => "chain",
            Self::Rolling => "rolling",
        }
    }
}

/// The readings of "day".
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum WindowPhase {
    /// Any 24 consecutive hours.
    #[default]
    Any,
    /// Only windows that end at 24:00.
    CalendarDay,
}

impl WindowPhase {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Any, Self::CalendarDay];

    /// The fixed name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::CalendarDay => "calendar_day",
        }
    }
}

/// One way to reach a grade: every condition holds within one and the same chain.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Clause {
    /// The grade that it gives.
    pub grade: Grade,
    /// Its name within the standard, such as `red-1`.
    pub id: Arc<str>,
    /// Its wording, in short.
    pub text: Arc<str>,
    /// The longest condition; begin and end of the episode are those of its chain.
    pub main: Condition,
    /// A second condition; its hours lie within those of the first.
    pub within: Option<Condition>,
}

/// A bound, and for how many back-to-back 24 h windows it is exceeded.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Condition {
    /// The bound of the index.
    pub bound: Bound,
    /// Duration in windows of 24 hours; at least one.
    pub windows: u16,
}

/// A bound of the 24 h index.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Bound {
    /// Strictly above.
    Above(u16),
    /// At or above: only for 500, where the index ends.
    AtLeast(u16),
}

impl Bound {
    /// Whether an index exceeds it.
    pub fn exceeded_by(self, index: u16) -> bool {
        match self {
            Self::Above(bound) => index > bound,
            Self::AtLeast(bound) => index >= bound,
        }
    }

    /// The lowest index that exceeds it.
    pub fn lowest(self) -> u16 {
        match self {
            Self::Above(bound) => bound + 1,
            Self::AtLeast(bound) => bound,
        }
    }
}

/// Where and when a standard is in force.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct InForce {
    /// Place of the standard in the rule book.
    pub standard: usize,
    /// Which jurisdiction.
    pub jurisdiction: JurisdictionIndex,
    /// First day.
    pub from: Date,
    /// Last day; none: until another one begins.
    pub until: Option<Date>,
    /// The act that put it in force.
    pub reference: Arc<str>,
    /// How sure we are of the dates.
    pub certainty: Certainty,
}

impl Standard {
    /// The lowest bound of all conditions of all its clauses.
    pub fn lowest_bound(&self) -> Option<Bound> {
        let conditions = self.clauses.iter().flat_map(|it| [Some(it.main), it.within]);
        conditions.flatten().map(|it| it.bound).min_by_key(|it| it.lowest())
    }

    /// The grade under this standard for one that it may no longer know: the next one up.
    pub fn known_grade(&self, grade: Grade) -> Grade {
        let known = self.clauses.iter().map(|it| it.grade).filter(|it| *it >= grade);
        known.min().unwrap_or(grade)
    }
}
