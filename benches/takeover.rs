//! How long it takes to take over a log in Kafka, with its snapshot and without.
//!
//! `cargo bench --bench takeover -- YEARS` writes invented hours of all stations of the airshed to a
//! topic, saves the state, and adds a week as the tail. It needs a broker in
//! `AIRSHED_TEST_BROKERS`. The baseline reads the same topic from its beginning.
#![expect(clippy::unwrap_used, reason = "A bench may fail by panicking.")]
#![expect(clippy::print_stdout, reason = "A bench prints what it measured.")]
#![expect(clippy::disallowed_methods, reason = "A bench measures time.")]

use std::sync::Arc;
use std::time::{Duration, Instant, UNIX_EPOCH};

use airshed::domain::{
    Batch, Command, Date, Hour, Outcome, Pollutant, Reading, Row, RuleBook, StationIndex, Stream,
};
use airshed::engine::{Engine, EventLog as _, Inbox, Memory, PortError, Position};
use airshed::io::kafka::{Connection, KafkaLog, Stop};
use airshed::io::memory::NoOutbox;
use airshed::wire::record::RuleFiles;
use airshed::wire::rule_book;
use airshed::wire::trust::key::SignerKey;

/// How many hours one append has. A network in operation has one.
const HOURS_A_STEP: i32 = 24;
/// What is added after the snapshot.
const TAIL_H: i32 = 7 * 24;
const ROUNDS: usize = 3;

fn parse(files: &RuleFiles) -> Result<Arc<RuleBook>, String> {
    rule_book::parse(files.to_vec()).map(Arc::new).map_err(|it| it.to_string())
}

fn key() -> SignerKey {
    SignerKey::new("bench", [7; 32], false).unwrap()
}

/// Gives some hours a step, one row each.
struct Feed {
    stations: u16,
    next: i32,
    end: i32,
}

impl Inbox for Feed {
    fn adopt(&mut self, _: &Arc<RuleBook>) {}

    fn resume(&mut self, _: &[(Stream, u64)]) -> Result<(), PortError> {
        Ok(())
    }

    fn poll(&mut self) -> Result<Vec<Command>, PortError> {
        let hours = self.next..self.end.min(self.next + HOURS_A_STEP);
        self.next = hours.end;
        Ok(hours.map(|it| batch(it, self.stations)).collect())
    }
}

/// Air that is bad for some days and clean for some.
fn batch(offset: i32, stations: u16) -> Command {
    let base = 30 + 12 * (offset % 240 - 120).abs();
    let reading = |station: u16| Reading {
        tenths: base + i32::from(station) * 7 % 90,
        station: StationIndex(station),
        revision: 0,
        pollutant: Pollutant::Pm25,
        outcome: Outcome::Taken,
    };
    let first = Hour::of_beijing(Date::new(2015, 1, 1).unwrap(), 1).unwrap();
    Command::Observe(Batch {
        stream: Stream::file("invented"),
        hour: first.plus(offset),
        rows: vec![Row { position: offset.unsigned_abs().into(), readings: stations.into() }],
        readings: (0..stations).map(reading).collect(),
    })
}

fn open(connection: &Connection, topic: &str) -> KafkaLog {
    let mut log = KafkaLog::open(connection, topic, topic, parse).unwrap();
    log.sign(key()).unwrap();
    log
}

/// Writes hours to the log, and saves the state at the end if asked to.
fn write(connection: &Connection, topic: &str, hours: std::ops::Range<i32>, save: bool) -> u64 {
    let mut files = rule_book::built_in();
    let run = "[parameters]\nclock = \"sources\"\ncloses_on = [\"PM2.5\"]\n";
    files.push((rule_book::RUN_FILE.into(), run.into()));
    let book = parse(&files).unwrap();
    let stations = u16::try_from(book.rules.stations.len()).unwrap();
    let inbox = Feed { stations, next: hours.start, end: hours.end };
    let first = Hour::of_beijing(Date::new(2015, 1, 1).unwrap(), 1).unwrap();
    let log = open(connection, topic);
    let mut engine = Engine::open(book, first.end(), inbox, log, NoOutbox).unwrap();
    while engine.inbox().next < hours.end {
        engine.step(None).unwrap();
    }
    if save {
        engine.end();
    }
    engine.memory().readings
}

/// What `serve` does before its first input: time, records read, and the state.
fn take_over(connection: &Connection, topic: &str, snapshot: bool) -> (Duration, u64, Memory) {
    let begin = Instant::now();
    let mut log = KafkaLog::open(connection, topic, topic, parse).unwrap();
    if !snapshot {
        log.ignore_snapshot();
    }
    log.sign(key()).unwrap();
    let mut memory = log.load_snapshot().unwrap_or_default();
    for record in log.read(memory.next).unwrap() {
        memory.evolve(&record.unwrap()).unwrap();
    }
    (begin.elapsed(), log.records_read(), memory)
}

fn main() {
    let Ok(brokers) = std::env::var("AIRSHED_TEST_BROKERS") else {
        println!("needs a broker in AIRSHED_TEST_BROKERS");
        return;
    };
    let years: f64 = std::env::args().skip(1).find_map(|it| it.parse().ok()).unwrap_or(1.0);
    #[expect(clippy::cast_possible_truncation, reason = "Whole hours.")]
    let hours = (years * 8_766.0) as i32;
    let now = std::time::SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    let (topic, connection) =
        (format!("bench.takeover.{now}"), Connection::new(&brokers, Stop::default()));
    let begin = Instant::now();
    write(&connection, &topic, 1..hours, true);
    let readings = write(&connection, &topic, hours..hours + TAIL_H, false);
    println!("{readings} readings written in {:.1} s", begin.elapsed().as_secs_f64());
    let mut states = Vec::new();
    for (name, snapshot) in [("without the snapshot", false), ("with the snapshot", true)] {
        let rounds = (0..ROUNDS).map(|_| take_over(&connection, &topic, snapshot));
        let (took, read, memory) = rounds.min_by_key(|it| it.0).unwrap();
        let Position(records) = memory.next;
        println!("{name:<20} {:>8.3} s, {read} of {records} records read", took.as_secs_f64());
        states.push(memory);
    }
    assert!(states[0] == states[1], "both lead to the same state");
}
