//! What is sent in each hour: invented, but the same for the same seed, so that the orders that
//! must follow can be computed without remembering a reading.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::app::run::demo::random::Random;
use crate::app::run::demo::weather::{Air, HOURS, first_hour};
use crate::domain::{
    Forecast, Hour, JurisdictionIndex, Outcome, Outlook, OutlookHour, Pollutant, Reading, RuleBook,
    Rules, StationIndex, Stream, Timestamp,
};
use crate::io::kafka::spread;

/// Hours between two forecasts.
const FORECAST_EVERY_H: u64 = 12;
/// How much a station differs from its city, in tenths of a µg/m³.
const NOISE_TENTHS: i32 = 60;

/// The inputs of all hours.
pub(super) struct Plan {
    pub(super) book: Arc<RuleBook>,
    stations: Vec<StationIndex>,
    pack: usize,
    partitions: usize,
    seed: u64,
}

/// The inputs of one hour, in the order in which they are sent.
pub(super) struct HourInputs {
    pub(super) hour: Hour,
    pub(super) forecast: Option<Forecast>,
    /// Readings and the partition that they go to; each is one message.
    pub(super) messages: Vec<(usize, Vec<Reading>)>,
    /// The tick behind them, into every partition. The hour closes with it.
    pub(super) tick: Timestamp,
}

/// The stations that report: all that count in the first hour, or so many, of each jurisdiction as
/// many as of the others. An error says how many there are.
pub(super) fn stations(rules: &Rules, wanted: Option<usize>) -> Result<Vec<StationIndex>, usize> {
    let mut of_each = BTreeMap::<JurisdictionIndex, usize>::new();
    let mut found = Vec::new();
    for (station, place) in rules.stations.iter().zip(0_u16..) {
        // Whatever starts or stops later would change how many report.
        let lives_on = station.stop.is_none() && station.replaced_on.is_none();
        if station.counts(first_hour()) && lives_on {
            let rank = of_each.entry(station.jurisdiction).or_default();
            found.push((*rank, StationIndex(place)));
            *rank += 1;
        }
    }
    found.sort_by_key(|(rank, station)| (*rank, station.0));
    let wanted = wanted.unwrap_or(found.len());
    if wanted > found.len() {
        return Err(found.len());
    }
    let mut stations: Vec<_> = found[..wanted].iter().map(|it| it.1).collect();
    stations.sort_by_key(|it| it.0);
    Ok(stations)
}

impl Plan {
    pub(super) fn new(
        book: Arc<RuleBook>,
        stations: Vec<StationIndex>,
        (pack, partitions): (usize, usize),
        seed: u64,
    ) -> Self {
        Self { book, stations, pack: pack.max(1), partitions: partitions.max(1), seed }
    }

    pub(super) fn partitions(&self) -> usize {
        self.partitions
    }

    pub(super) fn stations(&self) -> usize {
        self.stations.len()
    }

    /// The inputs of the hour with this number; the first is 0.
    pub(super) fn hour(&self, number: u64) -> HourInputs {
        let rules = &self.book.rules;
        let hour = hour(number);
        let mut by_partition = vec![Vec::new(); self.partitions];
        let mut airs = BTreeMap::new();
        for index in &self.stations {
            let Some(station) = rules.stations.get(usize::from(index.0)) else { continue };
            let city = *airs
                .entry(station.jurisdiction)
                .or_insert_with(|| self.tenths(station.jurisdiction, number));
            let mut noise = Random::new(self.seed.wrapping_add(number), u64::from(index.0));
            let reading = Reading {
                tenths: (city + noise.around_zero(NOISE_TENTHS)).max(10),
                station: *index,
                revision: 0,
                pollutant: Pollutant::Pm25,
                outcome: Outcome::Taken,
            };
            by_partition[spread(&station.code, self.partitions)].push(reading);
        }
        let chunks = by_partition.iter().enumerate().flat_map(|(partition, readings)| {
            readings.chunks(self.pack).map(move |it| (partition, it.to_vec()))
        });
        HourInputs {
            hour,
            forecast: number.is_multiple_of(FORECAST_EVERY_H).then(|| self.forecast(number)),
            messages: chunks.collect(),
            tick: hour.closes_at(&rules.parameters),
        }
    }

    /// The air of a city: one episode after another, each by a seed of its own.
    fn tenths(&self, jurisdiction: JurisdictionIndex, number: u64) -> i32 {
        let length = u64::from(HOURS.unsigned_abs());
        let (episode, after) = (number / length, number % length);
        let places = &self.book.rules.jurisdictions;
        let division = places.get(usize::from(jurisdiction.0)).map(|it| it.division);
        let air = Air::of(division.unwrap_or_default(), self.seed.wrapping_add(episode));
        air.tenths(i32::try_from(after).unwrap_or(0), 0)
    }

    /// The forecast that is issued with an hour: what will be.
    fn forecast(&self, number: u64) -> Forecast {
        let rules = &self.book.rules;
        let ahead = u64::try_from(rules.parameters.outlooks.horizon_h).unwrap_or(0);
        let seen = |jurisdiction, number| {
            let ug_m3 = u16::try_from(self.tenths(jurisdiction, number) / 10).unwrap_or(u16::MAX);
            OutlookHour::Range { lower_ug_m3: ug_m3, upper_ug_m3: ug_m3 }
        };
        let places = rules.jurisdictions.iter().zip((0_u16..).map(JurisdictionIndex));
        let own = places.filter(|(it, _)| it.follows.is_none());
        let outlooks = own.map(|(_, jurisdiction)| Outlook {
            jurisdiction,
            first: hour(number + 1),
            hours: (1..=ahead).map(|lead| seen(jurisdiction, number + lead)).collect(),
        });
        Forecast {
            issued_at: hour(number).end(),
            maker: "load".into(),
            source: Some(Stream::file("load").at(number)),
            outlooks: outlooks.collect(),
        }
    }
}

/// The hour with this number.
pub(super) fn hour(number: u64) -> Hour {
    first_hour().plus(i32::try_from(number).unwrap_or(i32::MAX / 2))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::support::rules::{Overrides, load_with_answers};

    fn plan(wanted: Option<usize>, pack: usize, seed: u64) -> Plan {
        let overrides = Overrides::default().set("clock", "\"sources\"");
        let book = load_with_answers(None, &overrides).unwrap();
        let stations = stations(&book.rules, wanted).unwrap();
        Plan::new(book, stations, (pack, 4), seed)
    }

    #[test]
    fn an_hour_follows_from_seed_and_number() {
        let said = |seed, number| {
            let inputs = plan(None, 1, seed).hour(number);
            let values: Vec<_> = inputs.messages.iter().map(|it| it.1[0].tenths).collect();
            (inputs.hour, inputs.tick, values)
        };
        assert_eq!(said(7, 100), said(7, 100));
        assert_ne!(said(7, 100).2, said(8, 100).2);
        assert_ne!(said(7, 100).2, said(7, 412).2);
    }

    #[test]
    fn every_station_reports_once_an_hour_in_messages_of_its_partition() {
        for pack in [1, 7, 100] {
            let plan = plan(None, pack, 1);
            let inputs = plan.hour(5);
            let stations = inputs.messages.iter().flat_map(|it| &it.1).map(|it| it.station.0);
            let mut stations: Vec<_> = stations.collect();
            stations.sort_unstable();
            stations.dedup();
            assert_eq!(stations.len(), plan.stations());
            assert!(inputs.messages.iter().all(|it| it.1.len() <= pack && !it.1.is_empty()));
            for (partition, readings) in &inputs.messages {
                let code = |it: &Reading| &plan.book.rules.stations[usize::from(it.station.0)].code;
                assert!(readings.iter().all(|it| spread(code(it), 4) == *partition));
            }
        }
    }

    #[test]
    fn fewer_stations_are_spread_over_the_jurisdictions() {
        let plan = plan(Some(16), 1, 1);
        let rules = &plan.book.rules;
        let place = |it: &StationIndex| rules.stations[usize::from(it.0)].jurisdiction.0;
        let mut places: Vec<_> = plan.stations.iter().map(place).collect();
        places.sort_unstable();
        places.dedup();
        assert!(places.len() >= 13, "{places:?}");
        assert!(stations(rules, Some(100_000)).unwrap_err() > 60);
    }
}
