//! Readings through `Step` and `evolve` on one thread, beside a bare loop over dense
//! arrays that only means, sums up 24 hours and looks up an index. Allocations are counted.
//!
//! The same where bodies are asked for answers: with orders alone, and with 100,000 matters that are
//! open all the time.
//!
//! `cargo bench --bench domain`, with `-- --quick` only some hours of each case, and with
//! `-- --answers` only the cases with answers.
#![expect(clippy::print_stdout, reason = "A bench tells its numbers.")]
#![expect(clippy::cast_precision_loss, reason = "Ratios are told with two digits.")]
#![expect(clippy::disallowed_methods, reason = "A bench asks for the time.")]
#![expect(clippy::unwrap_used, reason = "A panic is how a bench fails.")]

use std::alloc::System;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use airshed::domain::cooperation::{Actor, Body};
use airshed::domain::{
    Airshed, Averaging, Batch, Command, CommandGiven, Date, Event, Hour, JurisdictionIndex,
    Outcome, Pollutant, Reading, ResponseEvent, Row, RuleBook, Station, StationIndex, Status, Step,
    Stream, Timestamp,
};
use airshed::wire::rule_book;
use serde_json::json;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Hours after which rings are full and nothing grows any more.
const WARM_UP_H: usize = 400;
/// Every case runs so often, and the best run counts: the machine has other work.
const RUNS: usize = 5;
/// Bodies that one whistle summons: each is asked to report in, which is one matter.
const SUMMONS: usize = 5;
/// Matters that are open all the time.
const OPEN_MATTERS: usize = 100_000;

fn main() {
    let has = |option: &str| std::env::args().any(|it| it == option);
    let quick = has("--quick");
    let hours = |all: usize| WARM_UP_H + if quick { all / 10 } else { all };
    answers("clean air", hours(6_000), &|_, _| 30);
    answers("a winter", hours(6_000), &winter);
    if has("--answers") {
        return;
    }
    let region = rules(None);
    let nation = rules(Some(1_500));
    case("13 cities, 91 stations, clean air", &region, hours(6_000), &|_, _| 30);
    case("13 cities, 91 stations, a winter", &region, hours(6_000), &winter);
    case("300 cities, 1500 stations, clean air", &nation, hours(400), &|_, _| 30);
    case("300 cities, 1500 stations, a winter", &nation, hours(400), &winter);
}

/// An episode of three days in every ten, which the cities reach one after the other.
fn winter(hour: usize, city: u16) -> i32 {
    let at = (hour + 240 - usize::from(city % 13)) % 240;
    if at < 72 { 170 } else { 40 + i32::try_from(at % 7).unwrap() }
}

/// The region, where bodies are asked for answers: without open matters and with many.
fn answers(name: &str, hours: usize, air: &dyn Fn(usize, u16) -> i32) {
    let (off, asked) = (rules(None), rules_with_answers());
    let commands = feed(&off, hours, air);
    let mut best = [f64::MAX; 3];
    let run = |book, open, best: &mut f64| {
        *best = best.min(through_the_domain(book, commands.clone(), open).seconds);
    };
    // In turns, so that other work slows both of them.
    for _ in 0..RUNS {
        run(&off, 0, &mut best[0]);
        run(&asked, 0, &mut best[1]);
    }
    // Last: where many matters were freed, memory is in pieces.
    for _ in 0..RUNS {
        run(&asked, OPEN_MATTERS, &mut best[2]);
    }
    let us = best.map(|it| it * 1e6 / (hours - WARM_UP_H) as f64);
    println!("13 cities, 91 stations, {name}: an hour");
    println!("  no answers asked      {:7.1} µs", us[0]);
    println!("  answers asked         {:7.1} µs, ratio {:.2}", us[1], us[0] / us[1]);
    println!("  100,000 matters open  {:7.1} µs, ratio {:.2}", us[2], us[1] / us[2]);
}

/// The built-in rules with answers; who is summoned by a whistle has years to come.
fn rules_with_answers() -> Arc<RuleBook> {
    let mut files = rule_book::built_in_with_answers();
    let run = "only_standard = \"BTH-2023\"\n[parameters]\nclock = \"sources\"\n";
    files.push(("run.toml".into(), run.into()));
    let shipped = "whistle_within_min = { warned = 120, otherwise = 1440 }";
    let years = "whistle_within_min = { warned = 1000000, otherwise = 1000000 }";
    for (_, text) in files.iter_mut().filter(|it| &*it.0 == rule_book::COOPERATION_FILE) {
        assert!(text.contains(shipped));
        *text = text.replace(shipped, years).into();
    }
    Arc::new(rule_book::parse(files).unwrap())
}

/// Whistles that leave so many matters open.
fn whistles(matters: usize, given_at: Timestamp) -> impl Iterator<Item = Command> {
    let summons = ["120000", "130100", "130200", "130300", "130400"];
    let fields = Arc::new(json!({"place": "110000", "summons": summons, "text": "smoke"}));
    assert_eq!(summons.len(), SUMMONS);
    (0..matters / SUMMONS).map(move |number| {
        let actor = Actor {
            body: Body::new("110000"),
            role: "officer".to_owned(),
            name: "duty officer".to_owned(),
        };
        Command::Give(Box::new(CommandGiven {
            at: Timestamp::default(),
            id: format!("w{number}"),
            actor,
            given_at,
            status: Status::Actual,
            command: "whistle".into(),
            fields: Arc::clone(&fields),
            source: None,
        }))
    })
}

/// The built-in rules; for a whole nation so many stations, five in each city.
fn rules(stations: Option<u16>) -> Arc<RuleBook> {
    let mut files = rule_book::built_in();
    let run = "only_standard = \"BTH-2023\"\n[parameters]\nclock = \"sources\"\n";
    files.push(("run.toml".into(), run.into()));
    let mut book = rule_book::parse(files).unwrap();
    let (station, city) = (book.rules.stations[2].clone(), book.rules.jurisdictions[0].clone());
    if let Some(stations) = stations {
        let jurisdiction = |it: u16| JurisdictionIndex(it / 5);
        let station = |it| Station { jurisdiction: jurisdiction(it), ..station.clone() };
        book.rules.stations = (0..stations).map(station).collect();
        book.rules.jurisdictions = vec![city; usize::from(stations / 5)];
    }
    Arc::new(book)
}

/// One batch an hour: every station, every pollutant.
fn feed(book: &RuleBook, hours: usize, air: &dyn Fn(usize, u16) -> i32) -> Vec<Command> {
    let first = Hour::of_beijing(Date::new(2019, 1, 1).unwrap(), 1).unwrap();
    let stream = Stream::file("bench");
    let batch = |at: usize| {
        let mut readings = Vec::new();
        let hour = first.plus(i32::try_from(at).unwrap());
        let stations = (0_u16..).zip(&book.rules.stations);
        for (place, station) in stations.filter(|(_, it)| it.is_live(hour)) {
            // No two hours are alike, or the stations would count as stuck.
            let own = i32::try_from((usize::from(place) * 7 + at * 13) % 29).unwrap();
            let tenths = air(at, station.jurisdiction.0) * 10 + own;
            for pollutant in Pollutant::ALL {
                let more = i32::from(pollutant == Pollutant::Pm10) * 300;
                let (station, outcome) = (StationIndex(place), Outcome::Taken);
                let tenths = tenths + more;
                readings.push(Reading { tenths, station, revision: 0, pollutant, outcome });
            }
        }
        let count = u32::try_from(readings.len()).unwrap();
        let rows = vec![Row { position: at as u64, readings: count }];
        Command::Observe(Batch { stream: stream.clone(), hour, rows, readings })
    };
    (0..hours).map(batch).collect()
}

fn case(name: &str, book: &Arc<RuleBook>, hours: usize, air: &dyn Fn(usize, u16) -> i32) {
    let commands = feed(book, hours, air);
    let readings: usize = commands[WARM_UP_H..].iter().map(readings_of).sum();
    let ours = (0..RUNS)
        .map(|_| through_the_domain(book, commands.clone(), 0))
        .reduce(|a, b| if a.seconds < b.seconds { a } else { b })
        .unwrap();
    let bare = (0..RUNS).map(|_| bare_loop(book, &commands)).fold(f64::MAX, f64::min);
    let (count, measured) = (readings as f64, (hours - WARM_UP_H) as f64);
    println!("{name}: {measured} hours, {readings} readings, {} order sets", ours.sets);
    println!("  domain     {:7.2} M readings/s", count / ours.seconds / 1e6);
    println!("  bare loop  {:7.2} M readings/s", count / bare / 1e6);
    println!("  ratio      {:7.2}", bare / ours.seconds);
    println!("  an hour    {:7.1} µs", ours.seconds * 1e6 / measured);
    println!(
        "  allocations {:.1} an hour, {:.4} a reading",
        ours.allocations as f64 / measured,
        ours.allocations as f64 / count
    );
    // A few for each city and its decision, none for a reading.
    assert!(ours.allocations < readings / 4, "readings are allocated for");
}

fn readings_of(command: &Command) -> usize {
    if let Command::Observe(batch) = command { batch.readings.len() } else { 0 }
}

struct Measured {
    seconds: f64,
    allocations: usize,
    sets: usize,
}

fn through_the_domain(
    book: &Arc<RuleBook>,
    commands: Vec<Command>,
    open_matters: usize,
) -> Measured {
    let mut airshed = Airshed::default();
    carry(&mut airshed, Command::Adopt(Arc::clone(book)));
    let mut commands = commands.into_iter();
    for command in commands.by_ref().take(1) {
        carry(&mut airshed, command);
    }
    let clock = airshed.clock().unwrap();
    let mut blown = 0;
    for whistle in whistles(open_matters, clock) {
        blown += carry_with(&mut airshed, whistle, |it| it.record_type() == "whistle_blown");
    }
    assert_eq!(blown * SUMMONS, open_matters);
    for command in commands.by_ref().take(WARM_UP_H - 1) {
        carry(&mut airshed, command);
    }
    let (region, start) = (Region::new(ALLOCATOR), Used::now());
    let mut sets = 0;
    for command in commands {
        sets += carry(&mut airshed, command);
    }
    let seconds = start.seconds();
    let change = region.change();
    Measured { seconds, allocations: change.allocations + change.reallocations, sets }
}

/// What the engine does with a command, without a log. Counts order sets.
fn carry(airshed: &mut Airshed, command: Command) -> usize {
    let is_set = |it: &Event| matches!(it, Event::Response(ResponseEvent::OrderSetIssued(_)));
    carry_with(airshed, command, is_set)
}

/// The same; counts some events.
fn carry_with(airshed: &mut Airshed, command: Command, counts: fn(&Event) -> bool) -> usize {
    let mut counted = 0;
    let mut step = Step::new(airshed, command);
    while let Some(next) = step.next(airshed) {
        for event in &next.events {
            airshed.evolve(event, 0);
            counted += usize::from(counts(event));
        }
    }
    counted
}

/// The least that anybody must do: store each value, and for each city its mean, the mean of the
/// last 24 of those, and the index of that.
fn bare_loop(book: &RuleBook, commands: &[Command]) -> f64 {
    let stations = book.rules.stations.len();
    let cities = book.rules.jurisdictions.len();
    let city: Vec<usize> =
        book.rules.stations.iter().map(|it| usize::from(it.jurisdiction.0)).collect();
    let scale = book.rules.indexes[0]
        .scales
        .iter()
        .clone()
        .find(|it| it.pollutant == Pollutant::Pm25 && it.averaging == Averaging::Hour24);
    let index: Vec<u16> = (0..2_000).map(|it| scale.unwrap().index(it * 10)).collect();
    let mut table = vec![0_i32; stations * Pollutant::ALL.len()];
    let mut days = vec![[0_i32; 24]; cities];
    let (mut sums, mut counts) = (vec![0_i32; cities], vec![0_i32; cities]);
    let start = Used::now();
    for (at, command) in commands[WARM_UP_H..].iter().enumerate() {
        let Command::Observe(batch) = command else { continue };
        for reading in &batch.readings {
            let place = reading.pollutant as usize * stations + usize::from(reading.station.0);
            table[place] = reading.tenths;
        }
        sums.fill(0);
        counts.fill(0);
        for (tenths, city) in table[..stations].iter().zip(&city) {
            sums[*city] += tenths;
            counts[*city] += 1;
        }
        for (day, (sum, count)) in days.iter_mut().zip(sums.iter().zip(&counts)) {
            day[at % 24] = sum / (count * 10).max(1);
            let mean: i32 = day.iter().sum::<i32>() / 24;
            black_box(index[usize::try_from(mean).unwrap_or(0).min(1_999)]);
        }
        black_box(&table);
    }
    start.seconds()
}

/// What the thread has used of a processor, so that other programs do not count; where the system
/// does not say it, the time of day.
struct Used(Instant, Option<u64>);

impl Used {
    fn now() -> Self {
        Self(Instant::now(), Self::nanoseconds())
    }

    fn nanoseconds() -> Option<u64> {
        let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
        text.split(' ').next()?.parse().ok()
    }

    fn seconds(&self) -> f64 {
        match (self.1, Self::nanoseconds()) {
            (Some(from), Some(to)) => (to - from) as f64 / 1e9,
            _ => self.0.elapsed().as_secs_f64(),
        }
    }
}
