//! Values that others published, worked out anew from the readings they published beside them.
#![expect(clippy::unwrap_used, reason = "A test may fail by panicking.")]
#![expect(clippy::print_stderr, reason = "A test shows how many values agree.")]

#[path = "support/skip.rs"]
mod skip;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use airshed::domain::{Aqi, IndexStandard, Pollutant, Tenths};
use airshed::wire::rule_book::{built_in, parse};
use flate2::read::MultiGzDecoder;

/// Slices of the station network with all types, indexes and 24 h means among them.
const SLICES: [&str; 4] = [
    "cnemc_bth_ring_20170101.csv.gz",
    "cnemc_bth_ring_20180101.csv.gz",
    "cnemc_bth_ring_ep_20190109_0116.csv.gz",
    "cnemc_bth_ring_ep_20191205_1212.csv.gz",
];

/// Official city values of 367 cities over nine days of February 2019. No slice of the station
/// network holds one of these days, so whether a city's value is the rounded mean of its stations
/// cannot be asked here; its index and primary pollutants can.
const CITIES: &str = "mee_city_hourly_2019_spring_festival.csv.gz";

fn text(path: &Path) -> String {
    let mut text = String::new();
    MultiGzDecoder::new(File::open(path).unwrap()).read_to_string(&mut text).unwrap();
    text
}

fn standard() -> IndexStandard {
    parse(built_in()).unwrap().rules.indexes[0].clone()
}

/// Values by type, date and hour; a station is a column.
type Wide<'a> = BTreeMap<(&'a str, &'a str, u32), Vec<&'a str>>;

fn wide(text: &str) -> Wide<'_> {
    let rows = text.lines().skip(1).map(|line| line.split(',').collect::<Vec<_>>());
    rows.map(|row| ((row[2], row[0], row[1].parse().unwrap()), row[3..].to_vec())).collect()
}

/// Exact tenths of a µg/m³; carbon monoxide comes in mg/m³.
fn tenths(pollutant: Pollutant, field: &str) -> Option<Tenths> {
    let (whole, tenth) = field.split_once('.').unwrap_or((field, "0"));
    assert!(tenth.len() == 1 || field.is_empty(), "more digits than expected: {field}");
    let value = whole.parse::<i32>().ok()? * 10 + tenth.parse::<i32>().ok()?;
    Some(if pollutant == Pollutant::Co { value * 1000 } else { value })
}

#[derive(Default)]
struct Tally {
    compared: u32,
    equal: u32,
    within_one: u32,
}

impl Tally {
    fn add(&mut self, ours: i64, theirs: i64) {
        self.compared += 1;
        self.equal += u32::from(ours == theirs);
        self.within_one += u32::from((ours - theirs).abs() <= 1);
    }

    fn check(&self, what: &str, least: u32) {
        let Self { compared, equal, within_one } = self;
        eprintln!("{what}: {equal} of {compared} equal, {within_one} within one");
        assert!(*compared >= least, "{what}: only {compared} compared");
        assert!(f64::from(*equal) >= 0.999 * f64::from(*compared), "{what}: {equal}/{compared}");
    }
}

#[test]
fn published_station_indexes_follow_from_the_hour_s_values() {
    let standard = standard();
    let mut tally = Tally::default();
    for path in SLICES.iter().filter_map(|it| skip::shared_data(it)) {
        let text = text(&path);
        let wide = wide(&text);
        for ((_, date, hour), published) in wide.iter().filter(|((kind, ..), _)| *kind == "AQI") {
            let rows = Pollutant::ALL.map(|it| wide.get(&(it.name(), date, *hour)));
            for (column, published) in published.iter().enumerate() {
                let Ok(published) = published.parse::<i64>() else { continue };
                let values = Pollutant::ALL.into_iter().zip(rows).filter_map(|(pollutant, row)| {
                    Some((pollutant, tenths(pollutant, row?.get(column)?)?))
                });
                let values: Vec<_> = values.collect();
                if values.len() < Pollutant::ALL.len() {
                    continue;
                }
                let aqi = standard.hourly_aqi(values).unwrap();
                tally.add(aqi.index.into(), published);
            }
        }
    }
    if tally.compared > 0 {
        tally.check("station index", 50_000);
        assert_eq!(tally.within_one, tally.compared);
    }
}

/// The mean of 24 values from their sum in tenths; written here a second time on purpose.
fn half_to_even(sum: i64) -> i64 {
    match (sum / 240, sum % 240) {
        (whole, rest) if rest > 120 || (rest == 120 && whole % 2 == 1) => whole + 1,
        (whole, _) => whole,
    }
}

#[test]
fn published_24_h_means_are_rounded_half_to_even() {
    let mut tally = Tally::default();
    for path in SLICES.iter().filter_map(|it| skip::shared_data(it)) {
        let text = text(&path);
        let wide = wide(&text);
        let mut days: Vec<_> = wide.keys().map(|(_, date, _)| *date).collect();
        days.sort_unstable();
        days.dedup();
        let value = |day: usize, hour: u32, column: usize| {
            tenths(Pollutant::Pm25, wide.get(&("PM2.5", days.get(day)?, hour))?.get(column)?)
        };
        for (day, date) in days.iter().enumerate().skip(1) {
            for hour in 0..24 {
                let Some(row) = wide.get(&("PM2.5_24h", *date, hour)) else { continue };
                for (column, published) in row.iter().enumerate() {
                    let Ok(published) = published.parse::<i64>() else { continue };
                    let before = (hour + 1..24).map(|it| value(day - 1, it, column));
                    let values: Option<Vec<_>> =
                        before.chain((0..=hour).map(|it| value(day, it, column))).collect();
                    let Some(values) = values else { continue };
                    let sum: i64 = values.iter().map(|it| i64::from(*it)).sum();
                    tally.add(half_to_even(sum), published);
                }
            }
        }
    }
    if tally.compared > 0 {
        tally.check("24 h mean", 20_000);
    }
}

/// One official city hour: name, index, primary pollutants, values.
struct City {
    index: i64,
    primary: Vec<Pollutant>,
    values: Vec<(Pollutant, Tenths)>,
}

fn cities(text: &str) -> impl Iterator<Item = City> + '_ {
    let mut lines = text.lines();
    let header: Vec<_> = lines.next().unwrap().trim_start_matches('\u{feff}').split(',').collect();
    lines.filter_map(move |line| {
        // Several primary pollutants stand in quotes, between commas of their own.
        let (line, ties) = match line.split_once('"') {
            None => (line.to_owned(), None),
            Some((before, rest)) => {
                let (ties, after) = rest.split_once('"').unwrap();
                (format!("{before}{after}"), Some(ties))
            }
        };
        let fields: Vec<_> = line.split(',').collect();
        let field = |name: &str| fields[header.iter().position(|it| *it == name).unwrap()];
        let values = Pollutant::ALL.map(|it| tenths(it, field(it.name())).map(|value| (it, value)));
        let primary = ties.unwrap_or_else(|| field("main_pollution"));
        Some(City {
            index: field("AQI").parse().ok()?,
            primary: primary.split(',').filter_map(|it| Pollutant::named(it.trim())).collect(),
            values: values.into_iter().flatten().collect(),
        })
    })
}

#[test]
fn official_city_indexes_and_primary_pollutants_follow_from_the_city_s_values() {
    let Some(path) = skip::shared_data(CITIES) else { return };
    let (standard, text) = (standard(), text(&path));
    let mut tally = Tally::default();
    let mut ties = 0;
    for city in cities(&text).filter(|it| it.values.len() == Pollutant::ALL.len()) {
        let Aqi { index, mut primary } = standard.hourly_aqi(city.values).unwrap();
        tally.add(index.into(), city.index);
        let mut expected = city.primary;
        primary.sort_unstable();
        expected.sort_unstable();
        ties += u32::from(expected.len() > 1);
        assert_eq!(primary, expected, "at an index of {index}");
    }
    tally.check("city index", 60_000);
    assert_eq!(tally.equal, tally.compared);
    assert!(ties > 500, "only {ties} ties");
}
