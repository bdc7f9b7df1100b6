//! The newest state of every jurisdiction, for those who come late.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::domain::{ActKind, Event, Jurisdiction, JurisdictionIndex, RuleBook, Rules, Timestamp};
use crate::engine::Record;

use super::projection::{Telling, concerned};
use super::topics::Topics;
use crate::wire::record::json;

/// What is known of each jurisdiction; only what changed is told.
#[derive(Debug, Default)]
pub(super) struct Current {
    /// By division code.
    states: BTreeMap<String, State>,
    changed: BTreeSet<String>,
    /// The newest closed hour: told when it is asked for, as most are overtaken before.
    closed: Option<(Record, Arc<RuleBook>)>,
}

#[derive(Debug, Default)]
struct State {
    /// Up to this record the topic has it already.
    told: Option<u64>,
    /// The last record that changed it.
    position: Option<u64>,
    time: Timestamp,
    fields: Map<String, Value>,
}

impl Current {
    /// Takes in what was told before.
    pub(super) fn know(&mut self, key: &str, position: u64, body: &[u8]) {
        if let Ok(fields) = serde_json::from_slice(body) {
            let known = Some(position);
            let state = State { told: known, position: known, time: Timestamp(0), fields };
            self.states.insert(key.to_owned(), state);
        }
    }

    /// Takes a record in; one that was told already changes nothing.
    pub(super) fn take(&mut self, record: &Record, book: &Arc<RuleBook>) {
        let rules = &book.rules;
        match &record.event {
            Event::HourClosed(_) => self.closed = Some((record.clone(), Arc::clone(book))),
            Event::WarningDecided(act) => {
                let lifted = act.kind == ActKind::Lift;
                let body = if lifted { Value::Null } else { json::body(&record.event, rules) };
                for whose in concerned(rules, act.warning.jurisdiction) {
                    self.set(record, rules, whose, "warning", body.clone());
                }
            }
            Event::OrderSetIssued(set) => {
                let mut body = json::body(&record.event, rules);
                let Some(Value::Array(orders)) = body.get_mut("orders") else { return };
                for (order, fields) in set.orders.iter().zip(orders) {
                    self.set(record, rules, order.jurisdiction, "order", fields.take());
                }
            }
            Event::RuleBookAdopted(_)
            | Event::StreamsJoined(_)
            | Event::Ticked(_)
            | Event::ReadingsReceived(_)
            | Event::ForecastReceived(_)
            | Event::IntervalExcluded(_)
            | Event::InputRefused(_)
            | Event::StationSilent(_)
            | Event::StationHeard(_)
            | Event::ReviewDue(_) => {}
        }
    }

    fn take_closed(&mut self) {
        let Some((record, book)) = self.closed.take() else { return };
        let Event::HourClosed(closed) = &record.event else { return };
        let mut body = json::body(&record.event, &book.rules);
        let hour = body.get("hour").cloned().unwrap_or_default();
        let Some(Value::Array(cities)) = body.get_mut("jurisdictions") else { return };
        for (city, fields) in closed.jurisdictions.iter().zip(cities) {
            if let Value::Object(fields) = fields {
                fields.insert("hour".into(), hour.clone());
            }
            self.set(&record, &book.rules, city.jurisdiction, "air", fields.take());
        }
    }

    fn set(
        &mut self,
        record: &Record,
        rules: &Rules,
        whose: JurisdictionIndex,
        part: &str,
        value: Value,
    ) {
        let Some(jurisdiction) = rules.jurisdictions.get(usize::from(whose.0)) else { return };
        let key = jurisdiction.division.to_string();
        let state = self.states.entry(key.clone()).or_insert_with(|| State::of(jurisdiction));
        let position = Some(record.position.0);
        if position <= state.told {
            return;
        }
        state.position = state.position.max(position);
        state.time = state.time.max(record.happened_at);
        state.fields.insert("position".into(), state.position.into());
        state.fields.insert(part.to_owned(), value);
        self.changed.insert(key);
    }

    /// What changed since the last call.
    pub(super) fn take_changed(&mut self, topics: &Topics) -> Vec<Telling> {
        self.take_closed();
        let changed = std::mem::take(&mut self.changed);
        let telling = |key: String| {
            let state = self.states.get(&key)?;
            let position = state.position?;
            Some(Telling {
                topic: topics.current(),
                id: format!("{position}-{key}"),
                key,
                kind: "state_changed",
                time: state.time,
                position,
                epoch: None,
                body: Value::Object(state.fields.clone()),
            })
        };
        changed.into_iter().filter_map(telling).collect()
    }
}

impl State {
    fn of(jurisdiction: &Jurisdiction) -> Self {
        let fields = [
            ("jurisdiction", jurisdiction.division.to_string().into()),
            ("name", (*jurisdiction.name).into()),
            ("name_zh", (*jurisdiction.name_zh).into()),
            ("position", Value::Null),
            ("air", Value::Null),
            ("warning", Value::Null),
            ("order", Value::Null),
        ];
        let fields = fields.map(|(name, value): (&str, Value)| (name.to_owned(), value));
        Self { fields: Map::from_iter(fields), ..Self::default() }
    }
}
