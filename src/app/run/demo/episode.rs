//! The demonstration as a stream of commands: hourly readings with typical faults, forecasts and
//! ticks.

use crate::domain::{
    Batch, Command, Division, Hour, JurisdictionIndex, MISSING, Outcome, Pollutant, Reading,
    Reason, Refusal, Row, Rules, StationIndex, Stream, Tenths, Tick,
};

use super::outlook::Forecaster;
use super::random::Random;
use super::weather::{Air, HOURS, first_hour};

/// The stream of a seed in the log.
pub(super) fn stream(seed: u64) -> Stream {
    Stream::file(&format!("demo-{seed}"))
}

/// A fault: its kind, its city, and its hours after the first hour.
struct Mishap {
    kind: Kind,
    division: u32,
    first_h: i32,
    last_h: i32,
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Kind {
    /// Its first station sends nothing at all.
    Silent,
    /// Its first station repeats one value.
    Stuck,
    /// Its first station's value comes some hours late.
    Late,
    /// Its first station sends a number that no air can have.
    Absurd,
    /// A station that is not in the list sends a value.
    Unknown,
}

const MISHAPS: [Mishap; 5] = [
    Mishap { kind: Kind::Unknown, division: 0, first_h: 50, last_h: 50 },
    Mishap { kind: Kind::Late, division: 130_900, first_h: 88, last_h: 88 },
    Mishap { kind: Kind::Silent, division: 130_600, first_h: 100, last_h: 117 },
    Mishap { kind: Kind::Stuck, division: 130_200, first_h: 120, last_h: 140 },
    Mishap { kind: Kind::Absurd, division: 131_000, first_h: 132, last_h: 132 },
];

/// A late value comes so many hours after its hour.
const LATE_BY_H: i32 = 3;
/// A value that a broken instrument has really sent.
const ABSURD_TENTHS: Tenths = 5_534_050;
/// How often a station reports that it has no value.
const MISSING_PERMILLE: u64 = 12;

/// The whole episode for a seed, under the given rules.
pub(super) fn episode(seed: u64, rules: &Rules) -> Vec<Command> {
    let mut script = Script::new(seed, rules);
    for after_h in 0..HOURS {
        script.hour(after_h);
    }
    script.commands
}

/// The state of the generator.
struct Script<'a> {
    rules: &'a Rules,
    stream: Stream,
    airs: Vec<(JurisdictionIndex, Air)>,
    /// How far each station reads above its city, in thousandths.
    offsets: Vec<i32>,
    /// How far each city is from its curve just now, in thousandths.
    gusts: Vec<i32>,
    /// The last value of each station.
    last: Vec<Tenths>,
    noise: Random,
    forecaster: Forecaster,
    position: u64,
    late: Vec<(Hour, StationIndex, Tenths)>,
    commands: Vec<Command>,
}

impl<'a> Script<'a> {
    fn new(seed: u64, rules: &'a Rules) -> Self {
        let mut offsets = Random::new(seed, 3);
        let places = (0..).map(JurisdictionIndex).zip(&rules.jurisdictions);
        let own = places.filter(|(_, it)| it.follows.is_none());
        let stations = rules.stations.len();
        Self {
            rules,
            airs: own.map(|(place, it)| (place, Air::of(it.division, seed))).collect(),
            offsets: (0..stations).map(|_| offsets.around_zero(90)).collect(),
            gusts: vec![0; rules.jurisdictions.len()],
            last: vec![MISSING; stations],
            noise: Random::new(seed, 4),
            forecaster: Forecaster::new(seed),
            stream: stream(seed),
            position: 0,
            late: Vec::new(),
            commands: vec![Command::JoinStreams(vec![stream(seed)])],
        }
    }

    /// All commands of one hour, in order.
    fn hour(&mut self, after_h: i32) {
        let hour = first_hour().plus(after_h);
        let position = self.position + 1;
        let source = (&self.stream, position);
        if let Some(it) = self.forecaster.at(hour, &self.airs, self.rules, source) {
            self.position = position;
            self.commands.push(Command::ReceiveForecast(it));
        }
        if happens(Kind::Unknown, Division(0), after_h) {
            self.unknown(hour);
        }
        self.observe(hour, after_h);
        self.late_values(hour);
        let source = Some(self.next_place());
        let at = hour.end().plus_minutes(self.rules.parameters.closing.grace_min);
        self.commands.push(Command::Tick(Tick { at, source }));
    }

    fn next_place(&mut self) -> crate::domain::Source {
        self.position += 1;
        self.stream.at(self.position)
    }

    fn unknown(&mut self, hour: Hour) {
        let source = Some(self.next_place());
        self.commands.push(Command::Refuse(Refusal {
            reason: Reason::UnknownStation,
            source,
            hour: Some(hour),
            excerpt: "9999A=212".to_owned(),
            count: 1,
        }));
    }

    /// One row of PM2.5 and one of PM10, as in the national files.
    fn observe(&mut self, hour: Hour, after_h: i32) {
        for gust in &mut self.gusts {
            *gust = (*gust * 4 / 5 + self.noise.around_zero(35)).clamp(-120, 120);
        }
        let values = self.values(hour, after_h);
        let rows = [Pollutant::Pm25, Pollutant::Pm10].map(|pollutant| {
            let readings = values.iter().map(|(station, pm25)| reading(*station, pollutant, *pm25));
            (pollutant, readings.collect::<Vec<_>>())
        });
        let mut batch =
            Batch { stream: self.stream.clone(), hour, rows: Vec::new(), readings: Vec::new() };
        for (_, readings) in rows {
            let position = self.next_place().position;
            let count = u32::try_from(readings.len()).unwrap_or(u32::MAX);
            batch.rows.push(Row { position, readings: count });
            batch.readings.extend(readings);
        }
        self.commands.push(Command::Observe(batch));
    }

    /// The PM2.5 value that each counted station reports, faults included.
    fn values(&mut self, hour: Hour, after_h: i32) -> Vec<(StationIndex, Tenths)> {
        let mut values = Vec::with_capacity(self.rules.stations.len());
        let mut seen = vec![false; self.rules.jurisdictions.len()];
        for (place, station) in self.rules.stations.iter().enumerate() {
            let (Ok(index), true) = (u16::try_from(place), station.counts(hour)) else { continue };
            let city = usize::from(station.jurisdiction.0);
            let Some((_, air)) = self.airs.iter().find(|(it, _)| *it == station.jurisdiction)
            else {
                continue;
            };
            let parts = 1000 + self.offsets[place] + self.gusts[city] + self.noise.around_zero(40);
            let mut tenths = (air.tenths(after_h, 0) * parts / 10_000 * 10).max(30);
            if self.noise.permille(MISSING_PERMILLE) {
                tenths = MISSING;
            }
            let first = seen.get_mut(city).is_some_and(|seen| !std::mem::replace(seen, true));
            let division = self.rules.jurisdictions.get(city).map(|it| it.division);
            let here = |kind| first && division.is_some_and(|it| happens(kind, it, after_h));
            if here(Kind::Stuck) && self.last[place] != MISSING {
                tenths = self.last[place];
            }
            self.last[place] = tenths;
            if here(Kind::Late) {
                self.late.push((hour, StationIndex(index), tenths));
            }
            if here(Kind::Absurd) {
                tenths = ABSURD_TENTHS;
            }
            if !here(Kind::Silent) && !here(Kind::Late) {
                values.push((StationIndex(index), tenths));
            }
        }
        values
    }

    /// Late values of an earlier hour.
    fn late_values(&mut self, hour: Hour) {
        let due = hour.plus(-LATE_BY_H);
        let all = std::mem::take(&mut self.late);
        let (now, later) = all.into_iter().partition(|(of, _, _)| *of <= due);
        self.late = later;
        let now: Vec<(Hour, StationIndex, Tenths)> = now;
        for (of, station, tenths) in now {
            let position = self.next_place().position;
            self.commands.push(Command::Observe(Batch {
                stream: self.stream.clone(),
                hour: of,
                rows: vec![Row { position, readings: 1 }],
                readings: vec![reading(station, Pollutant::Pm25, tenths)],
            }));
        }
    }
}

fn happens(kind: Kind, division: Division, after_h: i32) -> bool {
    MISHAPS.iter().any(|mishap| {
        mishap.kind == kind
            && mishap.division == division.0
            && (mishap.first_h..=mishap.last_h).contains(&after_h)
    })
}

/// Particles are fine particles and a third more, with some dust.
fn reading(station: StationIndex, pollutant: Pollutant, pm25: Tenths) -> Reading {
    let tenths = match pollutant {
        Pollutant::Pm10 if pm25 != MISSING && pm25 != ABSURD_TENTHS => pm25 / 30 * 40 + 150,
        Pollutant::Pm10 => MISSING,
        Pollutant::Pm25 | Pollutant::So2 | Pollutant::No2 | Pollutant::O3 | Pollutant::Co => pm25,
    };
    Reading { tenths, station, revision: 0, pollutant, outcome: Outcome::Taken }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::tests::fixture;

    fn batch(command: &Command) -> Option<&Batch> {
        if let Command::Observe(batch) = command { Some(batch) } else { None }
    }

    fn batches(commands: &[Command]) -> Vec<&Batch> {
        commands.iter().filter_map(batch).collect()
    }

    #[test]
    fn the_same_seed_gives_the_same_episode_and_another_seed_another() {
        let rules = fixture::rules();
        assert_eq!(episode(1, &rules), episode(1, &rules));
        assert_ne!(episode(1, &rules), episode(2, &rules));
    }

    #[test]
    fn an_hour_has_one_batch_and_one_tick_and_positions_grow() {
        let rules = fixture::rules();
        let commands = episode(1, &rules);
        let ticks = commands.iter().filter(|it| matches!(it, Command::Tick(_))).count();
        let hours = usize::try_from(HOURS).unwrap();
        assert_eq!(ticks, hours);
        let batches = batches(&commands);
        // One more for the late value.
        assert_eq!(batches.len(), hours + 1);
        let positions: Vec<u64> =
            batches.iter().flat_map(|it| it.rows.iter().map(|row| row.position)).collect();
        assert!(positions.is_sorted_by(|a, b| a < b));
        for batch in batches {
            let counted: u32 = batch.rows.iter().map(|row| row.readings).sum();
            assert_eq!(usize::try_from(counted).unwrap(), batch.readings.len());
        }
    }

    #[test]
    fn mishaps_happen() {
        let rules = fixture::rules();
        let commands = episode(1, &rules);
        let refused = commands.iter().filter(|it| matches!(it, Command::Refuse(_))).count();
        assert_eq!(refused, 1);
        let all: Vec<&Reading> = batches(&commands).iter().flat_map(|it| &it.readings).collect();
        assert_eq!(all.iter().filter(|it| it.tenths == ABSURD_TENTHS).count(), 1);
        let missing = all.iter().filter(|it| it.tenths == MISSING).count();
        assert!(missing * 200 > all.len() && missing * 50 < all.len(), "{missing}");
        // Baoding's first station is the twenty-second of the test's rules.
        let silent = StationIndex(21);
        let heard = |after_h| {
            let hour = first_hour().plus(after_h);
            let batch = batches(&commands).into_iter().find(|it| it.hour == hour).unwrap();
            batch.readings.iter().any(|it| it.station == silent)
        };
        assert_eq!([99, 100, 117, 118].map(heard), [true, false, false, true]);
    }

    #[test]
    fn nothing_is_negative_and_some_air_is_severe() {
        let rules = fixture::rules();
        for seed in 0..20 {
            let commands = episode(seed, &rules);
            let all = batches(&commands);
            let values: Vec<i32> = all
                .iter()
                .flat_map(|it| &it.readings)
                .filter(|reading| {
                    reading.pollutant == Pollutant::Pm25
                        && ![MISSING, ABSURD_TENTHS].contains(&reading.tenths)
                })
                .map(|it| it.tenths)
                .collect();
            assert!(values.iter().all(|it| *it > 0));
            let severe = values.iter().filter(|it| **it > 2500).count();
            assert!(severe * 20 > values.len(), "seed {seed}: {severe} of {}", values.len());
        }
    }
}
