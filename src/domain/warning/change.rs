//! The rows of the table of acts for an episode that is joined to the open warning.

use std::cmp::Ordering;

use super::act_table::{OpenCase, ProposedAct};
use super::condition::{ActCondition, ActRow, Conditions};
use super::episode::{Episode, Unknown};
use crate::domain::{ActKind, Hour};

impl OpenCase<'_> {
    /// The first row that fits, from raise to lower.
    pub(super) fn change(
        &self,
        rows: &mut impl Conditions,
        episode: Option<&Episode>,
        below_decisions: u16,
    ) -> Option<ProposedAct> {
        self.raise(rows, episode)
            .or_else(|| self.advance(rows, episode))
            .or_else(|| self.extend(rows, episode))
            .or_else(|| self.shorten(rows, episode))
            .or_else(|| self.lower(rows, episode, below_decisions))
    }

    fn begin<'e>(
        &self,
        rows: &mut impl Conditions,
        row: ActRow,
        episode: Option<&'e Episode>,
    ) -> Option<&'e Episode> {
        rows.begin(row);
        rows.ask(|| ActCondition::Joined(self.nearness(episode)));
        episode
    }

    fn ask_grade(&self, rows: &mut impl Conditions, episode: &Episode, must_be: Ordering) {
        rows.ask(|| ActCondition::EpisodeGrade {
            episode: episode.grade,
            warning: self.warning.grade,
            counts_as: self.counts_as,
            must_be,
        });
    }

    /// The warning as it is, but for the kind of act and the expected end.
    fn act(&self, kind: ActKind, end: Option<Hour>) -> ProposedAct {
        ProposedAct { kind, grade: self.warning.grade, start: self.warning.start, end }
    }

    /// At any hour of the day.
    fn raise(&self, rows: &mut impl Conditions, episode: Option<&Episode>) -> Option<ProposedAct> {
        let episode = self.begin(rows, ActRow::Raise, episode)?;
        self.ask_grade(rows, episode, Ordering::Greater);
        self.case.ask_hold(rows, ActKind::Raise, episode.grade);
        rows.fits().then(|| ProposedAct {
            kind: ActKind::Raise,
            grade: episode.grade,
            start: self.warning.start.max(self.case.soonest),
            end: latest(self.warning.end, self.case.expected_end(episode)),
        })
    }

    fn advance(
        &self,
        rows: &mut impl Conditions,
        episode: Option<&Episode>,
    ) -> Option<ProposedAct> {
        let (start, soonest) = (self.warning.start, self.case.soonest);
        let step_h = self.case.parameters.acts.advance_step_h;
        let episode = self.begin(rows, ActRow::Advance, episode)?;
        rows.ask(|| ActCondition::NotStarted { start, soonest });
        rows.ask(|| ActCondition::BeginsEarlier { begin: episode.begin, start, step_h });
        self.case.ask_hour_of_day(rows);
        self.case.ask_hold(rows, ActKind::Advance, self.warning.grade);
        let start = episode.begin.max(soonest);
        let act = self.act(ActKind::Advance, self.warning.end);
        rows.fits().then_some(ProposedAct { start, ..act })
    }

    fn extend(&self, rows: &mut impl Conditions, episode: Option<&Episode>) -> Option<ProposedAct> {
        let (end, now, parameters) = (self.warning.end, self.case.now(), self.case.parameters);
        let (before_h, step_h) = (parameters.acts.extend_before_h, parameters.acts.extend_step_h);
        let episode = self.begin(rows, ActRow::Extend, episode)?;
        self.ask_grade(rows, episode, Ordering::Equal);
        rows.ask(|| ActCondition::HasOutlook { reach_h: self.case.series.reach_h });
        rows.ask(|| ActCondition::EndsSoon { end, now, before_h });
        rows.ask(|| ActCondition::EndsLater { episode_end: episode.end, end, step_h });
        self.case.ask_hour_of_day(rows);
        self.case.ask_hold(rows, ActKind::Extend, self.warning.grade);
        rows.fits().then(|| self.act(ActKind::Extend, self.case.expected_end(episode)))
    }

    fn shorten(
        &self,
        rows: &mut impl Conditions,
        episode: Option<&Episode>,
    ) -> Option<ProposedAct> {
        let (end, step_h) = (self.warning.end, self.case.parameters.acts.shorten_step_h);
        let episode = self.begin(rows, ActRow::Shorten, episode)?;
        self.ask_grade(rows, episode, Ordering::Equal);
        rows.ask(|| ActCondition::HasOutlook { reach_h: self.case.series.reach_h });
        rows.ask(|| ActCondition::EndsEarlier { episode_end: episode.end, end, step_h });
        self.case.ask_hour_of_day(rows);
        self.case.ask_hold(rows, ActKind::Shorten, self.warning.grade);
        rows.fits().then(|| self.act(ActKind::Shorten, self.case.expected_end(episode)))
    }

    fn lower(
        &self,
        rows: &mut impl Conditions,
        episode: Option<&Episode>,
        decisions: u16,
    ) -> Option<ProposedAct> {
        let (hold_h, counts_as) = (self.case.parameters.acts.lower_hold_h, self.counts_as);
        let episode = self.begin(rows, ActRow::Lower, episode)?;
        self.ask_grade(rows, episode, Ordering::Less);
        rows.ask(|| ActCondition::BelowFor { decisions, hold_h });
        rows.ask(|| {
            let worst = self
                .case
                .graded(Unknown::AboveEveryBound)
                .current_episode()
                .map(|it| it.grade)
                .unwrap_or_default();
            ActCondition::BelowAtWorst { worst, counts_as }
        });
        self.case.ask_hour_of_day(rows);
        self.case.ask_hold(rows, ActKind::Lower, episode.grade);
        let act = self.act(ActKind::Lower, self.case.expected_end(episode));
        rows.fits().then_some(ProposedAct { grade: episode.grade, ..act })
    }
}

fn latest(a: Option<Hour>, b: Option<Hour>) -> Option<Hour> {
    a.zip(b).map(|(a, b)| a.max(b))
}
