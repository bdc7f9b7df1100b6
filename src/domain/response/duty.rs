//! Duties: the measures of a day that must be carried out and reported.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::orders::{OrderBook, Ordered, Response, index_of};
use crate::domain::{Date, Grade, Rules, Timestamp};

/// What must be reported of a day.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Duties {
    /// Measures, each with the first instant at which it is in force.
    pub(crate) due: BTreeMap<Arc<str>, Timestamp>,
    /// Measures that are excused, in the same way.
    pub(crate) excused: BTreeMap<Arc<str>, Timestamp>,
    /// The highest level of the day.
    pub(crate) highest: Grade,
}

impl Duties {
    /// Whether every duty has a report.
    pub(crate) fn are_reported(&self, response: &Response, day: Date) -> bool {
        self.due.keys().all(|it| response.reports.contains_key(&(day, Arc::clone(it))))
    }
}

impl OrderBook {
    /// The measures of a day that must be reported, and the highest level of the day.
    pub(crate) fn duties(&self, response: &Response, day: Date, rules: &Rules) -> Duties {
        let index = index_of(rules, &response.jurisdiction);
        let mut duties = Duties::default();
        let mut seen = None;
        for hour in 0..24 {
            let at = day.at_minute(60 * hour);
            let in_force = self.in_force(response, at);
            duties.highest = duties.highest.max(in_force.level());
            // The orders and the day alone decide.
            let key = |it: Option<&Ordered>| it.map(|it| (it.epoch, it.counts_from));
            let orders = (key(in_force.warning), key(in_force.floor));
            if seen.replace(orders) == Some(orders) {
                continue;
            }
            let Some(index) = index else { continue };
            for measure in in_force.measures(index, at.date(), rules) {
                let excused = self.is_excused(response, &measure, at);
                let duties = if excused { &mut duties.excused } else { &mut duties.due };
                duties.entry(measure).or_insert(at);
            }
        }
        let Duties { due, excused, .. } = &mut duties;
        excused.retain(|it, _| !due.contains_key(it));
        duties
    }

    /// Whether a measure is excused at an instant.
    fn is_excused(&self, response: &Response, measure: &str, at: Timestamp) -> bool {
        response.excuses.iter().filter(|it| &*it.measure == measure).any(|excuse| {
            let track = self.get(&excuse.order).map(|it| it.track);
            let later = response.orders.iter().skip_while(|it| **it != excuse.order).skip(1);
            let later = later.filter_map(|it| self.get(it)).filter(|it| Some(it.track) == track);
            let mut counting = later.filter(|it| it.counts_from <= at).map(Ordered::level);
            counting.all(|it| it <= excuse.up_to)
        })
    }
}
