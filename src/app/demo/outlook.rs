//! The forecasts of the demonstration: good for tomorrow, vague for the fifth day.

use crate::domain::{Forecast, Hour, JurisdictionIndex, Outlook, OutlookHour, Rules, Stream};

use super::random::Random;
use super::weather::{Air, first_hour};

/// A forecast is issued at these hours of the day.
const ISSUED_AT: [u32; 2] = [8, 20];

/// A forecaster: knows the air to come, but with an error that grows with the lead time.
#[derive(Debug)]
pub(super) struct Forecaster {
    random: Random,
}

impl Forecaster {
    pub(super) fn new(seed: u64) -> Self {
        Self { random: Random::new(seed, 2) }
    }

    /// The forecast of that hour, if one is issued then.
    pub(super) fn at(
        &mut self,
        hour: Hour,
        airs: &[(JurisdictionIndex, Air)],
        rules: &Rules,
        source: (&Stream, u64),
    ) -> Option<Forecast> {
        if !ISSUED_AT.contains(&hour.of_day()) {
            return None;
        }
        let horizon_h = rules.parameters.horizon_h;
        // One error for the whole region, as weather models have, and one of each city's own.
        let early_h = self.random.around_zero(6);
        let outlooks = airs.iter().map(|(jurisdiction, air)| {
            let bias_permille = self.random.around_zero(1000);
            let lead = 1..=horizon_h;
            let hours = lead.map(|lead_h| seen(air, hour, lead_h, early_h, bias_permille));
            Outlook { jurisdiction: *jurisdiction, first: hour.plus(1), hours: hours.collect() }
        });
        let outlooks = outlooks.collect();
        Some(Forecast {
            issued_at: hour.end(),
            maker: "demo".into(),
            source: Some(source.0.at(source.1)),
            outlooks,
        })
    }
}

/// What is foreseen for one hour: at five days' distance up to 6 hours and 12 % off, within a
/// range of 16 % to each side.
fn seen(air: &Air, issued: Hour, lead_h: i32, early_h: i32, bias_permille: i32) -> OutlookHour {
    let after_h = issued.0 + lead_h - first_hour().0;
    let tenths = air.tenths(after_h, early_h * lead_h / 120);
    let error_permille = bias_permille * (20 + lead_h * 100 / 120) / 1000;
    let range_permille = 50 + lead_h * 110 / 120;
    let whole = |permille: i32| u16::try_from((tenths * (1000 + permille) / 1000 + 5) / 10);
    OutlookHour::Range {
        lower_ug_m3: whole(error_permille - range_permille).unwrap_or(0),
        upper_ug_m3: whole(error_permille + range_permille).unwrap_or(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixture;
    use crate::domain::Division;

    #[test]
    fn every_twelve_hours_for_the_whole_horizon() {
        let rules = fixture::rules();
        let airs = [(JurisdictionIndex(2), Air::of(Division(130_100), 1))];
        let mut forecaster = Forecaster::new(1);
        let stream = Stream::file("demo");
        let issued = (0..48).filter_map(|after| {
            forecaster.at(first_hour().plus(after), &airs, &rules, (&stream, 5))
        });
        let issued: Vec<Forecast> = issued.collect();
        assert_eq!(issued.len(), 4);
        for forecast in &issued {
            assert_eq!(forecast.outlooks[0].hours.len(), 120);
            assert_eq!(forecast.outlooks[0].first.end(), forecast.issued_at.plus_hours(1));
            for hour in &forecast.outlooks[0].hours {
                let OutlookHour::Range { lower_ug_m3, upper_ug_m3 } = hour else { panic!() };
                assert!(0 < *lower_ug_m3 && lower_ug_m3 < upper_ug_m3, "{hour:?}");
            }
        }
    }
}
