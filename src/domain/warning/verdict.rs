//! What one jurisdiction's air asks for at a decision hour: the table of acts, row by row.

use std::sync::Arc;

use super::episode::{Chain, Episode, Reading, Unknown};
use super::open::OpenWarning;
use crate::domain::air::series::{Origin, Series, WindowIndex};
use crate::domain::{ActKind, Clause, Grade, Hour, LiftUnknownAs, Parameters, Standard};

/// What the table of acts is read against.
pub(crate) struct Case<'a> {
    pub(crate) series: &'a Series,
    pub(crate) standard: &'a Standard,
    pub(crate) parameters: &'a Parameters,
    pub(crate) warning: Option<&'a OpenWarning>,
    /// The hour from which an act of this decision can be in force.
    pub(crate) soonest: Hour,
    /// Counts before this decision.
    pub(crate) below_decisions: u16,
    pub(crate) unknown_decisions: u16,
}

/// What the table says.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Verdict {
    pub(crate) episode: Option<Episode>,
    pub(crate) act: Option<Act>,
    pub(crate) below_decisions: u16,
    pub(crate) unknown_decisions: u16,
    pub(crate) review_due: bool,
}

/// An act before synchrony.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Act {
    pub(crate) kind: ActKind,
    pub(crate) grade: Grade,
    pub(crate) start: Hour,
    pub(crate) end: Option<Hour>,
}

impl Case<'_> {
    /// Reads the table: the first row that fits is done.
    pub(crate) fn verdict(&self) -> Verdict {
        let episode = self.reading(Unknown::SatisfiesNothing).current_episode();
        let Some(warning) = self.warning else {
            let act = episode.and_then(|it| self.issue(&it)).filter(|_| self.may_act());
            return Verdict { episode, act, ..Verdict::default() };
        };
        match episode.filter(|it| self.is_joined(it, warning)) {
            Some(joined) => self.joined(&joined, warning),
            None => Verdict { episode, ..self.alone(warning) },
        }
    }

    /// The rows for an episode that belongs to the open warning.
    fn joined(&self, joined: &Episode, warning: &OpenWarning) -> Verdict {
        let below = joined.grade < self.known_grade(warning);
        let below_decisions = if below { self.below_decisions.saturating_add(1) } else { 0 };
        let change = || self.change(joined, warning, below_decisions).filter(|_| self.may_act());
        let act = self.raise(joined, warning).or_else(change);
        Verdict { episode: Some(*joined), act, below_decisions, ..Verdict::default() }
    }

    /// The rows for an open warning that no episode belongs to.
    fn alone(&self, warning: &OpenWarning) -> Verdict {
        let (grade, start) = (warning.grade, warning.start);
        match self.lift(warning) {
            Lift::Now => {
                let act = Act { kind: ActKind::Lift, grade, start, end: Some(self.soonest) };
                Verdict { act: Some(act).filter(|_| self.may_act()), ..Verdict::default() }
            }
            Lift::Not => Verdict::default(),
            Lift::KeptByUnknown => {
                let unknown_decisions = self.unknown_decisions.saturating_add(1);
                let review_due =
                    i32::from(unknown_decisions) == self.parameters.acts.silence_review_h;
                Verdict { unknown_decisions, review_due, ..Verdict::default() }
            }
        }
    }

    fn reading(&self, unknown: Unknown) -> Reading<'_> {
        Reading {
            series: self.series,
            standard: self.standard,
            parameters: self.parameters,
            unknown,
        }
    }

    fn now(&self) -> Hour {
        self.series.now
    }

    /// Some bureaus consult at fixed hours, and act only then.
    fn may_act(&self) -> bool {
        let hours = &self.parameters.acts.act_hours;
        hours.is_empty() || hours.contains(&self.now().of_day())
    }

    /// Without any outlook nobody can say when an episode ends: none, later than any hour.
    pub(crate) fn expected_end(&self, episode: &Episode) -> Option<Hour> {
        (self.series.reach_h > 0).then_some(episode.end)
    }

    fn known_grade(&self, warning: &OpenWarning) -> Grade {
        self.standard.known_grade(warning.grade)
    }

    fn is_joined(&self, episode: &Episode, warning: &OpenWarning) -> bool {
        let from = self.now().max(warning.start);
        episode.begin < from.plus(self.parameters.episodes.merge_gap_h)
    }

    fn issue(&self, episode: &Episode) -> Option<Act> {
        let start = episode.begin.max(self.soonest);
        let end = self.expected_end(episode);
        let near = episode.begin <= self.now().plus(self.parameters.acts.notice_h);
        (near && later(end, Some(start))).then_some(Act {
            kind: ActKind::Issue,
            grade: episode.grade,
            start,
            end,
        })
    }

    fn raise(&self, joined: &Episode, warning: &OpenWarning) -> Option<Act> {
        (joined.grade > self.known_grade(warning)).then(|| Act {
            kind: ActKind::Raise,
            grade: joined.grade,
            start: warning.start.max(self.soonest),
            end: latest(warning.end, self.expected_end(joined)),
        })
    }

    /// The rows between raise and lift.
    fn change(&self, joined: &Episode, warning: &OpenWarning, below: u16) -> Option<Act> {
        let parameters = self.parameters;
        let grade = self.known_grade(warning);
        let end = self.expected_end(joined);
        let act = |kind, grade, start, end| Some(Act { kind, grade, start, end });
        if warning.start > self.soonest
            && joined.begin < warning.start.plus(-parameters.acts.advance_step_h)
        {
            let start = joined.begin.max(self.soonest);
            return act(ActKind::Advance, warning.grade, start, warning.end);
        }
        if joined.grade == grade && self.series.reach_h > 0 {
            let due = warning
                .end
                .is_some_and(|end| self.now() >= end.plus(-parameters.acts.extend_before_h));
            let far = |old: Hour| joined.end >= old.plus(parameters.acts.extend_step_h);
            if due && warning.end.is_some_and(far) {
                return act(ActKind::Extend, warning.grade, warning.start, end);
            }
            let near = |old: Hour| joined.end <= old.plus(-parameters.acts.shorten_step_h);
            if warning.end.is_none_or(near) {
                return act(ActKind::Shorten, warning.grade, warning.start, end);
            }
        }
        let held = i32::from(below) >= parameters.acts.lower_hold_h;
        if held && self.stays_below_at_worst(grade) {
            return act(ActKind::Lower, joined.grade, warning.start, end);
        }
        None
    }

    /// Whether the episode would be milder even if every unknown window were above every bound.
    fn stays_below_at_worst(&self, grade: Grade) -> bool {
        let worst = self.reading(Unknown::AboveEveryBound).current_episode();
        worst.is_none_or(|it| it.grade < grade)
    }

    fn lift(&self, warning: &OpenWarning) -> Lift {
        let parameters = self.parameters;
        let here = self.series.hour(self.now());
        let Some(lowest) = self.standard.lowest_bound() else { return Lift::Not };
        let mut unknown = here.origin != Origin::Observed;
        if !unknown && lowest.exceeded_by(self.series.index_now) {
            return Lift::Not;
        }
        if self.series.reach_h >= parameters.acts.lift_h {
            let mut windows = parameters.acts.lift_from_h..=parameters.acts.lift_h;
            unknown |= windows.any(|ahead| !self.is_known_in_hindsight(self.now().plus(ahead)));
        } else {
            match self.just_ended() {
                Ended::Yes => return Lift::Not,
                Ended::Perhaps => unknown = true,
                Ended::No => {}
            }
            let mut reached = 1..=self.series.reach_h;
            unknown |= reached.any(|ahead| !self.is_known(self.now().plus(ahead)));
            let mut observed = 0..parameters.acts.lift_observed_h;
            unknown |= observed
                .any(|back| self.series.hour(self.now().plus(-back)).origin != Origin::Observed);
        }
        unknown = unknown || self.may_be_joined(warning);
        if unknown { Lift::KeptByUnknown } else { Lift::Now }
    }

    /// Whether an episode would belong to the warning if hours that are missing up to now were as
    /// bad as can be.
    fn may_be_joined(&self, warning: &OpenWarning) -> bool {
        self.parameters.acts.lift_unknown_as == LiftUnknownAs::AboveEveryBound
            && self
                .reading(Unknown::AboveWhereMissingByNow)
                .current_episode()
                .is_some_and(|it| self.is_joined(&it, warning))
    }

    fn is_known(&self, end: Hour) -> bool {
        self.series.index(end) != WindowIndex::Unknown
    }

    /// A window that is unknown only because hours after t are said to have no value is passed
    /// over: only hindsight says so of an hour.
    fn is_known_in_hindsight(&self, end: Hour) -> bool {
        let reading = self.reading(Unknown::AboveWhereMissingByNow);
        self.is_known(end) || !reading.is_missing_by_now(end)
    }

    /// Whether a chain of any grade ended in the last hours. A window with hours that are missing
    /// up to now might have been above every bound: silence does not lift.
    fn just_ended(&self) -> Ended {
        let back_h = self.parameters.acts.lift_observed_h - 1;
        let (from, now) = (self.now().plus(-back_h), self.now());
        let ended = |chain: &Chain| from <= chain.end && chain.end <= now;
        let any =
            |unknown| self.reading(unknown).chains(from, self.series.last()).iter().any(ended);
        if any(Unknown::SatisfiesNothing) {
            Ended::Yes
        } else if self.parameters.acts.lift_unknown_as == LiftUnknownAs::AboveEveryBound
            && self.has_unknown(from)
            && any(Unknown::AboveWhereMissingByNow)
        {
            Ended::Perhaps
        } else {
            Ended::No
        }
    }

    fn has_unknown(&self, from: Hour) -> bool {
        let longest = self.standard.clauses.iter().map(Clause::covered_h).max();
        let first = from.0 - longest.unwrap_or(24) + 24;
        (first..=self.series.last().0).any(|end| !self.is_known(Hour(end)))
    }
}

/// Whether a warning may be lifted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Lift {
    Now,
    Not,
    KeptByUnknown,
}

/// Whether a chain ended of late.
enum Ended {
    Yes,
    No,
    Perhaps,
}

/// Whether an end is later than another; none is later than any hour.
pub(crate) fn later(end: Option<Hour>, than: Option<Hour>) -> bool {
    match (end, than) {
        (_, None) => false,
        (None, Some(_)) => true,
        (Some(end), Some(than)) => end > than,
    }
}

fn latest(a: Option<Hour>, b: Option<Hour>) -> Option<Hour> {
    a.zip(b).map(|(a, b)| a.max(b))
}

/// The clause that a chain satisfies.
pub(crate) fn clause_of(standard: &Standard, chain: &Chain) -> Option<Arc<str>> {
    standard.clauses.get(chain.clause).map(|it| Arc::clone(&it.id))
}
