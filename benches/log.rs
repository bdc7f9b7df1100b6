//! How fast the log is written and read. Prints ratios: `cargo bench --bench log`.
#![expect(clippy::print_stdout, reason = "A bench prints what it has measured.")]
#![expect(clippy::disallowed_methods, reason = "A bench looks at the clock.")]
#![expect(clippy::unwrap_used, reason = "A bench may fail by panicking.")]
#![expect(clippy::cast_precision_loss, reason = "Counts are far below 2^52.")]

use std::fs::File;
use std::hint::black_box;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use airshed::domain::{
    AirEvent, Batch, CityHour, Event, Fact, Grade, Hour, HourClosed, JurisdictionIndex, Outcome,
    Pollutant, Reading, Row, StationIndex, Stream,
};
use airshed::engine::{EventLog as _, Position, Record};
use airshed::io::segments::{SegmentLog, SegmentReader};
use airshed::wire::message::{Codes, Framing, MessageWriter, Schemas, StreamReader};
use airshed::wire::record::{Decoder, ParseRules, encode};
use airshed::wire::rule_book::{built_in, parse};
use airshed::wire::trust::key::SignerKey;

const NO_RULES: ParseRules = |_| Err("there is none in this log".into());
const STATIONS: u16 = 80;
/// Batches in one append.
const APPEND: usize = 100;

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let mut tables = vec![("wide rows", wide as fn(u64) -> Record)];
    tables.push(("rows of one reading", narrow));
    tables.push(("rows of one reading, stations mixed", mixed));
    for (at, (name, make)) in tables.into_iter().enumerate() {
        readings(&folder.path().join(at.to_string()), name, make);
    }
    messages(1);
    messages(100);
    durable(folder.path());
}

fn readings(folder: &Path, name: &str, make: fn(u64) -> Record) {
    let records: Vec<Record> = (0..20_000).map(make).collect();
    let count: usize = records.iter().map(|it| readings_of(it).readings.len()).sum();
    let mut bytes = Vec::new();
    let encoded = timed(|| records.iter().for_each(|it| encode(it, &mut bytes)));
    let decoder = Decoder::new(NO_RULES);
    let mut rest = &*bytes;
    let decoded = timed(|| {
        while !rest.is_empty() {
            let (record, length) = decoder.decode(rest).unwrap();
            black_box(record);
            rest = &rest[length..];
        }
    });
    let mut log = SegmentLog::open(folder, NO_RULES).unwrap();
    let appended = timed(|| records.chunks(APPEND).for_each(|it| log.append(it).unwrap()));
    let replayed = timed(|| {
        let reader = SegmentReader::open(folder, Position(0), NO_RULES).unwrap();
        let mut found = 0;
        for record in reader {
            black_box(record.unwrap());
            found += 1;
        }
        assert_eq!(found, records.len());
    });
    println!("{name}: {:.2} bytes a reading", bytes.len() as f64 / count as f64);
    say("encode", count, encoded, None);
    say("decode", count, decoded, None);
    say("append, durable", count, appended, Some(5e6));
    say("replay", count, replayed, Some(5e6));
}

fn say(what: &str, count: usize, took: Took, aim: Option<f64>) {
    let rate = |it: Duration| count as f64 / it.as_secs_f64();
    let (wall, core) = (rate(took.wall), rate(took.core));
    let against = aim.map_or(String::new(), |aim| format!("  {:.1} x the aim a core", core / aim));
    let (wall, core) = (wall / 1e6, core / 1e6);
    println!("  {what:<16} {wall:>7.1} M readings/s, {core:>7.1} M a core{against}");
}

fn messages(pack: usize) {
    let book = parse(built_in()).unwrap();
    let places = Arc::new(Codes::new(&book.rules));
    let writer = MessageWriter::new(&book.rules, Framing::SingleObject);
    let known = u16::try_from(book.rules.stations.len()).unwrap().min(STATIONS);
    let all: Vec<Reading> = wide_readings(known).collect();
    let mut sent: Vec<Vec<u8>> = Vec::new();
    let mut count = 0;
    for hour in 0..4_000 {
        for own in all.chunks(pack) {
            let mut message = Vec::new();
            writer.readings(&[(Hour(430_000 + hour), own)], &mut message);
            count += own.len();
            sent.push(message);
        }
    }
    let mut reader = StreamReader::new(Stream::topic("airshed.readings", 0), places);
    let schemas = Schemas::default();
    let mut batches = 0;
    let took = timed(|| {
        for (offset, message) in (0..).zip(&sent) {
            let mut give = |it| {
                black_box(it);
                batches += 1;
            };
            reader.read(offset, message, &schemas, &mut give).unwrap();
        }
    });
    println!("messages of {pack}: {} messages, {batches} batches", sent.len());
    say("to commands", count, took, None);
}

/// One decision an append, without and with a signed checkpoint, and the same bytes to a plain
/// file, in turns.
fn durable(folder: &Path) {
    const ROUNDS: usize = 20;
    const EACH: usize = 100;
    let mut bytes = Vec::new();
    encode(&decision(0), &mut bytes);
    let framed = vec![7; bytes.len() + 20];
    let mut plain = File::create(folder.join("plain")).unwrap();
    let mut log = SegmentLog::open(&folder.join("durable"), NO_RULES).unwrap();
    let mut signing = SegmentLog::open(&folder.join("signed"), NO_RULES).unwrap();
    signing.sign(SignerKey::new("bench", [7; 32], false).unwrap()).unwrap();
    let (mut next, mut next_signed) = (0.., 0..);
    let (mut ours, mut raw, mut signed) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        raw.push(wall(|| {
            for _ in 0..EACH {
                plain.write_all(&framed).unwrap();
                plain.sync_data().unwrap();
            }
        }));
        ours.push(wall(|| {
            for _ in 0..EACH {
                log.append(&[decision(next.next().unwrap())]).unwrap();
            }
        }));
        signed.push(wall(|| {
            for _ in 0..EACH {
                signing.append(&[decision(next_signed.next().unwrap())]).unwrap();
            }
        }));
    }
    let (ours, raw, signed) = (median(ours), median(raw), median(signed));
    let rate = |it: Duration| EACH as f64 / it.as_secs_f64();
    println!("one decision of {} bytes an append, durable", bytes.len());
    println!("  write, fdatasync {:>8.0} /s", rate(raw));
    println!("  append           {:>8.0} /s", rate(ours));
    println!("  ratio            {:>8.2}  (aim 0.8)", rate(ours) / rate(raw));
    println!("  append, signed   {:>8.0} /s", rate(signed));
    println!("  ratio to append  {:>8.2}  (aim 0.8)", rate(signed) / rate(ours));
}

/// How long something took.
#[derive(Clone, Copy, Debug)]
struct Took {
    wall: Duration,
    /// While this thread had a core: what a busy machine does not change.
    core: Duration,
}

fn timed(work: impl FnOnce()) -> Took {
    let (start, before) = (Instant::now(), on_core());
    work();
    let wall = start.elapsed();
    let core = on_core().zip(before).map_or(wall, |(now, before)| now.saturating_sub(before));
    Took { wall, core }
}

/// As Linux counts it; nobody else is asked.
fn on_core() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split(' ').next()?.parse().ok().map(Duration::from_nanos)
}

fn wall(work: impl FnOnce()) -> Duration {
    timed(work).wall
}

fn median(mut all: Vec<Duration>) -> Duration {
    all.sort();
    all[all.len() / 2]
}

fn readings_of(record: &Record) -> &Batch {
    let Event::Fact(Fact::ReadingsReceived(batch)) = &record.event else {
        panic!("a batch of readings")
    };
    batch
}

fn record(position: u64, event: Event) -> Record {
    let happened_at = Hour(430_000).end();
    let (position, recorded_at) = (Position(position), happened_at.plus_minutes(30));
    Record { position, happened_at, recorded_at, correlation: None, causation: None, event }
}

fn wide_readings(stations: u16) -> impl Iterator<Item = Reading> {
    let each = move |pollutant: Pollutant| {
        (0..stations).map(move |station| Reading {
            tenths: (i32::from(station) * 37 % 90 + 20) * 10,
            station: StationIndex(station),
            revision: 0,
            pollutant,
            outcome: Outcome::Taken,
        })
    };
    Pollutant::ALL.into_iter().flat_map(each)
}

fn batch(position: u64, row: u32, readings: Vec<Reading>) -> Record {
    let count = u64::try_from(readings.len()).unwrap() / u64::from(row);
    let rows = (0..count).map(|it| Row { position: position * count + it, readings: row });
    let (stream, hour) = (Stream::topic("airshed.readings", 0), Hour(430_000));
    record(
        position,
        Event::Fact(Fact::ReadingsReceived(Batch { stream, hour, rows: rows.collect(), readings })),
    )
}

/// Six rows of one pollutant each.
fn wide(position: u64) -> Record {
    batch(position, STATIONS.into(), wide_readings(STATIONS).collect())
}

fn narrow(position: u64) -> Record {
    batch(position, 1, wide_readings(STATIONS).collect())
}

/// As if a producer sent in an order of its own.
fn mixed(position: u64) -> Record {
    let mut readings: Vec<Reading> = wide_readings(STATIONS).collect();
    readings.sort_by_key(|it| (it.station.0 * 31 % STATIONS, it.pollutant as u8 * 5 % 7));
    batch(position, 1, readings)
}

fn decision(position: u64) -> Record {
    let city = |index| CityHour {
        jurisdiction: JurisdictionIndex(index),
        pm25_ug_m3: Some(215),
        stations_reporting: 8,
        stations_expected: 8,
        mean_24h_ug_m3: Some(188),
        index_24h: Some(238),
        valid_hours: 24,
        excluded_hours: 0,
        flagged: Vec::new(),
        left_out: Vec::new(),
        grade: Some(Grade::Orange),
        below_decisions: 0,
        unknown_decisions: 0,
    };
    let closed_at = Hour(430_000).end().plus_minutes(30);
    let jurisdictions = (0..13).map(city).collect();
    let (hour, stale) = (Hour(430_000), false);
    record(
        position,
        Event::Air(AirEvent::HourClosed(HourClosed { hour, closed_at, stale, jurisdictions })),
    )
}
