//! What follows from the rules alone, worked out once when they are adopted.

use std::sync::Arc;

use super::{Averaging, Date, Hour, JurisdictionIndex, Pollutant, Rules, StationIndex, Tenths};

/// Look-up tables made from a rule book.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Derived {
    /// The stations of each jurisdiction, in the order of the rules.
    pub(crate) stations: Vec<Vec<StationIndex>>,
    /// The jurisdictions that have a series of their own.
    pub(crate) members: Vec<JurisdictionIndex>,
    /// From which to which day each station counts.
    lives: Vec<Life>,
    /// The index of a whole PM2.5 concentration, by the first day of each index standard.
    tables: Vec<(Date, Arc<[u16]>)>,
    /// Closed hours that decisions look back on.
    pub(crate) history_h: usize,
    /// Hours that may be open at once.
    pub(crate) open_h: usize,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Life {
    from: Date,
    /// The first day on which it no longer counts.
    to: Date,
}

impl Derived {
    pub(crate) fn new(rules: &Rules) -> Self {
        let parameters = &rules.parameters;
        let mut stations = vec![Vec::new(); rules.jurisdictions.len()];
        for (place, station) in (0_u16..).zip(&rules.stations) {
            if let Some(list) = stations.get_mut(usize::from(station.jurisdiction.0)) {
                list.push(StationIndex(place));
            }
        }
        let members = (0_u16..).zip(&rules.jurisdictions);
        let members = members.filter(|(_, it)| it.follows.is_none());
        let members = members.map(|(place, _)| JurisdictionIndex(place)).collect();
        let hours = |h: i32| usize::try_from(h).unwrap_or(0);
        let grace_h = hours(parameters.grace_min.max(0) / 60);
        Self {
            stations,
            members,
            lives: rules.stations.iter().map(Life::of).collect(),
            tables: tables(rules),
            history_h: hours(
                (24 * rules.longest_clause_windows() + 24 + parameters.lift_observed_h)
                    .max(parameters.silent_after_h)
                    .max(168),
            ),
            open_h: grace_h + hours(parameters.ahead_h) + 4,
        }
    }

    /// Whether a station's values make its city's mean at that hour.
    pub(crate) fn counts(&self, station: StationIndex, hour: Hour) -> bool {
        let date = hour.date();
        self.lives
            .get(usize::from(station.0))
            .is_some_and(|life| life.from <= date && date < life.to)
    }

    /// The table that gives the 24 h index of a whole PM2.5 concentration at an hour.
    pub(crate) fn table(&self, hour: Hour) -> &[u16] {
        let date = hour.date();
        let table = self.tables.iter().rev().find(|(from, _)| *from <= date);
        table.or(self.tables.first()).map_or(&[], |(_, table)| table)
    }
}

impl Life {
    fn of(station: &super::Station) -> Self {
        let never = Date(i32::MIN);
        if station.control_point {
            return Self { from: never, to: never };
        }
        let ends = [station.stop, station.replaced_on].into_iter().flatten();
        Self { from: station.start.unwrap_or(never), to: ends.min().unwrap_or(Date(i32::MAX)) }
    }
}

/// Highest whole concentration in the tables; above it the index stays at its end.
const TABLE_UG_M3: u16 = 4_000;

fn tables(rules: &Rules) -> Vec<(Date, Arc<[u16]>)> {
    let mut tables: Vec<(Date, Arc<[u16]>)> = Vec::new();
    for standard in &rules.indexes {
        let of_pm25 = |it: &&super::Scale| {
            it.pollutant == Pollutant::Pm25 && it.averaging == Averaging::Hour24
        };
        if let Some(scale) = standard.scales.iter().find(of_pm25) {
            let index = |ug_m3: u16| scale.index(Tenths::from(ug_m3) * 10);
            tables.push((standard.from, (0..=TABLE_UG_M3).map(index).collect()));
        }
    }
    tables.sort_by_key(|(from, _)| *from);
    tables
}

/// The index of a whole concentration, by such a table.
pub(crate) fn index_of(table: &[u16], ug_m3: u16) -> u16 {
    table.get(usize::from(ug_m3)).or(table.last()).copied().unwrap_or(0)
}

impl Rules {
    /// The longest condition of all standards, in windows of 24 hours.
    pub fn longest_clause_windows(&self) -> i32 {
        let clauses = self.standards.iter().flat_map(|it| &it.clauses);
        clauses.map(|it| i32::from(it.main.windows)).max().unwrap_or(1)
    }
}
