//! Small worlds to test in: cities whose stations all read the same, written as runs of hours.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use airshed::domain::*;
use airshed::engine::*;
use airshed::io::memory::*;
use airshed::wire::rule_book;

/// What a scenario starts from.
#[derive(Clone)]
pub(crate) struct World {
    /// `run.toml`: parameters that differ, and the one standard.
    pub(crate) run: String,
    /// Hour 0 is the label 00:00 of this day.
    pub(crate) from: Date,
    /// `130100: 30*40 260*30 x*3`: whole µg/m³ times hours, from hour 1 on; x is missing.
    pub(crate) air: String,
    /// Hours of hindsight; 0: none.
    pub(crate) hindsight_h: i32,
    /// Other commands, delivered before the first row of that hour.
    pub(crate) inputs: Vec<(i32, Command)>,
    /// What the other cities read.
    pub(crate) elsewhere_ug_m3: i32,
}

impl World {
    pub(crate) fn new(standard: &str) -> Self {
        Self {
            run: format!("only_standard = \"{standard}\"\n[parameters]\nclock = \"sources\"\n"),
            from: Date::new(2019, 1, 1).unwrap(),
            air: String::new(),
            hindsight_h: 0,
            inputs: Vec::new(),
            elsewhere_ug_m3: 30,
        }
    }

    pub(crate) fn air(mut self, air: &str) -> Self {
        self.air = air.to_owned();
        self
    }

    pub(crate) fn hindsight(mut self, hours: i32) -> Self {
        self.hindsight_h = hours;
        self
    }

    pub(crate) fn set(mut self, parameter: &str) -> Self {
        writeln!(self.run, "{parameter}").unwrap();
        self
    }

    pub(crate) fn input(mut self, before: i32, command: Command) -> Self {
        self.inputs.push((before, command));
        self
    }

    /// The rule book with the changes of this world.
    pub(crate) fn book(&self) -> Arc<RuleBook> {
        let mut files = rule_book::built_in();
        files.push(("run.toml".into(), self.run.as_str().into()));
        Arc::new(rule_book::parse(files).unwrap())
    }

    /// Hour number `offset` of this world.
    pub(crate) fn hour(&self, offset: i32) -> Hour {
        Hour::of_beijing(self.from, 0).unwrap().plus(offset)
    }

    /// The rows of all hours, one batch an hour.
    pub(crate) fn commands(&self, rules: &Rules) -> Vec<Command> {
        let cities = cities(&self.air);
        let length = cities.values().map(Vec::len).max().unwrap_or(0);
        let stream = Stream::file("world");
        let mut commands = Vec::new();
        let mut position = 0;
        for offset in 1..=i32::try_from(length).unwrap() {
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
        let mut inbox = MemoryInbox::default();
        self.commands(&book.rules).into_iter().for_each(|it| inbox.put(it));
        let outlooks = match self.hindsight_h {
            0 => Outlooks::None,
            ahead_h => {
                Outlooks::Hindsight(Hindsight::look(&book, ahead_h, &mut inbox.clone()).unwrap())
            }
        };
        let inbox = WithOutlooks::new(inbox, outlooks, Vec::new());
        let log = MemoryLog::default();
        let mut engine = Engine::open(book, Timestamp(0), inbox, log, NoOutbox).unwrap();
        engine.step(None).unwrap();
        let end = engine.memory().airshed.end_of_feed();
        if let Some(at) = end {
            engine.submit(vec![Command::Tick(Tick { at, source: None })], None).unwrap();
        }
        engine.into_parts().1.records
    }

    /// One line for each decision, in hours of this world.
    pub(crate) fn story(&self) -> String {
        let (records, rules) = (self.run(), self.book());
        let mut story = String::new();
        for record in &records {
            self.tell(&record.event, &rules.rules, &mut story);
        }
        story
    }

    fn tell(&self, event: &Event, rules: &Rules, story: &mut String) {
        let zero = self.hour(0);
        let code = |it: JurisdictionIndex| rules.jurisdictions[usize::from(it.0)].division;
        let end = |it: Option<Hour>| it.map_or("open".to_owned(), |it| (it.0 - zero.0).to_string());
        match event {
            Event::WarningDecided(act) if act.cause != Cause::Follows => {
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
            Event::OrderSetIssued(set) => {
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
            Event::ReviewDue(review) => {
                let (id, hour) = (review.warning, review.hour.0 - zero.0);
                writeln!(story, "{hour}: {}-{} review due", code(id.jurisdiction), id.number)
                    .unwrap();
            }
            Event::RuleBookAdopted(_)
            | Event::StreamsJoined(_)
            | Event::Ticked(_)
            | Event::ReadingsReceived(_)
            | Event::ForecastReceived(_)
            | Event::IntervalExcluded(_)
            | Event::InputRefused(_)
            | Event::StationSilent(_)
            | Event::StationHeard(_)
            | Event::WarningDecided(_)
            | Event::HourClosed(_) => {}
        }
    }
}

/// The only place that knows the functions under test.
#[track_caller]
pub(crate) fn check(world: &World, expected: &str) {
    let story = world.story();
    assert_eq!(story.trim(), expected.trim(), "\n--- got ---\n{story}");
}

/// `130100: 30*40 x*3` to hours.
fn cities(air: &str) -> BTreeMap<u32, Vec<Option<i32>>> {
    let lines = air.lines().map(str::trim).filter(|it| !it.is_empty());
    let city = |line: &str| {
        let (code, runs) = line.split_once(':').unwrap();
        let hours = runs.split_whitespace().flat_map(|run| {
            let (value, count) = run.split_once('*').unwrap_or((run, "1"));
            std::iter::repeat_n(value.parse().ok(), count.parse().unwrap())
        });
        (code.trim().parse().unwrap(), hours.collect())
    };
    lines.map(city).collect()
}
