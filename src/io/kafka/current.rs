//! The newest state of every jurisdiction, for those who come late.
//!
//! It follows from the log and from nothing else. What its topic says is only compared with it, so
//! that a state which is there already is not published again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::domain::{
    ActKind, AirEvent, Event, Fact, Jurisdiction, JurisdictionIndex, ResponseEvent, RuleBook,
    Rules, Timestamp, WarningEvent,
};
use crate::engine::Record;

use super::projection::{Telling, concerned};
use super::topics::Topics;
use crate::wire::record::json;

/// What is known of each jurisdiction.
#[derive(Debug, Default)]
pub(super) struct Current {
    /// By division code.
    states: BTreeMap<String, State>,
    changed: BTreeSet<String>,
    /// The newest body of each key in the topic.
    published: BTreeMap<String, String>,
    /// The newest record of each part, put into words when the state is told: in a feed that
    /// catches up most are overtaken before.
    newest: BTreeMap<(JurisdictionIndex, Part), Newest>,
    /// The newest closed hour, which is about everybody's air.
    closed: Option<Newest>,
}

/// A record, and the rules in force at it.
type Newest = (Arc<Record>, Arc<RuleBook>);

/// What a state is made of, besides the air.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Part {
    Warning,
    Order,
}

#[derive(Debug, Default)]
struct State {
    /// The last record that changed it.
    position: Option<u64>,
    time: Timestamp,
    fields: Map<String, Value>,
}

impl Current {
    /// Learns what the topic has. All states are compared with it again.
    pub(super) fn compare_with(&mut self, published: BTreeMap<String, String>) {
        self.published = published;
        self.changed.extend(self.states.keys().cloned());
    }

    /// Takes in the next record of the log.
    pub(super) fn take(&mut self, record: &Record, book: &Arc<RuleBook>) {
        let newest = || (Arc::new(record.clone()), Arc::clone(book));
        match &record.event {
            Event::Air(AirEvent::HourClosed(_)) => self.closed = Some(newest()),
            Event::Warning(WarningEvent::WarningDecided(act)) => {
                let newest = newest();
                for whose in concerned(&book.rules, act.warning.jurisdiction) {
                    self.newest.insert((whose, Part::Warning), newest.clone());
                }
            }
            Event::Response(ResponseEvent::OrderSetIssued(set)) => {
                let newest = newest();
                for order in &set.orders {
                    self.newest.insert((order.jurisdiction, Part::Order), newest.clone());
                }
            }
            // Places in the lists mean others from here on.
            Event::Fact(Fact::RuleBookAdopted(_)) => self.put_into_words(),
            Event::Fact(
                Fact::StreamsJoined(_)
                | Fact::Ticked(_)
                | Fact::ReadingsReceived(_)
                | Fact::ForecastReceived(_)
                | Fact::IntervalExcluded(_)
                | Fact::InputRefused(_),
            )
            | Event::Air(
                AirEvent::StationSilent(_)
                | AirEvent::StationHeard(_)
                | AirEvent::HourAmended(_)
                | AirEvent::DataInsufficient(_),
            )
            | Event::Warning(WarningEvent::ReviewDue(_) | WarningEvent::SameAirUnlikeGrade(_))
            | Event::Response(
                ResponseEvent::OrderConfirmedByAmendment(_) | ResponseEvent::OrderAmended(_),
            ) => {}
        }
    }

    fn put_into_words(&mut self) {
        // One record concerns many: its body is made once.
        let mut bodies = BTreeMap::new();
        for ((whose, part), (record, book)) in std::mem::take(&mut self.newest) {
            let body = bodies
                .entry(record.position)
                .or_insert_with(|| json::body(&record.event, &book.rules));
            match part {
                Part::Warning => {
                    let value = warning(&record.event, body);
                    self.set(&record, &book.rules, whose, "warning", value);
                }
                Part::Order => {
                    let value = order(&record.event, body, whose);
                    self.set(&record, &book.rules, whose, "order", value);
                }
            }
        }
        let Some((record, book)) = self.closed.take() else { return };
        for (whose, value) in air(&record, &book.rules) {
            self.set(&record, &book.rules, whose, "air", value);
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
        state.position = state.position.max(Some(record.position.0));
        state.time = state.time.max(record.happened_at);
        state.fields.insert("position".into(), state.position.into());
        state.fields.insert(part.to_owned(), value);
        self.changed.insert(key);
    }

    /// What has changed since the last call and is not in the topic.
    pub(super) fn take_changed(&mut self, topics: &Topics) -> Vec<Telling> {
        self.put_into_words();
        let changed = std::mem::take(&mut self.changed);
        let telling = |key: String| {
            let state = self.states.get(&key)?;
            let position = state.position?;
            let body = serde_json::to_string(&state.fields).unwrap_or_default();
            if self.published.get(&key) == Some(&body) {
                return None;
            }
            self.published.insert(key.clone(), body);
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

/// The warning in force; none after a lift.
fn warning(event: &Event, body: &Value) -> Value {
    let lifted = matches!(event, Event::Warning(WarningEvent::WarningDecided(act)) if act.kind == ActKind::Lift);
    if lifted { Value::Null } else { body.clone() }
}

/// The order of a set to one jurisdiction.
fn order(event: &Event, body: &mut Value, whose: JurisdictionIndex) -> Value {
    let Event::Response(ResponseEvent::OrderSetIssued(set)) = event else { return Value::Null };
    let place = set.orders.iter().position(|it| it.jurisdiction == whose);
    let order = place.and_then(|it| body.get_mut("orders")?.get_mut(it));
    order.map(Value::take).unwrap_or_default()
}

/// Everybody's air at a closed hour.
fn air(record: &Record, rules: &Rules) -> Vec<(JurisdictionIndex, Value)> {
    let Event::Air(AirEvent::HourClosed(closed)) = &record.event else { return Vec::new() };
    let mut body = json::body(&record.event, rules);
    let hour = body.get("hour").cloned().unwrap_or_default();
    let Some(Value::Array(cities)) = body.get_mut("jurisdictions") else { return Vec::new() };
    let each = closed.jurisdictions.iter().zip(cities).map(|(city, fields)| {
        if let Value::Object(fields) = fields {
            fields.insert("hour".into(), hour.clone());
        }
        (city.jurisdiction, fields.take())
    });
    each.collect()
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
