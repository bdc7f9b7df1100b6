//! The conditions of the table of acts, each a value with the numbers that it compares.
//!
//! A row asks its conditions in order. When an hour is decided, [`Whether`] keeps only the answer;
//! for an explanation, [`Shown`] records every condition. So an explanation cannot differ from the
//! decision.

use std::cmp::Ordering;

use crate::domain::response::approval::hold::Hold;
use crate::domain::{ActKind, Bound, Grade, Hour, JurisdictionIndex};

/// A row of the table of acts, or of what follows it.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum ActRow {
    /// A warning is issued for its own air.
    Issue,
    /// A warning is raised.
    Raise,
    /// An announced warning starts earlier.
    Advance,
    /// A warning is expected to end later.
    Extend,
    /// A warning is expected to end earlier.
    Shorten,
    /// A warning is lowered.
    Lower,
    /// A warning is lifted.
    Lift,
    /// Unknown hours keep a warning open for so long that a review is due.
    Review,
    /// A warning is issued because a neighbour's starts.
    Synchrony,
    /// A jurisdiction without stations does what another one does.
    Follow,
}

/// A row with its conditions.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ShownRow {
    /// Which row.
    pub row: ActRow,
    /// Its conditions, in the order in which they are asked.
    pub conditions: Vec<ActCondition>,
}

impl ShownRow {
    /// Whether every condition holds.
    pub fn holds(&self) -> bool {
        self.conditions.iter().all(|it| it.answer() == Answer::Yes)
    }
}

/// Whether a condition holds.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Answer {
    /// It holds.
    #[default]
    Yes,
    /// It cannot be decided, because a window or an hour is unknown.
    Unknown,
    /// It does not hold.
    No,
}

impl Answer {
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::No, _) | (_, Self::No) => Self::No,
            (Self::Unknown, _) | (_, Self::Unknown) => Self::Unknown,
            (Self::Yes, Self::Yes) => Self::Yes,
        }
    }
}

/// A condition with its numbers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ActCondition {
    /// No warning is open.
    NoWarning {
        /// The grade of the open warning.
        open: Option<Grade>,
    },
    /// The episode begins at most `notice_h` after now.
    BeginsSoon {
        /// When it begins; none without an episode.
        begin: Option<Hour>,
        /// The decision hour.
        now: Hour,
        /// The longest notice.
        notice_h: i32,
    },
    /// The episode ends after the start of the warning.
    EndsAfterStart {
        /// When it ends; none where there is no outlook, which counts as later than any hour.
        end: Option<Hour>,
        /// The start of the warning.
        start: Hour,
    },
    /// The episode is joined to the open warning.
    Joined(Nearness),
    /// No episode is joined to the open warning.
    NoneJoined(Nearness),
    /// No episode would be joined even if every hour missing up to now were above every bound.
    NoneJoinedAtWorst(Nearness),
    /// The grade of the episode compares with that of the open warning as the row requires.
    EpisodeGrade {
        /// The grade of the episode.
        episode: Grade,
        /// The grade of the open warning.
        warning: Grade,
        /// The grade that it counts as under the standard in force.
        counts_as: Grade,
        /// How the first must compare with the last.
        must_be: Ordering,
    },
    /// The warning has not started, and could start earlier.
    NotStarted {
        /// Its start.
        start: Hour,
        /// The first hour from which an act of this decision can be in force.
        soonest: Hour,
    },
    /// The episode begins more than `step_h` before the start of the warning.
    BeginsEarlier {
        /// When the episode begins.
        begin: Hour,
        /// The start of the warning.
        start: Hour,
        /// The least step.
        step_h: i32,
    },
    /// There is an outlook for at least the next hour.
    HasOutlook {
        /// Hours after now for which the outlook has values without a gap.
        reach_h: i32,
    },
    /// The expected end of the warning is at most `before_h` away.
    EndsSoon {
        /// The expected end.
        end: Option<Hour>,
        /// The decision hour.
        now: Hour,
        /// The longest time before it.
        before_h: i32,
    },
    /// The episode ends at least `step_h` after the expected end of the warning.
    EndsLater {
        /// When the episode ends.
        episode_end: Hour,
        /// The expected end of the warning.
        end: Option<Hour>,
        /// The least step.
        step_h: i32,
    },
    /// The episode ends at least `step_h` before the expected end of the warning, or there is none.
    EndsEarlier {
        /// When the episode ends.
        episode_end: Hour,
        /// The expected end of the warning.
        end: Option<Hour>,
        /// The least step.
        step_h: i32,
    },
    /// The episode was below the warning in this decision and those before it.
    BelowFor {
        /// How many decisions, this one included.
        decisions: u16,
        /// The least number.
        hold_h: i32,
    },
    /// The episode would be below the warning even if every unknown window were above every bound.
    BelowAtWorst {
        /// The grade of that episode.
        worst: Grade,
        /// The grade that the warning counts as.
        counts_as: Grade,
    },
    /// This hour is observed, and not above the lowest bound of the standard.
    Clear {
        /// The index of this hour; none where it is not observed.
        index: Option<u16>,
        /// The lowest bound; none where the standard has no clause.
        bound: Option<Bound>,
    },
    /// The outlook is long enough, and its windows are known.
    KnownAhead {
        /// Hours after now for which the outlook has values without a gap.
        reach_h: i32,
        /// The first window ends so many hours after now.
        from_h: i32,
        /// The last one.
        to_h: i32,
        /// The first of them that is unknown.
        unknown: Option<Hour>,
    },
    /// The outlook is short, but known; the last hours are observed, and no chain ended in them.
    ObservedClear {
        /// Hours after now for which the outlook has values without a gap.
        reach_h: i32,
        /// How many hours must be observed.
        observed_h: i32,
        /// The latest of them that is not.
        missing: Option<Hour>,
        /// The first window within reach that is unknown.
        unknown: Option<Hour>,
        /// The end of a chain in those hours.
        ended: Option<Hour>,
        /// The same if every hour missing up to now were above every bound.
        may_have_ended: Option<Hour>,
    },
    /// Acts other than a raise are allowed at this hour of the day.
    HourOfDay {
        /// This hour.
        of_day: u32,
        /// The hours that are allowed.
        allowed: HoursOfDay,
    },
    /// An unknown window or hour alone has kept the lift from being decided.
    UnknownFor {
        /// How many decisions running, this one included.
        decisions: u16,
        /// After how many a review is due.
        review_h: i32,
    },
    /// The warning would start near the start of a neighbour's.
    NearStart {
        /// When it would start by itself; none without an episode.
        own_start: Option<Hour>,
        /// The start that all warnings of this decision share.
        shared: Hour,
        /// How near is near.
        sync_h: i32,
        /// The same in a linked region; none where the region is not linked.
        linked_sync_h: Option<i32>,
    },
    /// The jurisdiction that this one follows acts, and the act fits its own warning.
    Follows {
        /// The one that it follows.
        leader: JurisdictionIndex,
        /// What that one does.
        act: Option<ActKind>,
        /// Whether this one has a warning.
        is_warned: bool,
    },
    /// No act of the jurisdiction waits for approval, and this one was not rejected of late.
    NotOnHold {
        /// Whether an act of it waits for approval.
        is_held: bool,
        /// Whether this act was rejected in the last decisions.
        is_rejected: bool,
    },
}

impl ActCondition {
    /// What waits for approval, or was rejected, is passed over.
    pub(super) fn of_hold(hold: Hold<'_>, kind: ActKind, grade: Grade) -> Self {
        let is_rejected = hold.is_rejected(kind, grade);
        Self::NotOnHold { is_held: hold.is_held, is_rejected }
    }
}

/// Where an episode begins, and until when it would be joined to a warning.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Nearness {
    /// When it begins; none without an episode.
    pub begin: Option<Hour>,
    /// Now, or the start of the warning where that is later.
    pub from: Hour,
    /// It is joined if it begins less than this after `from`.
    pub gap_h: i32,
}

impl Nearness {
    /// Whether the episode is joined to the warning.
    pub(crate) fn is_joined(self) -> bool {
        self.begin.is_some_and(|it| it < self.from.plus(self.gap_h))
    }
}

/// A set of hours of the day.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct HoursOfDay(u32);

impl HoursOfDay {
    pub(crate) fn new(hours: &[u32]) -> Self {
        Self(hours.iter().fold(0, |all, it| all | 1_u32.checked_shl(*it).unwrap_or(0)))
    }

    fn contains(self, hour: u32) -> bool {
        1_u32.checked_shl(hour).is_some_and(|it| self.0 & it != 0)
    }

    /// The hours, in rising order.
    pub fn hours(self) -> impl Iterator<Item = u32> {
        (0..24).filter(move |it| self.contains(*it))
    }
}

impl ActCondition {
    /// Whether it holds.
    pub fn answer(&self) -> Answer {
        match *self {
            Self::NoWarning { open } => yes_if(open.is_none()),
            Self::BeginsSoon { begin, now, notice_h } => {
                yes_if(begin.is_some_and(|it| it <= now.plus(notice_h)))
            }
            Self::EndsAfterStart { end, start } => yes_if(end.is_none_or(|it| it > start)),
            Self::Joined(it) => yes_if(it.is_joined()),
            Self::NoneJoined(it) => yes_if(!it.is_joined()),
            Self::NoneJoinedAtWorst(it) => unknown_if(it.is_joined()),
            Self::EpisodeGrade { episode, counts_as, must_be, .. } => {
                yes_if(episode.cmp(&counts_as) == must_be)
            }
            Self::NotStarted { start, soonest } => yes_if(start > soonest),
            Self::BeginsEarlier { begin, start, step_h } => yes_if(begin < start.plus(-step_h)),
            Self::HasOutlook { reach_h } => yes_if(reach_h > 0),
            Self::EndsSoon { end, now, before_h } => {
                yes_if(end.is_some_and(|it| now >= it.plus(-before_h)))
            }
            Self::EndsLater { episode_end, end, step_h } => {
                yes_if(end.is_some_and(|it| episode_end >= it.plus(step_h)))
            }
            Self::EndsEarlier { episode_end, end, step_h } => {
                yes_if(end.is_none_or(|it| episode_end <= it.plus(-step_h)))
            }
            Self::BelowFor { decisions, hold_h } => yes_if(i32::from(decisions) >= hold_h),
            Self::BelowAtWorst { worst, counts_as } => yes_if(worst < counts_as),
            Self::Clear { bound: None, .. } => Answer::No,
            Self::Clear { index: None, .. } => Answer::Unknown,
            Self::Clear { index: Some(index), bound: Some(bound) } => {
                yes_if(!bound.exceeded_by(index))
            }
            Self::KnownAhead { reach_h, to_h, unknown, .. } => {
                yes_if(reach_h >= to_h).and(unknown_if(unknown.is_some()))
            }
            Self::ObservedClear { missing, unknown, ended, may_have_ended, .. } => {
                let is_unknown = missing.or(unknown).or(may_have_ended).is_some();
                yes_if(ended.is_none()).and(unknown_if(is_unknown))
            }
            Self::HourOfDay { of_day, allowed } => yes_if(allowed.contains(of_day)),
            Self::UnknownFor { decisions, review_h } => {
                yes_if(decisions > 0 && i32::from(decisions) == review_h)
            }
            Self::NearStart { own_start, shared, sync_h, linked_sync_h } => {
                let until = shared.plus(linked_sync_h.unwrap_or(sync_h));
                yes_if(own_start.is_some_and(|it| it < until))
            }
            Self::Follows { act, is_warned, .. } => match act {
                None => Answer::No,
                Some(ActKind::Issue) => yes_if(!is_warned),
                Some(_) => yes_if(is_warned),
            },
            Self::NotOnHold { is_held, is_rejected } => yes_if(!is_held && !is_rejected),
        }
    }
}

fn yes_if(holds: bool) -> Answer {
    if holds { Answer::Yes } else { Answer::No }
}

fn unknown_if(unknown: bool) -> Answer {
    if unknown { Answer::Unknown } else { Answer::Yes }
}

/// What becomes of the conditions that rows ask.
pub(crate) trait Conditions {
    /// Begins a row.
    fn begin(&mut self, row: ActRow);
    /// Asks the next condition of the row.
    fn ask(&mut self, condition: impl FnOnce() -> ActCondition);
    /// Whether all conditions of the row hold so far.
    fn answer(&self) -> Answer;

    /// The same for a condition that holds or is unknown: where the answer is unknown already, it
    /// makes no difference.
    fn ask_unless_unknown(&mut self, condition: impl FnOnce() -> ActCondition) {
        self.ask(condition);
    }

    /// Whether the row fits.
    fn fits(&self) -> bool {
        self.answer() == Answer::Yes
    }
}

/// Keeps the answer only. After a condition that does not hold, the others of its row are not
/// worked out.
#[derive(Debug, Default)]
pub(crate) struct Whether(Answer);

impl Conditions for Whether {
    fn begin(&mut self, _: ActRow) {
        self.0 = Answer::Yes;
    }

    fn ask(&mut self, condition: impl FnOnce() -> ActCondition) {
        if self.0 != Answer::No {
            self.0 = self.0.and(condition().answer());
        }
    }

    fn ask_unless_unknown(&mut self, condition: impl FnOnce() -> ActCondition) {
        if self.0 == Answer::Yes {
            self.0 = condition().answer();
        }
    }

    fn answer(&self) -> Answer {
        self.0
    }
}

/// Records every condition of every row that is asked.
#[derive(Debug, Default)]
pub(crate) struct Shown(pub(crate) Vec<ShownRow>);

impl Conditions for Shown {
    fn begin(&mut self, row: ActRow) {
        self.0.push(ShownRow { row, conditions: Vec::new() });
    }

    fn ask(&mut self, condition: impl FnOnce() -> ActCondition) {
        if let Some(row) = self.0.last_mut() {
            row.conditions.push(condition());
        }
    }

    fn answer(&self) -> Answer {
        let conditions = self.0.last().into_iter().flat_map(|it| &it.conditions);
        conditions.fold(Answer::Yes, |all, it| all.and(it.answer()))
    }
}
