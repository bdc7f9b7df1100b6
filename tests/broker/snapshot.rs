//! A takeover reads the tail of a log in a topic; the rest is in the snapshot. Where that is not
//! what it should be, the whole log is read.

use std::sync::Arc;
use std::time::Duration;

use airshed::domain::{Event, Fact};
use airshed::engine::{EventLog as _, Memory, Occasion, PortError, Position, Record, replay};
use airshed::io::kafka::{
    Connection, KafkaLog, KafkaLogReader, LogOptions, TakenUp, take_up, verify,
};
use airshed::wire::log_reader::LogReader as _;
use airshed::wire::snapshot::SnapshotFound;
use airshed::wire::topic_snapshot::TopicSnapshot;
use airshed::wire::trust::audit::{AuditOptions, Fault, Intact};
use rdkafka::ClientConfig;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};

use crate::log::{key, parse_rules, record, silent, ticked};
use crate::made_again::{await_recorded, day};
use crate::support::{Broker, Raw, broker_test, consume_raw, delete_topic, fresh};
use crate::tampered::{delete_before, write};
use crate::world::World;

/// Records in one append.
const APPEND: usize = 10;

/// A rule book, ticks, and now and then a decision.
fn records(count: u64) -> Vec<Record> {
    let rules = airshed::wire::rule_book::parse(airshed::wire::rule_book::built_in()).unwrap();
    let book = Event::Fact(Fact::RuleBookAdopted(Arc::new(rules)));
    let later = |at| if at % 25 == 7 { silent(at) } else { ticked(at) };
    std::iter::once(record(0, book)).chain((1..count).map(later)).collect()
}

fn folded(records: &[Record]) -> Memory {
    let mut memory = Memory::default();
    for record in records {
        memory.evolve(record).unwrap();
    }
    memory
}

fn open(broker: &Broker, topic: &str) -> KafkaLog {
    let options = LogOptions { snapshot_records: 50 };
    KafkaLog::open_with(&broker.connect(), topic, topic, parse_rules, options).unwrap()
}

/// Appends as the engine does, which shows the log its state after each append.
fn append(log: &mut KafkaLog, memory: &mut Memory, records: &[Record]) {
    for records in records.chunks(APPEND) {
        log.append(records).unwrap();
        for record in records {
            memory.evolve(record).unwrap();
        }
        log.save_snapshot(memory, Occasion::Append);
    }
}

/// The state that a log leads to, from its snapshot and its tail; and how many records were read.
fn taken_over(log: &mut KafkaLog) -> (SnapshotFound, Memory, u64) {
    let found = log.snapshot_found().unwrap();
    let mut memory = log.load_snapshot().unwrap_or_default();
    for record in log.read(memory.next).unwrap() {
        memory.evolve(&record.unwrap()).unwrap();
    }
    let read = log.records_read();
    assert!(memory == replay(log).unwrap(), "{found}: another state than that of all records");
    (found, memory, read)
}

/// Besides the tail only three appends were read: that of the rule book, and twice the last one that
/// the snapshot covers.
fn check_read(read: u64, tail: u64, append: u64) {
    let most = tail + 3 * append;
    assert!((tail..=most).contains(&read), "{read} records were read for a tail of {tail}");
}

/// How many records the largest append of a log has.
fn largest_append(connection: &Connection, topic: &str) -> u64 {
    let mut reader = KafkaLogReader::open(connection, topic, parse_rules).unwrap().unwrap();
    let (mut largest, mut records) = (0, 0);
    while reader.next_record().unwrap().is_some() {
        records += 1;
        if reader.ends_append() {
            largest = largest.max(std::mem::take(&mut records));
        }
    }
    largest
}

fn verdict(broker: &Broker, topic: &str) -> Result<Intact, Fault> {
    let options = AuditOptions { keys: vec![key(7).verifier()], against: Vec::new() };
    verify(&broker.connect(), topic, parse_rules, &options, &mut |_, _| {}).unwrap()
}

broker_test!(a_takeover_reads_the_tail_of_the_log_alone, |broker| {
    let (topic, all) = (fresh("snapshot"), records(273));
    let mut log = open(broker, &topic);
    assert_eq!(log.snapshot_found().unwrap(), SnapshotFound::None);
    let mut memory = replay(&log).unwrap();
    append(&mut log, &mut memory, &all[..230]);
    // As if it had crashed: nothing is saved at the end.
    let mut next = open(broker, &topic);
    let (found, mut memory, read) = taken_over(&mut next);
    assert_eq!(found, SnapshotFound::Used(Position(200)));
    assert!(memory == folded(&all[..230]));
    check_read(read, 30, APPEND as u64);
    assert!(matches!(log.append(&all[230..240]), Err(PortError::Fenced(_))));
    log.save_snapshot(&memory, Occasion::End);

    append(&mut next, &mut memory, &all[230..]);
    next.save_snapshot(&memory, Occasion::End);
    let (found, memory, read) = taken_over(&mut open(broker, &topic));
    assert_eq!(found, SnapshotFound::Used(Position(273)));
    assert!(memory == folded(&all));
    check_read(read, 0, APPEND as u64);
    let TakenUp { memory, found, reader } =
        take_up(&broker.connect(), &topic, parse_rules).unwrap().unwrap();
    assert_eq!(found, SnapshotFound::Used(Position(273)));
    assert!(memory == folded(&all));
    assert_eq!(reader.count(), 0);
});

broker_test!(a_takeover_signs_what_is_unsigned_and_reads_the_tail_for_it, |broker| {
    let (topic, all) = (fresh("snapshot"), records(300));
    let mut log = open(broker, &topic);
    log.sign(key(7)).unwrap();
    let mut memory = replay(&log).unwrap();
    append(&mut log, &mut memory, &all[..200]);
    let signed = verdict(broker, &topic).unwrap();
    // As if it had crashed each time between an append and its checkpoint.
    let mut log = open(broker, &topic);
    log.load_snapshot().unwrap();
    append(&mut log, &mut memory, &all[200..230]);
    let mut next = open(broker, &topic);
    next.sign(key(7)).unwrap();
    let read = next.records_read();
    assert!(read <= 100, "{read} records were read");
    let (found, memory, _) = taken_over(&mut next);
    assert_eq!(found, SnapshotFound::Used(Position(200)));
    assert!(memory == folded(&all[..230]));
    let again = verdict(broker, &topic).unwrap();
    assert!(again.checkpoints > signed.checkpoints && again.records == 230, "{again:?}");
    // The last decision is record 207.
    assert_eq!(again.signed, 210);

    // Another log with the same checkpoints is refused, whatever the snapshot says.
    let refused = open(broker, &topic).sign(key(8)).unwrap_err().to_string();
    assert!(refused.contains("signed by another key"), "{refused}");
});

/// A log of 30 records with the state after 20 of them in its snapshot.
fn with_snapshot(broker: &Broker) -> (String, Vec<Record>) {
    let (topic, all) = (fresh("snapshot"), records(30));
    let mut log = open(broker, &topic);
    let mut memory = replay(&log).unwrap();
    append(&mut log, &mut memory, &all[..20]);
    log.save_snapshot(&memory, Occasion::End);
    append(&mut log, &mut memory, &all[20..]);
    (topic, all)
}

/// What is found when a log is opened for reading; the state is that of all records.
fn found(broker: &Broker, topic: &str, all: &[Record]) -> String {
    let TakenUp { mut memory, found, reader } =
        take_up(&broker.connect(), topic, parse_rules).unwrap().unwrap();
    for record in reader {
        memory.evolve(&record.unwrap()).unwrap();
    }
    assert!(memory == folded(all), "{found}: another state than that of all records");
    found.to_string()
}

broker_test!(a_snapshot_that_is_not_what_it_should_be_is_ignored, |broker| {
    let (topic, all) = with_snapshot(broker);
    let snapshots = format!("{topic}.snapshot");
    let stored = consume_raw(broker, &snapshots).pop().unwrap();
    let raw = |change: &dyn Fn(&mut Raw), expected: &str| {
        let mut changed = stored.clone();
        change(&mut changed);
        write(broker, &snapshots, &[changed]);
        let found = found(broker, &topic, &all);
        assert!(found.contains(expected), "{expected}: {found}");
    };
    let check = |change: &dyn Fn(&mut TopicSnapshot), expected: &str| {
        raw(
            &|it| {
                let (mut snapshot, _) = TopicSnapshot::read(&it.payload).unwrap();
                change(&mut snapshot);
                it.payload = snapshot.write();
            },
            expected,
        );
    };
    check(&|_| {}, "used, at record 20");
    raw(&|it| it.payload.truncate(99), "its bytes are not those that were written");
    raw(&|it| it.payload[900] ^= 1, "its bytes are not those that were written");
    raw(&|it| it.payload[23] = b'9', "it is no snapshot of this version");
    raw(&|it| it.headers.clear(), "something else has written into its topic");
    raw(&|it| drop(it.headers.insert("parts".into(), "2".into())), "a part of it is missing");
    check(&|it| it.topic_id = Some("other".into()), "it is of another topic of this name");
    // What a broker without ids shows of another topic.
    check(&|it| it.topic_id = None, "used, at record 20");
    check(&|it| it.leaf[3] ^= 1, "it was made of other records");
    let later =
        |it: &mut TopicSnapshot| it.last.timestamp_ms = it.last.timestamp_ms.map(|it| it + 1);
    check(&later, "it was made of other records");
    check(&|it| it.last.offset += 1, "it was made of other records");
    check(&|it| it.last.offset += 100, "it covers more records than there are");
    let elsewhere = |it: &mut TopicSnapshot| it.places[0].offset += 1;
    check(&elsewhere, "record 0 is no rule book that can be read");

    // The next one to save a state mends it.
    let mut log = open(broker, &topic);
    let (found_by_writer, memory, _) = taken_over(&mut log);
    assert!(found_by_writer.is_wrong(), "{found_by_writer}");
    log.save_snapshot(&memory, Occasion::End);
    assert!(found(broker, &topic, &all).contains("used, at record 30"));
    delete_topic(broker, &snapshots);
    assert_eq!(found(broker, &topic, &all), "none: folded from the start");
});

broker_test!(a_snapshot_of_a_log_that_was_deleted_is_ignored, |broker| {
    let (topic, all) = with_snapshot(broker);
    // The very same records, in another topic of that name.
    for count in [30, 10] {
        delete_topic(broker, &topic);
        let mut log = open(broker, &topic);
        let (found_by_writer, _, _) = taken_over(&mut log);
        assert!(found_by_writer.is_wrong(), "{found_by_writer}");
        append(&mut log, &mut Memory::default(), &all[..count]);
        let found = found(broker, &topic, &all[..count]);
        assert!(found.contains("it is of another topic of this name"), "{found}");
    }
    // Its snapshot does not show that this log has lost records.
    assert_eq!(verdict_unsigned(broker, &topic).unwrap().records, 10);
});

fn verdict_unsigned(broker: &Broker, topic: &str) -> Result<Intact, Fault> {
    let options = AuditOptions::default();
    verify(&broker.connect(), topic, parse_rules, &options, &mut |_, _| {}).unwrap()
}

broker_test!(a_snapshot_hides_no_record_that_is_gone, |broker| {
    let (topic, _) = with_snapshot(broker);
    delete_before(broker, &topic, 2);
    let TakenUp { found, mut reader, .. } =
        take_up(&broker.connect(), &topic, parse_rules).unwrap().unwrap();
    assert!(found.to_string().contains("no longer begins with its first record"), "{found}");
    let refused = reader.next().unwrap().unwrap_err().to_string();
    assert!(refused.contains("record 2 where 0 should be"), "{refused}");
});

broker_test!(a_forged_state_is_found_by_who_folds_the_log, |broker| {
    let (topic, all) = with_snapshot(broker);
    assert_eq!(verdict_unsigned(broker, &topic).map(|it| it.records), Ok(30));
    let snapshots = format!("{topic}.snapshot");
    let mut stored = consume_raw(broker, &snapshots).pop().unwrap();
    let (mut forged, _) = TopicSnapshot::read(&stored.payload).unwrap();
    let mut memory = folded(&all[..20]);
    memory.readings += 39;
    forged.snapshot = airshed::wire::snapshot::write(&memory, &forged.edge.root());
    stored.payload = forged.write();
    write(broker, &snapshots, &[stored]);
    let fault = verdict_unsigned(broker, &topic).unwrap_err();
    assert!(fault.damaged_snapshot && fault.position == Position(19), "{fault:?}");
    assert_eq!(fault.file.to_str(), Some(&*format!("{snapshots}/0")));
    assert!(fault.what.contains("not the state that the records lead to"), "{fault:?}");
});

// A process dies while it sends a snapshot: its transaction is never committed.
broker_test!(half_a_new_snapshot_changes_nothing, |broker| {
    let (topic, all) = with_snapshot(broker);
    let producer: BaseProducer = ClientConfig::new()
        .set("bootstrap.servers", &broker.bootstrap)
        .set("transactional.id", format!("airshed.log.{topic}"))
        .create()
        .unwrap();
    producer.init_transactions(Duration::from_secs(20)).unwrap();
    producer.begin_transaction().unwrap();
    let snapshots = format!("{topic}.snapshot");
    producer.send(BaseRecord::to(&snapshots).partition(0).key("0").payload("half")).unwrap();
    while producer.in_flight_count() > 0 {
        producer.poll(Duration::from_millis(10));
    }
    std::mem::forget(producer);
    let (found, memory, _) = taken_over(&mut open(broker, &topic));
    assert_eq!(found, SnapshotFound::Used(Position(20)));
    assert!(memory == folded(&all));
});

broker_test!(who_takes_over_from_a_killed_serve_goes_on_from_the_snapshot, |broker| {
    let world = World::new(&broker.bootstrap);
    let (topic, log) = (world.topic("readings"), world.topic("log"));
    assert!(world.feed_plain(&day(&world, "first.csv", 30, 3)).await_end().success());
    let mut serving = world.serve();
    serving.await_words("serving");
    await_recorded(&world, &serving, &topic, 6);
    // A stop in the middle of a step saves nothing.
    world.await_hour(&mut serving, "2019-11-01T03:00:00+08:00");
    serving.end();
    let connection = broker.connect();
    let opened = || take_up(&connection, &log, parse_rules).unwrap().unwrap();
    let at_end = opened();
    let SnapshotFound::Used(covered) = at_end.found else {
        panic!("{}: {}", at_end.found, serving.words())
    };
    assert_eq!(at_end.reader.count(), 0, "the snapshot covers the whole run");

    let mut serving = world.serve();
    serving.await_words(&format!("the snapshot of the log: used, at record {}", covered.0));
    assert!(world.feed_plain(&day(&world, "second.csv", 40, 9)).await_end().success());
    await_recorded(&world, &serving, &topic, 6 + 18);
    serving.kill();

    // What the next one does: it becomes the writer, and knows the state of all that was logged.
    let mut next = KafkaLog::open(&connection, &log, &log, parse_rules).unwrap();
    let (found, memory, read) = taken_over(&mut next);
    assert_eq!(found, SnapshotFound::Used(covered));
    check_read(read, memory.next.0 - covered.0, largest_append(&connection, &log));
    drop(next);
    let mut serving = world.serve();
    serving.await_words("serving");
    serving.end();
    world.check_whole();
    world.check_published();
});
