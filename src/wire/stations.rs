//! From the names in files and messages to stations.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

use crate::domain::{Rules, StationIndex};

/// All codes and aliases of a rule book; built once, only looked up, never walked through.
///
/// A station's Chinese name is not among them: names such as 监测站 occur in several cities.
#[derive(Clone, Debug, Default)]
pub struct Stations {
    by_name: HashMap<Arc<str>, StationIndex, BuildHasherDefault<Fnv1a>>,
}

/// A short hash for short names. All keys come from the rule book, so input cannot make
/// them collide.
#[derive(Clone, Copy, Debug)]
struct Fnv1a(u64);

impl Default for Fnv1a {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Hasher for Fnv1a {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

impl Stations {
    /// The look-up table of these rules.
    pub fn new(rules: &Rules) -> Self {
        let mut by_name = HashMap::default();
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
