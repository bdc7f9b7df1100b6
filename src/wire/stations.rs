//! From the names that files and messages use to places in the rule book.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::{Rules, StationIndex};

/// Finds a station by its code, its name in files, or another alias.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Stations {
    by_name: BTreeMap<Arc<str>, StationIndex>,
}

impl Stations {
    /// All codes and aliases of the rules.
    pub fn new(rules: &Rules) -> Self {
        let mut by_name = BTreeMap::new();
        for (station, index) in rules.stations.iter().zip(0..) {
            for name in station.aliases.iter().chain([&station.code]) {
                by_name.insert(Arc::clone(name), StationIndex(index));
            }
        }
        Self { by_name }
    }

    /// The station with that code or alias.
    pub fn get(&self, name: &str) -> Option<StationIndex> {
        self.by_name.get(name).copied()
    }
}
