//! From the names in files and messages to stations.

use std::collections::HashMap;
use std::sync::Arc;

use crate::domain::{Rules, StationIndex};

/// All codes and aliases of a rule book; built once, only looked up, never walked through.
///
/// A station's Chinese name is not among them: names such as 监测站 occur in several cities.
#[derive(Clone, Debug, Default)]
pub struct Stations {
    by_name: HashMap<Arc<str>, StationIndex>,
}

impl Stations {
    /// The look-up table of these rules.
    pub fn new(rules: &Rules) -> Self {
        let mut by_name = HashMap::new();
        for (station, place) in rules.stations.iter().zip(0..) {
            for name in std::iter::once(&station.code).chain(&station.aliases) {
                by_name.insert(Arc::clone(name), StationIndex(place));
            }
        }
        Self { by_name }
    }

    /// The station with that code or alias.
    pub fn get(&self, name: &str) -> Option<StationIndex> {
        self.by_name.get(name).copied()
    }
}
