//! The hours of a series, and the makers of those that are forecast.

use std::sync::Arc;

use crate::domain::air::series::{AIRSHED_MEAN, Origin, PERSISTENCE, Series, SeriesHour};
use crate::domain::airshed::Airshed;
use crate::domain::{Hour, InsufficientAs, LastResort};

/// One hour of the series.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ExplainedHour {
    /// Which one.
    pub hour: Hour,
    /// Its value, whole µg/m³.
    pub ug_m3: Option<u16>,
    /// The maker of its forecast; none if it was observed.
    pub maker: Option<Arc<str>>,
    /// It does not count.
    pub excluded: bool,
}

impl Airshed {
    /// The hours of a series, oldest first.
    pub(super) fn explained_hours(&self, series: &Series) -> Vec<ExplainedHour> {
        let hours = (series.first.0..).map(Hour).zip(&series.hours);
        let explained = |(hour, it): (Hour, &SeriesHour)| {
            let maker = match it.origin {
                Origin::Outlook(PERSISTENCE) => Some(self.last_resort()),
                Origin::Outlook(AIRSHED_MEAN) => Some(InsufficientAs::AirshedMean.name().into()),
                Origin::Outlook(maker) => Some(
                    self.air
                        .judged
                        .outlooks
                        .maker(maker)
                        .map_or_else(|| "unknown".into(), Arc::clone),
                ),
                Origin::Observed | Origin::Missing | Origin::Unspoken => None,
            };
            let ug_m3 = it.has_value().then_some(it.ug_m3);
            ExplainedHour { hour, ug_m3, maker, excluded: it.excluded }
        };
        hours.map(explained).collect()
    }

    fn last_resort(&self) -> Arc<str> {
        match self.rules().map(|it| it.parameters.outlooks.outlook_of_last_resort) {
            Some(LastResort::Persistence(for_h)) => format!("persistence:{for_h}").into(),
            Some(LastResort::None) | None => "persistence".into(),
        }
    }
}
