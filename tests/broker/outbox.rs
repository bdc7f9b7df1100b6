//! Orders arrive once and in order, whatever was sent before a crash.

mod records;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use airshed::domain::{Event, Fact, RuleBook, Rules, Timestamp};
use airshed::engine::projection::Marks;
use airshed::engine::{
    Engine, Entry, EventLog, Memory, Needs, Outbox as _, PortError, Position, Record, Records,
};
use airshed::io::kafka::{KafkaOutbox, Topics, Writer};
use airshed::io::memory::{MemoryInbox, MemoryLog};
use airshed::wire::rule_book::{built_in, parse};

use rdkafka::ClientConfig;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};

use crate::support::{
    Broker, Message, UNCOMMITTED, broker_test, consume, consume_all, delete, delete_topic, fresh,
};

use records::{adopted, lifted, order_set, refused};

fn outbox(broker: &Broker, topics: &Topics) -> KafkaOutbox {
    let connection = broker.connect();
    let writer = Writer::open(&connection, &topics.log()).unwrap();
    KafkaOutbox::open(&connection, &writer, topics.clone(), "test")
}

/// A record under the rule book of all these logs.
fn entry(record: &Record) -> Arc<Entry> {
    static BOOK: LazyLock<Arc<RuleBook>> = LazyLock::new(|| Arc::new(parse(built_in()).unwrap()));
    Arc::new(Entry { record: record.clone(), book: Some(Arc::clone(&BOOK)) })
}

/// What a start does: everything from `unsent_from` on is published.
fn start(broker: &Broker, topics: &Topics, records: &[Record], unsent_from: u64) -> KafkaOutbox {
    let mut outbox = outbox(broker, topics);
    assert_eq!(outbox.unsent_from(), Ok(Position(unsent_from)));
    take_up(&mut outbox, records, Position(unsent_from));
    outbox
}

fn take_up(outbox: &mut KafkaOutbox, records: &[Record], from: Position) {
    assert_eq!(outbox.needs(&Marks::default()), Needs::Marked);
    for record in records {
        if record.position >= from {
            outbox.publish(&entry(record)).unwrap();
        } else {
            outbox.recall(&entry(record)).unwrap();
        }
    }
    outbox.flush().unwrap();
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
    outbox.publish(&entry(&order_set(3, 2, &[0, 2]))).unwrap();
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
    let mut outbox = outbox(broker, topics);
    let from = outbox.unsent_from().unwrap();
    take_up(&mut outbox, records, from);
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
        ("ce_source", "/airshed/test/orders"),
        ("ce_subject", &division.to_string()),
        ("ce_partitionkey", &division.to_string()),
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

/// A log with the state that its first records lead to, as a snapshot has it.
struct WithSnapshot {
    log: MemoryLog,
    snapshot: Option<Memory>,
    read: Rc<RefCell<Vec<u64>>>,
}

impl EventLog for WithSnapshot {
    fn append(&mut self, records: &[Record]) -> Result<(), PortError> {
        self.log.append(records)
    }

    fn read(&self, from: Position) -> Result<Records<'_>, PortError> {
        let note = |it: &Result<Record, PortError>| {
            self.read.borrow_mut().extend(it.as_ref().map(|it| it.position.0));
        };
        Ok(Box::new(self.log.read(from)?.inspect(note)))
    }

    fn load_snapshot(&mut self) -> Option<Memory> {
        self.snapshot.take()
    }
}

broker_test!(a_start_with_a_snapshot_reads_the_records_on_which_the_states_rest, |broker| {
    let topics = Topics::new(&fresh("out"));
    let mut records = vec![adopted(), order_set(1, 1, &[0, 1])];
    records.extend((2..50).map(refused));
    records.extend([order_set(50, 2, &[1]), lifted(51, 1)]);
    records.extend((52..90).map(refused));
    drop(start(broker, &topics, &records, 0));
    let states = consume(broker, &topics.current()).len();
    let snapshot = |end: usize| {
        let mut memory = Memory::default();
        records[..end].iter().for_each(|it| memory.evolve(it).unwrap());
        memory
    };
    let open = |topics: &Topics, snapshot: Memory, records: &[Record]| -> Vec<u64> {
        let read = Rc::<RefCell<Vec<u64>>>::default();
        let log = MemoryLog { records: records.to_vec() };
        let log = WithSnapshot { log, snapshot: Some(snapshot), read: Rc::clone(&read) };
        let Event::Fact(Fact::RuleBookAdopted(book)) = &records[0].event else { panic!() };
        let (book, inbox) = (Arc::clone(book), MemoryInbox::default());
        drop(Engine::open(book, Timestamp(0), inbox, log, outbox(broker, topics)).unwrap());
        read.take()
    };
    // The rule book, the last order of each, the lift, and what came after the snapshot.
    assert_eq!(open(&topics, snapshot(85), &records), [0, 1, 50, 51, 85, 86, 87, 88, 89]);
    assert_eq!(consume(broker, &topics.current()).len(), states, "nothing has changed");
    // A new order changes one state only.
    let mut more = records.clone();
    more.push(order_set(90, 3, &[0]));
    assert_eq!(open(&topics, snapshot(90), &more), [0, 1, 50, 51, 90]);
    let newest = consume(broker, &topics.current());
    assert_eq!((newest.len(), newest.last().unwrap().position()), (states + 1, 90));
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

/// A producer that is none of ours, or one of ours that the test keeps from committing.
fn producer(broker: &Broker, transactional_id: Option<&str>) -> BaseProducer {
    let mut settings = ClientConfig::new();
    settings.set("bootstrap.servers", &broker.bootstrap).set("linger.ms", "0");
    if let Some(id) = transactional_id {
        settings.set("transactional.id", id);
    }
    let producer: BaseProducer = settings.create().unwrap();
    if transactional_id.is_some() {
        producer.init_transactions(Duration::from_secs(30)).unwrap();
        producer.begin_transaction().unwrap();
    }
    producer
}

/// Sends a message to the first partition of a topic, and waits until it is there.
fn put(producer: &BaseProducer, topic: &str, key: &str, body: &str, headers: &[(&str, &str)]) {
    let headers = headers.iter().fold(OwnedHeaders::new(), |headers, (key, value)| {
        headers.insert(Header { key, value: Some(*value) })
    });
    let record = BaseRecord::to(topic).partition(0).key(key).payload(body).headers(headers);
    producer.send(record).map_err(|(error, _)| error).unwrap();
    producer.flush(Duration::from_secs(30)).unwrap();
}

fn commit(producer: &BaseProducer) {
    producer.commit_transaction(Duration::from_secs(30)).unwrap();
}

/// The positions that a receiver of one kind gets from a topic.
fn positions(broker: &Broker, topic: &str, isolation: &str) -> Vec<u64> {
    let found = consume_all(&broker.bootstrap, topic, isolation).remove(topic);
    found.unwrap_or_default().iter().map(Message::position).collect()
}

broker_test!(a_process_that_was_replaced_cannot_publish, |broker| {
    let topics = Topics::new(&fresh("out"));
    let orders = topics.orders(rules().jurisdictions[0].division);
    let mut records = vec![adopted(), order_set(1, 1, &[0])];
    let mut older = start(broker, &topics, &records, 0);
    records.push(order_set(2, 2, &[0]));
    older.publish(&entry(&records[2])).unwrap();
    // It stalls here, and another one takes over.
    let mut newer = start_anywhere(broker, &topics, &records);
    for _ in 0..2 {
        let refused = older.flush().unwrap_err();
        assert!(matches!(refused, PortError::Fenced(_)), "{refused}");
    }
    newer.publish(&entry(&order_set(3, 3, &[0]))).unwrap();
    newer.flush().unwrap();
    assert_eq!(told(broker, |_| orders.clone())[&0], [1, 2, 3]);
    let newest = consume(broker, &topics.current()).pop().unwrap();
    assert_eq!(newest.position(), 3);
});

broker_test!(what_a_dead_process_has_not_committed_is_sent_once, |broker| {
    let topics = Topics::new(&fresh("out"));
    let orders = topics.orders(rules().jurisdictions[0].division);
    let mut records = vec![adopted(), order_set(1, 1, &[0])];
    drop(start(broker, &topics, &records, 0));
    records.push(order_set(2, 2, &[0]));
    let dead = producer(broker, Some(&format!("airshed.log.{}", topics.log())));
    put(&dead, &orders, "110000", "{}", &[("position", "2"), ("settled", "3")]);
    for _ in 0..2 {
        drop(start_anywhere(broker, &topics, &records));
    }
    assert_eq!(told(broker, |_| orders.clone())[&0], [1, 2]);
    // A receiver that does not wait for commits may see a position again, and nothing else.
    assert_eq!(positions(broker, &orders, UNCOMMITTED), [1, 2, 2]);
});

broker_test!(orders_are_sent_before_what_else_follows, |broker| {
    let topics = Topics::new(&fresh("out"));
    let division = rules().jurisdictions[0].division;
    drop(start(broker, &topics, &[adopted(), order_set(1, 1, &[0]), lifted(2, 0)], 0));
    // Only the last transaction settles the append.
    let settled = |topic: &str| -> Vec<String> {
        consume(broker, topic).iter().map(|it| it.headers["settled"].clone()).collect()
    };
    assert_eq!(settled(&topics.orders(division)), ["0"]);
    assert_eq!(settled(&topics.alerts(division)), ["3"]);
    assert_eq!(settled(&topics.current()), ["3"]);
});

broker_test!(what_a_death_after_the_orders_has_left_is_sent_once, |broker| {
    let topics = Topics::new(&fresh("out"));
    let division = rules().jurisdictions[0].division;
    let (orders, alerts) = (topics.orders(division), topics.alerts(division));
    let mut records = vec![adopted(), order_set(1, 1, &[0])];
    drop(start(broker, &topics, &records, 0));
    records.extend([lifted(2, 0), order_set(3, 2, &[0])]);
    let dead = producer(broker, Some(&format!("airshed.log.{}", topics.log())));
    put(&dead, &orders, "110000", "{}", &[("position", "3"), ("settled", "2")]);
    commit(&dead);
    assert_eq!(outbox(broker, &topics).unsent_from(), Ok(Position(2)));
    for _ in 0..2 {
        drop(start_anywhere(broker, &topics, &records));
    }
    assert_eq!(positions(broker, &orders, UNCOMMITTED), [1, 3]);
    assert_eq!(positions(broker, &alerts, UNCOMMITTED), [2]);
    assert_eq!(consume(broker, &topics.current()).pop().unwrap().position(), 3);
});

broker_test!(a_topic_may_end_with_marks_and_with_what_is_not_ours, |broker| {
    let topics = Topics::new(&fresh("out"));
    let orders = topics.orders(rules().jurisdictions[0].division);
    let records = [adopted(), order_set(1, 1, &[0])];
    drop(start(broker, &topics, &records, 0));
    for strangers in [1, 3, 70] {
        for _ in 0..strangers {
            let stranger = producer(broker, Some(&fresh("stranger")));
            put(&stranger, &orders, "110000", "by hand", &[]);
            put(&stranger, &topics.current(), "110000", "by hand", &[]);
            commit(&stranger);
        }
        drop(start_anywhere(broker, &topics, &records));
    }
    let ours = consume(broker, &orders).into_iter().filter(|it| it.headers.contains_key("epoch"));
    assert_eq!(ours.count(), 1);
    let newest = consume(broker, &topics.current()).pop().unwrap();
    assert_eq!(newest.position(), 1, "{newest:?}");
});

broker_test!(a_topic_that_retention_has_emptied_gets_no_old_order_again, |broker| {
    let topics = Topics::new(&fresh("out"));
    let rules = rules();
    let orders = |it: usize| topics.orders(rules.jurisdictions[it].division);
    let sets = (1..=38).map(|it| order_set(it, it, &[0, 1]));
    let mut records: Vec<_> = [adopted()].into_iter().chain(sets).collect();
    drop(start(broker, &topics, &records, 0));
    delete(broker, &orders(0));
    drop(start(broker, &topics, &records, 39));
    records.push(order_set(39, 39, &[0, 1]));
    drop(start(broker, &topics, &records, 39));
    let told = told(broker, orders);
    assert_eq!(told[&0], [39]);
    assert_eq!(told[&1], (1..=39).collect::<Vec<_>>());
});

broker_test!(what_a_version_without_transactions_has_sent_in_part_is_completed, |broker| {
    let topics = Topics::new(&fresh("out"));
    let rules = rules();
    let orders = |it: usize| topics.orders(rules.jurisdictions[it].division);
    let records = [adopted(), order_set(1, 1, &[0, 1, 2]), order_set(2, 2, &[0, 1, 2])];
    drop(start(broker, &topics, &records[..2], 0));
    let older = producer(broker, None);
    put(&older, &orders(1), "120000", "{}", &[("position", "2"), ("settled", "2")]);
    for _ in 0..2 {
        drop(start_anywhere(broker, &topics, &records));
    }
    let expected = BTreeMap::from([0, 1, 2].map(|it| (it, vec![1, 2])));
    assert_eq!(told(broker, orders), expected);
});

broker_test!(a_topic_that_was_deleted_is_made_anew_and_gets_what_comes, |broker| {
    let topics = Topics::new(&fresh("out"));
    let rules = rules();
    let orders = |it: usize| topics.orders(rules.jurisdictions[it].division);
    let mut records = vec![adopted(), order_set(1, 1, &[0, 1])];
    drop(start(broker, &topics, &records, 0));
    delete_topic(broker, &orders(0));
    records.push(order_set(2, 2, &[0, 1]));
    drop(start_anywhere(broker, &topics, &records));
    assert_eq!(told(broker, orders), BTreeMap::from([(0, vec![2]), (1, vec![1, 2])]));
});

broker_test!(the_current_state_is_made_from_the_log_whatever_its_topic_says, |broker| {
    let topics = Topics::new(&fresh("out"));
    let records = [adopted(), order_set(1, 1, &[0]), order_set(2, 2, &[0]), lifted(3, 0)];
    drop(start(broker, &topics, &records[..2], 0));
    let older = consume(broker, &topics.current()).pop().unwrap();
    drop(start_anywhere(broker, &topics, &records));
    let newest = consume(broker, &topics.current()).pop().unwrap();
    assert_eq!(newest.position(), 3);
    // As a stalled process of an older version did.
    let stalled = producer(broker, None);
    let said = [("position", "1"), ("settled", "1")];
    put(&stalled, &topics.current(), &older.key, &older.body, &said);
    drop(start_anywhere(broker, &topics, &records));
    let mended = consume(broker, &topics.current()).pop().unwrap();
    assert_eq!((mended.position(), mended.body), (3, newest.body));
    let before = consume(broker, &topics.current()).len();
    drop(start_anywhere(broker, &topics, &records));
    assert_eq!(consume(broker, &topics.current()).len(), before, "what is there is not sent again");
});

broker_test!(a_topic_that_is_deleted_meanwhile_ends_the_program_with_what_to_do, |broker| {
    let topics = Topics::new(&fresh("out"));
    let rules = rules();
    let orders = |it: usize| topics.orders(rules.jurisdictions[it].division);
    let mut records = vec![adopted(), order_set(1, 1, &[0, 1])];
    let mut outbox = start(broker, &topics, &records, 0);
    delete_topic(broker, &orders(0));
    records.push(order_set(2, 2, &[0, 1]));
    outbox.publish(&entry(&records[2])).unwrap();
    let words = outbox.flush().unwrap_err().to_string();
    assert!(words.contains("is made again at the next start"), "{words}");
    drop(start_anywhere(broker, &topics, &records));
    assert_eq!(told(broker, orders), BTreeMap::from([(0, vec![2]), (1, vec![1, 2])]));
});
