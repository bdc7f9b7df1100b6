//! The orders of a jurisdiction that are in force at an instant: the strictest of both tracks wins,
//! and every cause remains.

use std::sync::Arc;

use super::orders::Ordered;
use crate::domain::{
    Cause, Date, Grade, JurisdictionIndex, Measure, MeasureCauses, OrderAct, Rules, Track,
};

/// One order of each track, or none.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct OrdersInForce<'a> {
    pub(crate) warning: Option<&'a Ordered>,
    pub(crate) floor: Option<&'a Ordered>,
}

impl<'a> OrdersInForce<'a> {
    fn each(self) -> impl Iterator<Item = &'a Ordered> {
        self.warning.into_iter().chain(self.floor)
    }

    /// The higher level of the two.
    pub(crate) fn level(self) -> Grade {
        self.each().map(Ordered::level).max().unwrap_or(Grade::None)
    }

    fn level_in(self, sector: &str) -> Grade {
        self.each().map(|it| it.level_in(sector)).max().unwrap_or(Grade::None)
    }

    /// The measures in force on a day, in the catalogue's order, extra ones behind.
    pub(crate) fn measures(
        self,
        jurisdiction: JurisdictionIndex,
        date: Date,
        rules: &Rules,
    ) -> Vec<Arc<str>> {
        if self.level() == Grade::None {
            return Vec::new();
        }
        let here = rules.measures.iter().filter(|it| it.is_in(jurisdiction) && it.is_on(date));
        let due = here.filter(|it| it.is_for(self.level_in(&it.sector)));
        let mut measures: Vec<Arc<str>> = due.map(|it| Arc::clone(&it.id)).collect();
        for extra in self.each().flat_map(|it| &it.extra) {
            if !measures.contains(extra) {
                measures.push(Arc::clone(extra));
            }
        }
        measures
    }

    /// Why each measure is in force.
    pub(crate) fn measure_causes(self, measures: &[Arc<str>], rules: &Rules) -> Vec<MeasureCauses> {
        let causes = |id: &Arc<str>| {
            let of_catalogue = rules.measures.iter().filter(|it| it.id == *id);
            let asks = |order: &&Ordered| {
                order.extra.contains(id) || of_catalogue.clone().any(|it| order.asks_for(it))
            };
            let mut causes: Vec<Cause> =
                self.each().filter(asks).flat_map(|it| it.causes.iter().copied()).collect();
            causes.sort_unstable();
            causes.dedup();
            MeasureCauses { measure: Arc::clone(id), causes }
        };
        measures.iter().map(causes).collect()
    }

    /// The least cut of each emission: the highest per cent of the levels.
    pub(crate) fn least_cuts(
        self,
        jurisdiction: JurisdictionIndex,
        date: Date,
        rules: &Rules,
    ) -> Vec<(Arc<str>, u16)> {
        let mut cuts: Vec<(Arc<str>, u16)> = Vec::new();
        let levels = self.each().map(Ordered::level);
        for (emission, percent) in levels.flat_map(|it| rules.floors_for(jurisdiction, it, date)) {
            match cuts.iter_mut().find(|it| it.0 == emission) {
                Some((_, most)) => *most = percent.max(*most),
                None => cuts.push((emission, percent)),
            }
        }
        cuts
    }
}

impl Ordered {
    /// The level after it: none for a lift.
    pub(crate) fn level(&self) -> Grade {
        if self.act == OrderAct::Lift { Grade::None } else { self.grade }
    }

    /// The same in one sector: that of a warning holds in all of them.
    fn level_in(&self, sector: &str) -> Grade {
        match self.track {
            Track::Warning => self.level(),
            Track::Floor => {
                let level = self.sectors.iter().find(|it| *it.0 == *sector).map(|it| it.1);
                level.unwrap_or(Grade::None)
            }
        }
    }

    fn asks_for(&self, measure: &Measure) -> bool {
        self.level_in(&measure.sector) >= measure.from_grade
    }
}
