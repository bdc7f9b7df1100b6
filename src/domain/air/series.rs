//! One jurisdiction's hourly series around a decision hour, and its 24 h windows.

use super::judged::JudgedAir;
use crate::domain::rules::lookup::{LookupTables, index_of};
use crate::domain::{
    Averaging, Hour, InsufficientAs, JurisdictionIndex, LastResort, OutlookHour, Parameters,
    Pollutant, Rules, Tenths, Window,
};

use super::hour::half_even;

/// Where the value of an hour comes from.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum Origin {
    /// There is no outlook for it.
    #[default]
    Unspoken,
    /// Closed without a value, or forecast in hindsight to have none.
    Missing,
    /// Closed with a value.
    Observed,
    /// Taken from the outlook of that maker; [`PERSISTENCE`] is our own.
    Outlook(u16),
}

/// The maker of the outlook for hours without a forecast.
pub(crate) const PERSISTENCE: u16 = u16::MAX;
/// The maker of the values for a city with too few values of its own.
pub(crate) const AIRSHED_MEAN: u16 = u16::MAX - 1;

/// One hour of the series.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct SeriesHour {
    pub(crate) ug_m3: u16,
    pub(crate) origin: Origin,
    pub(crate) excluded: bool,
    /// The index of the hour's own value; 0 where it has none that counts.
    pub(crate) own_index: u16,
}

impl SeriesHour {
    pub(crate) fn has_value(&self) -> bool {
        matches!(self.origin, Origin::Observed | Origin::Outlook(_))
    }

    pub(crate) fn is_valid(&self) -> bool {
        self.has_value() && !self.excluded
    }
}

/// The index of a window's mean, or why there is none.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum WindowIndex {
    /// An hour has neither a value nor an outlook, or too few hours are valid.
    Unknown,
    /// Known; 0 where so much is excluded that there is nothing to act on.
    Known(u16),
}

/// The series from `first` on, with a window that ends at each of its hours from `first + 23` on.
#[derive(Clone, Debug, Default)]
pub(crate) struct Series {
    /// The decision hour t.
    pub(crate) now: Hour,
    pub(crate) first: Hour,
    pub(crate) hours: Vec<SeriesHour>,
    windows: Vec<(WindowIndex, u16, u8)>,
    /// Hours after t for which the outlook has values without a gap.
    pub(crate) reach_h: i32,
    /// The index of what was observed at t, excluded or not; 0 where nothing was.
    pub(crate) index_now: u16,
    /// The highest value of all hours.
    pub(crate) highest_ug_m3: u16,
}

impl Series {
    /// The hour at a label; unspoken outside.
    pub(crate) fn hour(&self, hour: Hour) -> SeriesHour {
        let at = usize::try_from(hour.0 - self.first.0).ok();
        at.and_then(|at| self.hours.get(at)).copied().unwrap_or_default()
    }

    /// The window that ends at a label.
    pub(crate) fn index(&self, end: Hour) -> WindowIndex {
        let at = usize::try_from(end.0 - self.first.0).ok();
        at.and_then(|at| self.windows.get(at)).map_or(WindowIndex::Unknown, |it| it.0)
    }

    /// The window that ends at a label, as it is recorded.
    pub(crate) fn window(&self, end: Hour) -> Option<Window> {
        let at = usize::try_from(end.0 - self.first.0).ok()?;
        let (index, mean_ug_m3, valid_hours) = *self.windows.get(at)?;
        match index {
            WindowIndex::Known(index) => Some(Window { end, mean_ug_m3, index, valid_hours }),
            WindowIndex::Unknown => None,
        }
    }

    /// The last hour for which the outlook has a value.
    pub(crate) fn last(&self) -> Hour {
        self.now.plus(self.reach_h)
    }
}

/// What a window holds.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Count {
    sum: i64,
    pub(crate) valid: u8,
    missing: u8,
    pub(crate) excluded: u8,
    unspoken: u8,
}

impl Count {
    #[inline]
    fn change(&mut self, hour: &SeriesHour, by: i8) {
        let field = if hour.excluded {
            &mut self.excluded
        } else if hour.has_value() {
            self.sum += i64::from(by) * i64::from(hour.ug_m3);
            &mut self.valid
        } else if hour.origin == Origin::Missing {
            &mut self.missing
        } else {
            &mut self.unspoken
        };
        *field = field.wrapping_add_signed(by);
    }

    /// An hour that was observed, or not; nothing of it is excluded.
    #[inline]
    fn add(&mut self, value: Option<u16>) {
        self.sum += i64::from(value.unwrap_or(0));
        self.valid += u8::from(value.is_some());
        self.missing += u8::from(value.is_none());
    }

    /// Whether each hour of a window counts.
    pub(crate) fn is_whole(&self) -> bool {
        self.valid == DAY_H
    }

    /// The mean of the window, if it is known; none of it where nothing is to act on.
    pub(crate) fn mean(&self, parameters: &Parameters) -> Known {
        let (valid, missing) = (usize::from(self.valid), usize::from(self.missing));
        if self.unspoken > 0 {
            return Known::No;
        }
        let missing_max = 24 - parameters.means.day_min_hours.min(24);
        let known = if self.excluded == 0 {
            valid >= parameters.means.day_min_hours
        } else {
            missing <= missing_max && valid >= parameters.means.excluded_min_hours
        };
        let too_much_excluded =
            usize::from(self.excluded) > 24 - parameters.means.excluded_min_hours.min(24);
        if known && self.valid > 0 {
            let mean = half_even(self.sum, i64::from(self.valid));
            Known::Mean(u16::try_from(mean).unwrap_or(u16::MAX))
        } else if too_much_excluded && missing <= missing_max {
            Known::NothingToActOn
        } else {
            Known::No
        }
    }
}

/// Whether a window is known.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Known {
    No,
    NothingToActOn,
    Mean(u16),
}

/// The 24 h value of a day of observed hours.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct DayMean {
    /// Hours that are valid.
    pub valid_hours: u8,
    /// Their mean, whole µg/m³; none where it is unknown.
    pub mean_ug_m3: Option<u16>,
    /// Its index.
    pub index: Option<u16>,
}

impl Rules {
    /// The 24 h value that ends with an hour: of each hour its value, and whether it is excluded.
    pub fn day_mean(
        &self,
        hours: impl IntoIterator<Item = (Option<u16>, bool)>,
        end: Hour,
    ) -> DayMean {
        let mut count = Count::default();
        for (value, excluded) in hours {
            let origin = if value.is_some() { Origin::Observed } else { Origin::Missing };
            let ug_m3 = value.unwrap_or(0);
            count.change(&SeriesHour { ug_m3, origin, excluded, own_index: 0 }, 1);
        }
        let mean_ug_m3 = match count.mean(&self.parameters) {
            Known::Mean(mean) => Some(mean),
            Known::No | Known::NothingToActOn => None,
        };
        let standard = self.index(end.date()).or(self.indexes.first());
        let scale = standard.and_then(|it| it.scale(Pollutant::Pm25, Averaging::Hour24));
        let index = mean_ug_m3.zip(scale).map(|(mean, it)| it.index(Tenths::from(mean) * 10));
        DayMean { valid_hours: count.valid, mean_ug_m3, index }
    }
}

impl JudgedAir {
    /// The trailing 24 h value of observed hours alone. `closing` is the value of the last hour,
    /// which is not in the state yet.
    pub(crate) fn observed_day(
        &self,
        city: JurisdictionIndex,
        now: Hour,
        closing: Option<u16>,
        parameters: &Parameters,
    ) -> (Count, Known) {
        let first = now.plus(-23);
        let mut count = Count::default();
        if self.first.is_some_and(|it| it <= first) && !self.exclusions.any(city, first, now) {
            let closed = &self.cities[usize::from(city.0)].closed;
            for hour in (first.0..now.0).map(Hour) {
                count.add(closed.get(hour));
            }
            count.add(closing);
        } else {
            for hour in (first.0..=now.0).map(Hour) {
                count.change(&self.observed(city, hour, now, closing), 1);
            }
        }
        let known = count.mean(parameters);
        (count, known)
    }

    #[inline]
    fn observed(
        &self,
        city: JurisdictionIndex,
        hour: Hour,
        now: Hour,
        closing: Option<u16>,
    ) -> SeriesHour {
        let before_log = self.first.is_none_or(|first| hour < first);
        let value = if hour == now {
            closing
        } else if before_log {
            None
        } else {
            self.closed(city, hour)
        };
        let excluded = self.is_excluded(city, hour);
        let origin = if value.is_some() { Origin::Observed } else { Origin::Missing };
        SeriesHour { ug_m3: value.unwrap_or(0), origin, excluded, own_index: 0 }
    }

    #[inline]
    pub(crate) fn is_excluded(&self, city: JurisdictionIndex, hour: Hour) -> bool {
        self.exclusions.any(city, hour, hour)
    }

    /// The series of a jurisdiction for the decision of `now`, from `back_h` hours before it.
    pub(crate) fn series(
        &self,
        city: JurisdictionIndex,
        now: Hour,
        closing: Option<u16>,
        back_h: i32,
        parameters: &Parameters,
    ) -> Series {
        let first = now.plus(-back_h);
        let mut hours = Vec::with_capacity(
            usize::try_from(back_h + parameters.outlooks.horizon_h + 1).unwrap_or(0),
        );
        let stands_in = parameters.acts.insufficient_as == InsufficientAs::AirshedMean
            && self.observed_day(city, now, closing, parameters).1 == Known::No;
        for hour in (first.0..=now.0).map(Hour) {
            let mut it = self.observed(city, hour, now, closing);
            if it.origin == Origin::Missing {
                let said = match self.outlooks.get(city, hour) {
                    (OutlookHour::Range { upper_ug_m3, .. }, maker) => Some((upper_ug_m3, maker)),
                    (OutlookHour::Silent | OutlookHour::Missing, _) if stands_in && hour < now => {
                        self.airshed_mean(city, hour).map(|it| (it, AIRSHED_MEAN))
                    }
                    (OutlookHour::Silent | OutlookHour::Missing, _) => None,
                };
                if let Some((ug_m3, maker)) = said {
                    (it.ug_m3, it.origin) = (ug_m3, Origin::Outlook(maker));
                }
            }
            hours.push(it);
        }
        let persists = self.persistence(city, now, closing, parameters);
        let mut reach_h = 0;
        for ahead in 1..=parameters.outlooks.horizon_h {
            let hour = now.plus(ahead);
            let (ug_m3, origin) = match self.outlooks.get(city, hour) {
                (OutlookHour::Range { upper_ug_m3, .. }, maker) => {
                    (upper_ug_m3, Origin::Outlook(maker))
                }
                (OutlookHour::Missing, _) => (0, Origin::Missing),
                (OutlookHour::Silent, _) => match persists {
                    Some((ug_m3, for_h)) if ahead <= for_h => (ug_m3, Origin::Outlook(PERSISTENCE)),
                    Some(_) | None => break,
                },
            };
            hours.push(SeriesHour {
                ug_m3,
                origin,
                excluded: self.is_excluded(city, hour),
                own_index: 0,
            });
            reach_h = ahead;
        }
        let index_now = closing.map_or(0, |it| index_of(self.tables.table(now), it));
        let mut series = Series { index_now, ..Series::new(now, first, hours, reach_h) };
        series.measure_windows(&self.tables, parameters);
        series
    }

    /// The mean of the other members' closed hour.
    fn airshed_mean(&self, city: JurisdictionIndex, hour: Hour) -> Option<u16> {
        if self.first.is_none_or(|first| hour < first) {
            return None;
        }
        let others = self.tables.members.iter().filter(|it| **it != city);
        let values = others.filter_map(|it| self.closed(*it, hour));
        let (sum, count) = values.fold((0, 0), |(sum, count), it| (sum + i64::from(it), count + 1));
        (count > 0).then(|| u16::try_from(half_even(sum, count)).unwrap_or(u16::MAX))
    }

    fn persistence(
        &self,
        city: JurisdictionIndex,
        now: Hour,
        closing: Option<u16>,
        parameters: &Parameters,
    ) -> Option<(u16, i32)> {
        let LastResort::Persistence(for_h) = parameters.outlooks.outlook_of_last_resort else {
            return None;
        };
        match self.observed_day(city, now, closing, parameters).1 {
            Known::Mean(mean) => Some((mean, i32::from(for_h))),
            Known::No | Known::NothingToActOn => None,
        }
    }
}

impl Series {
    /// A series without its windows; `measure_windows` adds them.
    pub(crate) fn new(now: Hour, first: Hour, hours: Vec<SeriesHour>, reach_h: i32) -> Self {
        let highest_ug_m3 = hours.iter().map(|it| it.ug_m3).max().unwrap_or(0);
        Self { now, first, hours, reach_h, highest_ug_m3, ..Self::default() }
    }

    /// Works out the windows and the index of each hour from the hours.
    pub(crate) fn measure_windows(&mut self, tables: &LookupTables, parameters: &Parameters) {
        self.windows.reserve(self.hours.len());
        let end = self.first.plus(i32::try_from(self.hours.len()).unwrap_or(i32::MAX));
        let (table, last) = (tables.table(self.first), tables.table(end));
        let whole = parameters.means.day_min_hours <= usize::from(DAY_H);
        if whole && std::ptr::eq(table, last) && self.hours.iter().all(SeriesHour::is_valid) {
            self.measure_whole(table);
        } else {
            self.measure_each(tables, parameters);
        }
    }

    /// The fast path: every hour counts and one index is in force. Nearly all series are like this,
    /// and most of the time of a decision is spent here.
    fn measure_whole(&mut self, table: &[u16]) {
        let mut sum = 0_u32;
        for at in 0..self.hours.len() {
            let hour = &mut self.hours[at];
            hour.own_index = index_of(table, hour.ug_m3);
            sum += u32::from(hour.ug_m3);
            if let Some(gone) = at.checked_sub(usize::from(DAY_H)) {
                sum -= u32::from(self.hours[gone].ug_m3);
            }
            let valid = u8::try_from(at + 1).unwrap_or(DAY_H).min(DAY_H);
            if valid < DAY_H {
                self.windows.push((WindowIndex::Unknown, 0, valid));
                continue;
            }
            let mean = mean_of_day(sum);
            self.windows.push((WindowIndex::Known(index_of(table, mean)), mean, valid));
        }
    }

    fn measure_each(&mut self, tables: &LookupTables, parameters: &Parameters) {
        let mut count = Count::default();
        let (mut table, mut table_date) = (tables.table(self.first), self.first.date());
        for at in 0..self.hours.len() {
            let end = self.first.plus(i32::try_from(at).unwrap_or(i32::MAX));
            if end.date() != table_date {
                (table, table_date) = (tables.table(end), end.date());
            }
            let hour = &mut self.hours[at];
            if hour.is_valid() {
                hour.own_index = index_of(table, hour.ug_m3);
            }
            count.change(&self.hours[at], 1);
            if let Some(gone) = at.checked_sub(24) {
                count.change(&self.hours[gone], -1);
            }
            let known = if at < 23 { Known::No } else { count.mean(parameters) };
            self.windows.push(match known {
                Known::No => (WindowIndex::Unknown, 0, count.valid),
                Known::NothingToActOn => (WindowIndex::Known(0), 0, count.valid),
                Known::Mean(mean) => (WindowIndex::Known(index_of(table, mean)), mean, count.valid),
            });
        }
    }
}

/// Hours of a window.
const DAY_H: u8 = 24;

/// The mean of as many hours as a window has, rounded like every mean.
#[inline]
fn mean_of_day(sum: u32) -> u16 {
    // A division by a number that the compiler knows costs next to nothing.
    let (whole, rest) = (sum / u32::from(DAY_H), sum % u32::from(DAY_H));
    let up = rest * 2 > u32::from(DAY_H) || rest * 2 == u32::from(DAY_H) && whole % 2 != 0;
    u16::try_from(whole + u32::from(up)).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::Date;

    proptest! {
        /// The short way leads where the long one does, wherever an index begins.
        #[test]
        fn whole_series_are_measured_like_all_others(
            values in proptest::collection::vec(0_u16..2_000, 1..200),
            first in 0..600_i32,
        ) {
            let table = |by: u16| (0..1_000).map(|it| it / by).collect();
            let tables = LookupTables::of_indexes(vec![(Date(0), table(2)), (Date(14), table(3))]);
            let observed =
                |ug_m3| SeriesHour { ug_m3, origin: Origin::Observed, ..SeriesHour::default() };
            let hours: Vec<SeriesHour> = values.into_iter().map(observed).collect();
            let mut short = Series::new(Hour(first).plus(40), Hour(first), hours, 0);
            let mut long = short.clone();
            short.measure_windows(&tables, &Parameters::defaults());
            long.measure_each(&tables, &Parameters::defaults());
            prop_assert_eq!(&short.hours, &long.hours);
            prop_assert_eq!(&short.windows, &long.windows);
        }
    }

    #[test]
    fn the_mean_of_a_day_is_rounded_like_every_mean() {
        for sum in (0..24 * 300).chain(24 * 65_000..24 * 65_000 + 99) {
            assert_eq!(i64::from(mean_of_day(sum)), half_even(i64::from(sum), 24), "{sum}");
        }
    }
}
