//! The orders, responses and episodes of a log by id, to see whether another world has the same.

use std::collections::BTreeMap;

use super::Record;
use crate::domain::cooperation::What;
use crate::domain::{
    CommandGiven, Event, Grade, JurisdictionIndex, OrderAct, ResponseEvent, Rules, Timestamp,
};

/// What makes two things with one id the same.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Object {
    /// An order, or the first order of a response.
    Order { jurisdiction: String, act: OrderAct, grade: Grade },
    /// An episode.
    Episode { start: Timestamp },
}

/// The orders, responses and episodes of a log: a fold over it.
#[derive(Clone, Debug, Default)]
pub(super) struct Objects(BTreeMap<String, Object>);

impl Objects {
    /// Takes the next record of the log, with the rules in force at it.
    pub(super) fn note(&mut self, record: &Record, rules: Option<&Rules>) {
        if let Event::Response(ResponseEvent::OrderSetIssued(set)) = &record.event {
            let Some(rules) = rules else { return };
            for it in &set.orders {
                let id = (set.epoch, "", it.jurisdiction);
                self.order(id, it.act, it.grade, it.response.as_deref(), rules);
            }
            for it in &set.floor_orders {
                let id = (set.epoch, "-f", it.jurisdiction);
                self.order(id, it.act, it.grade, Some(&it.response), rules);
            }
        } else if let Event::Cooperation(event) = &record.event
            && let What::EpisodeOpened(it) = &event.what
        {
            self.0.insert(it.episode.clone(), Object::Episode { start: it.start });
        }
    }

    fn order(
        &mut self,
        (epoch, track, jurisdiction): (u64, &str, JurisdictionIndex),
        act: OrderAct,
        grade: Grade,
        response: Option<&str>,
        rules: &Rules,
    ) {
        let jurisdiction = rules.jurisdictions.get(usize::from(jurisdiction.0));
        let Some(jurisdiction) = jurisdiction.map(|it| it.division.to_string()) else { return };
        let id = format!("{epoch}-{jurisdiction}{track}");
        let order = Object::Order { jurisdiction, act, grade };
        if let Some(response) = response {
            self.0.entry(response.to_owned()).or_insert_with(|| order.clone());
        }
        self.0.insert(id, order);
    }

    /// Whether both worlds have the same of all that a command names, or both have nothing.
    pub(super) fn agree(&self, other: &Self, given: &CommandGiven) -> bool {
        let named = given.named();
        let objects = named.iter().map(|it| it.split_once('/').map_or(&**it, |it| it.0));
        objects.into_iter().all(|it| self.0.get(it) == other.0.get(it))
    }
}
