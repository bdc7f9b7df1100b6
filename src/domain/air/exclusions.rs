//! Intervals that do not count: all of them in order, and those of each jurisdiction for quick
//! lookups. A decade of sand and fireworks is long, and every hour of every jurisdiction is looked
//! up.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::rules::renumbering::Renumbering;
use crate::domain::{Exclusion, Hour, JurisdictionIndex};

/// First and last hours, by key.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Intervals<K>(BTreeMap<K, Vec<(Hour, Hour)>>);

impl<K> Default for Intervals<K> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<K: Ord> Intervals<K> {
    pub(crate) fn push(&mut self, key: K, first: Hour, last: Hour) {
        self.0.entry(key).or_default().push((first, last));
    }

    /// Whether any hour from one to another is in one of its intervals.
    #[inline]
    pub(crate) fn any(&self, key: &K, first: Hour, last: Hour) -> bool {
        let Some(own) = self.0.get(key) else { return false };
        // Lookups are nearly always for recent hours, and so are the last intervals.
        own.iter().rev().any(|(from, to)| *from <= last && first <= *to)
    }
}

/// The excluded intervals. Copies share their memory.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Exclusions {
    all: Arc<Vec<Exclusion>>,
    own: Arc<Intervals<JurisdictionIndex>>,
}

impl Exclusions {
    /// All of them, in the order in which they came.
    pub(crate) fn all(&self) -> &[Exclusion] {
        &self.all
    }

    /// One more.
    pub(crate) fn push(&mut self, it: Exclusion) {
        Arc::make_mut(&mut self.own).push(it.jurisdiction, it.first, it.last);
        Arc::make_mut(&mut self.all).push(it);
    }

    /// Whether any hour of a jurisdiction from one to another is excluded.
    #[inline]
    pub(crate) fn any(&self, city: JurisdictionIndex, first: Hour, last: Hour) -> bool {
        self.own.any(&city, first, last)
    }

    /// Moves to other numbers; what has none is forgotten.
    pub(crate) fn renumber(&mut self, renumbering: &Renumbering) {
        let all = self.all.iter().filter_map(|it| {
            let jurisdiction = renumbering.jurisdiction(it.jurisdiction)?;
            Some(Exclusion { jurisdiction, ..it.clone() })
        });
        *self = all.collect();
    }
}

impl FromIterator<Exclusion> for Exclusions {
    fn from_iter<T: IntoIterator<Item = Exclusion>>(all: T) -> Self {
        let mut exclusions = Self::default();
        all.into_iter().for_each(|it| exclusions.push(it));
        exclusions
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ExclusionKind;

    fn sand(city: u16, first: i32, last: i32) -> Exclusion {
        Exclusion {
            jurisdiction: JurisdictionIndex(city),
            first: Hour(first),
            last: Hour(last),
            kind: ExclusionKind::Sand,
            evidence: String::new(),
            source: None,
        }
    }

    #[test]
    fn an_hour_is_excluded_where_any_interval_of_its_jurisdiction_holds_it() {
        let mut exclusions: Exclusions =
            [sand(1, 10, 20), sand(2, 15, 15), sand(1, 18, 30)].into_iter().collect();
        let check = |exclusions: &Exclusions, city, excluded: &[i32]| {
            let found = (0..40).filter(|it| {
                let (city, hour) = (JurisdictionIndex(city), Hour(*it));
                exclusions.any(city, hour, hour)
            });
            assert!(found.eq(excluded.iter().copied()), "{city}");
        };
        check(&exclusions, 0, &[]);
        check(&exclusions, 1, &(10..=30).collect::<Vec<_>>());
        check(&exclusions, 2, &[15]);
        assert!(exclusions.any(JurisdictionIndex(2), Hour(1), Hour(15)));
        assert!(!exclusions.any(JurisdictionIndex(2), Hour(16), Hour(99)));
        exclusions.renumber(&Renumbering::of_jurisdictions(&[None, None, Some(0)]));
        check(&exclusions, 0, &[15]);
        check(&exclusions, 1, &[]);
        assert_eq!(exclusions.all(), [sand(0, 15, 15)]);
    }
}
