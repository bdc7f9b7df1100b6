//! Late values that wait for a decision, and the past decisions that they are compared with.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::history::History;
use crate::domain::air::outlook::OutlookBook;
use crate::domain::air::state::Air;
use crate::domain::cooperation::What;
use crate::domain::response::orders::index_of;
use crate::domain::rules::lookup::LookupTables;
use crate::domain::warning::state::Warnings;
use crate::domain::{
    AirEvent, Batch, CooperationEvent, Forecast, Hour, JurisdictionIndex, Outcome, Pollutant,
    Rules, StationIndex, WarningEvent,
};

/// What is remembered so that late values can amend closed hours.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct LateValues {
    /// Late values that the next decision looks at.
    pub(crate) waiting: BTreeSet<LateValue>,
    /// The decisions that late values may change in hindsight.
    pub(crate) history: History,
}

/// A value that came after its hour was closed and took the place of another.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct LateValue {
    pub(crate) jurisdiction: JurisdictionIndex,
    pub(crate) hour: Hour,
    pub(crate) station: StationIndex,
    /// PM2.5; or PM10, which can only make the station's PM2.5 suspicious.
    pub(crate) pollutant: Pollutant,
}

impl LateValues {
    /// Whether a value for a closed hour may still amend it.
    pub(in crate::domain) fn amends(&self, hour: Hour) -> bool {
        self.history.holds(hour)
    }

    /// Stores values for a closed hour with those that came in time.
    pub(in crate::domain) fn receive(&mut self, batch: &Batch, air: &mut Air, rules: &Rules) {
        if !self.amends(batch.hour) {
            return;
        }
        let Some(cells) = &mut air.cells else { return };
        let stations = cells.stations();
        let Some(table) = cells.reopen(batch.hour) else { return };
        let counting = air.judged.tables.counting(batch.hour);
        let parameters = &rules.parameters;
        for reading in &batch.readings {
            let cell = table.cell(stations, reading.pollutant, reading.station);
            let Some(cell) = cell else { continue };
            let before = cell.tenths;
            cell.amend(reading, parameters);
            // Coarse particles count where they can make fine ones suspicious.
            let matters = reading.pollutant == Pollutant::Pm25
                || (reading.pollutant == Pollutant::Pm10 && !parameters.readings.use_flagged);
            if reading.outcome == Outcome::Late && matters && cell.tenths != before {
                let station = rules.stations.get(usize::from(reading.station.0));
                let counts = station.filter(|_| counting.have(reading.station));
                let late = counts.map(|it| LateValue {
                    jurisdiction: it.jurisdiction,
                    hour: batch.hour,
                    station: reading.station,
                    pollutant: reading.pollutant,
                });
                self.waiting.extend(late);
            }
        }
    }

    /// Takes a forecast in; `next` is the hour that closes next.
    pub(in crate::domain) fn foresee(
        &mut self,
        forecast: &Arc<Forecast>,
        next: Option<Hour>,
        rules: Option<&Rules>,
    ) {
        if horizon_h(rules) > 0 {
            self.history.foresee(Arc::clone(forecast), next);
        }
    }

    /// Takes an event in before the air and the warnings do: they are as the decision met them.
    pub(in crate::domain) fn evolve(
        &mut self,
        event: &AirEvent,
        tables: &LookupTables,
        warnings: &Warnings,
        rules: Option<&Rules>,
    ) {
        match event {
            AirEvent::HourClosed(closed) => {
                if !closed.stale {
                    self.waiting.clear();
                }
                let kept_h = horizon_h(rules);
                if kept_h > 0 {
                    self.history.close(closed, warnings, kept_h, tables);
                }
            }
            AirEvent::HourAmended(it) => {
                if it.old_ug_m3 != it.new_ug_m3 {
                    self.history.amend(it.hour);
                }
            }
            AirEvent::DataInsufficient(_) => {}
        }
    }

    /// Notes what a decision orders.
    pub(in crate::domain) fn note(&mut self, event: &WarningEvent) {
        match event {
            WarningEvent::WarningDecided(act) => self.history.note(act),
            WarningEvent::ReviewDue(_) | WarningEvent::SameAirUnlikeGrade(_) => {}
        }
    }

    /// Notes what a decision proposes as if it were ordered: decisions of the past are compared as
    /// if nothing needed approval.
    pub(in crate::domain) fn note_proposed(
        &mut self,
        event: &CooperationEvent,
        rules: Option<&Rules>,
    ) {
        if let (What::WarningProposed(proposed), Some(rules)) = (&event.what, rules) {
            for item in &proposed.items {
                let done = item.summary().zip(index_of(rules, &item.jurisdiction));
                if let Some((done, jurisdiction)) = done {
                    self.history.note_done(proposed.hour, jurisdiction, done);
                }
            }
        }
    }

    /// Starts again under other rules. What was decided by other rules is not decided again by
    /// these: late values that wait for their decision are recorded as late, and are in the mean of
    /// no hour.
    pub(in crate::domain) fn adopt(&mut self, outlooks: &OutlookBook) {
        self.history = History::begin(outlooks);
        self.waiting.clear();
    }
}

/// Hours back in which a late value amends a closed hour.
fn horizon_h(rules: Option<&Rules>) -> i32 {
    rules.map_or(0, |it| it.parameters.acts.amend_horizon_h)
}
