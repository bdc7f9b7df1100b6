//! Records in a topic come back as they went in.

use std::sync::Arc;

use airshed::domain::{
    Event, Fact, Hour, RuleBook, StationEvent, StationIndex, StationSilence, Stream, Tick,
    Timestamp,
};
use airshed::engine::{EventLog as _, PortError, Position, Record};
use airshed::io::kafka::{KafkaLog, verify};
use airshed::wire::record::RuleFiles;
use airshed::wire::rule_book::{built_in, parse};
use airshed::wire::trust::audit::AuditOptions;
use airshed::wire::trust::key::SignerKey;

use crate::support::{broker_test, fresh};

pub(crate) fn parse_rules(files: &RuleFiles) -> Result<Arc<RuleBook>, String> {
    parse(files.to_vec()).map(Arc::new).map_err(|error| error.to_string())
}

pub(crate) fn record(position: u64, event: Event) -> Record {
    Record {
        position: Position(position),
        happened_at: Timestamp(7),
        recorded_at: Timestamp(9),
        correlation: position.checked_sub(1).map(Position),
        causation: None,
        event,
    }
}

pub(crate) fn ticked(position: u64) -> Record {
    let source = Some(Stream::topic("airshed.readings", 3).at(position));
    record(position, Event::Fact(Fact::Ticked(Tick { at: Timestamp(5), source })))
}

broker_test!(records_come_back_as_they_went_in, |broker| {
    let topic = fresh("records");
    let open = || KafkaLog::open(&broker.connect(), &topic, &topic, parse_rules).unwrap();
    let book = Event::Fact(Fact::RuleBookAdopted(Arc::new(parse(built_in()).unwrap())));
    let records = [record(0, book), ticked(1), ticked(2), ticked(3)];
    let mut log = open();
    log.append(&records[..1]).unwrap();
    log.append(&records[1..3]).unwrap();
    let mut next = open();
    assert!(matches!(log.append(&records[3..]), Err(PortError::Fenced(_))));
    next.append(&records[3..]).unwrap();
    for log in [next, open()] {
        for from in 0..4 {
            let read = log.read(Position(from)).unwrap();
            let read: Vec<_> = read.map(Result::unwrap).collect();
            assert_eq!(read, records[usize::try_from(from).unwrap()..], "from {from}");
        }
    }
});

pub(crate) fn silent(position: u64) -> Record {
    let silence =
        StationSilence { station: StationIndex(1), hour: Hour(400_000), last_heard: None };
    record(position, Event::Station(StationEvent::Silent(silence)))
}

pub(crate) fn key(number: u8) -> SignerKey {
    SignerKey::new("bth", [number; 32], false).unwrap()
}

broker_test!(what_a_crash_keeps_from_being_signed_is_signed_on_the_next_start, |broker| {
    let (topic, connection) = (fresh("records"), broker.connect());
    let open = || KafkaLog::open(&connection, &topic, &topic, parse_rules).unwrap();
    let check = |records: u64, checkpoints: u64, signed: u64| {
        let options = AuditOptions { keys: vec![key(7).verifier()], against: Vec::new() };
        let verdict = verify(&connection, &topic, parse_rules, &options, &mut |_, _| {}).unwrap();
        verdict.map(|it| {
            let found = (it.records, it.checkpoints, it.signed);
            assert_eq!(found, (records, checkpoints, signed));
        })
    };
    let book = Event::Fact(Fact::RuleBookAdopted(Arc::new(parse(built_in()).unwrap())));
    let mut log = open();
    assert!(!log.is_signed().unwrap());
    log.sign(key(7)).unwrap();
    log.append(&[record(0, book)]).unwrap();
    check(1, 0, 0).unwrap();
    log.append(&[ticked(1), silent(2), silent(3)]).unwrap();
    log.append(&[ticked(4)]).unwrap();
    check(5, 1, 4).unwrap();

    // As if it had crashed each time between an append and its checkpoint.
    let mut log = open();
    assert!(log.is_signed().unwrap());
    log.append(&[silent(5), ticked(6)]).unwrap();
    log.append(&[ticked(7)]).unwrap();
    log.append(&[silent(8)]).unwrap();
    let fault = check(9, 1, 4).unwrap_err();
    assert_eq!(
        (fault.position, &*fault.what),
        (Position(6), "no checkpoint follows this decision")
    );
    let refused = open().sign(key(8)).unwrap_err().to_string();
    assert!(refused.contains("signed by another key"), "{refused}");
    let mut log = open();
    log.sign(key(7)).unwrap();
    check(9, 3, 9).unwrap();
    log.append(&[silent(9)]).unwrap();
    check(10, 4, 10).unwrap();
    open().sign(key(7)).unwrap();
    check(10, 4, 10).unwrap();
    let fenced = log.append(&[silent(10)]).unwrap_err();
    assert!(matches!(fenced, PortError::Fenced(_)), "{fenced}");
});
