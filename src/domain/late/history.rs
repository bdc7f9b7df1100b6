//! The history of decisions: those of the last hours are stored, to find out what late values would
//! have changed.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::domain::air::outlook::OutlookBook;
use crate::domain::rules::lookup::LookupTables;
use crate::domain::warning::open::WarningState;
use crate::domain::warning::state::Warnings;
use crate::domain::{
    ActSummary, Forecast, Hour, HourClosed, JurisdictionIndex, Timestamp, WarningAct,
};

/// As many closed hours as a late value may amend.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct History {
    /// Oldest first, without a gap.
    pub(crate) closings: VecDeque<PastDecision>,
    /// The outlooks at the oldest of them.
    pub(crate) outlooks: OutlookBook,
    /// Forecasts that came later, each with the hour that was to close next.
    pub(crate) forecasts: VecDeque<(Hour, Arc<Forecast>)>,
}

/// One closed hour.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct PastDecision {
    pub(crate) hour: Hour,
    pub(crate) closed_at: Timestamp,
    pub(crate) stale: bool,
    /// Whether late values have changed it since.
    pub(crate) amended: bool,
    /// As the decision met them: the jurisdictions with a warning or a count. In clean air there
    /// are none.
    pub(crate) cities: Vec<(JurisdictionIndex, WarningState)>,
    /// What it ordered.
    pub(crate) done: Vec<(JurisdictionIndex, ActSummary)>,
}

impl PastDecision {
    /// Makes the warnings what they were then. How many warnings each jurisdiction had had is not
    /// among it: the number of a warning that was never issued does not matter.
    pub(crate) fn restore(&self, warnings: &mut Warnings) {
        for city in &mut warnings.cities {
            city.state = WarningState::default();
        }
        for (place, before) in &self.cities {
            let Some(city) = warnings.cities.get_mut(usize::from(place.0)) else { continue };
            city.state.clone_from(before);
        }
    }
}

impl History {
    /// From here on: what was decided before belongs to other rules.
    pub(crate) fn begin(outlooks: &OutlookBook) -> Self {
        Self { outlooks: outlooks.clone(), ..Self::default() }
    }

    /// Whether an hour is among them.
    pub(crate) fn holds(&self, hour: Hour) -> bool {
        self.closings.front().is_some_and(|it| it.hour <= hour)
            && self.closings.back().is_some_and(|it| hour <= it.hour)
    }

    /// The value of an hour has changed.
    pub(crate) fn amend(&mut self, hour: Hour) {
        if let Some(closing) = self.closings.iter_mut().find(|it| it.hour == hour) {
            closing.amended = true;
        }
    }

    /// An act of the decision that was closed last.
    pub(crate) fn note(&mut self, act: &WarningAct) {
        if let Some(done) = act.ordered() {
            self.note_done(act.hour, act.warning.jurisdiction, done);
        }
    }

    /// The same of an act that the decision proposed. An act that was proposed is done once.
    pub(crate) fn note_done(
        &mut self,
        hour: Hour,
        jurisdiction: JurisdictionIndex,
        done: ActSummary,
    ) {
        let closing = self.closings.back_mut().filter(|it| it.hour == hour);
        if let Some(closing) = closing
            && closing.done.iter().all(|it| it.0 != jurisdiction)
        {
            closing.done.push((jurisdiction, done));
        }
    }

    pub(crate) fn foresee(&mut self, forecast: Arc<Forecast>, next: Option<Hour>) {
        self.forecasts.push_back((next.unwrap_or(Hour(i32::MIN)), forecast));
    }

    /// An hour is closed; the warnings are as the decision met them.
    pub(crate) fn close(
        &mut self,
        closed: &HourClosed,
        warnings: &Warnings,
        kept_h: i32,
        tables: &LookupTables,
    ) {
        let nothing = WarningState::default();
        let cities = (0_u16..)
            .map(JurisdictionIndex)
            .zip(&warnings.cities)
            .filter(|(_, it)| it.state != nothing);
        self.closings.push_back(PastDecision {
            hour: closed.hour,
            closed_at: closed.closed_at,
            stale: closed.stale,
            amended: false,
            cities: cities.map(|(place, it)| (place, it.state.clone())).collect(),
            done: Vec::new(),
        });
        while self.closings.len() > usize::try_from(kept_h).unwrap_or(0) {
            self.closings.pop_front();
        }
        let oldest = self.closings.front().map_or(closed.hour.plus(1), |it| it.hour);
        while self.forecasts.front().is_some_and(|it| it.0 <= oldest) {
            self.outlooks.waiting.extend(self.forecasts.pop_front().map(|it| it.1));
        }
        self.outlooks.settle(oldest, &tables.harmless_ug_m3);
        self.outlooks.forget_before(oldest.plus(-i32::try_from(tables.history_h).unwrap_or(0)));
    }
}
