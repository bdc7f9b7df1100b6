//! Stations and jurisdictions are numbered by their place in the rule book. Another rule book
//! renumbers them.

use std::sync::Arc;

use crate::domain::{Jurisdiction, JurisdictionIndex, Rules, StationIndex};

/// From the numbers of one rule book to those of another, by code. What is not in the other one
/// has no new number.
#[derive(Clone, Debug)]
pub(crate) struct Renumbering {
    stations: Vec<Option<StationIndex>>,
    jurisdictions: Vec<Option<JurisdictionIndex>>,
}

impl Renumbering {
    /// From the numbers in `old` to those in `new`.
    pub(crate) fn between(old: &Rules, new: &Rules) -> Self {
        let station = |code: &Arc<str>| new.stations.iter().position(|it| it.code == *code);
        let city =
            |it: &Jurisdiction| new.jurisdictions.iter().position(|to| to.division == it.division);
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

    /// Nothing but the new numbers of jurisdictions, by the old ones.
    #[cfg(test)]
    pub(crate) fn of_jurisdictions(new: &[Option<u16>]) -> Self {
        let jurisdictions = new.iter().map(|it| it.map(JurisdictionIndex)).collect();
        Self { stations: Vec::new(), jurisdictions }
    }

    /// The new number of a station; none where it is gone.
    pub(crate) fn station(&self, old: StationIndex) -> Option<StationIndex> {
        self.stations.get(usize::from(old.0)).copied().flatten()
    }

    /// The new number of a jurisdiction; none where it is gone.
    pub(crate) fn jurisdiction(&self, old: JurisdictionIndex) -> Option<JurisdictionIndex> {
        self.jurisdictions.get(usize::from(old.0)).copied().flatten()
    }

    /// The stations that are in both rule books, by their old and new number.
    pub(crate) fn stations(&self) -> impl Iterator<Item = (StationIndex, StationIndex)> {
        let all = (0_u16..).map(StationIndex).zip(&self.stations);
        all.filter_map(|(old, new)| Some((old, (*new)?)))
    }

    /// The jurisdictions that are in both rule books, by their old and new number.
    pub(crate) fn jurisdictions(
        &self,
    ) -> impl Iterator<Item = (JurisdictionIndex, JurisdictionIndex)> {
        let all = (0_u16..).map(JurisdictionIndex).zip(&self.jurisdictions);
        all.filter_map(|(old, new)| Some((old, (*new)?)))
    }
}
