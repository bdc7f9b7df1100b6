//! Readings that are missing, supposed: between which values each hour of a city then lies.

use crate::domain::air::hour::half_even;
use crate::domain::air::state::Air;
use crate::domain::{Hour, JurisdictionIndex, MISSING, Parameters, StationIndex, Tenths};

/// What a station without a value may have read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Plausible {
    /// Anything that would have counted: from the lowest positive value to the ceiling.
    Anything,
    /// Between the lowest and the highest value of the city's other stations in that hour;
    /// anything where they read nothing either.
    LikeTheOthers,
}

/// The lowest value that counts: others are refused as not positive.
pub(crate) const LOWEST_TENTHS: Tenths = 1;

/// An hour of a city in which readings are missing.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct SupposedHour {
    pub(crate) hour: Hour,
    /// Its mean, whole µg/m³, with every missing reading at its lowest; each whole value from
    /// this one to the highest comes about with some readings.
    pub(crate) low_ug_m3: u16,
    /// With every missing reading at its highest.
    pub(crate) high_ug_m3: u16,
    /// Stations that count and have no value.
    pub(crate) missing: Vec<StationIndex>,
}

/// The hours of a city with missing readings.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct SupposedHours {
    pub(crate) hours: Vec<SupposedHour>,
    /// Hours with missing readings that stay as they were closed: their mean does not follow from
    /// what is remembered, because other rules closed them.
    pub(crate) kept: u32,
}

impl Air {
    /// The hours of a city in which readings are missing, from `first` to `now`, which closes
    /// next with the value `closing`. Hours before the log are not among them, nor excluded ones:
    /// no reading of theirs could count.
    pub(crate) fn supposed(
        &self,
        city: JurisdictionIndex,
        (first, now): (Hour, Hour),
        closing: Option<u16>,
        plausible: Plausible,
        parameters: &Parameters,
    ) -> SupposedHours {
        let mut supposed = SupposedHours::default();
        let begun = self.judged.first.map_or(now, |it| it.max(first));
        for hour in (begun.0..=now.0).map(Hour) {
            if self.judged.is_excluded(city, hour) {
                continue;
            }
            let (used, missing) = self.used_and_missing(city, hour, parameters);
            if missing.is_empty() || used.len() + missing.len() < least(parameters) {
                continue;
            }
            let observed = if hour == now { closing } else { self.judged.closed(city, hour) };
            if observed != mean(&used, parameters) {
                supposed.kept += 1;
                continue;
            }
            let (low, high) = bounds(&used, plausible, parameters);
            let with = |tenths: Tenths| {
                let all = used.iter().copied().chain(missing.iter().map(|_| tenths));
                mean(&all.collect::<Vec<_>>(), parameters).unwrap_or_default()
            };
            let (low_ug_m3, high_ug_m3) = (with(low), with(high));
            supposed.hours.push(SupposedHour { hour, low_ug_m3, high_ug_m3, missing });
        }
        supposed
    }

    /// The values in the mean of an hour, and the stations that count and have none.
    fn used_and_missing(
        &self,
        city: JurisdictionIndex,
        hour: Hour,
        parameters: &Parameters,
    ) -> (Vec<Tenths>, Vec<StationIndex>) {
        let air = self.hour_air(hour);
        let own = self.tables().stations.get(usize::from(city.0)).map_or(&[][..], Vec::as_slice);
        let counting = own.iter().copied().filter(|it| air.counts(*it));
        let (mut used, mut missing) = (Vec::new(), Vec::new());
        for station in counting.clone() {
            let tenths = air.pm25(station);
            if tenths == MISSING {
                missing.push(station);
            } else if parameters.readings.use_flagged || {
                let others = counting.clone().filter(|it| *it != station).map(|it| air.pm25(it));
                let run_h = self.run_h(station, hour, tenths, parameters);
                air.flag(station, run_h, others, parameters).is_none()
            } {
                used.push(tenths);
            }
        }
        (used, missing)
    }
}

fn least(parameters: &Parameters) -> usize {
    parameters.means.city_hour_min_stations.max(1)
}

fn mean(values: &[Tenths], parameters: &Parameters) -> Option<u16> {
    let count = i64::try_from(values.len()).ok()?;
    let sum = values.iter().copied().map(i64::from).sum();
    let enough = values.len() >= least(parameters);
    enough.then(|| u16::try_from(half_even(sum, count * 10).max(0)).unwrap_or(u16::MAX - 1))
}

fn bounds(used: &[Tenths], plausible: Plausible, parameters: &Parameters) -> (Tenths, Tenths) {
    let others = used.iter().copied().min().zip(used.iter().copied().max());
    match (plausible, others) {
        (Plausible::LikeTheOthers, Some(bounds)) => bounds,
        (Plausible::LikeTheOthers, None) | (Plausible::Anything, _) => {
            (LOWEST_TENTHS, parameters.readings.ceiling_ug_m3.saturating_mul(10))
        }
    }
}
