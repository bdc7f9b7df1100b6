//! How fast a log is replayed, checked and decided anew, on one core.
//!
//! `cargo bench --bench replay -- DAYS` writes a log of invented winter days with all stations and
//! pollutants of the rule book, and reads it in four ways; of three rounds the fastest counts.
#![expect(clippy::unwrap_used, reason = "A bench may fail by panicking.")]
#![expect(clippy::print_stdout, reason = "A bench prints what it measured.")]
#![expect(clippy::disallowed_methods, reason = "A bench measures time.")]

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use airshed::domain::{
    Batch, Command, Date, Hour, Outcome, Pollutant, Reading, Row, RuleBook, StationIndex, Stream,
};
use airshed::engine::{Check, Engine, Memory, OtherOutlook, Position, Record, Redecision};
use airshed::io::memory::{MemoryInbox, NoOutbox};
use airshed::io::segments::{SegmentLog, SegmentReader};
use airshed::wire::record::RuleFiles;
use airshed::wire::{rule_book, state};
use sha2::{Digest as _, Sha256};

const ROUNDS: usize = 3;

fn main() {
    let days = std::env::args().skip(1).find_map(|it| it.parse().ok()).unwrap_or(90);
    let folder = tempfile::tempdir().unwrap();
    let readings = write(folder.path(), days);
    let files = fs::read_dir(folder.path()).unwrap().map(|it| it.unwrap().path());
    let segments: Vec<_> =
        files.filter(|it| it.extension().is_some_and(|it| it == "avro")).collect();
    let bytes: u64 = segments.iter().map(|it| fs::metadata(it).unwrap().len()).sum();
    println!("{days} days, {readings} readings, {bytes} bytes");
    let scan = fastest(|| {
        for segment in &segments {
            std::hint::black_box(Sha256::digest(fs::read(segment).unwrap()));
        }
    });
    told("scan and hash", readings, scan, scan);
    let replay = fastest(|| {
        let mut memory = Memory::default();
        read(folder.path()).for_each(|it| memory.evolve(&it).unwrap());
        drop(state::digest(&memory));
    });
    told("replay", readings, replay, replay);
    let check = fastest(|| {
        let mut check = Check::default();
        read(folder.path()).for_each(|it| check.take(it).unwrap());
        assert_eq!(check.finish(), None);
    });
    told("check", readings, check, replay);
    let what_if = fastest(|| {
        let mut world =
            Redecision::new(Box::new(|_| Ok(book("BTH-2018"))), OtherOutlook::AsRecorded);
        read(folder.path()).for_each(|it| drop(world.take(it).unwrap()));
    });
    told("what-if", readings, what_if, replay);
}

fn fastest(mut work: impl FnMut()) -> Duration {
    let round = |_| {
        let begin = Instant::now();
        work();
        begin.elapsed()
    };
    (0..ROUNDS).map(round).min().unwrap()
}

#[expect(clippy::cast_precision_loss, reason = "Three digits are enough.")]
fn told(name: &str, readings: u64, took: Duration, replay: Duration) {
    let (seconds, of_replay) = (took.as_secs_f64(), replay.as_secs_f64() / took.as_secs_f64());
    let millions = readings as f64 / seconds / 1e6;
    println!("{name:<14} {seconds:>8.3} s {millions:>8.2} M readings/s {of_replay:>6.2} of replay");
}

fn parse(files: &RuleFiles) -> Result<Arc<RuleBook>, String> {
    rule_book::parse(files.to_vec()).map(Arc::new).map_err(|it| it.to_string())
}

fn book(standard: &str) -> Arc<RuleBook> {
    let mut files = rule_book::built_in();
    let run = format!(
        "only_standard = \"{standard}\"\n[parameters]\nclock = \"sources\"\n\
         outlook_of_last_resort = \"persistence:12\"\n"
    );
    files.push((rule_book::RUN_FILE.into(), run.into()));
    parse(&files).unwrap()
}

fn read(folder: &Path) -> impl Iterator<Item = Record> {
    SegmentReader::open(folder, Position(0), parse).unwrap().map(Result::unwrap)
}

/// Fine weeks and foul ones in turn, every station a little different.
fn write(folder: &Path, days: i32) -> u64 {
    let book = book("BTH-2023");
    let stream = Stream::file("invented");
    let first = Hour::of_beijing(Date::new(2024, 11, 1).unwrap(), 1).unwrap();
    let mut inbox = MemoryInbox::default();
    inbox.at_once = 24;
    let mut readings_total = 0;
    for offset in 0..days * 24 {
        let hour = first.plus(offset);
        let of_cycle = (offset % 336 - 168).abs();
        let base = if of_cycle < 84 { 180 + (84 - of_cycle) * 2 } else { 40 + (168 - of_cycle) };
        let mut readings = Vec::new();
        for (place, station) in (0_u16..).zip(&book.rules.stations) {
            if !station.is_live(hour) {
                continue;
            }
            for pollutant in Pollutant::ALL {
                let own = (i32::from(place) * 37 + offset * 13 + pollutant as i32 * 7) % 40;
                let tenths = (base + own) * if pollutant == Pollutant::Pm10 { 15 } else { 10 };
                let (station, revision, outcome) = (StationIndex(place), 0, Outcome::Taken);
                readings.push(Reading { tenths, station, revision, pollutant, outcome });
            }
        }
        readings_total += readings.len() as u64;
        let position = u64::try_from(offset).unwrap() + 1;
        let rows = vec![Row { position, readings: u32::try_from(readings.len()).unwrap() }];
        inbox.put(Command::Observe(Batch { stream: stream.clone(), hour, rows, readings }));
    }
    let log = SegmentLog::open(folder, parse).unwrap();
    let mut engine = Engine::open(book, first.end(), inbox, log, NoOutbox).unwrap();
    while !engine.inbox().is_done() {
        engine.step(None).unwrap();
    }
    readings_total
}
