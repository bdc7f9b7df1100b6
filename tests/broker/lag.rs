//! Partitions that are ahead wait without growing: they are not read until the others follow.

use std::collections::BTreeMap;
use std::sync::Arc;

use airshed::domain::{
    Command, Event, Fact, Hour, Outcome, Pollutant, Reading, StationIndex, Timestamp,
};
use airshed::engine::{
    Engine, EventLog, Limits, Memory, Occasion, PortError, Position, Record, Records,
};
use airshed::io::kafka::{KafkaFeed, KafkaInbox, Topics};
use airshed::io::memory::{MemoryLog, NoOutbox};
use airshed::wire::message::{Framing, MessageWriter};
use airshed::wire::rule_book::{built_in, parse};

use crate::support::{Broker, broker_test, fresh, now};

const PARTITIONS: i32 = 2;
const HOUR: Hour = Hour(430_000);
const HOURS: i32 = 300;
const STATIONS: u16 = 20;
const LIMITS: Limits = Limits { waiting_values: 3_000, append_values: 4_000 };

/// A log that knows how large its appends are.
#[derive(Default)]
struct CountingLog {
    log: MemoryLog,
    appends: Vec<usize>,
}

impl EventLog for CountingLog {
    fn append(&mut self, records: &[Record]) -> Result<(), PortError> {
        self.appends.push(records.iter().map(values).sum());
        self.log.append(records)
    }

    fn read(&self, from: Position) -> Result<Records<'_>, PortError> {
        self.log.read(from)
    }

    fn save_snapshot(&mut self, _: &Memory, _: Occasion) {}
}

fn values(record: &Record) -> usize {
    if let Event::Fact(Fact::ReadingsReceived(batch)) = &record.event {
        batch.readings.len()
    } else {
        1
    }
}

type Lagging = Engine<KafkaInbox, CountingLog, NoOutbox>;

fn engine(broker: &Broker, topics: &Topics, log: CountingLog) -> Lagging {
    let mut book = parse(built_in()).unwrap();
    book.rules.parameters.closing.clock = airshed::domain::ClockRule::Sources;
    let inbox = KafkaInbox::open(&broker.connect(), topics, PARTITIONS).unwrap();
    // The topic of forecasts has a clock of its own, which nothing would move here.
    let readings = inbox.streams().into_iter().filter(|it| *it.name == *topics.readings());
    let streams = readings.collect();
    let now = Timestamp::default();
    let mut engine = Engine::open(Arc::new(book), now, inbox, log, NoOutbox).unwrap();
    engine.limit(LIMITS);
    engine.submit(vec![Command::JoinStreams(streams)], None).unwrap();
    engine
}

fn send(kafka: &mut KafkaFeed, partition: usize) {
    let rules = parse(built_in()).unwrap().rules;
    let writer = MessageWriter::new(&rules, Framing::SingleObject);
    let mut bytes = Vec::new();
    for hour in 0..HOURS {
        for station in 0..STATIONS {
            let station = StationIndex(station * 2 + u16::try_from(partition).unwrap());
            let (pollutant, outcome) = (Pollutant::Pm25, Outcome::Taken);
            let reading = Reading { tenths: 500, station, revision: 0, pollutant, outcome };
            writer.readings(&[(HOUR.plus(hour), &[reading])], &mut bytes);
            kafka.readings(partition, "key", &bytes).unwrap();
        }
    }
    kafka.flush().unwrap();
}

/// Steps until a condition holds; gives the most values that have waited.
fn step_until(engine: &mut Lagging, mut done: impl FnMut(&Lagging, usize) -> bool) -> usize {
    let (mut most, begin) = (0, now());
    loop {
        let taken = engine.step(None).unwrap().taken;
        most = most.max(engine.lag().map_or(0, |it| it.values));
        if done(engine, taken) {
            return most;
        }
        assert!(begin.elapsed().as_secs() < 60, "{:?}", engine.lag());
    }
}

fn readings(engine: &Lagging) -> u64 {
    engine.memory().readings
}

broker_test!(what_waits_for_a_partition_that_lags_is_bounded_also_after_a_restart, |broker| {
    let topics = Topics::new(&fresh("lag"));
    let mut kafka = KafkaFeed::open(&broker.connect(), &topics, PARTITIONS).unwrap();
    send(&mut kafka, 0);
    // Twice as much as may wait, and a take in each partition comes on top.
    let all = 2 * u64::from(STATIONS) * u64::try_from(HOURS).unwrap();
    let mut log = CountingLog::default();
    for _ in 0..2 {
        let mut engine = engine(broker, &topics, log);
        let mut idle = 0;
        let most = step_until(&mut engine, |engine, taken| {
            idle = if taken == 0 { idle + 1 } else { 0 };
            engine.lag().is_some_and(|it| it.held == 1) && idle > 20
        });
        let lag = engine.lag().unwrap();
        let behind: Vec<_> = lag.behind.iter().map(|(it, at)| (it.partition, *at)).collect();
        assert_eq!(behind, [(Some(1), None)]);
        assert!(most < 13_000, "{most} values waited");
        assert_eq!(readings(&engine), 0, "nothing may pass");
        log = engine.into_parts().1;
    }
    send(&mut kafka, 1);
    let mut engine = engine(broker, &topics, log);
    let most = step_until(&mut engine, |engine, _| {
        // The last hour of the partition that is ahead waits for more.
        readings(engine) + engine.lag().map_or(0, |it| it.values as u64) / 2 >= all
            && engine.lag().is_none_or(|it| it.held == 0)
    });
    assert!(most < 20_000, "{most} values waited");
    check_once_and_in_order(&engine.into_parts().1);
});

fn check_once_and_in_order(log: &CountingLog) {
    let largest = log.appends.iter().max().copied().unwrap();
    assert!(largest <= 2 * LIMITS.append_values, "{largest} values in one append");
    let mut last = BTreeMap::new();
    let mut hour = HOUR;
    for record in &log.log.records {
        let Event::Fact(Fact::ReadingsReceived(batch)) = &record.event else { continue };
        assert!(batch.hour >= hour, "{:?} after {hour:?}", batch.hour);
        hour = batch.hour;
        for row in &batch.rows {
            let before = last.insert(batch.stream.clone(), row.position);
            assert_eq!(before.map_or(0, |it| it + 1), row.position, "{}", batch.stream);
        }
    }
    assert!(last.len() == 2 && hour > HOUR.plus(HOURS - 3), "{last:?} to {hour:?}");
}
