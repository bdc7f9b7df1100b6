//! Exports and restores the ring for snapshots.

use crate::domain::{Hour, Pollutant, StationIndex};

use super::{Cell, Cells, Table};

/// A table that waits for a place in the ring: its hour and its known cells.
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
        self.parked.iter().map(|(hour, table)| (*hour, table.known().collect()))
    }

    /// Gives the places of an empty ring to these hours, without values yet. False if they are not
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

    /// A cell of an hour that the ring holds; none for other hours, and for a station that does
    /// not exist.
    pub(crate) fn held_cell(
        &mut self,
        hour: Hour,
        pollutant: Pollutant,
        station: StationIndex,
    ) -> Option<&mut Cell> {
        let place = self.place(hour);
        let held = self.hours[place] == Some(hour);
        self.places[place].cell(self.stations, pollutant, station).filter(|_| held)
    }

    /// Adds a table that waits for a place in the ring. False if it names stations that do not
    /// exist, or if more are waiting than possible.
    pub(crate) fn park(&mut self, (hour, known): Parked) -> bool {
        if self.parked.len() >= PARKED_MAX {
            return false;
        }
        let mut table = Table::default();
        for (pollutant, station, cell) in known {
            let Some(place) = table.cell(self.stations, pollutant, station) else { return false };
            *place = cell;
        }
        self.parked.push((hour, table));
        true
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
