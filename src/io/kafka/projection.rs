//! From a record to the messages that tell others of it.

use serde_json::{Map, Value};

use crate::domain::{
    AirEvent, AmendmentEffect, Event, Fact, JurisdictionIndex, Order, OrderSet, ResponseEvent,
    Rules, Timestamp, WarningEvent,
};
use crate::engine::Record;

use super::topics::Topics;
use crate::wire::record::{Grounds, json};

/// One message out, in the binary mode of `CloudEvents`: attributes in headers, the body as JSON.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Telling {
    pub(super) topic: String,
    pub(super) key: String,
    /// Unique for ever: a receiver that knows it has the message twice.
    pub(super) id: String,
    pub(super) kind: &'static str,
    pub(super) time: Timestamp,
    pub(super) position: u64,
    /// Of an order: grows with every set; a receiver refuses an older one.
    pub(super) epoch: Option<u64>,
    pub(super) body: Value,
}

/// What becomes known by a record, besides the current state.
pub(super) fn tellings(
    record: &Record,
    rules: &Rules,
    grounds: &Grounds,
    topics: &Topics,
) -> Vec<Telling> {
    match &record.event {
        Event::Response(ResponseEvent::OrderSetIssued(set)) => {
            orders(record, set, rules, grounds, topics)
        }
        Event::Warning(WarningEvent::WarningDecided(act)) => {
            alerts(record, act.warning.jurisdiction, act.decided_at, rules, topics)
        }
        Event::Warning(WarningEvent::ReviewDue(review)) => {
            alerts(record, review.warning.jurisdiction, review.decided_at, rules, topics)
        }
        Event::Air(AirEvent::HourAmended(it)) => match it.effect {
            AmendmentEffect::WouldHaveBeenOrdered | AmendmentEffect::WouldNotHaveBeenOrdered => {
                alerts(record, it.jurisdiction, it.decided_at, rules, topics)
            }
            // Whether an order stands is told by itself.
            AmendmentEffect::NoOrder
            | AmendmentEffect::OrderStands
            | AmendmentEffect::OrderAmended => Vec::new(),
        },
        Event::Response(ResponseEvent::OrderConfirmedByAmendment(it)) => {
            alerts(record, it.warning.jurisdiction, it.decided_at, rules, topics)
        }
        Event::Response(ResponseEvent::OrderAmended(it)) => {
            alerts(record, it.warning.jurisdiction, it.decided_at, rules, topics)
        }
        Event::Air(AirEvent::DataInsufficient(it)) => {
            alerts(record, it.jurisdiction, it.decided_at, rules, topics)
        }
        Event::Warning(WarningEvent::SameAirUnlikeGrade(it)) => {
            let sides = it.sides.iter().map(|it| it.jurisdiction);
            sides.flat_map(|side| alerts(record, side, it.decided_at, rules, topics)).collect()
        }
        Event::Fact(Fact::InputRefused(_)) => vec![refused(record, rules, topics)],
        Event::Fact(
            Fact::RuleBookAdopted(_)
            | Fact::StreamsJoined(_)
            | Fact::Ticked(_)
            | Fact::ReadingsReceived(_)
            | Fact::ForecastReceived(_)
            | Fact::IntervalExcluded(_),
        )
        | Event::Air(
            AirEvent::StationSilent(_) | AirEvent::StationHeard(_) | AirEvent::HourClosed(_),
        ) => Vec::new(),
    }
}

fn orders(
    record: &Record,
    set: &OrderSet,
    rules: &Rules,
    grounds: &Grounds,
    topics: &Topics,
) -> Vec<Telling> {
    let Value::Object(mut of_set) = json::body(&record.event, rules) else { return Vec::new() };
    let Some(Value::Array(bodies)) = of_set.remove("orders") else { return Vec::new() };
    let told = set.orders.iter().zip(bodies).filter_map(|(order, body)| {
        let division = rules.jurisdictions.get(usize::from(order.jurisdiction.0))?.division;
        Some(Telling {
            topic: topics.orders(division),
            key: division.to_string(),
            id: format!("{}-{division}", set.epoch),
            kind: "order_issued",
            time: set.decided_at,
            position: record.position.0,
            epoch: Some(set.epoch),
            body: with_names(with_set(record, &of_set, body), order, set, rules, grounds),
        })
    });
    told.collect()
}

/// An order alone on its way tells what its whole set shares, unless it says otherwise itself.
fn with_set(record: &Record, of_set: &Map<String, Value>, order: Value) -> Value {
    let mut body = Map::new();
    if let Value::Object(order) = order {
        body.extend(order);
    }
    for (name, value) in of_set {
        if !body.contains_key(name) {
            body.insert(name.clone(), value.clone());
        }
    }
    body.insert("position".into(), record.position.0.into());
    Value::Object(body)
}

/// What a receiver needs who has no rule book: the names of the jurisdiction and of the standard in
/// force there, or where the one is that it follows, and the clause of the last act on its warning.
fn with_names(
    mut body: Value,
    order: &Order,
    set: &OrderSet,
    rules: &Rules,
    grounds: &Grounds,
) -> Value {
    let Some(own) = rules.jurisdictions.get(usize::from(order.jurisdiction.0)) else { return body };
    let graded = own.follows.unwrap_or(order.jurisdiction);
    let standard = rules.standard(graded, set.hour.date());
    body["jurisdiction_name"] = (*own.name).into();
    body["jurisdiction_name_zh"] = (*own.name_zh).into();
    body["standard"] = standard.map_or(Value::Null, |it| (*it.id).into());
    body["standard_title"] = standard.map_or(Value::Null, |it| (*it.title).into());
    body["clause"] = grounds.of(order.warning).1.into();
    body
}

/// An act on a warning, told to its jurisdiction and to those that follow it.
fn alerts(
    record: &Record,
    about: JurisdictionIndex,
    time: Timestamp,
    rules: &Rules,
    topics: &Topics,
) -> Vec<Telling> {
    let mut body = Map::new();
    body.insert("type".into(), record.event.record_type().into());
    if let Value::Object(fields) = json::body(&record.event, rules) {
        body.extend(fields);
    }
    body.insert("position".into(), record.position.0.into());
    let told = concerned(rules, about).filter_map(|it| rules.jurisdictions.get(usize::from(it.0)));
    told.map(|jurisdiction| Telling {
        topic: topics.alerts(jurisdiction.division),
        key: jurisdiction.division.to_string(),
        id: format!("{}-{}", record.position.0, jurisdiction.division),
        kind: record.event.record_type(),
        time,
        position: record.position.0,
        epoch: None,
        body: Value::Object(body.clone()),
    })
    .collect()
}

/// A jurisdiction and those that follow it: they get the same warnings.
pub(super) fn concerned(
    rules: &Rules,
    about: JurisdictionIndex,
) -> impl Iterator<Item = JurisdictionIndex> {
    let listed = rules.jurisdictions.iter().zip(0..).map(|(it, at)| (it, JurisdictionIndex(at)));
    let told = listed.filter(move |(it, at)| *at == about || it.follows == Some(about));
    told.map(|(_, at)| at)
}

fn refused(record: &Record, rules: &Rules, topics: &Topics) -> Telling {
    Telling {
        topic: topics.refused(),
        key: record.position.0.to_string(),
        id: record.position.0.to_string(),
        kind: record.event.record_type(),
        time: record.happened_at,
        position: record.position.0,
        epoch: None,
        body: json::body(&record.event, rules),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Cause, Grade, Hour, OrderAct, WarningAct, WarningId};
    use crate::engine::Position;
    use crate::wire::record::samples::Sample as _;
    use crate::wire::rule_book::{built_in, parse};

    fn order(jurisdiction: JurisdictionIndex) -> Order {
        Order {
            jurisdiction,
            warning: WarningId { jurisdiction, number: 1 },
            act: OrderAct::Impose,
            effective_at: Some(Hour(430_000)),
            grade: Grade::Orange,
            measures: vec!["health-tip".into()],
            floors: Vec::new(),
            causes: vec![Cause::Warning],
            expected_end: None,
            acknowledge_by: Timestamp(0),
        }
    }

    #[test]
    fn an_order_names_its_city_and_the_standard_in_force_there() {
        let rules = parse(built_in()).unwrap().rules;
        let set = OrderSet {
            epoch: 7,
            hour: Hour::of_beijing(crate::domain::Date::new(2019, 1, 12).unwrap(), 16).unwrap(),
            decided_at: Timestamp(0),
            effective_at: Some(Hour(430_000)),
            linked: false,
            orders: [0, 3].map(JurisdictionIndex).map(order).to_vec(),
        };
        let record = Record {
            position: Position(5),
            happened_at: Timestamp(0),
            recorded_at: Timestamp(0),
            correlation: None,
            causation: None,
            event: Event::Response(ResponseEvent::OrderSetIssued(set)),
        };
        let mut grounds = Grounds::default();
        let mut act = WarningAct::sample();
        act.warning.jurisdiction = JurisdictionIndex(0);
        act.warning.number = 1;
        grounds.note(&Record {
            event: Event::Warning(WarningEvent::WarningDecided(act)),
            ..record.clone()
        });
        let told = tellings(&record, &rules, &grounds, &Topics::new(""));
        let part = |at: usize, name: &str| told[at].body[name].as_str().unwrap_or("-").to_owned();
        let names = ["jurisdiction", "jurisdiction_name", "jurisdiction_name_zh", "standard"];
        assert_eq!(names.map(|it| part(0, it)), ["110000", "Beijing", "北京市", "BTH-2018"]);
        // It follows Shijiazhuang, and so does its standard.
        assert_eq!(names.map(|it| part(1, it)), ["130181", "Xinji", "辛集市", "BTH-2018"]);
        assert!(!part(0, "standard_title").is_empty());
        // The act of the second order is not known.
        assert_eq!((&*part(0, "clause"), &*part(1, "clause")), ("orange-1", "-"));
    }
}
