//! What is known of the air: what stations have reported, and the hours of each jurisdiction.

use std::sync::Arc;

use super::cells::Cells;
use super::judged::JudgedAir;
use crate::domain::feed::Feed;
use crate::domain::rules::lookup::LookupTables;
use crate::domain::rules::renumbering::Renumbering;
use crate::domain::{
    AirEvent, Batch, ClockRule, Exclusion, Forecast, Hour, HourClosed, Parameters, Pollutant,
    Rules, StationEvent, StationIndex,
};

/// The air of the whole airshed.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Air {
    /// The hour that closes next.
    pub(crate) next: Option<Hour>,
    /// The newest hour that a row was for.
    pub(crate) newest: Option<Hour>,
    /// The values of stations; none before the first rule book.
    pub(crate) cells: Option<Cells>,
    /// One for each station, in the order of the rules.
    pub(crate) stations: Vec<StationState>,
    /// What decisions are taken from.
    pub(crate) judged: JudgedAir,
}

/// The state of a station, except its values.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct StationState {
    /// The last closed hour with a PM2.5 value that counted.
    pub(crate) last_counted: Option<Hour>,
    /// Its silence is recorded.
    pub(crate) silent: bool,
}

impl Air {
    pub(in crate::domain) fn evolve(&mut self, event: &AirEvent, rules: Option<&Rules>) {
        match event {
            AirEvent::HourClosed(closed) => self.close(closed, rules),
            AirEvent::HourAmended(it) => {
                self.judged.set_closed(it.jurisdiction, it.hour, it.new_ug_m3);
            }
            AirEvent::DataInsufficient(it) => {
                if let Some(city) = self.judged.city_mut(it.jurisdiction) {
                    city.insufficient = true;
                }
            }
        }
    }

    /// What follows from the rules alone.
    pub(crate) fn tables(&self) -> &LookupTables {
        &self.judged.tables
    }

    /// Closed hours that the rings still hold, oldest first.
    pub(crate) fn remembered(&self) -> impl Iterator<Item = Hour> + use<> {
        let back = i32::try_from(self.tables().history_h).unwrap_or(i32::MAX);
        let first = self.judged.first.unwrap_or_default().0;
        let next = self.next.unwrap_or_default().0;
        (first.max(next - back)..next).map(Hour)
    }

    fn open_hours(&self) -> impl Iterator<Item = Hour> + use<> {
        let ahead = i32::try_from(self.tables().open_h).unwrap_or(i32::MAX);
        let next = self.next.unwrap_or_default().0;
        (next..next + if self.next.is_some() { ahead } else { 0 }).map(Hour)
    }

    /// A log begins with the hour of its first readable row. With the wall as clock, rows that
    /// waited for the program are all there before its first tick: the oldest one begins.
    pub(super) fn may_begin(&self, feed: &Feed, clock: ClockRule) -> bool {
        self.judged.first.is_none() || (clock == ClockRule::Wall && feed.clock.at.is_none())
    }

    /// Takes the readings of an hour that is open in; those of a closed hour are late values.
    pub(in crate::domain) fn receive(
        &mut self,
        batch: &Batch,
        feed: &Feed,
        parameters: &Parameters,
    ) {
        self.newest = self.newest.max(Some(batch.hour));
        let first = self.judged.first;
        if first.is_none_or(|first| self.next == Some(first) && batch.hour < first)
            && self.may_begin(feed, parameters.closing.clock)
        {
            self.judged.first = Some(batch.hour);
            self.next = Some(batch.hour);
            self.judged.settle(batch.hour);
        }
        let Some(next) = self.next.filter(|next| batch.hour >= *next) else { return };
        let Some(cells) = &mut self.cells else { return };
        let stations = cells.stations();
        let table = cells.open(batch.hour, next);
        for same in batch.readings.chunk_by(|a, b| a.pollutant == b.pollutant) {
            let column = table.column_mut(stations, same[0].pollutant);
            for reading in same {
                let Some(cell) = column.get_mut(usize::from(reading.station.0)) else { continue };
                cell.apply(reading, parameters);
            }
        }
    }

    /// Takes a forecast in.
    pub(in crate::domain) fn foresee(&mut self, forecast: Arc<Forecast>) {
        self.judged.outlooks.push(forecast);
        self.judged.settle(self.next.unwrap_or(Hour(i32::MIN)));
    }

    /// Takes an excluded interval in.
    pub(in crate::domain) fn exclude(&mut self, exclusion: Exclusion) {
        self.judged.exclusions.push(exclusion);
    }

    /// Notes which stations are silent.
    pub(in crate::domain) fn listen(&mut self, event: &StationEvent) {
        let (silence, silent) = match event {
            StationEvent::Silent(it) => (it, true),
            StationEvent::Heard(it) => (it, false),
        };
        if let Some(station) = self.stations.get_mut(usize::from(silence.station.0)) {
            station.silent = silent;
        }
    }

    fn close(&mut self, closed: &HourClosed, rules: Option<&Rules>) {
        let hour = closed.hour;
        self.next = Some(hour.plus(1));
        self.judged.settle(hour.plus(1));
        let Some(rules) = rules else { return };
        for it in &closed.jurisdictions {
            self.judged.set_closed(it.jurisdiction, hour, it.pm25_ug_m3);
            if let Some(city) = self.judged.city_mut(it.jurisdiction) {
                city.insufficient &= it.is_insufficient(&rules.parameters);
            }
        }
        self.hear(closed);
        if let Some(cells) = &mut self.cells {
            cells.closed_before(hour.plus(1));
        }
        let history_h = i32::try_from(self.tables().history_h).unwrap_or(0);
        self.judged.outlooks.forget_before(hour.plus(-history_h));
    }

    /// Notes the stations that had a value that counted.
    fn hear(&mut self, closed: &HourClosed) {
        let mut stations = std::mem::take(&mut self.stations);
        // What was left out is put back: that is rare, and nearly all stations count.
        let before = |it: &StationIndex| {
            let place = usize::from(it.0);
            Some((place, stations.get(place)?.last_counted))
        };
        let left_out: Vec<(usize, Option<Hour>)> =
            closed.jurisdictions.iter().flat_map(|it| &it.left_out).filter_map(before).collect();
        for (station, counted) in stations.iter_mut().zip(self.hour_air(closed.hour).counted()) {
            if counted {
                station.last_counted = Some(closed.hour);
            }
        }
        for (place, last_counted) in left_out {
            stations[place].last_counted = last_counted;
        }
        self.stations = stations;
    }

    /// Moves to other rules: what is known goes on under the new numbers, and what is known of a
    /// station or jurisdiction that is gone is forgotten.
    pub(in crate::domain) fn adopt(&mut self, rules: &Rules, renumbering: Option<&Renumbering>) {
        let oldest = self.remembered().next();
        self.judged.tables = Arc::new(LookupTables::new(rules));
        let hours = self.tables().history_h + self.tables().open_h;
        let mut cells = Cells::new(rules.stations.len(), hours);
        let mut stations = vec![StationState::default(); rules.stations.len()];
        for (from, to) in renumbering.into_iter().flat_map(Renumbering::stations) {
            stations[usize::from(to.0)] = self.stations[usize::from(from.0)];
            self.carry_values(from, to, &mut cells);
        }
        // The old ring may be shorter than the new one.
        let remembered: Vec<Hour> = self.remembered().filter(|it| Some(*it) >= oldest).collect();
        self.judged.adopt(rules, renumbering, &remembered);
        (self.cells, self.stations) = (Some(cells), stations);
    }

    fn carry_values(&self, from: StationIndex, to: StationIndex, cells: &mut Cells) {
        let Some(old) = &self.cells else { return };
        let stations = cells.stations();
        for hour in self.remembered().chain(self.open_hours()) {
            for pollutant in Pollutant::ALL {
                let cell = old.get(hour, pollutant, from);
                if cell.reported
                    && let Some(new) = cells.open(hour, hour).cell(stations, pollutant, to)
                {
                    *new = cell;
                }
            }
        }
    }
}
