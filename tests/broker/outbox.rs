//! Orders arrive once and in order, whatever was sent before a crash.

use std::collections::BTreeMap;
use std::sync::Arc;

use airshed::domain::{
    ActKind, Cause, Event, Grade, Hour, JurisdictionIndex, Order, OrderAct, OrderSet, Reason,
    Refusal, Rules, Timestamp, WarningAct, WarningId,
};
use airshed::engine::{EventLog as _, Outbox as _, Position, Record};
use airshed::io::kafka::{Books, KafkaOutbox, Topics, WithBooks};
use airshed::io::memory::MemoryLog;
use airshed::wire::rule_book::{built_in, parse};

use crate::support::{Broker, Message, broker_test, consume, fresh};

fn record(position: u64, event: Event) -> Record {
    Record {
        position: Position(position),
        happened_at: Timestamp(0),
        recorded_at: Timestamp(0),
        correlation: None,
        causation: None,
        event,
    }
}

fn adopted() -> Record {
    record(0, Event::RuleBookAdopted(Arc::new(parse(built_in()).unwrap())))
}

fn order(jurisdiction: u16) -> Order {
    Order {
        jurisdiction: JurisdictionIndex(jurisdiction),
        warning: WarningId { jurisdiction: JurisdictionIndex(jurisdiction), number: 1 },
        act: OrderAct::Impose,
        effective_at: Some(Hour(430_000)),
        grade: Grade::Orange,
        measures: vec![],
        floors: vec![],
        causes: vec![Cause::Warning],
        expected_end: None,
        acknowledge_by: Timestamp(0),
    }
}

fn order_set(position: u64, epoch: u64, jurisdictions: &[u16]) -> Record {
    let set = OrderSet {
        epoch,
        hour: Hour(429_990),
        decided_at: Timestamp(0),
        effective_at: Some(Hour(430_000)),
        linked: false,
        orders: jurisdictions.iter().map(|it| order(*it)).collect(),
    };
    record(position, Event::OrderSetIssued(set))
}

fn lifted(position: u64, jurisdiction: u16) -> Record {
    let act = WarningAct {
        kind: ActKind::Lift,
        hour: Hour(429_990),
        decided_at: Timestamp(0),
        warning: WarningId { jurisdiction: JurisdictionIndex(jurisdiction), number: 1 },
        grade: Grade::Orange,
        previous_grade: Grade::Orange,
        start: Hour(429_000),
        end: Some(Hour(430_000)),
        standard: "BTH-2018".into(),
        clause: None,
        lead_time_h: 0,
        cause: Cause::Warning,
        windows: vec![],
        observed_hours: 0,
        forecast_hours: 0,
        makers: vec![],
    };
    record(position, Event::WarningDecided(act))
}

fn refused(position: u64) -> Record {
    let refusal = Refusal {
        reason: Reason::Unreadable,
        source: None,
        hour: None,
        excerpt: "<html>".into(),
        count: 1,
    };
    record(position, Event::InputRefused(refusal))
}

/// An outbox over a log that holds these records.
fn outbox(broker: &Broker, topics: &Topics, records: &[Record]) -> KafkaOutbox {
    let books = Books::default();
    let mut log = WithBooks::new(MemoryLog::default(), books.clone());
    log.append(records).unwrap();
    KafkaOutbox::open(&broker.connect(), topics.clone(), books, "test").unwrap()
}

/// What a start does: everything from `unsent_from` on is published.
fn start(broker: &Broker, topics: &Topics, records: &[Record], unsent_from: u64) -> KafkaOutbox {
    let mut outbox = outbox(broker, topics, records);
    assert_eq!(outbox.unsent_from(), Ok(Position(unsent_from)));
    for record in records.iter().filter(|it| it.position.0 >= unsent_from) {
        outbox.publish(record).unwrap();
    }
    outbox.flush().unwrap();
    outbox
}

/// Jurisdiction codes and the positions of what each was told, in order.
fn told(broker: &Broker, topic: impl Fn(usize) -> String) -> BTreeMap<usize, Vec<u64>> {
    let rules = rules();
    let places = 0..rules.jurisdictions.len();
    let told = places.map(|it| (it, consume(broker, &topic(it))));
    told.map(|(it, messages)| (it, messages.iter().map(Message::position).collect()))
        .filter(|(_, positions): &(usize, Vec<u64>)| !positions.is_empty())
        .collect()
}

fn rules() -> Rules {
    parse(built_in()).unwrap().rules
}

broker_test!(only_what_is_missing_is_sent_and_in_order, |broker| {
    let topics = Topics::new(&fresh("out"));
    let rules = rules();
    let orders = |it: usize| topics.orders(rules.jurisdictions[it].division);
    let mut records = vec![adopted(), order_set(1, 1, &[0, 1, 2]), refused(2)];
    let mut outbox = start(broker, &topics, &records, 0);
    // The next set reaches two of three, and then the program dies.
    outbox.publish(&order_set(3, 2, &[0, 2])).unwrap();
    outbox.flush().unwrap();
    drop(outbox);

    records.push(order_set(3, 2, &[0, 1, 2]));
    records.push(order_set(4, 3, &[1]));
    for _ in 0..3 {
        drop(start_anywhere(broker, &topics, &records));
    }
    let expected = BTreeMap::from([(0, vec![1, 3]), (1, vec![1, 3, 4]), (2, vec![1, 3])]);
    assert_eq!(told(broker, orders), expected);
    assert_eq!(consume(broker, &topics.refused()).len(), 1);
});

/// Like [`start`], from wherever the topics say.
fn start_anywhere(broker: &Broker, topics: &Topics, records: &[Record]) -> KafkaOutbox {
    let mut outbox = outbox(broker, topics, records);
    let from = outbox.unsent_from().unwrap();
    for record in records.iter().filter(|it| it.position >= from) {
        outbox.publish(record).unwrap();
    }
    outbox.flush().unwrap();
    outbox
}

broker_test!(an_order_can_be_read_by_a_person_and_by_a_program, |broker| {
    let topics = Topics::new(&fresh("out"));
    let rules = rules();
    drop(start(broker, &topics, &[adopted(), order_set(1, 42, &[0])], 0));
    let division = rules.jurisdictions[0].division;
    let [message] = &consume(broker, &topics.orders(division))[..] else { panic!("one order") };
    assert_eq!(message.key, division.to_string());
    let expected = [
        ("ce_specversion", "1.0"),
        ("ce_id", &format!("42-{division}")),
        ("ce_source", "/airshed/test"),
        ("ce_type", "airshed.order_issued"),
        ("ce_time", "1970-01-01T08:00:00+08:00"),
        ("content-type", "application/json"),
        ("position", "1"),
        ("epoch", "42"),
    ];
    for (name, value) in expected {
        assert_eq!(message.headers.get(name).map(String::as_str), Some(value), "{name}");
    }
    let body: serde_json::Value = serde_json::from_str(&message.body).unwrap();
    assert_eq!(body["order"], format!("42-{division}"));
    assert_eq!(body["jurisdiction"], division.to_string());
    assert_eq!(body["act"], "impose");
    assert_eq!(body["grade"], "orange");
    assert_eq!(body["epoch"], 42);
    assert_eq!(body["linked"], false);
});

broker_test!(the_topic_of_the_current_state_has_the_newest_of_each, |broker| {
    let topics = Topics::new(&fresh("out"));
    let mut records = vec![adopted(), order_set(1, 1, &[0, 1])];
    drop(start(broker, &topics, &records, 0));
    records.push(order_set(2, 2, &[1]));
    records.push(lifted(3, 1));
    for _ in 0..2 {
        drop(start_anywhere(broker, &topics, &records));
    }
    let mut newest = BTreeMap::new();
    let messages = consume(broker, &topics.current());
    assert_eq!(messages.len(), 3, "each state is told once");
    for message in messages {
        let body: serde_json::Value = serde_json::from_str(&message.body).unwrap();
        newest.insert(message.key, (body["order"]["order"].clone(), body["position"].clone()));
    }
    let rules = rules();
    let code = |it: usize| rules.jurisdictions[it].division.to_string();
    let expected = [(0, 1, 1), (1, 2, 3)].map(|(place, epoch, position)| {
        let code = code(place);
        (code.clone(), (format!("{epoch}-{code}").into(), position.into()))
    });
    assert_eq!(newest, BTreeMap::from(expected));
});

broker_test!(a_follower_is_told_of_the_warning_that_it_follows, |broker| {
    let topics = Topics::new(&fresh("out"));
    let rules = rules();
    let follower = rules.jurisdictions.iter().position(|it| it.follows.is_some()).unwrap();
    let followed = rules.jurisdictions[follower].follows.unwrap();
    drop(start(broker, &topics, &[adopted(), lifted(1, followed.0)], 0));
    let alerts = |it: usize| topics.alerts(rules.jurisdictions[it].division);
    let told = told(broker, alerts);
    assert_eq!(told.get(&follower), Some(&vec![1]));
    assert_eq!(told.get(&usize::from(followed.0)), Some(&vec![1]));
});
