//! The table of acts, row by row: the act that one jurisdiction's air calls for.

use std::sync::Arc;

use super::condition::{
    ActCondition, ActRow, Answer, Conditions, HoursOfDay, Nearness, Shown, ShownRow, Whether,
};
use super::episode::{Chain, Episode, GradedSeries, Unknown};
use super::open::OpenWarning;
use crate::domain::air::series::Series;
use crate::domain::response::approval::hold::Hold;
use crate::domain::{ActKind, Grade, Hour, Parameters, Standard};

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
    pub(crate) hold: Hold<'a>,
}

/// The result of reading the table.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct RowResult {
    pub(crate) episode: Option<Episode>,
    pub(crate) act: Option<ProposedAct>,
    pub(crate) below_decisions: u16,
    pub(crate) unknown_decisions: u16,
    pub(crate) review_due: bool,
}

/// An act before synchrony.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct ProposedAct {
    pub(crate) kind: ActKind,
    pub(crate) grade: Grade,
    pub(crate) start: Hour,
    pub(crate) end: Option<Hour>,
}

impl ProposedAct {
    /// The grade of the warning after it: none after a lift, whose own grade is the one lifted.
    pub(crate) fn grade_after(&self) -> Grade {
        if self.kind == ActKind::Lift { Grade::None } else { self.grade }
    }
}

impl Case<'_> {
    /// Reads the table: the first row that fits is done.
    pub(crate) fn row_result(&self) -> RowResult {
        self.read(&mut Whether::default())
    }

    /// The rows that were read, each with its conditions.
    pub(crate) fn rows(&self) -> Vec<ShownRow> {
        let mut shown = Shown::default();
        self.read(&mut shown);
        shown.0
    }

    fn read(&self, rows: &mut impl Conditions) -> RowResult {
        let episode = self.graded(Unknown::SatisfiesNothing).current_episode();
        let mut row_result = RowResult { episode, ..RowResult::default() };
        let issued = self.issue(rows, episode.as_ref());
        let Some(warning) = self.warning else { return RowResult { act: issued, ..row_result } };
        let open =
            OpenCase { case: self, warning, counts_as: self.standard.known_grade(warning.grade) };
        let joined = open.nearness(episode.as_ref()).is_joined();
        if episode.is_some_and(|it| joined && it.grade < open.counts_as) {
            row_result.below_decisions = self.below_decisions.saturating_add(1);
        }
        row_result.act = open.change(rows, episode.as_ref(), row_result.below_decisions);
        if row_result.act.is_none() {
            let by_air;
            (row_result.act, by_air) = open.lift(rows, episode.as_ref());
            if by_air == Answer::Unknown {
                row_result.unknown_decisions = self.unknown_decisions.saturating_add(1);
            }
            row_result.review_due = self.review(rows, row_result.unknown_decisions);
        }
        row_result
    }

    fn issue(&self, rows: &mut impl Conditions, episode: Option<&Episode>) -> Option<ProposedAct> {
        let (now, notice_h) = (self.now(), self.parameters.acts.notice_h);
        rows.begin(ActRow::Issue);
        rows.ask(|| ActCondition::NoWarning { open: self.warning.map(|it| it.grade) });
        rows.ask(|| ActCondition::BeginsSoon { begin: episode.map(|it| it.begin), now, notice_h });
        let episode = episode?;
        let (start, end) = (episode.begin.max(self.soonest), self.expected_end(episode));
        rows.ask(|| ActCondition::EndsAfterStart { end, start });
        self.ask_hour_of_day(rows);
        self.ask_hold(rows, ActKind::Issue, episode.grade);
        rows.fits().then_some(ProposedAct {
            kind: ActKind::Issue,
            grade: episode.grade,
            start,
            end,
        })
    }

    /// A review is no act: it is due at any hour of the day.
    fn review(&self, rows: &mut impl Conditions, decisions: u16) -> bool {
        let review_h = self.parameters.acts.silence_review_h;
        rows.begin(ActRow::Review);
        rows.ask(|| ActCondition::UnknownFor { decisions, review_h });
        rows.fits()
    }

    /// Some bureaus consult at fixed hours, and act only then.
    pub(super) fn ask_hour_of_day(&self, rows: &mut impl Conditions) {
        let hours = &self.parameters.acts.act_hours;
        if !hours.is_empty() {
            rows.ask(|| ActCondition::HourOfDay {
                of_day: self.now().of_day(),
                allowed: HoursOfDay::new(hours),
            });
        }
    }

    /// What waits for approval, or was rejected of late, is passed over.
    pub(super) fn ask_hold(&self, rows: &mut impl Conditions, kind: ActKind, grade: Grade) {
        if self.hold.is_any() {
            rows.ask(|| ActCondition::of_hold(self.hold, kind, grade));
        }
    }

    pub(super) fn graded(&self, unknown: Unknown) -> GradedSeries<'_> {
        GradedSeries {
            series: self.series,
            standard: self.standard,
            parameters: self.parameters,
            unknown,
        }
    }

    pub(super) fn now(&self) -> Hour {
        self.series.now
    }

    /// Without an outlook the end of an episode is unknown: none, later than any hour.
    pub(crate) fn expected_end(&self, episode: &Episode) -> Option<Hour> {
        (self.series.reach_h > 0).then_some(episode.end)
    }
}

/// A case with an open warning.
pub(super) struct OpenCase<'a> {
    pub(super) case: &'a Case<'a>,
    pub(super) warning: &'a OpenWarning,
    /// The grade of the warning, or the next one up that the standard knows.
    pub(super) counts_as: Grade,
}

impl OpenCase<'_> {
    pub(super) fn nearness(&self, episode: Option<&Episode>) -> Nearness {
        Nearness {
            begin: episode.map(|it| it.begin),
            from: self.case.now().max(self.warning.start),
            gap_h: self.case.parameters.episodes.merge_gap_h,
        }
    }
}

/// The clause that a chain satisfies.
pub(crate) fn clause_of(standard: &Standard, chain: &Chain) -> Option<Arc<str>> {
    standard.clauses.get(chain.clause).map(|it| Arc::clone(&it.id))
}
