//! Records in a topic come back as they went in.

use std::sync::Arc;

use airshed::domain::{Event, RuleBook, Stream, Tick, Timestamp};
use airshed::engine::{EventLog as _, PortError, Position, Record};
use airshed::io::kafka::KafkaLog;
use airshed::wire::record::RuleFiles;
use airshed::wire::rule_book::{built_in, parse};

use crate::support::{broker_test, fresh};

fn parse_rules(files: &RuleFiles) -> Result<Arc<RuleBook>, String> {
    parse(files.to_vec()).map(Arc::new).map_err(|error| error.to_string())
}

fn record(position: u64, event: Event) -> Record {
    Record {
        position: Position(position),
        happened_at: Timestamp(7),
        recorded_at: Timestamp(9),
        correlation: position.checked_sub(1).map(Position),
        causation: None,
        event,
    }
}

fn ticked(position: u64) -> Record {
    let source = Some(Stream::topic("airshed.readings", 3).at(position));
    record(position, Event::Ticked(Tick { at: Timestamp(5), source }))
}

broker_test!(records_come_back_as_they_went_in, |broker| {
    let topic = fresh("records");
    let open = || KafkaLog::open(&broker.connect(), &topic, &topic, parse_rules).unwrap();
    let book = Event::RuleBookAdopted(Arc::new(parse(built_in()).unwrap()));
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
