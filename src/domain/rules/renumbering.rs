//! Other rules: what is remembered by place moves to the new places.

use std::sync::Arc;

use crate::domain::air::cells::Cells;
use crate::domain::airshed::{Airshed, City, Closed, StationState};
use crate::domain::late::history::Past;
use crate::domain::rules::lookup::Derived;
use crate::domain::{Hour, JurisdictionIndex, Pollutant, RuleBook, Rules, StationIndex};

impl Airshed {
    /// Other rules from here on. What is remembered by place moves to the new places; a station
    /// or jurisdiction that is gone is forgotten.
    pub(crate) fn adopt(&mut self, book: &Arc<RuleBook>) {
        let old = self.book.replace(Arc::clone(book));
        let oldest = self.remembered().next();
        let rules = &book.rules;
        self.derived = Arc::new(Derived::new(rules));
        let (history_h, open_h) = (self.derived.history_h, self.derived.open_h);
        let mut cells = Cells::new(rules.stations.len(), history_h + open_h);
        let mut stations = vec![StationState::default(); rules.stations.len()];
        let room = City { closed: Closed::with_room(history_h), ..City::default() };
        let mut cities = vec![room; rules.jurisdictions.len()];
        if let Some(old) = old {
            let places = Places::between(&old.rules, rules);
            self.carry_over((&places, oldest), &mut cells, &mut stations, &mut cities);
            self.outlooks.renumber(&places.jurisdictions, &self.derived.harmless_ug_m3);
            self.exclusions.renumber(|it| places.jurisdiction(it));
        }
        (self.cells, self.stations, self.cities) = (Some(cells), stations, cities);
        // What was decided by other rules is not decided again by these: late values that wait
        // for their decision are recorded as late, and stay in the mean of no hour.
        self.past = Past::begin(&self.outlooks);
        self.late.clear();
        self.unlike.clear();
    }

    fn carry_over(
        &self,
        (places, oldest): (&Places, Option<Hour>),
        cells: &mut Cells,
        stations: &mut [StationState],
        cities: &mut [City],
    ) {
        for (from, to) in places.stations.iter().enumerate() {
            let Some(to) = to else { continue };
            stations[usize::from(to.0)] = self.stations[from];
            self.carry_values(StationIndex(u16::try_from(from).unwrap_or(u16::MAX)), *to, cells);
        }
        for (from, to) in places.jurisdictions.iter().enumerate() {
            let Some(to) = to else { continue };
            let (old, new) = (&self.cities[from], &mut cities[usize::from(to.0)]);
            let harmless_ug_m3 = self.derived.harmless_ug_m3[usize::from(to.0)];
            // The old ring may be shorter than the new one.
            for hour in self.remembered().filter(|it| Some(*it) >= oldest) {
                new.know(hour, old.closed.get(hour), harmless_ug_m3);
            }
            new.state = old.state.clone();
            if let Some(open) = &mut new.state.open {
                open.id.jurisdiction = *to;
            }
            new.warnings = old.warnings;
            new.insufficient = old.insufficient;
        }
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

/// Where the stations and jurisdictions of one rule book stand in another.
#[derive(Clone, Debug)]
pub(crate) struct Places {
    stations: Vec<Option<StationIndex>>,
    jurisdictions: Vec<Option<JurisdictionIndex>>,
}

impl Places {
    /// The new place of a station; none where it is gone.
    pub(crate) fn station(&self, old: StationIndex) -> Option<StationIndex> {
        self.stations.get(usize::from(old.0)).copied().flatten()
    }

    /// The new place of a jurisdiction; none where it is gone.
    pub(crate) fn jurisdiction(&self, old: JurisdictionIndex) -> Option<JurisdictionIndex> {
        self.jurisdictions.get(usize::from(old.0)).copied().flatten()
    }

    pub(crate) fn between(old: &Rules, new: &Rules) -> Self {
        let station = |code: &Arc<str>| new.stations.iter().position(|it| it.code == *code);
        let city = |it: &crate::domain::Jurisdiction| {
            new.jurisdictions.iter().position(|to| to.division == it.division)
        };
        let small = |place: Option<usize>| place.and_then(|it| u16::try_from(it).ok());
        Self {
            stations: old
                .stations
                .iter()
                .map(|it| small(station(&it.code)).map(StationIndex))
                .collect(),
            jurisdictions: old
                .jurisdictions
                .iter()
                .map(|it| small(city(it)).map(JurisdictionIndex))
                .collect(),
        }
    }
}
