//! A small feed to test with: one city, a few stations, rows and ticks in the order they are told.

use airshed::domain::{AirEvent, Fact};
use std::fmt::Write as _;
use std::sync::Arc;

use airshed::domain::*;
use airshed::engine::*;
use airshed::wire::rule_book;

use crate::play::Play;

/// What was told, and by which rules it is taken.
#[derive(Clone)]
pub(crate) struct Feed {
    pub(crate) parameters: String,
    /// Lines of `stations.csv` without the jurisdiction: code, control point, start, stop, successor.
    pub(crate) stations: String,
    /// `5: A=100 B=110.4/200 C=x` is a row of hour 5 (PM2.5, or PM2.5/PM10; without a slash PM10
    /// is reported missing; `@2` is a revision), `tick 5:30` a tick. `b>` before it: of file b; `b/0>`: of a partition.
    pub(crate) told: String,
    /// The story begins with this hour.
    pub(crate) from: i32,
    /// Which standard rules: one of the law, or `LOCAL`.
    pub(crate) standard: String,
}

const STANDARD: &str = r#"
id = "LOCAL"
title = "One clause"
reference = "none"
certainty = "INTERPRETATION"
duration_as = "chain"
window_phase = "any"
[[clauses]]
grade = "yellow"
id = "yellow-1"
text = "> 200 for 24 h"
main = { above = 200, hours = 24 }
"#;

impl Feed {
    pub(crate) fn of(told: &str) -> Self {
        Self {
            parameters: "clock = \"sources\"\noutlook_of_last_resort = \"none\"".to_owned(),
            stations: "A,0,,,\nB,0,,,\nC,0,,,".to_owned(),
            told: told.to_owned(),
            from: 0,
            standard: "LOCAL".to_owned(),
        }
    }

    pub(crate) fn set(mut self, parameter: &str) -> Self {
        let key = |line: &str| line.split('=').next().unwrap().trim().to_owned();
        let lines = self.parameters.lines().filter(|it| key(it) != key(parameter));
        self.parameters = lines.chain([parameter]).collect::<Vec<_>>().join("\n");
        self
    }

    pub(crate) fn stations(mut self, stations: &str) -> Self {
        stations.trim().clone_into(&mut self.stations);
        self
    }

    pub(crate) fn from(mut self, hour: i32) -> Self {
        self.from = hour;
        self
    }

    /// Hour 0 is the midnight at the end of 2018.
    pub(crate) fn hour(hour: i32) -> Hour {
        Hour::of_beijing(Date::new(2019, 1, 1).unwrap(), 0).unwrap().plus(hour)
    }

    pub(crate) fn book(&self) -> Arc<RuleBook> {
        let (mut text, mut stations) = (String::new(), String::new());
        for (name, built_in) in rule_book::built_in() {
            if &*name == "airshed.toml" {
                built_in.split("[[jurisdictions]]").next().unwrap().clone_into(&mut text);
            } else if &*name == "stations.csv" {
                built_in.lines().next().unwrap().clone_into(&mut stations);
            }
        }
        let beijing = "code = \"110000\"\nname = \"Beijing\"\nname_zh = \"北京市\"\n";
        write!(text, "[[jurisdictions]]\n{beijing}").unwrap();
        for line in self.stations.lines() {
            let fields: Vec<&str> = line.trim().split(',').collect();
            let [code, control, start, stop, successor] = fields[..] else { panic!("{line}") };
            let life = format!("{control},{start},{stop},{successor}");
            write!(stations, "\n{code},{code},,110000,{life},116,40").unwrap();
        }
        let (only, parameters) = (&self.standard, &self.parameters);
        let run = format!("only_standard = \"{only}\"\n[parameters]\n{parameters}\n");
        let mut files: Vec<(Arc<str>, Arc<str>)> = rule_book::built_in();
        files.retain(|(name, _)| name.starts_with("index/") || name.starts_with("standards/"));
        for (name, text) in &mut files {
            // Where a standard is in force names jurisdictions that are not here.
            if name.starts_with("standards/") {
                *text = text.split("[[in_force]]").next().unwrap().into();
            }
        }
        files.extend([
            ("airshed.toml".into(), text.into()),
            ("stations.csv".into(), stations.into()),
            ("measures.toml".into(), "".into()),
            ("standards/LOCAL.toml".into(), STANDARD.into()),
            ("run.toml".into(), run.into()),
        ]);
        Arc::new(rule_book::parse(files).unwrap())
    }

    /// What was told, as commands.
    pub(crate) fn commands(&self, rules: &Rules) -> Vec<Command> {
        let lines = self.told.lines().map(str::trim).filter(|it| !it.is_empty());
        (1..).zip(lines).map(|(position, line)| command(line, position, rules)).collect()
    }

    pub(crate) fn run(&self) -> Vec<Record> {
        let book = self.book();
        let commands = self.commands(&book.rules);
        Play::new(&book, commands).records()
    }

    /// One line for each closed hour, station that falls silent or is heard, and refusal.
    pub(crate) fn story(&self) -> String {
        let book = self.book();
        let stations = &book.rules.stations;
        let code = |it: StationIndex| Arc::clone(&stations[usize::from(it.0)].code);
        let mut story = String::new();
        for record in self.run() {
            let hour = |it: Hour| it.0 - Self::hour(0).0;
            let line = match &record.event {
                Event::Air(AirEvent::HourClosed(closed)) if hour(closed.hour) >= self.from => {
                    let city = &closed.jurisdictions[0];
                    let mean = city.pm25_ug_m3.map_or("-".to_owned(), |it| it.to_string());
                    let how = if closed.stale { "stale" } else { "closed" };
                    let (reporting, expected) = (city.stations_reporting, city.stations_expected);
                    let at = clock(closed.closed_at);
                    let hour = hour(closed.hour);
                    let flags = city.flagged.iter();
                    let flags: Vec<String> =
                        flags.map(|(it, flag)| format!(" {}:{}", code(*it), flag.name())).collect();
                    let flags = flags.concat();
                    format!("{hour} {how} {at} = {mean} of {reporting}/{expected}{flags}")
                }
                Event::Station(StationEvent::Silent(it)) => {
                    format!("{} silent {}", hour(it.hour), code(it.station))
                }
                Event::Station(StationEvent::Heard(it)) => {
                    format!("{} heard {}", hour(it.hour), code(it.station))
                }
                Event::Fact(Fact::InputRefused(it)) => {
                    format!("{} {}", it.reason.name(), it.excerpt)
                }
                _ => continue,
            };
            writeln!(story, "{line}").unwrap();
        }
        story
    }
}

/// `5:30` since hour 0.
fn clock(at: Timestamp) -> String {
    let minutes = (at.0 - Feed::hour(0).end().0) / MINUTE_MS;
    format!("{}:{:02}", minutes / 60, minutes % 60)
}

fn command(line: &str, position: u64, rules: &Rules) -> Command {
    let (stream, line) = line.split_once('>').unwrap_or(("feed", line));
    let stream = match stream.split_once('/') {
        Some((topic, partition)) => Stream::topic(topic, partition.parse().unwrap()),
        None => Stream::file(stream),
    };
    if let Some(at) = line.strip_prefix("tick ") {
        let (hours, minutes) = at.split_once(':').unwrap();
        let at = Feed::hour(hours.parse().unwrap()).end().plus_minutes(minutes.parse().unwrap());
        let source = (&*stream.name != "feed").then(|| stream.at(position));
        return Command::Tick(Tick { at, source });
    }
    let (hour, stations) = line.split_once(':').unwrap();
    let mut readings = Vec::new();
    for word in stations.split_whitespace() {
        read(word, rules, &mut readings);
    }
    let rows = vec![Row { position, readings: u32::try_from(readings.len()).unwrap() }];
    Command::Observe(Batch { stream, hour: Feed::hour(hour.parse().unwrap()), rows, readings })
}

/// `A=100/200@2`.
fn read(word: &str, rules: &Rules, readings: &mut Vec<Reading>) {
    let (code, said) = word.split_once('=').unwrap();
    let place = rules.stations.iter().position(|it| &*it.code == code).unwrap();
    let (said, revision) = said.split_once('@').unwrap_or((said, "0"));
    let (pm25, pm10) = said.split_once('/').unwrap_or((said, "x"));
    for (pollutant, value) in [(Pollutant::Pm25, pm25), (Pollutant::Pm10, pm10)] {
        if value.is_empty() {
            continue;
        }
        let tenths = if value == "x" {
            MISSING
        } else {
            let (whole, tenth) = value.split_once('.').unwrap_or((value, "0"));
            format!("{whole}{tenth}").parse().unwrap()
        };
        readings.push(Reading {
            tenths,
            station: StationIndex(u16::try_from(place).unwrap()),
            revision: revision.parse().unwrap(),
            pollutant,
            outcome: Outcome::Taken,
        });
    }
}

/// Blanks around lines do not count.
#[track_caller]
pub(crate) fn check(feed: &Feed, expected: &str) {
    let story = feed.story();
    let lines = |text: &str| {
        let lines = text.lines().map(str::trim).filter(|it| !it.is_empty());
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(lines(&story), lines(expected), "\n--- got ---\n{story}");
}
