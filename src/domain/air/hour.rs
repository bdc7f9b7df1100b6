//! A city's hour: which stations are in the mean, which are suspicious, and the mean itself.

use super::cells::{Cell, cell_of};
use super::state::Air;
use crate::domain::rules::lookup::Stations;
use crate::domain::{
    Flag, Hour, JurisdictionIndex, MISSING, Parameters, Pollutant, StationIndex, Tenths,
};

/// One jurisdiction's hour, before it is closed.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct CityMean {
    pub(crate) pm25_ug_m3: Option<u16>,
    pub(crate) reporting: u16,
    pub(crate) expected: u16,
    pub(crate) flagged: Vec<(StationIndex, Flag)>,
    pub(crate) left_out: Vec<StationIndex>,
}

/// What is known of fine and coarse particles at an hour, and which stations count.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HourAir<'a> {
    hour: Hour,
    counting: Stations<'a>,
    pm25: &'a [Cell],
    pm10: &'a [Cell],
    /// PM2.5 of the hour before.
    pm25_before: &'a [Cell],
}

impl HourAir<'_> {
    pub(crate) fn counts(&self, station: StationIndex) -> bool {
        self.counting.have(station)
    }

    pub(crate) fn pm25(&self, station: StationIndex) -> Tenths {
        cell_of(self.pm25, station).tenths
    }
}

impl<'a> HourAir<'a> {
    /// Whether each station, by its place, counts and has a value; empty if no station has reported
    /// the hour.
    pub(crate) fn counted(&self) -> impl Iterator<Item = bool> + use<'a> {
        let cells = self.pm25.iter();
        cells.zip(self.counting.each()).map(|(cell, counts)| counts && cell.tenths != MISSING)
    }
}

impl Air {
    /// The air of an hour that is closed or closes next.
    pub(crate) fn hour_air(&self, hour: Hour) -> HourAir<'_> {
        let column = |hour, pollutant| {
            self.cells.as_ref().map_or(&[][..], |cells| cells.column(hour, pollutant))
        };
        HourAir {
            hour,
            counting: self.tables().counting(hour),
            pm25: column(hour, Pollutant::Pm25),
            pm10: column(hour, Pollutant::Pm10),
            pm25_before: column(hour.plus(-1), Pollutant::Pm25),
        }
    }

    /// Whether a station has had no value that counted in the last closed hours up to this one.
    pub(crate) fn is_silent(
        &self,
        station: StationIndex,
        last: Hour,
        parameters: &Parameters,
    ) -> bool {
        let Some(first) = self.judged.first else { return false };
        let counted = self.stations.get(usize::from(station.0)).and_then(|it| it.last_counted);
        let heard = counted.unwrap_or(first.plus(-1)).max(first.plus(-1));
        last.0 - heard.0 >= parameters.closing.silent_after_h
    }

    /// Whether every expected station (it counts, and has not been silent for too long) has
    /// reported the hour, and at least one is expected.
    pub(crate) fn is_complete(&self, hour: Hour, parameters: &Parameters) -> bool {
        let mut expected = self.expected(hour, parameters).peekable();
        expected.peek().is_some() && expected.all(|(_, reported)| reported)
    }

    /// The expected stations of an hour, jurisdiction by jurisdiction, and whether each has reported
    /// it. None before the first reading of the hour.
    pub(crate) fn expected(
        &self,
        hour: Hour,
        parameters: &Parameters,
    ) -> impl Iterator<Item = (JurisdictionIndex, bool)> {
        let table = self.cells.as_ref().and_then(|it| it.table(hour));
        let counting = self.tables().counting(hour);
        let stations = (0..).zip(&self.tables().stations);
        let stations = stations.flat_map(|(city, all)| all.iter().map(move |it| (city, *it)));
        stations.filter_map(move |(city, station)| {
            let table = table?;
            let is_expected =
                counting.have(station) && !self.is_silent(station, hour.plus(-1), parameters);
            let reported = |it: &Pollutant| table.get(*it, station).reported;
            let reported = || parameters.closing.closes_on.iter().all(reported);
            is_expected.then(|| (JurisdictionIndex(city), reported()))
        })
    }

    /// The mean of a jurisdiction's stations at an hour.
    pub(crate) fn city_mean(
        &self,
        city: JurisdictionIndex,
        air: &HourAir<'_>,
        parameters: &Parameters,
    ) -> CityMean {
        let mut mean = CityMean::default();
        let mut sum = 0_i64;
        let stations =
            self.tables().stations.get(usize::from(city.0)).map_or(&[][..], Vec::as_slice);
        let counting = stations.iter().copied().filter(|it| air.counts(*it));
        for station in counting.clone() {
            let silent = self.is_silent(station, air.hour.plus(-1), parameters);
            mean.expected += u16::from(!silent);
            let tenths = air.pm25(station);
            if tenths == MISSING {
                mean.left_out.push(station);
                continue;
            }
            let others = counting.clone().filter(|it| *it != station).map(|it| air.pm25(it));
            let flag = self.flag(station, air, others, parameters);
            mean.flagged.extend(flag.map(|flag| (station, flag)));
            if flag.is_none() || parameters.readings.use_flagged {
                sum += i64::from(tenths);
                mean.reporting += 1;
            } else {
                mean.left_out.push(station);
            }
        }
        let enough = usize::from(mean.reporting) >= parameters.means.city_hour_min_stations.max(1);
        let rounded = enough.then(|| half_even(sum, i64::from(mean.reporting) * 10));
        mean.pm25_ug_m3 = rounded.map(|it| u16::try_from(it.max(0)).unwrap_or(u16::MAX - 1));
        mean
    }

    fn flag(
        &self,
        station: StationIndex,
        air: &HourAir<'_>,
        others: impl Iterator<Item = Tenths>,
        parameters: &Parameters,
    ) -> Option<Flag> {
        let run_h = self.run_h(station, air.hour, air.pm25(station), parameters);
        air.flag(station, run_h, others, parameters)
    }

    /// For how many hours a station has reported a value, this one included, as far as it matters.
    pub(crate) fn run_h(
        &self,
        station: StationIndex,
        hour: Hour,
        tenths: Tenths,
        parameters: &Parameters,
    ) -> i32 {
        let Some(cells) = &self.cells else { return 1 };
        let before = (1..parameters.readings.stuck_after_h).map(|back| hour.plus(-back));
        let same = |it: &Hour| cells.get(*it, Pollutant::Pm25, station).tenths == tenths;
        1 + i32::try_from(before.take_while(same).count()).unwrap_or(0)
    }
}

impl HourAir<'_> {
    /// The first suspicion that fits a value which a station has reported for so many hours.
    pub(crate) fn flag(
        &self,
        station: StationIndex,
        run_h: i32,
        others: impl Iterator<Item = Tenths>,
        parameters: &Parameters,
    ) -> Option<Flag> {
        let tenths = self.pm25(station);
        if run_h >= parameters.readings.stuck_after_h
            && tenths > parameters.readings.stuck_above_ug_m3 * 10
        {
            return Some(Flag::Stuck);
        }
        let before = cell_of(self.pm25_before, station).tenths;
        if before != MISSING
            && tenths - before > parameters.readings.spike_above_ug_m3 * 10
            && is_far_above(tenths, others.filter(|it| *it != MISSING).collect(), parameters)
        {
            return Some(Flag::Spike);
        }
        let pm10 = cell_of(self.pm10, station).tenths;
        (pm10 != MISSING && tenths > pm10).then_some(Flag::AbovePm10)
    }
}

fn is_far_above(tenths: Tenths, mut others: Vec<Tenths>, parameters: &Parameters) -> bool {
    if others.len() < parameters.readings.spike_min_others.max(1) {
        return false;
    }
    others.sort_unstable();
    let middle = others.len() / 2;
    let median_twice = if others.len().is_multiple_of(2) {
        others[middle - 1] + others[middle]
    } else {
        others[middle] * 2
    };
    i64::from(tenths) * 2 > i64::from(parameters.readings.spike_ratio) * i64::from(median_twice)
}

/// A quotient of whole numbers, rounded to the nearest; a half goes to the even neighbour.
#[inline]
pub(crate) fn half_even(sum: i64, count: i64) -> i64 {
    // Nearly all sums are small, and a division of half the width is several times as fast.
    let (whole, rest) = match (u32::try_from(sum), u32::try_from(count)) {
        (Ok(sum), Ok(count)) => (i64::from(sum / count), i64::from(sum % count)),
        _ => (sum.div_euclid(count), sum.rem_euclid(count)),
    };
    let up = match (rest * 2).cmp(&count) {
        std::cmp::Ordering::Less => false,
        std::cmp::Ordering::Greater => true,
        std::cmp::Ordering::Equal => whole % 2 != 0,
    };
    whole + i64::from(up)
}

#[cfg(test)]
mod tests {
    use super::half_even;

    #[test]
    fn a_half_goes_to_the_even_neighbour() {
        let cases = [
            (5, 10, 0),
            (15, 10, 2),
            (25, 10, 2),
            (24, 10, 2),
            (26, 10, 3),
            (-5, 10, 0),
            (-15, 10, -2),
        ];
        for (sum, count, expected) in cases {
            assert_eq!(half_even(sum, count), expected, "{sum}/{count}");
        }
    }
}
