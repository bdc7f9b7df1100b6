//! What others say the air will be: forecasts, as facts.

use std::sync::Arc;

use crate::domain::{Hour, JurisdictionIndex, Source, Timestamp};

/// One issue of an outlook, by one source, for some jurisdictions.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Forecast {
    /// When its maker issued it.
    pub issued_at: Timestamp,
    /// Who made it.
    pub maker: Arc<str>,
    /// Where we read it.
    pub source: Option<Source>,
    /// What it says, jurisdiction by jurisdiction.
    pub outlooks: Vec<Outlook>,
}

/// What a forecast says of one jurisdiction: consecutive hours from `first` on.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Outlook {
    /// Which jurisdiction.
    pub jurisdiction: JurisdictionIndex,
    /// The first hour it speaks for.
    pub first: Hour,
    /// What it says of each hour from then on.
    pub hours: Vec<OutlookHour>,
}

/// What an outlook says of one hour. PM2.5 in whole µg/m³.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum OutlookHour {
    /// It does not speak for this hour.
    Silent,
    /// It speaks, and says that there is no value (in hindsight: the hour was missing; or the
    /// primary pollutant of an index range is not PM2.5).
    Missing,
    /// The bounds of its range; the upper one is what counts.
    Range {
        /// Lower bound.
        lower_ug_m3: u16,
        /// Upper bound.
        upper_ug_m3: u16,
    },
}
