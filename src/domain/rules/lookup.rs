//! Lookup tables: what follows from the rules alone, worked out once when they are adopted.

use std::sync::Arc;

use crate::domain::{
    Averaging, Bound, Date, Hour, JurisdictionIndex, Pollutant, Rules, StationIndex, Tenths,
};

/// Lookup tables made from a rule book.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct LookupTables {
    /// The stations of each jurisdiction, in the order of the rules.
    pub(crate) stations: Vec<Vec<StationIndex>>,
    /// The jurisdictions that have a series of their own.
    pub(crate) members: Vec<JurisdictionIndex>,
    /// From which to which day each station counts, and lives.
    counting: Vec<Life>,
    living: Vec<Life>,
    /// By jurisdiction: no standard that is in force there at any time acts on air that never
    /// exceeds this.
    pub(crate) harmless_ug_m3: Vec<u16>,
    /// The index of a whole PM2.5 concentration, by the first day of each index standard.
    indexes: Vec<(Date, Arc<[u16]>)>,
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

impl LookupTables {
    pub(crate) fn new(rules: &Rules) -> Self {
        let parameters = &rules.parameters;
        let mut stations = vec![Vec::new(); rules.jurisdictions.len()];
        for (place, station) in (0_u16..).zip(&rules.stations) {
            if let Some(list) = stations.get_mut(usize::from(station.jurisdiction.0)) {
                list.push(StationIndex(place));
            }
        }
        let members = (0_u16..)
            .zip(&rules.jurisdictions)
            .filter(|(_, it)| it.follows.is_none())
            .map(|(place, _)| JurisdictionIndex(place))
            .collect();
        let hours = |h: i32| usize::try_from(h).unwrap_or(0);
        let grace_h = hours(parameters.closing.grace_min.max(0) / 60);
        let indexes = indexes(rules);
        Self {
            stations,
            members,
            counting: rules.stations.iter().map(Life::counting).collect(),
            living: rules.stations.iter().map(Life::of).collect(),
            harmless_ug_m3: harmless_ug_m3(rules, &indexes),
            indexes,
            history_h: hours(
                // A decision that is taken again looks back as far as it did.
                (24 * rules.longest_clause_windows()
                    + 24
                    + parameters.acts.lift_observed_h.max(parameters.readings.stuck_after_h)
                    + parameters.acts.amend_horizon_h)
                    .max(parameters.closing.silent_after_h)
                    .max(168),
            ),
            open_h: grace_h + hours(parameters.closing.ahead_h) + 4,
        }
    }

    /// Nothing but tables of the index, each with its first day.
    #[cfg(test)]
    pub(crate) fn of_indexes(indexes: Vec<(Date, Arc<[u16]>)>) -> Self {
        Self { indexes, ..Self::default() }
    }

    /// The stations that count in their city's mean at that hour.
    pub(crate) fn counting(&self, hour: Hour) -> Stations<'_> {
        Stations { lives: &self.counting, date: hour.date() }
    }

    /// The stations that live at that hour.
    pub(crate) fn living(&self, hour: Hour) -> Stations<'_> {
        Stations { lives: &self.living, date: hour.date() }
    }

    /// The table that gives the 24 h index of a whole PM2.5 concentration at an hour.
    pub(crate) fn table(&self, hour: Hour) -> &[u16] {
        let date = hour.date();
        let table = self.indexes.iter().rev().find(|(from, _)| *from <= date);
        table.or(self.indexes.first()).map_or(&[], |(_, table)| table)
    }
}

/// Some stations at an hour; the date is computed once, not for each of them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stations<'a> {
    lives: &'a [Life],
    date: Date,
}

impl<'a> Stations<'a> {
    /// Whether a station is one of them.
    pub(crate) fn have(self, station: StationIndex) -> bool {
        self.lives.get(usize::from(station.0)).is_some_and(|life| life.holds(self.date))
    }

    /// The same for each station, by its place.
    pub(crate) fn each(self) -> impl Iterator<Item = bool> + use<'a> {
        self.lives.iter().map(move |life| life.holds(self.date))
    }
}

impl Life {
    fn of(station: &crate::domain::Station) -> Self {
        let (always, ever) = (Date(i32::MIN), Date(i32::MAX));
        Self { from: station.start.unwrap_or(always), to: station.stop.unwrap_or(ever) }
    }

    fn holds(self, date: Date) -> bool {
        self.from <= date && date < self.to
    }

    fn counting(station: &crate::domain::Station) -> Self {
        let Self { from, to } = Self::of(station);
        if station.control_point {
            return Self { from, to: from };
        }
        Self { from, to: station.replaced_on.map_or(to, |on| on.min(to)) }
    }
}

fn harmless_ug_m3(rules: &Rules, indexes: &[(Date, Arc<[u16]>)]) -> Vec<u16> {
    let harmless = |bound: Bound| {
        let below = |(_, table): &(Date, Arc<[u16]>)| {
            let exceeds = table.partition_point(|index| !bound.exceeded_by(*index));
            if exceeds == table.len() { usize::from(u16::MAX) } else { exceeds.saturating_sub(1) }
        };
        indexes.iter().map(below).min().unwrap_or(0)
    };
    let of_one = |place: usize| {
        let here = |it: &&crate::domain::InForce| usize::from(it.jurisdiction.0) == place;
        let in_force = rules.in_force.iter().filter(here).map(|it| it.standard);
        let standards: Vec<usize> = match rules.parameters.only_standard {
            Some(only) => vec![only],
            None => in_force.collect(),
        };
        let standards = standards.iter().filter_map(|it| rules.standards.get(*it));
        let lowest =
            standards.filter_map(crate::domain::Standard::lowest_bound).map(harmless).min();
        u16::try_from(lowest.unwrap_or(usize::from(u16::MAX))).unwrap_or(u16::MAX)
    };
    (0..rules.jurisdictions.len()).map(of_one).collect()
}

/// Highest whole concentration in the tables; above it the index stays at its end.
const TABLE_UG_M3: u16 = 4_000;

fn indexes(rules: &Rules) -> Vec<(Date, Arc<[u16]>)> {
    let mut tables: Vec<(Date, Arc<[u16]>)> = Vec::new();
    for standard in &rules.indexes {
        let of_pm25 = |it: &&crate::domain::Scale| {
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
