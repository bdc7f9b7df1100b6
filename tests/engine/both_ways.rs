//! The same rows lead to the same decisions, played from files or fed into partitions.

use airshed::domain::AirEvent;
use std::sync::Arc;

use airshed::domain::*;
use airshed::engine::*;
use airshed::io::files::FileInbox;
use airshed::io::kafka::spread;
use airshed::wire::rule_book;
use airshed::wire::stations::Stations;

use crate::play::Play;
use crate::random::Dice;
use crate::skip;

macro_rules! slices {
    ($($name:ident: $file:literal $outlook:literal $partitions:literal;)*) => {
        $(#[test] fn $name() { check_slice($file, $outlook, $partitions); })*
    };
}

slices! {
    apec_2014: "beijing35_ep_20141101_1114_apec.csv.gz" "hindsight:120" 4;
    november_2015: "beijing35_ep_20151126_1204.csv.gz" "none" 3;
    first_red_2015: "beijing35_ep_20151205_1212_red1.csv.gz" "persistence:12" 4;
    beijing_2013_to_2017: "uci_beijing_multisite.csv.xz" "persistence:12" 2;
    new_year_2017: "cnemc_bth_ring_20170101.csv.gz" "hindsight:120" 4;
    new_year_2018: "cnemc_bth_ring_20180101.csv.gz" "none" 1;
    may_2018: "beijing35_ep_201805.csv.gz" "hindsight:120" 4;
    january_2019: "cnemc_bth_ring_ep_20190109_0116.csv.gz" "persistence:12" 4;
    january_2019_foreseen: "cnemc_bth_ring_ep_20190109_0116.csv.gz" "hindsight:30" 4;
    december_2019: "cnemc_bth_ring_ep_20191205_1212.csv.gz" "hindsight:120" 5;
    dust_2021: "beijing35_ep_20210312_0317_dust.csv.gz" "hindsight:120" 4;
    new_year_2023: "cnemc_bth_20230120_0123_newyear.csv.gz" "hindsight:120" 4;
    march_2023: "beijing35_ep_20230302_0309.csv.gz" "persistence:12" 4;
    orange_2023: "beijing35_ep_20231022_1105_orange.csv.gz" "hindsight:120" 4;
    change_of_index_2026: "cnemc_bth_ep_20260226_0304_index_change.csv.gz" "persistence:12" 4;
    march_2026: "cnemc_bth_ep_20260309_0315.csv.gz" "hindsight:120" 4;
    march_2025: "beijing35_ep_20250226_0314.csv.gz" "hindsight:120" 4;
}

fn check_slice(file: &str, outlook: &str, partitions: usize) {
    let Some(path) = skip::shared_data(file) else { return };
    let (kind, hours) = outlook.split_once(':').unwrap_or((outlook, "0"));
    let book = book(if kind == "persistence" { outlook } else { "none" });
    let stations = Arc::new(Stations::new(&book.rules));
    let open = || {
        let files = FileInbox::open(std::slice::from_ref(&path), Arc::clone(&stations), 720);
        files.unwrap()
    };
    let outlooks = match kind {
        "hindsight" => Outlooks::Hindsight(
            Hindsight::look(&book, hours.parse().unwrap(), &mut open()).unwrap(),
        ),
        _ => Outlooks::None,
    };
    let inbox = WithOutlooks::new(open(), outlooks, Vec::new());
    check(&book, all(inbox), partitions);
}

fn book(last_resort: &str) -> Arc<RuleBook> {
    let mut files = rule_book::built_in();
    let run =
        format!("[parameters]\nclock = \"sources\"\noutlook_of_last_resort = \"{last_resort}\"\n");
    files.push((rule_book::RUN_FILE.into(), run.into()));
    Arc::new(rule_book::parse(files).unwrap())
}

fn all(mut inbox: impl Inbox) -> Vec<Command> {
    inbox.resume(&[]).unwrap();
    let take = || Some(inbox.poll().unwrap()).filter(|it| !it.is_empty());
    std::iter::from_fn(take).flatten().collect()
}

#[track_caller]
fn check(book: &Arc<RuleBook>, commands: Vec<Command>, partitions: usize) {
    let fed = decisions(book, fed(&book.rules, &commands, partitions), false);
    let played = decisions(book, commands, true);
    assert!(
        played.iter().any(|it| matches!(it, Event::Air(AirEvent::HourClosed(_)))),
        "nothing was played"
    );
    let apart = played.iter().zip(&fed).position(|(played, fed)| played != fed);
    if let Some(at) = apart {
        panic!("decision {at}: played {:?}\nfed {:?}", played[at], fed[at]);
    }
    assert_eq!(played.len(), fed.len());
}

/// What is decided, without the facts.
fn decisions(book: &Arc<RuleBook>, commands: Vec<Command>, ends: bool) -> Vec<Event> {
    let play = Play::new(book, commands).at_once(1000);
    let records = if ends { play.records() } else { play.goes_on().records() };
    records.into_iter().map(|it| it.event).filter(|it| !it.is_fact()).collect()
}

/// What a feed of the same commands leaves in its partitions, read in any interleaving.
fn fed(rules: &Rules, commands: &[Command], partitions: usize) -> Vec<Command> {
    let topic = |name: &str, count: usize| {
        (0..i32::try_from(count).unwrap()).map(|it| Stream::topic(name, it)).collect::<Vec<_>>()
    };
    let streams = [topic("airshed.readings", partitions), topic("airshed.forecasts", 1)].concat();
    let mut lanes: Vec<Vec<Command>> = vec![Vec::new(); streams.len()];
    let mut feeding = Feeding::default();
    let mut send = |fed: Vec<Fed>| {
        for it in fed {
            put(it, rules, &streams, &mut lanes);
        }
    };
    for command in commands {
        send(feeding.feed(command.clone(), &rules.parameters));
    }
    send(feeding.end(&rules.parameters));
    let mut dice = Dice::new(7);
    let mut lanes: Vec<_> = lanes.into_iter().map(Vec::into_iter).collect();
    let mut mixed = vec![Command::JoinStreams(streams)];
    while !lanes.is_empty() {
        let at = dice.place(&lanes);
        // A partition is read some messages at a time.
        let run = 1 + dice.below(300) as usize;
        let taken: Vec<Command> = lanes[at].by_ref().take(run).collect();
        if taken.is_empty() {
            drop(lanes.remove(at));
        }
        mixed.extend(taken);
    }
    mixed
}

fn put(fed: Fed, rules: &Rules, streams: &[Stream], lanes: &mut [Vec<Command>]) {
    let next = |lane: &Vec<Command>, at: usize| streams[at].at(lane.len() as u64);
    match fed {
        Fed::Tick(at) => {
            for (place, lane) in lanes.iter_mut().enumerate() {
                let source = Some(next(lane, place));
                lane.push(Command::Tick(Tick { at, source }));
            }
        }
        Fed::Forecast(forecast) => {
            let place = streams.len() - 1;
            let source = Some(next(&lanes[place], place));
            lanes[place].push(Command::ReceiveForecast(Forecast { source, ..forecast }));
        }
        Fed::Readings(batch) => {
            let partitions = streams.len() - 1;
            let is_empty = batch.readings.is_empty();
            for place in 0..partitions {
                let is_here = |it: &&Reading| {
                    let code = &rules.stations[usize::from(it.station.0)].code;
                    spread(code, partitions) == place
                };
                let readings: Vec<Reading> =
                    batch.readings.iter().filter(is_here).copied().collect();
                if readings.is_empty() && !(is_empty && place == 0) {
                    continue;
                }
                let position = lanes[place].len() as u64;
                let rows = vec![Row { position, readings: u32::try_from(readings.len()).unwrap() }];
                let (stream, hour) = (streams[place].clone(), batch.hour);
                lanes[place].push(Command::Observe(Batch { stream, hour, rows, readings }));
            }
        }
    }
}

/// Invented files: two cities, holes, late rows, rows of another century, rows that begin late,
/// rows without a station, and repeats.
#[test]
fn invented_files_are_decided_alike() {
    let book = book("persistence:12");
    let stations: Vec<u16> = (0..u16::try_from(book.rules.stations.len()).unwrap()).collect();
    for seed in 0..60 {
        let mut dice = Dice::new(seed);
        let zero = Hour::of_beijing(Date::parse("2019-01-01").unwrap(), 0).unwrap();
        let mut commands = Vec::new();
        let mut hour = 10_i32;
        for position in 1..400 {
            hour += match dice.below(40) {
                0 => i32::try_from(dice.below(100)).unwrap(),
                1 => 1000,
                2..20 => 1,
                _ => 0,
            };
            let back = if dice.below(6) == 0 { i32::try_from(dice.below(12)).unwrap() } else { 0 };
            let row = Row { position, readings: 0 };
            let mut readings = Vec::new();
            if dice.below(10) > 0 {
                for station in &stations {
                    if dice.below(4) > 0 {
                        let tenths = i32::try_from(dice.below(4000)).unwrap() - 20;
                        for pollutant in [Pollutant::Pm25, Pollutant::Pm10] {
                            readings.push(Reading {
                                tenths,
                                station: StationIndex(*station),
                                revision: 0,
                                pollutant,
                                outcome: Outcome::Taken,
                            });
                        }
                    }
                }
            }
            let rows = vec![Row { readings: u32::try_from(readings.len()).unwrap(), ..row }];
            let stream = Stream::file("invented");
            let hour = zero.plus(hour - back);
            commands.push(Command::Observe(Batch { stream, hour, rows, readings }));
        }
        check(&book, commands, 1 + dice.below(5) as usize);
    }
}
