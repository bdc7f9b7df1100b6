//! Ten national years in one run: 1,500 stations in 340 cities, every hour.
//!
//! `cargo bench --bench national -- YEARS [FOLDER]` writes a log of invented PM2.5 through the
//! engine and then opens, replays, verifies and decides it anew. Each phase is a process of its
//! own, so that its peak of memory is its own. A fraction of a year is allowed.
#![expect(clippy::unwrap_used, reason = "A bench may fail by panicking.")]
#![expect(clippy::print_stdout, reason = "A bench prints what it measured.")]
#![expect(clippy::disallowed_methods, reason = "A bench measures time.")]
#![expect(clippy::cast_precision_loss, reason = "Three digits are enough.")]

use std::cell::Cell;
use std::fmt::Write as _;
use std::fs;
use std::hint::black_box;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::Command as Process;
use std::sync::Arc;
use std::time::{Duration, Instant};

use airshed::domain::{
    Batch, Command, Date, Event, Hour, MISSING, Outcome, Pollutant, Reading, ResponseEvent, Row,
    RuleBook, StationIndex, Stream,
};
use airshed::engine::{
    Engine, Inbox, Memory, OtherOutlook, PortError, Position, Record, Redecision,
};
use airshed::io::memory::NoOutbox;
use airshed::io::segments::{SegmentLog, SegmentReader, take_up, verify};
use airshed::wire::log_reader::LogReader as _;
use airshed::wire::record::{ParseRules, RuleFiles};
use airshed::wire::snapshot::SnapshotFound;
use airshed::wire::trust::audit::AuditOptions;
use airshed::wire::trust::key::SignerKey;
use airshed::wire::trust::tree::{Edge, leaf};
use airshed::wire::{rule_book, state};
use sha2::{Digest as _, Sha256};

const STATIONS: usize = 1_500;
const CITIES: usize = 340;
const SEED: u64 = 1;
/// How many hours one append has. A network in operation has one.
const HOURS_A_STEP: i32 = 24;
/// Of so many rounds the fastest counts; writing has one, and so have long runs.
const ROUNDS: usize = 3;
const LONG_H: i32 = 20_000;

/// What the processes of a run are told, in this order.
const PHASES: [Phase; 9] = [
    Phase { name: "write", rounds: 1, work: write },
    Phase { name: "open", rounds: ROUNDS, work: open },
    Phase { name: "open, tree alone", rounds: ROUNDS, work: open_without },
    Phase { name: "scan and hash", rounds: ROUNDS, work: scan },
    Phase { name: "replay", rounds: ROUNDS, work: |it| replay(it, false) },
    Phase { name: "replay, snapshot", rounds: ROUNDS, work: replay_from_snapshot },
    Phase { name: "replay, verified", rounds: ROUNDS, work: |it| replay(it, true) },
    Phase { name: "log verify", rounds: ROUNDS, work: verified },
    Phase { name: "what-if", rounds: ROUNDS, work: what_if },
];

struct Phase {
    name: &'static str,
    rounds: usize,
    work: fn(&Run) -> u64,
}

/// Which log, and how long.
struct Run {
    folder: PathBuf,
    hours: i32,
    watch: Cell<Option<Took>>,
}

/// On the clock, and on a core.
type Took = (Duration, Duration);

impl Run {
    fn begin(&self) -> (Instant, Duration) {
        self.watch.set(None);
        (Instant::now(), on_core())
    }

    /// What comes after the measured work, such as a look whether it was right, calls this before.
    fn end(&self, (begin, before): (Instant, Duration)) {
        self.watch.set(Some((begin.elapsed(), on_core().saturating_sub(before))));
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|it| it != "--bench").collect();
    if let [phase, folder, hours] = &arguments[..] {
        let run =
            Run { folder: folder.into(), hours: hours.parse().unwrap(), watch: Cell::new(None) };
        return one(&PHASES[phase.parse::<usize>().unwrap()], &run);
    }
    let years: f64 = arguments.first().map_or(0.25, |it| it.parse().unwrap());
    let place = tempfile::tempdir_in(arguments.get(1).map_or("/tmp", |it| it)).unwrap();
    #[expect(clippy::cast_possible_truncation, reason = "Whole hours.")]
    let hours = (years * 8_766.0) as i32;
    println!("{hours} hours of {STATIONS} stations in {CITIES} cities");
    for (number, phase) in PHASES.iter().enumerate() {
        let arguments = [number.to_string(), place.path().display().to_string(), hours.to_string()];
        let done = Process::new(std::env::current_exe().unwrap()).args(arguments).status();
        assert!(done.unwrap().success(), "{} failed", phase.name);
    }
}

/// One phase in this process.
fn one(phase: &Phase, run: &Run) {
    let mut best: Option<Took> = None;
    let mut readings = 0;
    let rounds = if run.hours > LONG_H { 1 } else { phase.rounds };
    for _ in 0..rounds {
        let whole = run.begin();
        readings = (phase.work)(run);
        if run.watch.get().is_none() {
            run.end(whole);
        }
        let took = run.watch.get().unwrap();
        best = Some(best.map_or(took, |it| it.min(took)));
    }
    let (wall, core) = best.unwrap();
    let millions = readings as f64 / 1e6;
    let (rate, cost) = if readings == 0 {
        (String::new(), String::new())
    } else {
        let (wall, core) = (wall.as_secs_f64(), core.as_secs_f64());
        (format!("{:.1} M readings/s", millions / wall), format!("{:.4} s/M", core / millions))
    };
    let (wall, core) = (wall.as_secs_f64(), core.as_secs_f64());
    let name = phase.name;
    let peak = peak_mib();
    println!("{name:<17} {wall:>8.3} s {core:>8.3} s on core {rate:>19} {cost:>12} {peak:>6} MiB");
}

/// What Linux has counted for the main thread of this process.
fn on_core() -> Duration {
    let text = fs::read_to_string("/proc/self/schedstat").unwrap();
    Duration::from_nanos(text.split(' ').next().unwrap().parse().unwrap())
}

fn peak_mib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|it| it.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
}

/// Ten years through the engine, signed; the weather is made on the way.
fn write(run: &Run) -> u64 {
    let (book, folder) = (book("BTH-2023"), &run.folder);
    let mut log = SegmentLog::open(folder, PARSE).unwrap();
    log.sign(SignerKey::new("bench", [7; 32], false).unwrap()).unwrap();
    let (weather, stream) = (Weather::new(&book), Stream::file("invented"));
    let inbox = Feed { weather, stream, next: 0, end: run.hours };
    let mut engine = Engine::open(book, first_hour().end(), inbox, log, NoOutbox).unwrap();
    while engine.inbox().next < run.hours {
        engine.step(None).unwrap();
    }
    engine.end();
    let readings = engine.memory().readings;
    drop(engine);
    let records = take_up(folder, PARSE).unwrap().memory.next.0;
    let bytes = |end: &str| -> u64 {
        let files = fs::read_dir(folder)
            .unwrap()
            .map(|it| it.unwrap().path())
            .filter(|it| it.is_file() && it.to_str().unwrap().ends_with(end));
        files.map(|it| fs::metadata(it).unwrap().len()).sum()
    };
    println!(
        "{readings} readings, {records} records, {} bytes of records, {} of tree, {} of \
         checkpoints, {} of snapshot",
        bytes(".avro"),
        bytes("tree"),
        bytes("checkpoints"),
        bytes("snapshot")
    );
    readings
}

/// What `play` and `serve` do before the first input.
fn open(run: &Run) -> u64 {
    let mut log = SegmentLog::open(&run.folder, PARSE).unwrap();
    assert!(matches!(log.snapshot_found(), SnapshotFound::Used(_)));
    black_box(airshed::engine::EventLog::load_snapshot(&mut log).unwrap());
    0
}

/// The same where only the snapshot is missing, without the fold that then follows.
fn open_without(run: &Run) -> u64 {
    let (snapshot, aside) = (run.folder.join("snapshot"), run.folder.join("aside"));
    fs::rename(&snapshot, &aside).unwrap();
    drop(SegmentLog::open(&run.folder, PARSE).unwrap());
    fs::rename(&aside, &snapshot).unwrap();
    0
}

/// The least that anybody must do who reads everything and notices every change.
fn scan(run: &Run) -> u64 {
    let whole = run.begin();
    let mut bytes = Vec::new();
    for (_, path) in segments(&run.folder) {
        bytes.clear();
        fs::File::open(path).unwrap().read_to_end(&mut bytes).unwrap();
        black_box(Sha256::digest(&bytes));
    }
    run.end(whole);
    readings(run)
}

fn replay(run: &Run, verified: bool) -> u64 {
    let whole = run.begin();
    let mut memory = Memory::default();
    let mut edge = Edge::default();
    let mut reader = SegmentReader::open(&run.folder, Position(0), PARSE).unwrap();
    while let Some(record) = reader.next() {
        let record: Record = record.unwrap();
        if verified {
            edge.push(leaf(reader.bytes()), |_| {});
        }
        memory.evolve(&record).unwrap();
    }
    run.end(whole);
    let snapshot = take_up(&run.folder, PARSE).unwrap().memory;
    assert_eq!(state::digest(&memory), state::digest(&snapshot));
    memory.readings
}

/// As `log verify` does: everything hashed and checked, and folded up to the snapshot.
fn verified(run: &Run) -> u64 {
    let whole = run.begin();
    verify(&run.folder, PARSE, &AuditOptions::default(), &mut |_, _| {}).unwrap().unwrap();
    run.end(whole);
    readings(run)
}

fn replay_from_snapshot(run: &Run) -> u64 {
    let taken_up = take_up(&run.folder, PARSE).unwrap();
    assert!(matches!(taken_up.found, SnapshotFound::Used(_)));
    let mut memory = taken_up.memory;
    taken_up.reader.for_each(|it| memory.evolve(&it.unwrap()).unwrap());
    drop(state::digest(&memory));
    0
}

fn what_if(run: &Run) -> u64 {
    let mut world = Redecision::new(Box::new(|_| Ok(book("BTH-2018"))), OtherOutlook::AsRecorded);
    let mut sets = 0;
    for record in SegmentReader::open(&run.folder, Position(0), PARSE).unwrap() {
        for record in world.take(record.unwrap()).unwrap() {
            sets += usize::from(matches!(
                record.event,
                Event::Response(ResponseEvent::OrderSetIssued(_))
            ));
        }
    }
    assert!(sets > 0 || run.hours < 2_000);
    world.memory().readings
}

fn readings(run: &Run) -> u64 {
    take_up(&run.folder, PARSE).unwrap().memory.readings
}

fn segments(folder: &Path) -> Vec<(String, PathBuf)> {
    let files = fs::read_dir(folder).unwrap().map(|it| it.unwrap().path());
    let name = |it: PathBuf| (it.file_name().unwrap().to_str().unwrap().to_owned(), it);
    let mut all: Vec<_> = files
        .map(name)
        .filter(|it| Path::new(&it.0).extension().is_some_and(|it| it == "avro"))
        .collect();
    all.sort();
    all
}

const PARSE: ParseRules = |files| parse(files);

fn parse(files: &RuleFiles) -> Result<Arc<RuleBook>, String> {
    rule_book::parse(files.to_vec()).map(Arc::new).map_err(|it| it.to_string())
}

/// The rules that the program carries, for a nation of invented cities.
fn book(standard: &str) -> Arc<RuleBook> {
    let mut files = rule_book::built_in();
    let run = format!(
        "only_standard = \"{standard}\"\n[parameters]\nclock = \"sources\"\n\
         outlook_of_last_resort = \"persistence:12\"\ncloses_on = [\"PM2.5\"]\n"
    );
    nation(&mut files);
    files.push((rule_book::RUN_FILE.into(), run.into()));
    parse(&files).unwrap()
}

/// Adds invented cities and stations to those of the rule book until there are enough.
fn nation(files: &mut rule_book::Files) {
    let of_file = |name: &str| files.iter().position(|it| &*it.0 == name).unwrap();
    let (airshed, stations) = (of_file("airshed.toml"), of_file("stations.csv"));
    let mut cities = files[airshed].1.to_string();
    let mut list = files[stations].1.to_string();
    let new_cities = CITIES - cities.matches("[[jurisdictions]]").count();
    let new_stations = STATIONS - (list.lines().count() - 1);
    for city in 0..new_cities {
        let code = 500_000 + city;
        let name = format!("name = \"City {city}\"\nname_zh = \"{city} 市\"");
        writeln!(cities, "\n[[jurisdictions]]\ncode = \"{code}\"\n{name}").unwrap();
    }
    for station in 0..new_stations {
        let (city, station) = (500_000 + station % new_cities, station + 1);
        writeln!(list, "N{station:04},Station {station},,{city},0,,,,,").unwrap();
    }
    files[airshed].1 = cities.into();
    files[stations].1 = list.into();
}

fn first_hour() -> Hour {
    Hour::of_beijing(Date::new(2015, 1, 1).unwrap(), 1).unwrap()
}

/// Gives some hours a step, one row each.
struct Feed {
    weather: Weather,
    stream: Stream,
    next: i32,
    end: i32,
}

impl Inbox for Feed {
    fn adopt(&mut self, _: &Arc<RuleBook>) {}

    fn resume(&mut self, _: &[(Stream, u64)]) -> Result<(), PortError> {
        Ok(())
    }

    fn poll(&mut self) -> Result<Vec<Command>, PortError> {
        let at_once = HOURS_A_STEP.min(self.end - self.next);
        let hours = self.next..self.next + at_once;
        self.next += at_once;
        Ok(hours.map(|it| self.batch(it)).collect())
    }
}

impl Feed {
    fn batch(&mut self, offset: i32) -> Command {
        let readings = self.weather.hour(offset);
        let position = u64::try_from(offset).unwrap() + 1;
        let rows = vec![Row { position, readings: u32::try_from(readings.len()).unwrap() }];
        let (stream, hour) = (self.stream.clone(), first_hour().plus(offset));
        Command::Observe(Batch { stream, hour, rows, readings })
    }
}

/// Mostly clean air; in winter every region has an episode of two to five days now and then.
struct Weather {
    /// The city of each station.
    cities: Vec<usize>,
    dice: u64,
    /// By region: when the next episode begins and ends, and how foul it is, in µg/m³.
    episodes: Vec<(i32, i32, i32)>,
}

/// Neighbours have their episodes together.
const CITIES_A_REGION: usize = 13;

impl Weather {
    fn new(book: &RuleBook) -> Self {
        let stations = book.rules.stations.iter();
        let cities = stations.map(|it| usize::from(it.jurisdiction.0)).collect();
        Self { cities, dice: SEED, episodes: vec![(0, 0, 0); CITIES.div_ceil(CITIES_A_REGION)] }
    }

    fn dice(&mut self, below: i32) -> i32 {
        self.dice ^= self.dice << 13;
        self.dice ^= self.dice >> 7;
        self.dice ^= self.dice << 17;
        i32::try_from((self.dice >> 16) % u64::from(below.unsigned_abs())).unwrap()
    }

    /// A new episode for each region whose last one is over: every ten days or so in winter, every
    /// fifty in summer.
    fn plan(&mut self, offset: i32, winter: bool) {
        for region in 0..self.episodes.len() {
            if offset >= self.episodes[region].1 {
                let pause_h = 24 * if winter { 4 + self.dice(14) } else { 20 + self.dice(80) };
                let begin = offset + pause_h;
                let long_h = 48 + self.dice(72);
                let foul = if winter { 90 + self.dice(200) } else { 50 + self.dice(50) };
                self.episodes[region] = (begin, begin + long_h, foul);
            }
        }
    }

    fn hour(&mut self, offset: i32) -> Vec<Reading> {
        let of_year = offset % 8_766;
        let winter = !(2_160..7_300).contains(&of_year);
        self.plan(offset, winter);
        let of_day = (offset % 24 - 14).abs();
        let clean = if winter { 28 } else { 16 } + of_day;
        let mut bases = [0; CITIES];
        for (city, base) in bases.iter_mut().enumerate() {
            let (begin, end, foul) = self.episodes[city / CITIES_A_REGION];
            // Neighbours are a few hours apart; it comes quickly and goes quickly.
            let delay_h = i32::try_from(city % CITIES_A_REGION).unwrap() * 2;
            let into_h = (offset - begin - delay_h).min(end - offset + delay_h).clamp(0, 12);
            *base = clean + foul * into_h / 12;
        }
        let mut readings = Vec::with_capacity(self.cities.len());
        for station in 0..self.cities.len() {
            let base = bases[self.cities[station]];
            let noise = self.dice(base / 3 + 8) - base / 6;
            // One of two hundred has no value.
            let missing = self.dice(200) == 0;
            let tenths = if missing { MISSING } else { (base + noise).max(1) * 10 };
            let station = StationIndex(u16::try_from(station).unwrap());
            let (pollutant, outcome) = (Pollutant::Pm25, Outcome::Taken);
            readings.push(Reading { tenths, station, revision: 0, pollutant, outcome });
        }
        readings
    }
}
