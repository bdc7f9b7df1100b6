//! The ring of hours, laid open to be kept, and filled again from what was kept.

use crate::domain::{Hour, Pollutant, StationIndex};

use super::{Cell, Cells, Table};

/// A table that waits beside the ring: its hour, and what is known in it.
pub(crate) type Parked = (Hour, Vec<(Pollutant, StationIndex, Cell)>);

/// More hours than rows can be ahead of the one that closes next.
const PARKED_MAX: usize = 1024;

impl Cells {
    /// Which hour each place of the ring holds.
    pub(crate) fn held(&self) -> &[Option<Hour>] {
        &self.hours
    }

    /// The tables that wait for a place in the ring, in the order in which they came.
    pub(crate) fn parked(&self) -> impl Iterator<Item = Parked> {
        self.parked.iter().map(|(hour, table)| (*hour, self.known_in(table)))
    }

    /// Lets an empty ring hold these hours, of which nothing is known yet. False if they are not
    /// hours of such a ring.
    pub(crate) fn hold(&mut self, hours: Vec<Option<Hour>>) -> bool {
        let fits = |(place, hour): (usize, &Option<Hour>)| {
            hour.is_none_or(|hour| self.place(hour) == place)
        };
        let fit = hours.len() == self.hours.len() && hours.iter().enumerate().all(fits);
        if fit {
            self.hours = hours;
        }
        fit
    }

    /// The table of an hour that the ring holds.
    pub(crate) fn held_table(&mut self, hour: Hour) -> Option<Table<'_>> {
        let (place, size) = (self.place(hour), self.size());
        if self.hours[place] != Some(hour) {
            return None;
        }
        let cells = &mut self.places[place * size..(place + 1) * size];
        Some(Table { stations: self.stations, cells })
    }

    /// Lets a table wait beside the ring. False if it speaks of stations that do not exist, or if
    /// more are waiting than can be.
    pub(crate) fn park(&mut self, (hour, known): Parked) -> bool {
        if self.parked.len() >= PARKED_MAX {
            return false;
        }
        let mut cells = self.empty_table();
        let mut table = Table { stations: self.stations, cells: &mut cells };
        for (pollutant, station, cell) in known {
            let Some(place) = table.cell(pollutant, station) else { return false };
            *place = cell;
        }
        self.parked.push((hour, cells));
        true
    }

    fn known_in(&self, table: &[Cell]) -> Vec<(Pollutant, StationIndex, Cell)> {
        let all = Pollutant::ALL.into_iter().flat_map(|pollutant| {
            let stations = (0..self.stations).map(|it| u16::try_from(it).unwrap_or(u16::MAX));
            stations.map(move |station| (pollutant, StationIndex(station)))
        });
        let cell = |(pollutant, station)| {
            let cell = super::cell_of(Some(table), self.offset(pollutant, station));
            (pollutant, station, cell)
        };
        all.map(cell).filter(|it| it.2 != super::EMPTY).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_bytes_do_not_make_room_for_everything() {
        let mut cells = Cells::new(2, 8);
        let parked = (0..2000).filter(|hour| cells.park((Hour(*hour), Vec::new()))).count();
        assert_eq!(parked, PARKED_MAX);
    }
}
