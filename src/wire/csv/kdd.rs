//! Outlooks in the form of KDD Cup 2018: station by station, several runs of one model.
//!
//! ```text
//! run_utc,seed,station_id,lead_h,PM2.5,PM10,O3
//! 2018-05-03T23:00Z,0,aotizhongxin,0,57.2,99.8,40.3
//! ```
//!
//! `lead_h` 0 is the value stamped 00:00 UTC (08:00 in Beijing) of the UTC day after the run.
//! Of each run and seed, a city's value is the mean of its stations that count at that hour, as
//! for a measured city hour. The seeds of a run are one forecast: its lower and upper bound are
//! the lowest and the highest of their means, rounded half to even to whole µg/m³.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::{
    Forecast, Hour, JurisdictionIndex, OutlookHour, Reason, Refusal, Rules, Stream, Tenths,
    Timestamp,
};
use crate::wire::stations::Stations;

use super::cells::Cells;
use super::fields::{Fields, text};
use super::layout::is_named;
use super::missing::is_missing;
use super::moment::moment;
use super::number::{MICROGRAMS, tenths, whole};
use super::outlooks::Outlooks;
use crate::wire::excerpt::{excerpt, excerpt_and_more};

const HEADER: [&str; 5] = ["run_utc", "seed", "station_id", "lead_h", "PM2.5"];
/// With PM10 and O3, of which nothing is asked here.
const FIELDS: usize = 7;
/// The maker of the forecasts.
const MAKER: &str = "KDD Cup 2018";
/// The longest lead that makes sense, in hours.
const LEAD_MAX_H: u32 = 240;

/// The values of one such file.
pub(super) struct Table<'a> {
    rules: &'a Rules,
    stations: &'a Stations,
    first_lines: BTreeMap<Timestamp, u64>,
    cities: BTreeMap<MeanKey, BTreeMap<u32, Mean>>,
    /// Stations that the rules do not know: first line, first value, number of values.
    unknown: BTreeMap<String, (u64, String, u64)>,
}

/// Run, city and hour.
type MeanKey = (Timestamp, JurisdictionIndex, Hour);

/// A mean as it grows.
#[derive(Clone, Copy, Debug, Default)]
struct Mean {
    sum: i64,
    count: i64,
}

impl<'a> Table<'a> {
    pub(super) fn recognise(
        header: &[u8],
        rules: &'a Rules,
        stations: &'a Stations,
    ) -> Option<Self> {
        let mut fields = Fields::of(header);
        let named = HEADER.iter().all(|name| fields.next().is_some_and(|it| is_named(it, name)));
        named.then(|| Self {
            rules,
            stations,
            first_lines: BTreeMap::new(),
            cities: BTreeMap::new(),
            unknown: BTreeMap::new(),
        })
    }

    pub(super) fn read(&mut self, number: u64, line: &[u8], cells: &mut Cells) {
        let fields: Vec<_> = Fields::of(line).collect();
        if fields.len() != FIELDS {
            let cut = fields.len() < FIELDS;
            let reason = if cut { Reason::Cut } else { Reason::Unreadable };
            return cells.refuse_line(reason, "not 7 fields", line);
        }
        let (run, seed, lead_h) = (moment(&text(fields[0])), whole(fields[1]), whole(fields[3]));
        let lead_h = lead_h.filter(|it| *it <= LEAD_MAX_H).and_then(|it| i32::try_from(it).ok());
        let (Ok(run), Some(seed), Some(lead_h)) = (run, seed, lead_h) else {
            return cells.refuse_line(Reason::Unreadable, "no such run, seed or lead", line);
        };
        if is_missing(fields[4]) {
            return;
        }
        let Some(value) = tenths(fields[4], MICROGRAMS) else {
            return cells.refuse(Reason::Unreadable, "PM2.5", fields[4]);
        };
        let name = text(fields[2]);
        let station =
            self.stations.get(&name).and_then(|it| self.rules.stations.get(usize::from(it.0)));
        let Some(station) = station else {
            let unknown = || (number, excerpt(fields[4]), 0);
            self.unknown.entry(name.into_owned()).or_insert_with(unknown).2 += 1;
            return;
        };
        let hour = first_hour(run).plus(lead_h);
        self.first_lines.entry(run).or_insert(number);
        if station.counts(hour) {
            let seeds = self.cities.entry((run, station.jurisdiction, hour)).or_default();
            seeds.entry(seed).or_default().add(value);
        }
    }

    /// A refusal for each unknown station, not for each of its thousands of lines.
    pub(super) fn refusals(&self, stream: &Stream) -> impl Iterator<Item = Refusal> {
        self.unknown.iter().map(|(name, (line, value, count))| Refusal {
            reason: Reason::UnknownStation,
            source: Some(stream.at(*line)),
            hour: None,
            excerpt: excerpt_and_more(&format!("{}={value}", excerpt(name.as_bytes())), *count),
            count: *count,
        })
    }

    pub(super) fn into_forecasts(self, stream: &Stream) -> Vec<Forecast> {
        let maker: Arc<str> = MAKER.into();
        let mut outlooks = Outlooks::of(stream.clone());
        for ((run, jurisdiction, hour), seeds) in &self.cities {
            let whole = seeds.values().map(|it| it.whole_ug_m3());
            let (lower, upper) = (whole.clone().min(), whole.max());
            if let (Some(lower_ug_m3), Some(upper_ug_m3)) = (lower, upper) {
                let says = OutlookHour::Range { lower_ug_m3, upper_ug_m3 };
                let line = self.first_lines.get(run).copied().unwrap_or_default();
                let issue = (*run, Arc::clone(&maker));
                let taken = outlooks.add(issue, (*jurisdiction, hour.to_owned()), says, line);
                debug_assert_eq!(taken, Ok(()), "each place comes once, and no lead is longer");
            }
        }
        outlooks.into_forecasts()
    }
}

/// 00:00 UTC of the day after.
fn first_hour(run: Timestamp) -> Hour {
    Hour((run.hour_at_or_before().0.div_euclid(24) + 1) * 24)
}

impl Mean {
    fn add(&mut self, value: Tenths) {
        self.sum += i64::from(value);
        self.count += 1;
    }

    /// From tenths to whole, half to even.
    fn whole_ug_m3(self) -> u16 {
        let per_whole = self.count * 10;
        let (whole, rest) = (self.sum.div_euclid(per_whole), self.sum.rem_euclid(per_whole));
        let up = rest * 2 > per_whole || (rest * 2 == per_whole && whole % 2 != 0);
        u16::try_from((whole + i64::from(up)).max(0)).unwrap_or(u16::MAX)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::wire::csv::forecast::{ForecastFile, read_forecasts};
    use crate::wire::csv::testing::{real_rules, render_forecasts, shared, small_rules};

    fn read(bytes: Vec<u8>, rules: &Rules) -> ForecastFile {
        let stations = Stations::new(rules);
        read_forecasts("a.csv", Cursor::new(bytes), rules, &stations, &|_, index| index).unwrap()
    }

    #[test]
    fn seeds_span_the_range_of_the_means_of_the_stations_that_count() {
        let file = "run_utc,seed,station_id,lead_h,PM2.5,PM10,O3
2018-05-03T23:00Z,0,wanshouxigong,0,57.04,1,1
2018-05-03T23:00Z,0,dongsi,0,60,1,1
2018-05-03T23:00Z,0,dingling,0,900,1,1
2018-05-03T23:00Z,0,badaling,0,900,1,1
2018-05-03T23:00Z,0,badaling,1,900,1,1
2018-05-03T23:00Z,1,dongsi,0,62.5,1,1
2018-05-03T23:00Z,1,dongsi,2,63.5,1,1
2018-05-03T23:00Z,1,dongsi,x,63.5,1,1
2018-05-03T23:00Z,1,dongsi,1,x,1,1
2018-05-03T23:00Z,1,dongsi,1,,1,1
2018-05-03T23:00Z,1,dong";
        let rules = small_rules();
        let expected = "\
            2018-05-04T07:00:00+08:00 KDD Cup 2018 a.csv:2\n  \
            110000 from 2018-05-04T08: 58-62 - 64-64\n\
            ! 9 unreadable 1: no such run, seed or lead: 2018-05-03T23:00Z,1,dongsi,x,63.5,1,1\n\
            ! 10 unreadable 1: PM2.5=x\n\
            ! 12 cut 1: not 7 fields: 2018-05-03T23:00Z,1,dong\n\
            ! 5 unknown_station 2: badaling=900 and 1 more\n";
        assert_eq!(render_forecasts(&read(file.into(), &rules), &rules), expected);
    }

    #[test]
    fn the_real_forecasts_of_may_2018() {
        let name = "kdd18_forecasts_may2018_beijing35.csv.xz";
        let (Some(bytes), Some(rules)) = (shared(name), real_rules()) else {
            return;
        };
        let file = read(bytes, &rules);
        assert_eq!(file.refusals.len(), 23, "stations of the city alone");
        assert_eq!(file.forecasts.len(), 28, "nights");
        let text = render_forecasts(&file, &rules);
        let (_, second) = text.split_once("\n2018-05-05T07").unwrap();
        let expected = "110000 from 2018-05-05T08: 53-59 53-56 53-57 49-54 49-53 48-55 43-53 43-50 \
            42-52 45-52 45-50 44-51 44-53 48-52 47-49 48-55 49-55 49-58 48-60 52-59 52-59 52-69 \
            52-74 54-85 51-91 56-90 57-88 53-83 51-78 46-75 44-74 44-73 44-74 45-74 45-77 45-77 \
            48-86 49-87 47-88 46-93 45-86 43-86 42-85 44-82 44-84 45-82 45-78 49-74\n";
        assert!(second.contains(expected), "{second}");
    }
}
