//! Compares the orders that were received with those that had to come.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::wire::trust::message::SIGNATURE;

/// An order as a receiver got it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct ReceivedOrder {
    pub(super) topic: String,
    /// The header `ce_id`.
    pub(super) id: Option<String>,
    /// The header `position`.
    pub(super) position: Option<u64>,
    pub(super) body: Vec<u8>,
    /// When it came, in nanoseconds of the run.
    pub(super) at_ns: u64,
    /// The end of the log right after it had come: the offset after the last committed record. None
    /// where the log is in no topic.
    pub(super) log_end: Option<i64>,
}

/// An order that must come: its topic, and its body without `position`, which differs from run to
/// run.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct ExpectedOrder {
    pub(super) topic: String,
    pub(super) body: Value,
}

/// What is wrong with an order.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Kind {
    /// It did not come.
    Lost,
    /// It came more than once.
    Doubled,
    /// It came before its record was committed to the log.
    Early,
    /// It is not what had to come, or nothing had to come.
    Wrong,
    /// Its record is not proven by the last checkpoint.
    Unproven,
}

impl Kind {
    pub(super) const ALL: [Self; 5] =
        [Self::Lost, Self::Doubled, Self::Early, Self::Wrong, Self::Unproven];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Lost => "lost",
            Self::Doubled => "doubled",
            Self::Early => "early",
            Self::Wrong => "wrong",
            Self::Unproven => "unproven",
        }
    }
}

/// One fault, in words.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Fault {
    pub(super) kind: Kind,
    pub(super) order: String,
    pub(super) words: String,
}

/// The offsets of the records with order sets, by position.
pub(super) type LogOffsets = BTreeMap<u64, i64>;

/// Every fault, in order. Without the log, nothing is known about what came early.
pub(super) fn compare(
    expected: &BTreeMap<String, ExpectedOrder>,
    received: &[ReceivedOrder],
    log: Option<&LogOffsets>,
) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut seen = BTreeSet::new();
    for order in received {
        let name = order.id.as_deref().unwrap_or("without id");
        let mut fault = |kind, words: String| {
            faults.push(Fault { kind, order: name.to_owned(), words });
        };
        if let Some(id) = &order.id
            && !seen.insert(id.as_str())
        {
            fault(Kind::Doubled, format!("came again in {}", order.topic));
        }
        if let Some(words) = wrong(expected.get(name), order) {
            fault(Kind::Wrong, words);
        }
        if let Some(words) = log.and_then(|log| early(log, order)) {
            fault(words.0, words.1);
        }
    }
    for (id, order) in expected.iter().filter(|(id, _)| !seen.contains(id.as_str())) {
        let words = format!("did not come in {}", order.topic);
        faults.push(Fault { kind: Kind::Lost, order: id.clone(), words });
    }
    faults.sort();
    faults
}

/// How an order differs from the expected one.
fn wrong(expected: Option<&ExpectedOrder>, order: &ReceivedOrder) -> Option<String> {
    let Some(expected) = expected else {
        return Some(format!("came in {}, and no such order had to come", order.topic));
    };
    if expected.topic != order.topic {
        return Some(format!("came in {}, not in {}", order.topic, expected.topic));
    }
    let Ok(Value::Object(mut body)) = serde_json::from_slice(&order.body) else {
        return Some("its body is no JSON object".to_owned());
    };
    let position = body.remove("position").and_then(|it| it.as_u64());
    // That of a log with a key; `verify-order` checks it.
    body.remove(SIGNATURE);
    if position.is_none() || position != order.position {
        return Some("its body and its header do not have the same position".to_owned());
    }
    let differing: Vec<&str> = match expected.body.as_object() {
        Some(wanted) => {
            let names = wanted.keys().chain(body.keys()).map(String::as_str);
            let names: BTreeSet<_> = names.collect();
            names.into_iter().filter(|it| wanted.get(*it) != body.get(*it)).collect()
        }
        None => vec!["all"],
    };
    (!differing.is_empty()).then(|| format!("differs in {}", differing.join(", ")))
}

/// Whether an order came when its record could not be seen in the log.
fn early(log: &LogOffsets, order: &ReceivedOrder) -> Option<(Kind, String)> {
    let position = order.position?;
    let Some(offset) = log.get(&position) else {
        return Some((Kind::Wrong, format!("record {position} of the log is no order set")));
    };
    let end = order.log_end?;
    let words = || {
        format!(
            "record {position} is at offset {offset} of the log, which ended at {end} when it came"
        )
    };
    (*offset >= end).then(|| (Kind::Early, words()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn expected() -> BTreeMap<String, ExpectedOrder> {
        let order = |id: &str, grade: &str| {
            let body = json!({"order": id, "grade": grade});
            (id.to_owned(), ExpectedOrder { topic: "a.orders.110000".to_owned(), body })
        };
        [order("1-110000", "red"), order("2-110000", "orange")].into()
    }

    fn received(id: &str, grade: &str, position: u64, log_end: i64) -> ReceivedOrder {
        let body = json!({"order": id, "grade": grade, "position": position});
        ReceivedOrder {
            topic: "a.orders.110000".to_owned(),
            id: Some(id.to_owned()),
            position: Some(position),
            body: body.to_string().into_bytes(),
            at_ns: 0,
            log_end: Some(log_end),
        }
    }

    fn good() -> Vec<ReceivedOrder> {
        vec![received("1-110000", "red", 10, 21), received("2-110000", "orange", 15, 40)]
    }

    #[track_caller]
    fn check(received: &[ReceivedOrder], faults: &[&str]) {
        let log = [(10, 20), (15, 30)].into();
        let found = compare(&expected(), received, Some(&log));
        let found: Vec<_> = found
            .iter()
            .map(|it| format!("{} {} {}", it.kind.name(), it.order, it.words))
            .collect();
        assert_eq!(found, faults);
    }

    #[test]
    fn what_had_to_come_and_came_is_no_fault() {
        check(&good(), &[]);
    }

    #[test]
    fn a_lost_order_is_found() {
        check(&good()[1..], &["lost 1-110000 did not come in a.orders.110000"]);
        assert_eq!(compare(&expected(), &[], None).len(), 2);
    }

    #[test]
    fn a_doubled_order_is_found() {
        let doubled = [good(), good()[1..].to_vec()].concat();
        check(&doubled, &["doubled 2-110000 came again in a.orders.110000"]);
    }

    #[test]
    fn an_order_before_its_record_is_found() {
        let mut early = good();
        early[0].log_end = Some(20);
        let words = "record 10 is at offset 20 of the log, which ended at 20 when it came";
        check(&early, &[&format!("early 1-110000 {words}")]);
        assert_eq!(compare(&expected(), &early, None), []);
        early[0].log_end = None;
        check(&early, &[]);
    }

    #[test]
    fn a_wrong_order_is_found() {
        let with = |change: &dyn Fn(&mut ReceivedOrder)| {
            let mut orders = good();
            change(&mut orders[0]);
            orders
        };
        let other = with(&|it| *it = received("1-110000", "blue", 10, 21));
        check(&other, &["wrong 1-110000 differs in grade"]);
        let elsewhere = with(&|it| it.topic = "a.orders.120000".to_owned());
        check(&elsewhere, &["wrong 1-110000 came in a.orders.120000, not in a.orders.110000"]);
        let unreadable = with(&|it| it.body = b"{".to_vec());
        check(&unreadable, &["wrong 1-110000 its body is no JSON object"]);
        let displaced = with(&|it| *it = received("1-110000", "red", 15, 40));
        check(&displaced, &[]);
        let nowhere = with(&|it| *it = received("1-110000", "red", 11, 40));
        check(&nowhere, &["wrong 1-110000 record 11 of the log is no order set"]);
        let mut header = good();
        header[0].position = None;
        let words = "its body and its header do not have the same position";
        check(&header, &[&format!("wrong 1-110000 {words}")]);
    }

    #[test]
    fn an_order_that_had_not_to_come_is_found() {
        let unknown = [good(), vec![received("9-110000", "red", 10, 21)]].concat();
        let words = "came in a.orders.110000, and no such order had to come";
        check(&unknown, &[&format!("wrong 9-110000 {words}")]);
        let mut nameless = good()[0].clone();
        nameless.id = None;
        let nameless = [good(), vec![nameless]].concat();
        check(&nameless, &[&format!("wrong without id {words}")]);
    }
}
