//! The values that stand for each station, pollutant and hour: a ring of hours.

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
}

impl Cells {
    /// Room for `hours` hours of `stations` stations.
    pub(crate) fn new(stations: usize, hours: usize) -> Self {
        let hours = hours.next_power_of_two();
        Self {
            stations,
            hours: vec![None; hours],
            places: vec![EMPTY; hours * stations * POLLUTANTS],
        }
    }

    /// The table of an hour, ready to be written; what stood at its place is forgotten.
    pub(crate) fn open(&mut self, hour: Hour) -> Table<'_> {
        let place = self.place(hour);
        let size = self.stations * POLLUTANTS;
        let cells = &mut self.places[place * size..(place + 1) * size];
        if self.hours[place] != Some(hour) {
            self.hours[place] = Some(hour);
            cells.fill(EMPTY);
        }
        Table { stations: self.stations, cells }
    }

    /// A table of which nothing is known.
    pub(crate) fn empty_table(&self) -> Vec<Cell> {
        vec![EMPTY; self.stations * POLLUTANTS]
    }

    /// The table of an hour, if it is remembered.
    pub(crate) fn table(&self, hour: Hour) -> Option<&[Cell]> {
        let place = self.place(hour);
        let size = self.stations * POLLUTANTS;
        (self.hours[place] == Some(hour)).then(|| &self.places[place * size..(place + 1) * size])
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
