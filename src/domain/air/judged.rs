//! The air of each jurisdiction as decisions see it: closed hours, outlooks and exclusions.

use std::sync::Arc;

use super::exclusions::Exclusions;
use super::outlook::OutlookBook;
use crate::domain::rules::lookup::LookupTables;
use crate::domain::rules::renumbering::Renumbering;
use crate::domain::{Hour, JurisdictionIndex, Rules};

/// All that a series is made of.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct JudgedAir {
    /// What follows from the rules in force.
    pub(crate) tables: Arc<LookupTables>,
    /// The first hour of the log.
    pub(crate) first: Option<Hour>,
    /// One for each jurisdiction, in the order of the rules.
    pub(crate) cities: Vec<CityAir>,
    pub(crate) outlooks: OutlookBook,
    pub(crate) exclusions: Exclusions,
}

/// What is remembered of the air of one jurisdiction.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct CityAir {
    /// Closed hours, newest last: whole µg/m³, none where missing.
    pub(crate) closed: ClosedHours,
    /// The last closed hour above the lowest level that any standard acts on.
    pub(crate) last_harmful: Option<Hour>,
    /// That it has too few values is recorded.
    pub(crate) insufficient: bool,
}

/// A ring of closed hours of one jurisdiction.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct ClosedHours {
    ring: Vec<Option<u16>>,
}

impl ClosedHours {
    pub(crate) fn with_room(hours: usize) -> Self {
        Self { ring: vec![None; hours.next_power_of_two()] }
    }

    /// The value of a closed hour, which must not be older than the ring is long.
    pub(crate) fn get(&self, hour: Hour) -> Option<u16> {
        self.ring[hour.0.cast_unsigned() as usize & (self.ring.len() - 1)]
    }

    pub(crate) fn set(&mut self, hour: Hour, value: Option<u16>) {
        let place = hour.0.cast_unsigned() as usize & (self.ring.len() - 1);
        self.ring[place] = value;
    }
}

impl CityAir {
    /// Sets the value of a closed hour; of one that is amended, the new one.
    fn set_closed(&mut self, hour: Hour, value_ug_m3: Option<u16>, harmless_ug_m3: u16) {
        self.closed.set(hour, value_ug_m3);
        if value_ug_m3.is_some_and(|it| it > harmless_ug_m3) {
            // An hour that is amended may be an older one.
            self.last_harmful = self.last_harmful.max(Some(hour));
        }
    }
}

impl JudgedAir {
    /// The value of a closed hour.
    pub(crate) fn closed(&self, city: JurisdictionIndex, hour: Hour) -> Option<u16> {
        self.cities[usize::from(city.0)].closed.get(hour)
    }

    pub(super) fn city_mut(&mut self, city: JurisdictionIndex) -> Option<&mut CityAir> {
        self.cities.get_mut(usize::from(city.0))
    }

    /// Sets the value of a closed hour.
    pub(in crate::domain) fn set_closed(
        &mut self,
        city: JurisdictionIndex,
        hour: Hour,
        value_ug_m3: Option<u16>,
    ) {
        let place = usize::from(city.0);
        let harmless_ug_m3 = self.tables.harmless_ug_m3.get(place).copied().unwrap_or(0);
        if let Some(city) = self.cities.get_mut(place) {
            city.set_closed(hour, value_ug_m3, harmless_ug_m3);
        }
    }

    /// Applies the outlooks that were issued at or before the hour that is decided.
    pub(in crate::domain) fn settle(&mut self, hour: Hour) {
        self.outlooks.settle(hour, &self.tables.harmless_ug_m3);
    }

    /// Moves to other rules, under which `remembered` are the hours to be carried over.
    pub(super) fn adopt(
        &mut self,
        rules: &Rules,
        renumbering: Option<&Renumbering>,
        remembered: &[Hour],
    ) {
        let closed = ClosedHours::with_room(self.tables.history_h);
        let room = CityAir { closed, last_harmful: None, insufficient: false };
        let mut cities = vec![room; rules.jurisdictions.len()];
        if let Some(renumbering) = renumbering {
            for (from, to) in renumbering.jurisdictions() {
                let (old, new) = (&self.cities[usize::from(from.0)], usize::from(to.0));
                let (new, harmless_ug_m3) = (&mut cities[new], self.tables.harmless_ug_m3[new]);
                for hour in remembered {
                    new.set_closed(*hour, old.closed.get(*hour), harmless_ug_m3);
                }
                new.insufficient = old.insufficient;
            }
            self.outlooks.renumber(renumbering, &self.tables.harmless_ug_m3);
            self.exclusions.renumber(renumbering);
        }
        self.cities = cities;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_older_hour_that_is_amended_hides_no_newer_one() {
        let mut city = CityAir { closed: ClosedHours::with_room(8), ..CityAir::default() };
        let check = |city: &CityAir, expected: i32| {
            assert_eq!(city.last_harmful, Some(Hour(expected)));
        };
        city.set_closed(Hour(1), Some(90), 75);
        check(&city, 1);
        city.set_closed(Hour(5), Some(80), 75);
        city.set_closed(Hour(6), Some(75), 75);
        check(&city, 5);
        city.set_closed(Hour(3), Some(300), 75);
        check(&city, 5);
    }
}
