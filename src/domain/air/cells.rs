//! The values that stand for each station, pollutant and hour: a ring of hours.

mod kept;

use crate::domain::{Hour, MISSING, Outcome, Parameters, Pollutant, Reading, StationIndex, Tenths};

const POLLUTANTS: usize = Pollutant::ALL.len();

/// What is known of one station, pollutant and hour.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Cell {
    /// The value that stands, or [`MISSING`].
    pub(crate) tenths: Tenths,
    /// Its revision.
    pub(crate) revision: u16,
    /// Whether the station said anything, if only that it has no value.
    pub(crate) reported: bool,
}

const EMPTY: Cell = Cell { tenths: MISSING, revision: 0, reported: false };

impl Cell {
    /// How a reading that has been decided changes what is known.
    pub(crate) fn take(&mut self, reading: &Reading, parameters: &Parameters) {
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

    /// The same for an hour that is closed: of all that is said of it the highest revision counts,
    /// and of equal ones the highest value, whatever the order in which it comes.
    pub(crate) fn amend(&mut self, reading: &Reading, parameters: &Parameters) {
        let value = parameters.counted_value(reading);
        if reading.outcome != Outcome::Late {
            self.take(reading, parameters);
        } else if (reading.revision, value) > (self.revision, self.tenths) {
            (self.revision, self.tenths, self.reported) = (reading.revision, value, true);
        }
    }
}

/// A cell of an hour's table; empty where the hour has no table yet.
pub(crate) fn cell_of(table: Option<&[Cell]>, offset: usize) -> Cell {
    table.and_then(|it| it.get(offset).copied()).unwrap_or(EMPTY)
}

/// A ring of hours, each a table of cells. Hours that fall out are forgotten.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Cells {
    stations: usize,
    /// Which hour each place of the ring holds.
    hours: Vec<Option<Hour>>,
    places: Vec<Cell>,
    /// Hours so far ahead that an open hour holds their place, until that one is closed.
    parked: Vec<(Hour, Vec<Cell>)>,
}

impl Cells {
    /// Room for `hours` hours of `stations` stations.
    pub(crate) fn new(stations: usize, hours: usize) -> Self {
        let hours = hours.next_power_of_two();
        Self {
            stations,
            hours: vec![None; hours],
            places: vec![EMPTY; hours * stations * POLLUTANTS],
            parked: Vec::new(),
        }
    }

    /// The table of an hour, ready to be written; what stood at its place is forgotten, unless it
    /// belongs to `next`, the hour that closes next, or to a later one.
    pub(crate) fn open(&mut self, hour: Hour, next: Hour) -> Table<'_> {
        let (place, size) = (self.place(hour), self.size());
        let held = self.hours[place];
        let cells = if held != Some(hour) && held >= Some(next) {
            let parked = self.parked.iter().position(|it| it.0 == hour);
            let parked = parked.unwrap_or_else(|| {
                self.parked.push((hour, self.empty_table()));
                self.parked.len() - 1
            });
            &mut self.parked[parked].1[..]
        } else {
            let cells = &mut self.places[place * size..(place + 1) * size];
            if held != Some(hour) {
                self.hours[place] = Some(hour);
                cells.fill(EMPTY);
            }
            cells
        };
        Table { stations: self.stations, cells }
    }

    /// The table of a closed hour, to be written again; none where another hour has its place.
    pub(crate) fn reopen(&mut self, hour: Hour) -> Option<Table<'_>> {
        let lost = self.hours[self.place(hour)] > Some(hour);
        (!lost).then(|| self.open(hour, hour))
    }

    /// Puts those that waited for a place where they belong, now that `next` closes next.
    pub(crate) fn closed_before(&mut self, next: Hour) {
        for (hour, table) in std::mem::take(&mut self.parked) {
            let passed_by = self.hours[self.place(hour)] > Some(hour);
            // The next closing looks at the hour before it, and at none further back.
            if !passed_by || hour.plus(1) >= next {
                self.open(hour, next).cells.copy_from_slice(&table);
            }
        }
    }

    /// A table of which nothing is known.
    pub(crate) fn empty_table(&self) -> Vec<Cell> {
        vec![EMPTY; self.size()]
    }

    /// The table of an hour, if it is remembered.
    pub(crate) fn table(&self, hour: Hour) -> Option<&[Cell]> {
        let place = self.place(hour);
        if self.hours[place] == Some(hour) {
            return Some(&self.places[place * self.size()..(place + 1) * self.size()]);
        }
        self.parked.iter().find(|it| it.0 == hour).map(|it| &it.1[..])
    }

    /// What is known of one station, pollutant and hour.
    pub(crate) fn get(&self, hour: Hour, pollutant: Pollutant, station: StationIndex) -> Cell {
        self.table(hour)
            .and_then(|table| table.get(self.offset(pollutant, station)).copied())
            .unwrap_or(EMPTY)
    }

    /// All that is known from an hour on, by hour, pollutant and station.
    pub(crate) fn known(
        &self,
        from: Hour,
    ) -> impl Iterator<Item = (Hour, Pollutant, StationIndex, Cell)> {
        let mut hours: Vec<Hour> = self.hours.iter().flatten().copied().collect();
        hours.retain(|it| *it >= from);
        hours.sort_unstable();
        hours.into_iter().flat_map(move |hour| {
            Pollutant::ALL.into_iter().flat_map(move |pollutant| {
                let stations = (0..self.stations).map(|it| u16::try_from(it).unwrap_or(u16::MAX));
                let cell = move |it| (hour, pollutant, it, self.get(hour, pollutant, it));
                stations.map(StationIndex).map(cell).filter(|it| it.3 != EMPTY)
            })
        })
    }

    /// What is known of one pollutant at an hour, by station; empty where it is not remembered.
    pub(crate) fn column(&self, hour: Hour, pollutant: Pollutant) -> &[Cell] {
        let first = pollutant as usize * self.stations;
        self.table(hour).map_or(&[], |table| &table[first..first + self.stations])
    }

    /// Where a station and pollutant stand in a table.
    pub(crate) fn offset(&self, pollutant: Pollutant, station: StationIndex) -> usize {
        pollutant as usize * self.stations + usize::from(station.0)
    }

    /// Cells of one hour.
    fn size(&self) -> usize {
        self.stations * POLLUTANTS
    }

    fn place(&self, hour: Hour) -> usize {
        // The ring is a power of two long, so the remainder is a mask.
        hour.0.cast_unsigned() as usize & (self.hours.len() - 1)
    }
}

/// One hour's cells, to be written.
pub(crate) struct Table<'a> {
    stations: usize,
    cells: &'a mut [Cell],
}

impl Table<'_> {
    /// The cell of a station and pollutant; none for a station that does not exist.
    pub(crate) fn cell(
        &mut self,
        pollutant: Pollutant,
        station: StationIndex,
    ) -> Option<&mut Cell> {
        let station = usize::from(station.0);
        if station >= self.stations {
            return None;
        }
        self.cells.get_mut(pollutant as usize * self.stations + station)
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
            cells.open(hour, next).cell(pollutant, station).unwrap().tenths = tenths;
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
        // The other way round: one that comes late waits beside one that came early.
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
