//! Small worlds to test in: cities whose stations all read the same, written as runs of hours.

use airshed::domain::{AirEvent, ResponseEvent, WarningEvent};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use airshed::domain::*;
use airshed::engine::*;
use airshed::wire::rule_book;

use crate::play::Play;
use crate::sets::obeys_the_law_of_sets;

/// What a scenario starts from.
#[derive(Clone)]
pub(crate) struct World {
    /// The one standard; none: those in force.
    pub(crate) only: Option<String>,
    /// Lines of `[parameters]` that differ.
    pub(crate) parameters: String,
    /// Files of the rule book that are new or other.
    pub(crate) files: Vec<(String, String)>,
    /// Hour 0 is the label 00:00 of this day.
    pub(crate) from: Date,
    /// `130100: clean*40 115*30 x*3`: a band or whole µg/m³, times hours, from hour 1 on; x is
    /// missing.
    pub(crate) air: String,
    /// Hours of hindsight; 0: none.
    pub(crate) hindsight_h: i32,
    /// Other commands, delivered before the first row of that hour.
    pub(crate) inputs: Vec<(i32, Command)>,
    /// What the other cities read.
    pub(crate) elsewhere_ug_m3: i32,
}

impl World {
    /// One standard everywhere, and no outlook.
    pub(crate) fn new(standard: &str) -> Self {
        Self { only: Some(standard.to_owned()), ..Self::in_force("2019-01-01") }
    }

    /// The standards in force from that day on, and no outlook.
    pub(crate) fn in_force(from: &str) -> Self {
        Self {
            only: None,
            parameters: "clock = \"sources\"\noutlook_of_last_resort = \"none\"\n".to_owned(),
            files: Vec::new(),
            from: Date::parse(from).unwrap(),
            air: String::new(),
            hindsight_h: 0,
            inputs: Vec::new(),
            elsewhere_ug_m3: 30,
        }
    }

    pub(crate) fn air(mut self, air: &str) -> Self {
        air.clone_into(&mut self.air);
        self
    }

    pub(crate) fn hindsight(mut self, hours: i32) -> Self {
        self.hindsight_h = hours;
        self
    }

    /// A parameter: the last word on a key counts.
    pub(crate) fn set(mut self, parameter: &str) -> Self {
        let key = |line: &str| line.split('=').next().unwrap().trim().to_owned();
        let other = self.parameters.lines().filter(|it| key(it) != key(parameter));
        let mut lines: Vec<&str> = other.collect();
        lines.push(parameter);
        self.parameters = lines.join("\n");
        self
    }

    /// A file of the rule book, in the place of one with that name.
    pub(crate) fn file(mut self, name: &str, text: &str) -> Self {
        self.files.push((name.to_owned(), text.to_owned()));
        self
    }

    pub(crate) fn input(mut self, before: i32, command: Command) -> Self {
        self.inputs.push((before, command));
        self
    }

    /// An outlook for one city, issued at the end of an hour and read before that hour's rows:
    /// runs from hour `first` on.
    pub(crate) fn outlook(self, issued: i32, city: u32, first: i32, runs: &str) -> Self {
        self.outlook_read(issued, issued, city, first, runs)
    }

    /// The same, read before the rows of another hour.
    pub(crate) fn outlook_read(
        self,
        read: i32,
        issued: i32,
        city: u32,
        first: i32,
        runs: &str,
    ) -> Self {
        let says = |hour: Option<i32>| match hour {
            Some(ug_m3) => {
                let upper_ug_m3 = u16::try_from(ug_m3).unwrap();
                OutlookHour::Range { lower_ug_m3: 1, upper_ug_m3 }
            }
            None => OutlookHour::Missing,
        };
        let outlook = Outlook {
            jurisdiction: self.jurisdiction(city),
            first: self.hour(first),
            hours: hours(runs).into_iter().map(says).collect(),
        };
        let forecast = Forecast {
            issued_at: self.hour(issued).end(),
            maker: "bureau".into(),
            source: None,
            outlooks: vec![outlook],
        };
        self.input(read, Command::ReceiveForecast(forecast))
    }

    /// Hours of one city that do not count, known from the first hour on.
    pub(crate) fn exclude(self, city: u32, first: i32, last: i32) -> Self {
        let exclusion = Exclusion {
            jurisdiction: self.jurisdiction(city),
            first: self.hour(first),
            last: self.hour(last),
            kind: ExclusionKind::Sand,
            evidence: "satellite".to_owned(),
            source: None,
        };
        self.input(1, Command::Exclude(exclusion))
    }

    /// Every station of a city says this of a past hour, before the rows of another one come.
    pub(crate) fn late(self, before: i32, city: u32, hour: i32, said: (i32, u16)) -> Self {
        let whose = self.jurisdiction(city);
        let book = self.book();
        let stations = (0_u16..).zip(&book.rules.stations);
        let of_city =
            stations.filter(|(_, it)| it.jurisdiction == whose && it.is_live(self.hour(hour)));
        let readings = of_city.flat_map(|(place, _)| {
            [Pollutant::Pm25, Pollutant::Pm10].map(|pollutant| Reading {
                tenths: said.0 * 10,
                station: StationIndex(place),
                revision: said.1,
                pollutant,
                outcome: Outcome::Taken,
            })
        });
        let readings: Vec<Reading> = readings.collect();
        let position = 1 + u64::try_from(self.inputs.len()).unwrap();
        let rows = vec![Row { position, readings: u32::try_from(readings.len()).unwrap() }];
        let (stream, hour) = (Stream::file("late"), self.hour(hour));
        self.input(before, Command::Observe(Batch { stream, hour, rows, readings }))
    }

    pub(crate) fn jurisdiction(&self, city: u32) -> JurisdictionIndex {
        let place = self.book().rules.jurisdictions.iter().position(|it| it.division.0 == city);
        JurisdictionIndex(u16::try_from(place.unwrap()).unwrap())
    }

    /// The rule book with the changes of this world.
    pub(crate) fn book(&self) -> Arc<RuleBook> {
        let mut files = rule_book::built_in();
        files.retain(|(name, _)| !self.files.iter().any(|(other, _)| **name == **other));
        files.extend(
            self.files.iter().map(|(name, text)| (name.as_str().into(), text.as_str().into())),
        );
        let only = self.only.as_ref().map(|it| format!("only_standard = \"{it}\"\n"));
        let run = format!("{}[parameters]\n{}", only.unwrap_or_default(), self.parameters);
        files.push(("run.toml".into(), run.into()));
        Arc::new(rule_book::parse(files).unwrap())
    }

    /// Hour number `offset` of this world.
    pub(crate) fn hour(&self, offset: i32) -> Hour {
        Hour::of_beijing(self.from, 0).unwrap().plus(offset)
    }

    /// How many hours of air it has.
    pub(crate) fn length(&self) -> i32 {
        let longest = cities(&self.air).values().map(Vec::len).max();
        i32::try_from(longest.unwrap_or(0)).unwrap()
    }

    /// The rows of all hours, one batch an hour.
    pub(crate) fn commands(&self, rules: &Rules) -> Vec<Command> {
        let cities = cities(&self.air);
        let stream = Stream::file("world");
        let mut commands = Vec::new();
        let mut position = 0;
        for offset in 1..=self.length() {
            let hour = self.hour(offset);
            let at = usize::try_from(offset - 1).unwrap();
            commands.extend(self.inputs.iter().filter(|it| it.0 == offset).map(|it| it.1.clone()));
            let mut readings = Vec::new();
            for (place, station) in (0_u16..).zip(&rules.stations) {
                if !station.is_live(hour) {
                    continue;
                }
                let city = rules.jurisdictions[usize::from(station.jurisdiction.0)].division.0;
                let value = match cities.get(&city) {
                    Some(hours) => hours.get(at).copied().flatten(),
                    None => Some(self.elsewhere_ug_m3),
                };
                for pollutant in [Pollutant::Pm25, Pollutant::Pm10] {
                    readings.push(Reading {
                        tenths: value.map_or(MISSING, |it| it * 10),
                        station: StationIndex(place),
                        revision: 0,
                        pollutant,
                        outcome: Outcome::Taken,
                    });
                }
            }
            position += 1;
            let rows = vec![Row { position, readings: u32::try_from(readings.len()).unwrap() }];
            commands.push(Command::Observe(Batch { stream: stream.clone(), hour, rows, readings }));
        }
        commands
    }

    /// Runs the world to its end and gives all records.
    pub(crate) fn run(&self) -> Vec<Record> {
        let book = self.book();
        let commands = self.commands(&book.rules);
        Play::new(&book, commands).hindsight(self.hindsight_h).records()
    }

    /// One line for each decision but a closing, in hours of this world. Stations of one city that
    /// fall silent or are heard at the same hour share a line.
    pub(crate) fn story(&self) -> String {
        self.story_of(&self.run())
    }

    pub(crate) fn story_of(&self, records: &[Record]) -> String {
        let rules = self.book();
        let mut story = String::new();
        let same = |a: &Record, b: &Record| {
            let (a, b) =
                (self.listened(&a.event, &rules.rules), self.listened(&b.event, &rules.rules));
            a.is_some() && a == b
        };
        for alike in records.chunk_by(same) {
            match self.listened(&alike[0].event, &rules.rules) {
                Some((hour, city, what)) => {
                    writeln!(story, "{hour}: {city} {} stations {what}", alike.len()).unwrap();
                }
                None => self.tell(&alike[0].event, &rules.rules, &mut story),
            }
        }
        story
    }

    /// The hour and the city of a station that falls silent or is heard again.
    fn listened(&self, event: &Event, rules: &Rules) -> Option<(i32, Division, &'static str)> {
        let (silence, what) = match event {
            Event::Station(StationEvent::Silent(it)) => (it, "silent"),
            Event::Station(StationEvent::Heard(it)) => (it, "heard"),
            _ => return None,
        };
        let city = rules.stations[usize::from(silence.station.0)].jurisdiction;
        let city = rules.jurisdictions[usize::from(city.0)].division;
        Some((silence.hour.0 - self.hour(0).0, city, what))
    }

    fn tell(&self, event: &Event, rules: &Rules, story: &mut String) {
        let zero = self.hour(0);
        let code = |it: JurisdictionIndex| rules.jurisdictions[usize::from(it.0)].division;
        let end = |it: Option<Hour>| it.map_or("open".to_owned(), |it| (it.0 - zero.0).to_string());
        match event {
            Event::Warning(WarningEvent::WarningDecided(act)) if act.cause != Cause::Follows => {
                let name = act.kind.record_type().strip_prefix("warning_").unwrap();
                let (id, clause) = (act.warning, act.clause.as_deref().unwrap_or("-"));
                writeln!(
                    story,
                    "{}: {}-{} {name} {} {}..{} {clause}",
                    act.hour.0 - zero.0,
                    code(id.jurisdiction),
                    id.number,
                    act.grade,
                    act.start.0 - zero.0,
                    end(act.end),
                )
                .unwrap();
            }
            Event::Response(ResponseEvent::OrderSetIssued(set)) => {
                let orders = set.orders.iter().filter(|it| it.causes != [Cause::Follows]);
                let orders = orders.map(|it| {
                    let at =
                        it.effective_at.map_or("-".to_owned(), |it| (it.0 - zero.0).to_string());
                    let cause = it.causes[0].name();
                    format!("{} {} at {at} by {cause}", code(it.jurisdiction), it.act.name())
                });
                let orders = orders.collect::<Vec<_>>().join(", ");
                let linked = if set.linked { " linked" } else { "" };
                let at = end(set.effective_at).replace("open", "-");
                writeln!(story, "  set {}{linked} at {at}: {orders}", set.epoch).unwrap();
            }
            Event::Warning(WarningEvent::ReviewDue(review)) => {
                let (id, hour) = (review.warning, review.hour.0 - zero.0);
                writeln!(story, "{hour}: {}-{} review due", code(id.jurisdiction), id.number)
                    .unwrap();
            }
            Event::Air(AirEvent::HourAmended(it)) => {
                let value = |it: Option<u16>| it.map_or("x".to_owned(), |it| it.to_string());
                let (old, new) = (value(it.old_ug_m3), value(it.new_ug_m3));
                let at = it.otherwise.map_or(String::new(), |it| {
                    let done = |it: Option<ActSummary>| {
                        it.map_or("nothing".to_owned(), |it| {
                            let name = it.kind.record_type().strip_prefix("warning_").unwrap();
                            format!("{name} {} {}", it.grade, it.start.0 - zero.0)
                        })
                    };
                    let at = it.decision_hour.0 - zero.0;
                    format!(" at {at}: {}, was {}", done(it.would_be), done(it.was))
                });
                writeln!(
                    story,
                    "{}: {} {} amended {old} to {new}, {}{at}",
                    it.decision_hour.0 - zero.0,
                    code(it.jurisdiction),
                    it.hour.0 - zero.0,
                    it.effect.name(),
                )
                .unwrap();
            }
            Event::Response(ResponseEvent::OrderConfirmedByAmendment(it)) => {
                let (id, at) = (it.warning, it.decision_hour.0 - zero.0);
                writeln!(story, "{at}: {}-{} stands", code(id.jurisdiction), id.number).unwrap();
            }
            Event::Response(ResponseEvent::OrderAmended(it)) => {
                let (id, at) = (it.warning, it.decision_hour.0 - zero.0);
                let by = it.epoch.map_or("no order".to_owned(), |it| format!("set {it}"));
                let code = code(id.jurisdiction);
                writeln!(story, "{at}: {code}-{} amended by {by}", id.number).unwrap();
            }
            Event::Warning(WarningEvent::SameAirUnlikeGrade(it)) => {
                let [a, b] =
                    it.sides.each_ref().map(|it| format!("{} {}", code(it.jurisdiction), it.grade));
                let (at, apart) = (it.hour.0 - zero.0, it.differ_by_ug_m3);
                writeln!(story, "{at}: {a}, {b} unlike, {apart} apart").unwrap();
            }
            Event::Air(AirEvent::DataInsufficient(it)) => {
                let (at, valid, needed) = (it.hour.0 - zero.0, it.valid_hours, it.needed_hours);
                let city = code(it.jurisdiction);
                writeln!(story, "{at}: {city} has {valid} of {needed} hours").unwrap();
            }
            Event::Fact(_)
            | Event::Station(_)
            | Event::Cooperation(_)
            | Event::Air(AirEvent::HourClosed(_))
            | Event::Warning(WarningEvent::WarningDecided(_)) => {}
        }
    }
}

/// The only place that knows the functions under test. Blanks around lines do not count.
#[track_caller]
pub(crate) fn check(world: &World, expected: &str) {
    let records = world.run();
    obeys_the_law_of_sets(&records, world.book().rules.parameters.acts.min_notice_h);
    assert_eq!(first_difference(&records), None, "decided again from its facts");
    let story = world.story_of(&records);
    assert_eq!(lines(&story), lines(expected), "\n--- got ---\n{story}");
}

/// Where records part from what their own facts and rules lead to.
pub(crate) fn first_difference(records: &[Record]) -> Option<Difference> {
    let mut check = Check::default();
    for record in records {
        check.take(record.clone()).unwrap();
    }
    check.finish()
}

fn lines(text: &str) -> Vec<&str> {
    text.lines().map(str::trim).filter(|it| !it.is_empty()).collect()
}

/// `130100: clean*40 x*3` to hours.
fn cities(air: &str) -> BTreeMap<u32, Vec<Option<i32>>> {
    let city = |line: &str| {
        let (code, runs) = line.split_once(':').unwrap();
        (code.trim().parse().unwrap(), hours(runs))
    };
    lines(air).into_iter().map(city).collect()
}

/// The bands of air that most worlds are made of: µg/m³ whose index lies within a category of
/// HJ 633. How long it lasts makes the grade.
const BANDS: [(&str, Option<i32>); 4] = [
    ("x", None),
    ("clean", Some(30)),
    // 重度污染: an index of 210.
    ("heavy", Some(160)),
    // 严重污染: an index of 310.
    ("severe", Some(260)),
];

/// `clean*40 115*3 x*3` to hours.
pub(crate) fn hours(runs: &str) -> Vec<Option<i32>> {
    let value = |word: &str| {
        let band = BANDS.iter().find(|it| it.0 == word);
        band.map_or_else(|| Some(word.parse().unwrap()), |it| it.1)
    };
    let run = |run: &str| {
        let (word, count) = run.split_once('*').unwrap_or((run, "1"));
        std::iter::repeat_n(value(word), count.parse().unwrap()).collect::<Vec<_>>()
    };
    runs.split_whitespace().flat_map(run).collect()
}
