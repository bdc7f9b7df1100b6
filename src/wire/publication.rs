//! What is sent of a log, as JSON: orders, alerts, refused inputs, and the newest state of each
//! jurisdiction. The fields are documented in `schemas/README.md`.

mod event;
mod seen;

use serde_json::{Map, Value};

use crate::domain::{JurisdictionIndex, OrderSet, Rules};
use crate::engine::Record;
use crate::engine::projection::{Channel, Message, Standing};

use super::record::json;
use super::trust::key::SignerKey;
use super::trust::message::sign;

pub use event::{EventView, event, event_view};
pub use seen::{SeenRecord, read_seen, seen};

/// The body of a message.
pub fn message(message: &Message) -> Value {
    let Some(rules) = message.entry.rules() else { return Value::Null };
    let record = &message.entry.record;
    if let Some(sight) = &message.sight {
        return seen(record, rules, sight);
    }
    if let Some((set, order)) = message.floor_order() {
        let body = json::floor_order(order, set.epoch, rules);
        return issued((record, set), order.jurisdiction, body, None, rules);
    }
    match (&message.channel, message.order()) {
        (Channel::Orders(_), Some((set, order))) => {
            let body = json::order(order, set.epoch, rules);
            let clause = message.clause.as_deref();
            issued((record, set), order.jurisdiction, body, clause, rules)
        }
        (Channel::Orders(_) | Channel::Alerts(_), _) => alert(record, rules),
        (Channel::Refused | Channel::Matters(_), _) => json::body(&record.event, rules),
    }
}

/// The body of a message, signed if there is a key: orders, alerts and what bodies do. A refusal only
/// reports an input, and is not signed.
pub fn signed(sent: &Message, key: Option<&SignerKey>) -> Value {
    let mut body = message(sent);
    if let Some(key) = key.filter(|_| sent.channel != Channel::Refused) {
        sign(&mut body, key);
    }
    body
}

/// An order by itself: with what it shares with its set, and with what a receiver needs who has no
/// rule book, which is the names of the jurisdiction and of the standard in force there, or where
/// the one is that it follows, and the clause of the last act on its warning.
fn issued(
    (record, set): (&Record, &OrderSet),
    jurisdiction: JurisdictionIndex,
    mut body: Value,
    clause: Option<&str>,
    rules: &Rules,
) -> Value {
    body["hour"] = set.hour.to_string().into();
    body["decided_at"] = set.decided_at.to_string().into();
    body["epoch"] = set.epoch.into();
    body["linked"] = set.linked.into();
    body["position"] = record.position.0.into();
    let Some(own) = rules.jurisdictions.get(usize::from(jurisdiction.0)) else { return body };
    let graded = own.follows.unwrap_or(jurisdiction);
    let standard = rules.standard(graded, set.hour.date());
    body["jurisdiction_name"] = (*own.name).into();
    body["jurisdiction_name_zh"] = (*own.name_zh).into();
    body["standard"] = standard.map_or(Value::Null, |it| (*it.id).into());
    body["standard_title"] = standard.map_or(Value::Null, |it| (*it.title).into());
    body["clause"] = clause.into();
    body
}

/// A record about the warnings of a jurisdiction.
fn alert(record: &Record, rules: &Rules) -> Value {
    let mut body = Map::new();
    body.insert("type".into(), record.event.record_type().into());
    if let Value::Object(fields) = json::body(&record.event, rules) {
        body.extend(fields);
    }
    body.insert("position".into(), record.position.0.into());
    Value::Object(body)
}

/// The newest state of a jurisdiction.
pub fn standing(standing: &Standing) -> Value {
    let named = standing.jurisdiction();
    let air = standing.air().and_then(|(entry, closed, city)| {
        let mut air = json::city_hour(city, entry.rules()?);
        air["hour"] = closed.hour.to_string().into();
        Some(air)
    });
    let warning = standing
        .warning()
        .and_then(|(entry, _)| Some(json::body(&entry.record.event, entry.rules()?)));
    let order = standing
        .order()
        .and_then(|(entry, set, order)| Some(json::order(order, set.epoch, entry.rules()?)));
    let fields = [
        ("jurisdiction", standing.division().to_string().into()),
        ("name", named.map_or("", |it| &it.name).into()),
        ("name_zh", named.map_or("", |it| &it.name_zh).into()),
        ("position", standing.position().map(|it| it.0).into()),
        ("air", air.unwrap_or_default()),
        ("warning", warning.unwrap_or_default()),
        ("order", order.unwrap_or_default()),
    ];
    Value::Object(
        fields.map(|(name, value): (&str, Value)| (name.to_owned(), value)).into_iter().collect(),
    )
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::domain::{
        Cause, Date, Event, Fact, FloorOrder, Grade, Hour, JurisdictionIndex, Order, OrderAct,
        ResponseEvent, Timestamp, WarningAct, WarningEvent, WarningId,
    };
    use crate::engine::projection::{Grounds, Involved, Overview, messages};
    use crate::engine::{Entry, Position};
    use crate::wire::record::samples::{Sample as _, one_of_each, rules};
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
            response: None,
            measure_causes: Vec::new(),
            conclusion: None,
        }
    }

    #[test]
    fn an_order_names_its_city_and_the_standard_in_force_there() {
        let book = Arc::new(parse(built_in()).unwrap());
        let set = OrderSet {
            epoch: 7,
            hour: Hour::of_beijing(Date::new(2019, 1, 12).unwrap(), 16).unwrap(),
            decided_at: Timestamp(0),
            effective_at: Some(Hour(430_000)),
            linked: false,
            orders: [0, 3].map(JurisdictionIndex).map(order).to_vec(),
            floor_orders: vec![floor_order(JurisdictionIndex(0))],
            proposal: None,
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
        act.warning = WarningId { jurisdiction: JurisdictionIndex(0), number: 1 };
        let event = Event::Warning(WarningEvent::WarningDecided(act));
        grounds.note(&Record { event, ..record.clone() });
        let entry = Arc::new(Entry { record, book: Some(book) });
        let messages = messages(&entry, &grounds, &Involved::default());
        let ids: Vec<String> = messages.iter().map(Message::id).collect();
        assert_eq!(ids, ["7-110000", "7-130181", "7-110000-f"]);
        let sent: Vec<Value> = messages.iter().map(message).collect();
        let part = |at: usize, name: &str| sent[at][name].as_str().unwrap_or("-").to_owned();
        let names = ["jurisdiction", "jurisdiction_name", "jurisdiction_name_zh", "standard"];
        assert_eq!(names.map(|it| part(0, it)), ["110000", "Beijing", "北京市", "BTH-2018"]);
        // It follows Shijiazhuang, and so does its standard.
        assert_eq!(names.map(|it| part(1, it)), ["130181", "Xinji", "辛集市", "BTH-2018"]);
        assert!(!part(0, "standard_title").is_empty());
        // The act of the second order is not known.
        assert_eq!((&*part(0, "clause"), &*part(1, "clause")), ("orange-1", "-"));
        let keys: Vec<&str> = sent[0].as_object().unwrap().keys().map(|it| &**it).collect();
        let expected = "order jurisdiction warning act effective_at grade level measures floors \
                        causes expected_end acknowledge_by hour decided_at epoch linked position \
                        jurisdiction_name jurisdiction_name_zh standard standard_title clause";
        assert_eq!(keys.join(" "), expected);
        let of_floor = ["order", "track", "jurisdiction_name", "clause"].map(|it| part(2, it));
        assert_eq!(of_floor, ["7-110000-f", "floor", "Beijing", "-"]);
    }

    fn floor_order(jurisdiction: JurisdictionIndex) -> FloorOrder {
        FloorOrder {
            jurisdiction,
            act: OrderAct::Impose,
            effective_at: Hour(430_000),
            grade: Grade::Yellow,
            measures: vec!["roads-cleaned-more".into()],
            floors: Vec::new(),
            causes: vec![Cause::Prompt],
            expected_end: None,
            acknowledge_by: Timestamp(0),
            response: "110000-r1".into(),
            measure_causes: Vec::new(),
            sectors: vec![("dust".into(), Grade::Yellow)],
            extra: Vec::new(),
        }
    }

    /// One of each kind of record, under rules that know their places.
    fn entries() -> Vec<Arc<Entry>> {
        let records = one_of_each();
        let Event::Fact(Fact::RuleBookAdopted(book)) = &records[0].event else { panic!() };
        let mut book = crate::domain::RuleBook::clone(book);
        book.rules = rules();
        let book = Some(Arc::new(book));
        records.into_iter().map(|record| Arc::new(Entry { record, book: book.clone() })).collect()
    }

    #[test]
    fn an_alert_is_its_record_with_type_and_position() {
        let sent: Vec<String> = entries()
            .iter()
            .flat_map(|entry| messages(entry, &Grounds::default(), &Involved::default()))
            .filter(|it| matches!(it.channel, Channel::Alerts(_)))
            .map(|it| format!("{} {}", it.id(), &message(&it).to_string()[..30]))
            .collect();
        let expected = [
            r#"10-130100 {"type":"warning_issued","hour"#,
            r#"12-130100 {"type":"review_due","hour":"2"#,
            r#"13-130100 {"type":"hour_amended","jurisd"#,
            r#"14-130100 {"type":"order_confirmed_by_am"#,
            r#"15-130100 {"type":"order_amended","warni"#,
            r#"16-130100 {"type":"data_insufficient","j"#,
            r#"17-110000 {"type":"same_air_unlike_grade"#,
            r#"17-130100 {"type":"same_air_unlike_grade"#,
        ];
        assert_eq!(sent, expected);
    }

    #[test]
    fn a_state_has_the_newest_of_each_part() {
        let mut overview = Overview::default();
        for entry in &entries() {
            overview.take(entry);
        }
        let states: Vec<Value> = overview.take_changed().into_iter().map(standing).collect();
        let last = states.last().unwrap();
        let keys: Vec<&str> = last.as_object().unwrap().keys().map(|it| &**it).collect();
        assert_eq!(keys.join(" "), "jurisdiction name name_zh position air warning order");
        assert_eq!((&last["jurisdiction"], &last["position"]), (&"130100".into(), &11.into()));
        assert_eq!(last["air"]["hour"], last["warning"]["hour"]);
        assert_eq!(last["warning"]["warning"], "130100-7");
        assert_eq!(last["order"]["order"], "42-130100");
        assert_eq!(overview.take_changed().len(), 0);
    }
}
