//! The forecasts of the demonstration. Their error grows with the lead time.

use crate::domain::{Forecast, Hour, JurisdictionIndex, Outlook, OutlookHour, Rules, Stream};

use super::random::Random;
use super::weather::{Air, first_hour};

/// The hours of the day at which a forecast is issued.
const ISSUED_AT: [u32; 2] = [8, 20];

/// A forecaster: the future air with an error that grows with the lead time.
#[derive(Debug)]
pub(super) struct Forecaster {
    random: Random,
    /// The timing error of the whole region, in hours at a lead time of five days.
    early_h: i32,
    /// The error of each city, in thousandths of the largest error at that lead time.
    bias_permille: Vec<i32>,
}

impl Forecaster {
    pub(super) fn new(seed: u64) -> Self {
        Self { random: Random::new(seed, 2), early_h: 0, bias_permille: Vec::new() }
    }

    /// The forecast issued at that hour, if any.
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
        let horizon_h = rules.parameters.outlooks.horizon_h;
        // One error for the whole region, as in weather models, and one for each city. The errors
        // of successive forecasts are similar.
        self.early_h = (self.early_h * 2 / 3 + self.random.around_zero(4)).clamp(-8, 8);
        self.bias_permille.resize(airs.len(), 0);
        let biases = self.bias_permille.iter_mut();
        let (random, early_h) = (&mut self.random, self.early_h);
        let outlooks = airs.iter().zip(biases).map(|((jurisdiction, air), bias_permille)| {
            *bias_permille = (*bias_permille * 3 / 4 + random.around_zero(500)).clamp(-1000, 1000);
            let bias_permille = *bias_permille;
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

/// The forecast of one hour. At a lead time of five days it can be 8 hours and 8 % wrong, peaks are
/// 30 % too low, as in real models, and the range is 12 % to each side.
fn seen(air: &Air, issued: Hour, lead_h: i32, early_h: i32, bias_permille: i32) -> OutlookHour {
    let after_h = issued.0 + lead_h - first_hour().0;
    let tenths = air.tenths(after_h, early_h * lead_h / 120);
    let error_permille = bias_permille * (10 + lead_h * 70 / 120) / 1000 - lead_h * 300 / 120;
    let range_permille = 30 + lead_h * 90 / 120;
    let whole = |permille: i32| u16::try_from((tenths * (1000 + permille) / 1000 + 5) / 10);
    OutlookHour::Range {
        lower_ug_m3: whole(error_permille - range_permille).unwrap_or(0),
        upper_ug_m3: whole(error_permille + range_permille).unwrap_or(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::tests::fixture;
    use crate::domain::Division;

    #[test]
    fn every_twelve_hours_for_the_whole_horizon() {
        let rules = fixture::rules();
        let airs = [(JurisdictionIndex(2), Air::of(Division(130_100), 1))];
        let mut forecaster = Forecaster::new(1);
        let stream = Stream::file("demo");
        let issued: Vec<Forecast> = (0..48)
            .filter_map(|after| {
                forecaster.at(first_hour().plus(after), &airs, &rules, (&stream, 5))
            })
            .collect();
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
