//! The current values of each station, pollutant and hour: a ring of hours.

mod kept;

use crate::domain::{Hour, MISSING, Outcome, Parameters, Pollutant, Reading, StationIndex, Tenths};

const POLLUTANTS: usize = Pollutant::ALL.len();

/// What is known of one station, pollutant and hour.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Cell {
    /// The current value, or [`MISSING`].
    pub(crate) tenths: Tenths,
    /// Its revision.
    pub(crate) revision: u16,
    /// Whether the station has reported, even if only that it has no value.
    pub(crate) reported: bool,
}

/// Nothing is known.
pub(crate) const EMPTY: Cell = Cell { tenths: MISSING, revision: 0, reported: false };

impl Cell {
    /// How a reading that has been decided changes what is known.
    pub(crate) fn apply(&mut self, reading: &Reading, parameters: &Parameters) {
        match reading.outcome {
            Outcome::Taken | Outcome::Replaces => {
                self.tenths = parameters.counted_value(reading);
                self.revision = reading.revision;
                self.reported = true;
            }
            Outcome::ReportedMissing => self.reported = true,
            Outcome::Duplicate => self.revision = self.revision.max(reading.revision),
            Outcome::NotPositive
            | Outcome::AboveCeiling
            | Outcome::NotLive
            | Outcome::Conflicting
            | Outcome::Late => {}
        }
    }

    /// The same for an hour that is closed: the highest revision counts, and of equal ones the
    /// highest value, in whatever order they come.
    pub(crate) fn amend(&mut self, reading: &Reading, parameters: &Parameters) {
        let value = parameters.counted_value(reading);
        if reading.outcome != Outcome::Late {
            self.apply(reading, parameters);
        } else if (reading.revision, value) > (self.revision, self.tenths) {
            (self.revision, self.tenths, self.reported) = (reading.revision, value, true);
        }
    }
}

/// A cell of a column; empty where nothing is known of any of its stations.
pub(crate) fn cell_of(column: &[Cell], station: StationIndex) -> Cell {
    column.get(usize::from(station.0)).copied().unwrap_or(EMPTY)
}

/// What is known of an hour: for each pollutant a column of cells, one for each station. A column
/// of which nothing is known has no cells, so that pollutants that never come cost nothing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Table {
    columns: [Vec<Cell>; POLLUTANTS],
}

impl Table {
    /// What is known of one pollutant, by station; empty where that is nothing.
    pub(crate) fn column(&self, pollutant: Pollutant) -> &[Cell] {
        &self.columns[pollutant as usize]
    }

    /// What is known of one pollutant and station.
    #[inline]
    pub(crate) fn get(&self, pollutant: Pollutant, station: StationIndex) -> Cell {
        cell_of(self.column(pollutant), station)
    }

    /// The cell of a station and pollutant, one of so many stations, to be written; none for a
    /// station that does not exist.
    #[inline]
    pub(crate) fn cell(
        &mut self,
        stations: usize,
        pollutant: Pollutant,
        station: StationIndex,
    ) -> Option<&mut Cell> {
        self.column_mut(stations, pollutant).get_mut(usize::from(station.0))
    }

    /// The column of a pollutant, for so many stations, to be written.
    #[inline]
    pub(crate) fn column_mut(&mut self, stations: usize, pollutant: Pollutant) -> &mut [Cell] {
        let column = &mut self.columns[pollutant as usize];
        if column.is_empty() {
            column.resize(stations, EMPTY);
        }
        column
    }

    fn clear(&mut self) {
        self.columns.iter_mut().for_each(Vec::clear);
    }

    fn known(&self) -> impl Iterator<Item = (Pollutant, StationIndex, Cell)> {
        Pollutant::ALL.into_iter().flat_map(|pollutant| {
            let cells = (0..=u16::MAX).map(StationIndex).zip(self.column(pollutant));
            let known = cells.filter(|(_, cell)| **cell != EMPTY);
            known.map(move |(station, cell)| (pollutant, station, *cell))
        })
    }
}

/// What is known is compared, not which columns have been made.
impl PartialEq for Table {
    fn eq(&self, other: &Self) -> bool {
        self.known().eq(other.known())
    }
}

impl Eq for Table {}

/// A ring of hours, each with its table. Hours that fall out are forgotten.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Cells {
    stations: usize,
    /// Which hour each place of the ring holds.
    hours: Vec<Option<Hour>>,
    places: Vec<Table>,
    /// Hours so far ahead that an open hour holds their place, until that one is closed.
    parked: Vec<(Hour, Table)>,
}

impl Cells {
    /// Room for `hours` hours of `stations` stations.
    pub(crate) fn new(stations: usize, hours: usize) -> Self {
        let hours = hours.next_power_of_two();
        let places = vec![Table::default(); hours];
        Self { stations, hours: vec![None; hours], places, parked: Vec::new() }
    }

    /// How many stations a column has.
    pub(crate) fn stations(&self) -> usize {
        self.stations
    }

    /// The table of an hour, ready to be written; what stood at its place is forgotten, unless it
    /// belongs to `next`, the hour that closes next, or to a later one.
    pub(crate) fn open(&mut self, hour: Hour, next: Hour) -> &mut Table {
        let place = self.place(hour);
        let held = self.hours[place];
        if held != Some(hour) && held >= Some(next) {
            let parked = self.parked.iter().position(|it| it.0 == hour).unwrap_or_else(|| {
                self.parked.push((hour, Table::default()));
                self.parked.len() - 1
            });
            return &mut self.parked[parked].1;
        }
        let table = &mut self.places[place];
        if held != Some(hour) {
            self.hours[place] = Some(hour);
            table.clear();
        }
        table
    }

    /// The table of a closed hour, to be written again; none where another hour has its place.
    pub(crate) fn reopen(&mut self, hour: Hour) -> Option<&mut Table> {
        let lost = self.hours[self.place(hour)] > Some(hour);
        (!lost).then(|| self.open(hour, hour))
    }

    /// Puts those that waited for a place where they belong, now that `next` closes next.
    pub(crate) fn closed_before(&mut self, next: Hour) {
        for (hour, table) in std::mem::take(&mut self.parked) {
            let passed_by = self.hours[self.place(hour)] > Some(hour);
            // The next closing looks at the hour before it, and at none further back.
            if !passed_by || hour.plus(1) >= next {
                *self.open(hour, next) = table;
            }
        }
    }

    /// The table of an hour, if it is remembered.
    pub(crate) fn table(&self, hour: Hour) -> Option<&Table> {
        let place = self.place(hour);
        if self.hours[place] == Some(hour) {
            return Some(&self.places[place]);
        }
        self.parked.iter().find(|it| it.0 == hour).map(|it| &it.1)
    }

    /// What is known of one station, pollutant and hour.
    pub(crate) fn get(&self, hour: Hour, pollutant: Pollutant, station: StationIndex) -> Cell {
        self.table(hour).map_or(EMPTY, |table| table.get(pollutant, station))
    }

    /// All that is known from an hour on, by hour, pollutant and station.
    pub(crate) fn known(
        &self,
        from: Hour,
    ) -> impl Iterator<Item = (Hour, Pollutant, StationIndex, Cell)> {
        let mut hours: Vec<Hour> = self.hours.iter().flatten().copied().collect();
        hours.retain(|it| *it >= from);
        hours.sort_unstable();
        let tables = hours.into_iter().map(|hour| (hour, &self.places[self.place(hour)]));
        tables.flat_map(|(hour, table)| {
            table.known().map(move |(pollutant, station, cell)| (hour, pollutant, station, cell))
        })
    }

    /// What is known of one pollutant at an hour, by station; empty where it is not remembered.
    pub(crate) fn column(&self, hour: Hour, pollutant: Pollutant) -> &[Cell] {
        self.table(hour).map_or(&[], |table| table.column(pollutant))
    }

    fn place(&self, hour: Hour) -> usize {
        // The ring is a power of two long, so the remainder is a mask.
        hour.0.cast_unsigned() as usize & (self.hours.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_far_ahead_takes_no_place_from_an_open_one() {
        let (station, pollutant, next) = (StationIndex(1), Pollutant::Pm25, Hour(1000));
        let mut cells = Cells::new(2, 8);
        let put = |cells: &mut Cells, hour: Hour, next: Hour, tenths: Tenths| {
            cells.open(hour, next).cell(2, pollutant, station).unwrap().tenths = tenths;
        };
        let check = |cells: &Cells, expected: [Tenths; 3]| {
            let found = [999, 1000, 1008].map(|it| cells.get(Hour(it), pollutant, station).tenths);
            assert_eq!(found, expected);
        };
        put(&mut cells, Hour(999), Hour(999), 9);
        put(&mut cells, Hour(1000), next, 10);
        put(&mut cells, Hour(1008), next, 18);
        check(&cells, [9, 10, 18]);
        // What is closed gives its place up.
        put(&mut cells, Hour(1007), next, 17);
        check(&cells, [MISSING, 10, 18]);
        cells.closed_before(Hour(1000));
        check(&cells, [MISSING, 10, 18]);
        cells.closed_before(Hour(1001));
        check(&cells, [MISSING, MISSING, 18]);
        put(&mut cells, Hour(1008), Hour(1001), 19);
        check(&cells, [MISSING, MISSING, 19]);
        // The other way round: a late one waits while an early one has the place.
        put(&mut cells, Hour(1016), Hour(1008), 20);
        put(&mut cells, Hour(1024), Hour(1009), 21);
        put(&mut cells, Hour(1016), Hour(1009), 22);
        let found = |cells: &Cells, it| cells.get(Hour(it), pollutant, station).tenths;
        assert_eq!([1008, 1016, 1024].map(|it| found(&cells, it)), [MISSING, 22, 21]);
        cells.closed_before(Hour(1017));
        assert_eq!([1016, 1024].map(|it| found(&cells, it)), [22, 21]);
        cells.closed_before(Hour(1018));
        assert_eq!([1016, 1024].map(|it| found(&cells, it)), [MISSING, 21]);
    }
}
