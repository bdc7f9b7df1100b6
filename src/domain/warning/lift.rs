//! The rows of the table of acts that lift a warning: no episode is joined to it.

use super::act_table::{Case, OpenCase, ProposedAct};
use super::condition::{ActCondition, ActRow, Answer, Conditions};
use super::episode::{Episode, Unknown};
use crate::domain::air::series::{Origin, WindowIndex};
use crate::domain::{ActKind, Clause, Hour, LiftUnknownAs};

impl OpenCase<'_> {
    /// The act, and the answer of the air alone, at whatever hour of the day.
    pub(super) fn lift(
        &self,
        rows: &mut impl Conditions,
        episode: Option<&Episode>,
    ) -> (Option<ProposedAct>, Answer) {
        let case = self.case;
        rows.begin(ActRow::Lift);
        rows.ask(|| ActCondition::NoneJoined(self.nearness(episode)));
        rows.ask(|| case.clear());
        if case.series.reach_h >= case.parameters.acts.lift_h {
            rows.ask(|| case.known_ahead());
        } else {
            rows.ask(|| case.observed_clear());
        }
        if case.asks_what_could_be() {
            rows.ask_unless_unknown(|| {
                let worst = case.graded(Unknown::AboveWhereMissingByNow).current_episode();
                ActCondition::NoneJoinedAtWorst(self.nearness(worst.as_ref()))
            });
        }
        let by_air = rows.answer();
        case.ask_hour_of_day(rows);
        case.ask_hold(rows, ActKind::Lift, self.warning.grade);
        let (grade, start) = (self.warning.grade, self.warning.start);
        let act = ProposedAct { kind: ActKind::Lift, grade, start, end: Some(case.soonest) };
        (rows.fits().then_some(act), by_air)
    }
}

impl Case<'_> {
    fn asks_what_could_be(&self) -> bool {
        self.parameters.acts.lift_unknown_as == LiftUnknownAs::AboveEveryBound
    }

    fn clear(&self) -> ActCondition {
        let is_observed = self.is_observed(self.now());
        let index = is_observed.then_some(self.series.index_now);
        ActCondition::Clear { index, bound: self.standard.lowest_bound() }
    }

    fn known_ahead(&self) -> ActCondition {
        let (from_h, to_h) = (self.parameters.acts.lift_from_h, self.parameters.acts.lift_h);
        let mut windows = (from_h..=to_h).map(|ahead| self.now().plus(ahead));
        let unknown = windows.find(|it| !self.is_known_in_hindsight(*it));
        ActCondition::KnownAhead { reach_h: self.series.reach_h, from_h, to_h, unknown }
    }

    fn observed_clear(&self) -> ActCondition {
        let (now, reach_h) = (self.now(), self.series.reach_h);
        let observed_h = self.parameters.acts.lift_observed_h;
        let mut windows = (1..=reach_h).map(|ahead| now.plus(ahead));
        let mut observed = (0..observed_h).map(|back| now.plus(-back));
        let ended = self.just_ended(Unknown::SatisfiesNothing);
        ActCondition::ObservedClear {
            reach_h,
            observed_h,
            missing: observed.find(|it| !self.is_observed(*it)),
            unknown: windows.find(|it| !self.is_known(*it)),
            ended,
            may_have_ended: ended.or_else(|| self.may_just_have_ended()),
        }
    }

    fn is_observed(&self, hour: Hour) -> bool {
        self.series.hour(hour).origin == Origin::Observed
    }

    fn is_known(&self, end: Hour) -> bool {
        self.series.index(end) != WindowIndex::Unknown
    }

    /// A window that is unknown only because an outlook has hours without a value is passed over:
    /// only an outlook of hindsight has them.
    fn is_known_in_hindsight(&self, end: Hour) -> bool {
        let graded = self.graded(Unknown::AboveWhereMissingByNow);
        self.is_known(end) || !graded.is_missing_by_now(end)
    }

    /// The first hours in which a chain that ended of late would make a lift too early.
    fn observed_from(&self) -> Hour {
        self.now().plus(1 - self.parameters.acts.lift_observed_h)
    }

    /// The end of a chain of any grade in the last hours.
    fn just_ended(&self, unknown: Unknown) -> Option<Hour> {
        let (from, now) = (self.observed_from(), self.now());
        let chains = self.graded(unknown).chains(from, self.series.last());
        chains.iter().map(|it| it.end).find(|it| (from..=now).contains(it))
    }

    /// The same if windows with hours that are missing up to now were above every bound: silence
    /// does not lift.
    fn may_just_have_ended(&self) -> Option<Hour> {
        let asked = self.asks_what_could_be() && self.has_unknown(self.observed_from());
        if asked { self.just_ended(Unknown::AboveWhereMissingByNow) } else { None }
    }

    fn has_unknown(&self, from: Hour) -> bool {
        let longest = self.standard.clauses.iter().map(Clause::covered_h).max();
        let first = from.0 - longest.unwrap_or(24) + 24;
        (first..=self.series.last().0).any(|end| !self.is_known(Hour(end)))
    }
}
