//! What receivers have received, judged by the log. Nothing of the program takes part but
//! `log cat`, which prints the log.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::message::{BorrowedMessage, Headers as _};
use rdkafka::{ClientConfig, Message as _, Offset, TopicPartitionList};
use serde_json::{Map, Value};

/// A message as a receiver sees it.
#[derive(Debug)]
pub(crate) struct Message {
    key: String,
    headers: BTreeMap<String, String>,
    pub(crate) body: Value,
}

/// The topics of one world, and its log.
pub(crate) struct History {
    /// By the name behind the prefix, such as `orders.120000`.
    topics: BTreeMap<String, Vec<Message>>,
    log: Vec<Value>,
}

/// The state of each jurisdiction by its code, as `current` should have it.
type States = BTreeMap<String, Map<String, Value>>;

impl Message {
    fn of(message: &BorrowedMessage<'_>) -> Self {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let headers = message.headers().into_iter().flat_map(|all| {
            let header = |at| all.get(at);
            (0..all.count()).map(header).map(|it| (it.key.to_owned(), text(it.value.unwrap())))
        });
        Self {
            key: text(message.key().unwrap_or_default()),
            headers: headers.collect(),
            body: serde_json::from_slice(message.payload().unwrap_or_default()).unwrap(),
        }
    }

    fn number(&self, header: &str) -> Option<u64> {
        self.headers.get(header)?.parse().ok()
    }
}

/// All committed messages of the topics whose names begin so.
pub(crate) fn read_committed(bootstrap: &str, start: &str) -> BTreeMap<String, Vec<Message>> {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", bootstrap)
        .set("group.id", "test")
        .set("enable.auto.commit", "false")
        .set("enable.partition.eof", "true")
        .set("isolation.level", "read_committed")
        .set("fetch.wait.max.ms", "10")
        .create()
        .unwrap();
    let metadata = consumer.fetch_metadata(None, Duration::from_secs(30)).unwrap();
    let named = metadata.topics().iter().map(|it| it.name().to_owned());
    let topics = named.filter(|it| it.starts_with(start));
    topics.map(|it| (it.clone(), read_topic(&consumer, &it))).collect()
}

/// All of one topic. One after the other, because the word that a partition is at its end does not
/// say of which topic.
fn read_topic(consumer: &BaseConsumer, topic: &str) -> Vec<Message> {
    let mut assigned = TopicPartitionList::new();
    assigned.add_partition_offset(topic, 0, Offset::Beginning).unwrap();
    consumer.assign(&assigned).unwrap();
    let (mut messages, mut passed) = (Vec::new(), None);
    loop {
        let polled = consumer.poll(Duration::from_secs(60));
        match polled.unwrap_or_else(|| panic!("{topic} does not answer: {passed:?}")) {
            Ok(message) => messages.push(Message::of(&message)),
            Err(KafkaError::PartitionEOF(_)) => return messages,
            // A broker that was cut off may answer late.
            Err(error) => passed = Some(error),
        }
    }
}

impl History {
    /// `prefix` is that of the topics; `log` is what `log cat --json` prints.
    pub(crate) fn new(bootstrap: &str, prefix: &str, log: &str) -> Self {
        let names = ["orders.", "alerts.", "current", "refused"];
        let read =
            names.iter().flat_map(|name| read_committed(bootstrap, &format!("{prefix}.{name}")));
        let topics = read.map(|(topic, it)| (topic[prefix.len() + 1..].to_owned(), it)).collect();
        let log = log.lines().map(|it| serde_json::from_str(it).unwrap()).collect();
        Self { topics, log }
    }

    /// What is wrong; nothing if all is well.
    pub(crate) fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        self.check_log(&mut faults);
        self.check_orders(&mut faults);
        self.check_alerts(&mut faults);
        self.check_current(&mut faults);
        faults
    }

    /// How many orders the log holds.
    pub(crate) fn order_count(&self) -> usize {
        self.ordered().values().map(Vec::len).sum()
    }

    /// The orders of the log without their positions: equal in every run with the same input.
    pub(crate) fn order_sets(&self) -> Vec<Value> {
        self.of_type("order_set_issued").map(|it| it["body"].clone()).collect()
    }

    /// Records of the log of a type that begins so.
    fn of_type<'a>(&'a self, start: &'a str) -> impl Iterator<Item = &'a Value> {
        self.log.iter().filter(move |it| it["type"].as_str().unwrap().starts_with(start))
    }

    fn check_log(&self, faults: &mut Vec<String>) {
        for (record, at) in self.log.iter().zip(0_u64..) {
            if record["position"] != at {
                faults.push(format!("record {} of the log stands at {at}", record["position"]));
            }
        }
        let epochs: Vec<_> = self
            .of_type("order_set_issued")
            .map(|it| it["body"]["epoch"].as_u64().unwrap())
            .collect();
        if epochs.iter().zip(1..).any(|(epoch, at)| *epoch != at) {
            faults.push(format!("epochs of the log: {epochs:?}"));
        }
    }

    /// By jurisdiction, its orders with the position of their record, as the log has them.
    fn ordered(&self) -> BTreeMap<&str, Vec<(&Value, &Value)>> {
        let mut ordered = BTreeMap::<_, Vec<_>>::new();
        for record in self.of_type("order_set_issued") {
            for order in record["body"]["orders"].as_array().unwrap() {
                let code = order["jurisdiction"].as_str().unwrap();
                ordered.entry(code).or_default().push((record, order));
            }
        }
        ordered
    }

    /// Each order of each set has arrived once and in order, and nothing else has.
    fn check_orders(&self, faults: &mut Vec<String>) {
        let ordered = self.ordered();
        let topics =
            self.topics.iter().filter_map(|(name, it)| Some((name.strip_prefix("orders.")?, it)));
        let topics: BTreeMap<_, _> = topics.collect();
        let codes: BTreeSet<_> = ordered.keys().chain(topics.keys()).copied().collect();
        for code in codes {
            let expected = ordered.get(code).map(Vec::as_slice).unwrap_or_default();
            let arrived = topics.get(code).map(|it| it.as_slice()).unwrap_or_default();
            let id = |order: &Value| order["order"].as_str().unwrap().to_owned();
            let expected_ids: Vec<_> = expected.iter().map(|(_, order)| id(order)).collect();
            let arrived_ids: Vec<_> = arrived.iter().map(|it| id(&it.body)).collect();
            if expected_ids != arrived_ids {
                faults.push(format!(
                    "orders.{code} holds {arrived_ids:?}, the log has {expected_ids:?}"
                ));
                continue;
            }
            for (message, (record, order)) in arrived.iter().zip(expected) {
                let same =
                    order.as_object().unwrap().iter().all(|(name, it)| message.body[name] == *it);
                let epoch = record["body"]["epoch"].as_u64();
                let position = record["position"].as_u64();
                if !same
                    || message.key != code
                    || message.headers["ce_id"] != id(order)
                    || message.number("epoch") != epoch
                    || message.number("position") != position
                {
                    faults.push(format!("orders.{code}: {message:?} is not {order}"));
                }
            }
        }
    }

    /// Each alert has arrived once and in order, rests on a record, and none on a warning lacks.
    fn check_alerts(&self, faults: &mut Vec<String>) {
        let followers = followers();
        for (name, messages) in &self.topics {
            if !name.starts_with("alerts.") {
                continue;
            }
            let positions: Vec<_> =
                messages.iter().map(|it| it.number("position").unwrap()).collect();
            if !positions.is_sorted_by(|one, next| one < next) {
                faults.push(format!("{name} holds the records {positions:?}"));
            }
            for (message, position) in messages.iter().zip(&positions) {
                let record = usize::try_from(*position).ok().and_then(|it| self.log.get(it));
                let same = record.is_some_and(|record| {
                    let mut body = record["body"].as_object().unwrap().iter();
                    message.body["type"] == record["type"]
                        && body.all(|(name, it)| message.body[name] == *it)
                });
                if !same {
                    faults.push(format!("{name}: {message:?} is not {record:?}"));
                }
            }
        }
        for record in self.of_type("warning_") {
            let about = record["body"]["jurisdiction"].as_str().unwrap();
            let position = record["position"].as_u64();
            let follows = followers.iter().filter(|(_, it)| *it == about).map(|(code, _)| &**code);
            for name in follows.chain([about]).map(|code| format!("alerts.{code}")) {
                let mut arrived = self.topics.get(&name).into_iter().flatten();
                if !arrived.any(|it| it.number("position") == position) {
                    faults.push(format!("{name} lacks the record {}", record["position"]));
                }
            }
        }
    }

    /// The newest message of each key is what the log says.
    fn check_current(&self, faults: &mut Vec<String>) {
        let mut newest = States::new();
        for message in self.topics.get("current").into_iter().flatten() {
            newest.insert(message.key.clone(), message.body.as_object().unwrap().clone());
        }
        let expected = self.fold();
        let stale: Vec<_> = expected
            .iter()
            .filter_map(|(code, expected)| {
                let found = newest.get(code);
                let differs = |name: &&String| {
                    found.and_then(|it| it.get(*name)).unwrap_or(&Value::Null) != &expected[*name]
                };
                let names: Vec<_> = expected.keys().filter(differs).collect();
                let at = found.map(|it| it["position"].to_string()).unwrap_or_default();
                let words = || format!("{code} at {at} not {} {names:?}", expected["position"]);
                (!names.is_empty()).then(words)
            })
            .collect();
        if !stale.is_empty() {
            let (count, all) = (stale.len(), expected.len());
            faults
                .push(format!("{count} of {all} states of current differ from the log: {stale:?}"));
        }
        let invented = newest.keys().filter(|it| !expected.contains_key(*it));
        faults.extend(invented.map(|it| format!("current has a state of {it}")));
    }

    /// The state of each jurisdiction by the records of the log.
    fn fold(&self) -> States {
        let followers = followers();
        let mut states = States::new();
        let mut set = |code: &str, part: &str, value: Value, record: &Value| {
            let state = states.entry(code.to_owned()).or_insert_with(|| {
                let parts = ["air", "warning", "order"];
                parts.map(|it| (it.to_owned(), Value::Null)).into_iter().collect()
            });
            state.insert(part.to_owned(), value);
            state.insert("position".to_owned(), record["position"].clone());
        };
        for record in &self.log {
            let (kind, body) = (record["type"].as_str().unwrap(), &record["body"]);
            if kind == "hour_closed" {
                for air in body["jurisdictions"].as_array().unwrap() {
                    let mut value = air.clone();
                    value["hour"] = body["hour"].clone();
                    set(air["jurisdiction"].as_str().unwrap(), "air", value, record);
                }
            } else if kind == "order_set_issued" {
                for order in body["orders"].as_array().unwrap() {
                    set(order["jurisdiction"].as_str().unwrap(), "order", order.clone(), record);
                }
            } else if kind.starts_with("warning_") {
                let about = body["jurisdiction"].as_str().unwrap();
                let value = if kind == "warning_lifted" { &Value::Null } else { body };
                let follows = followers.iter().filter(|(_, it)| *it == about);
                for code in follows.map(|(code, _)| &**code).chain([about]) {
                    set(code, "warning", value.clone(), record);
                }
            }
        }
        states
    }
}

/// Jurisdictions that follow another, and which.
fn followers() -> BTreeMap<String, String> {
    let rules: toml::Table = toml::from_str(include_str!("../../deploy/bth/airshed.toml")).unwrap();
    let listed = rules["jurisdictions"].as_array().unwrap().iter();
    let text = |value: &toml::Value| value.as_str().unwrap().to_owned();
    listed.filter_map(|it| Some((text(&it["code"]), text(it.get("follows")?)))).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn message(key: &str, headers: &[(&str, String)], body: Value) -> Message {
        let headers = headers.iter().map(|(name, it)| ((*name).to_owned(), it.clone())).collect();
        Message { key: key.to_owned(), headers, body }
    }

    fn order(epoch: u64, position: u64, code: &str) -> Message {
        let id = format!("{epoch}-{code}");
        let headers = [
            ("ce_id", id.clone()),
            ("epoch", epoch.to_string()),
            ("position", position.to_string()),
        ];
        message(code, &headers, json!({"order": id, "jurisdiction": code, "epoch": epoch}))
    }

    fn alert(code: &str, position: u64) -> Message {
        let body = json!({"type": "warning_issued", "jurisdiction": "130100", "grade": "red"});
        message(code, &[("position", position.to_string())], body)
    }

    fn state(code: &str, position: u64, parts: [Value; 3]) -> Message {
        let [air, warning, order] = parts;
        let body = json!({"position": position, "air": air, "warning": warning, "order": order});
        message(code, &[], body)
    }

    /// Two order sets, a warning that a follower gets as well, and an hour.
    fn sound() -> History {
        let order_of = |epoch: u64, code: &str| json!({"order": format!("{epoch}-{code}"), "jurisdiction": code});
        let set = |position: u64, epoch: u64, codes: &[&str]| {
            let orders: Vec<_> = codes.iter().map(|it| order_of(epoch, it)).collect();
            let body = json!({"epoch": epoch, "orders": orders});
            json!({"position": position, "type": "order_set_issued", "body": body})
        };
        let warning = json!({"jurisdiction": "130100", "grade": "red"});
        let air = json!({"jurisdiction": "110000", "pm25_ug_m3": 9, "hour": "h"});
        let closed =
            json!({"hour": "h", "jurisdictions": [{"jurisdiction": "110000", "pm25_ug_m3": 9}]});
        let log = vec![
            set(0, 1, &["110000", "120000"]),
            json!({"position": 1, "type": "warning_issued", "body": warning}),
            set(2, 2, &["110000"]),
            json!({"position": 3, "type": "hour_closed", "body": closed}),
        ];
        let none = || Value::Null;
        let current = vec![
            state("110000", 0, [none(), none(), order_of(1, "110000")]),
            state("120000", 0, [none(), none(), order_of(1, "120000")]),
            state("130100", 1, [none(), warning.clone(), none()]),
            state("130181", 1, [none(), warning, none()]),
            state("110000", 3, [air, none(), order_of(2, "110000")]),
        ];
        let topics = [
            ("orders.110000", vec![order(1, 0, "110000"), order(2, 2, "110000")]),
            ("orders.120000", vec![order(1, 0, "120000")]),
            ("alerts.130100", vec![alert("130100", 1)]),
            ("alerts.130181", vec![alert("130181", 1)]),
            ("current", current),
        ];
        let topics = topics.map(|(name, it)| (name.to_owned(), it)).into_iter().collect();
        History { topics, log }
    }

    fn check(deed: impl FnOnce(&mut BTreeMap<String, Vec<Message>>), expected: &str) {
        let mut history = sound();
        deed(&mut history.topics);
        let faults = history.faults();
        assert!(faults.len() == 1 && faults[0].contains(expected), "{expected:?}: {faults:?}");
    }

    #[test]
    fn the_judge_finds_what_is_lost_doubled_torn_invented_or_stale() {
        assert_eq!(sound().faults(), [""; 0]);
        check(
            |it| it.get_mut("orders.110000").unwrap().push(order(2, 2, "110000")),
            "orders.110000",
        );
        check(|it| it.get_mut("orders.110000").unwrap().swap(0, 1), "orders.110000 holds");
        check(|it| it.get_mut("orders.120000").unwrap().clear(), "orders.120000 holds []");
        check(|it| drop(it.remove("orders.120000")), "orders.120000 holds []");
        let invented = |it: &mut BTreeMap<_, _>| {
            it.insert("orders.130100".to_owned(), vec![order(2, 2, "130100")]);
        };
        check(invented, "the log has []");
        let older = |it: &mut BTreeMap<String, Vec<Message>>| {
            it.get_mut("orders.120000").unwrap()[0] = order(1, 7, "120000");
        };
        check(older, "is not");
        check(|it| it.get_mut("alerts.130181").unwrap().push(alert("130181", 1)), "alerts.130181");
        check(|it| drop(it.remove("alerts.130181")), "alerts.130181 lacks the record 1");
        check(|it| it.get_mut("current").unwrap().swap(0, 4), "1 of 4 states of current");
        check(|it| drop(it.get_mut("current").unwrap().pop()), "110000 at 0 not 3");
        let own = |it: &mut BTreeMap<String, Vec<Message>>| {
            let states = it.get_mut("current").unwrap();
            states.push(state("130200", 3, [Value::Null, Value::Null, Value::Null]));
        };
        check(own, "current has a state of 130200");
    }
}
