//! What is decided about the air: closed hours, and what is missing from them.

use crate::domain::{
    ActSummary, Grade, Hour, InsufficientAs, JurisdictionIndex, Parameters, StationIndex, Timestamp,
};

/// A decision about the air.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum AirEvent {
    /// An hour is closed for the whole airshed.
    HourClosed(HourClosed),
    /// Late values amend a closed hour.
    HourAmended(HourAmended),
    /// A city has too few values for a 24 h mean.
    DataInsufficient(Insufficiency),
}

impl AirEvent {
    /// The fixed name of its record type.
    pub fn record_type(&self) -> &'static str {
        match self {
            Self::HourClosed(_) => "hour_closed",
            Self::HourAmended(_) => "hour_amended",
            Self::DataInsufficient(_) => "data_insufficient",
        }
    }

    /// The end of the hour that it is about.
    pub fn happened_at(&self) -> Timestamp {
        match self {
            Self::HourClosed(it) => it.hour.end(),
            Self::HourAmended(it) => it.hour.end(),
            Self::DataInsufficient(it) => it.hour.end(),
        }
    }
}

/// One closed hour of the whole airshed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct HourClosed {
    /// Which hour.
    pub hour: Hour,
    /// The clock at the closing.
    pub closed_at: Timestamp,
    /// Closed too late for a decision.
    pub stale: bool,
    /// Each jurisdiction with stations, by rising code.
    pub jurisdictions: Vec<CityHour>,
}

/// One jurisdiction's closed hour.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CityHour {
    /// The jurisdiction.
    pub jurisdiction: JurisdictionIndex,
    /// Rounded mean of its stations, whole µg/m³.
    pub pm25_ug_m3: Option<u16>,
    /// Stations with a value in the mean.
    pub stations_reporting: u16,
    /// Stations from which a value was expected.
    pub stations_expected: u16,
    /// Trailing 24 h mean of observed hours, whole µg/m³; none where it is unknown.
    pub mean_24h_ug_m3: Option<u16>,
    /// Its index; none where it is unknown.
    pub index_24h: Option<u16>,
    /// Valid hours of the 24.
    pub valid_hours: u8,
    /// Hours of the 24 that are excluded.
    pub excluded_hours: u8,
    /// Stations with a flagged value, and the flag.
    pub flagged: Vec<(StationIndex, Flag)>,
    /// Stations that count and are not in the mean.
    pub left_out: Vec<StationIndex>,
    /// The grade of the current episode; none where the hour is stale.
    pub grade: Option<Grade>,
    /// Decisions running in which the episode was milder than the open warning.
    pub below_decisions: u16,
    /// Decisions running in which an unknown window or hour alone kept a lift from being decided.
    pub unknown_decisions: u16,
}

impl CityHour {
    /// Whether too few of the last 24 hours were observed for a mean: the same rule as that of the
    /// window, which is unknown then.
    pub(crate) fn is_insufficient(&self, parameters: &Parameters) -> bool {
        let missing = 24_u8.saturating_sub(self.valid_hours.saturating_add(self.excluded_hours));
        let too_much_excluded =
            usize::from(self.excluded_hours) > 24 - parameters.means.excluded_min_hours.min(24);
        let few_missing = usize::from(missing) <= 24 - parameters.means.day_min_hours.min(24);
        self.mean_24h_ug_m3.is_none() && !(too_much_excluded && few_missing)
    }
}

/// What is suspicious about a value.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[repr(u8)]
pub enum Flag {
    /// The same value for too many hours running.
    Stuck = 0,
    /// Far above its own last value and its neighbours.
    Spike = 1,
    /// More fine particles than particles.
    AbovePm10 = 2,
}

impl Flag {
    /// All three, in the order of their numbers.
    pub const ALL: [Self; 3] = [Self::Stuck, Self::Spike, Self::AbovePm10];

    /// The fixed name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Stuck => "stuck",
            Self::Spike => "spike",
            Self::AbovePm10 => "above_pm10",
        }
    }
}

/// A closed hour that is computed again because values came late. Its record does not change.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct HourAmended {
    /// The jurisdiction.
    pub jurisdiction: JurisdictionIndex,
    /// Which hour.
    pub hour: Hour,
    /// The decision hour t from which the new value counts.
    pub decision_hour: Hour,
    /// The clock at that decision.
    pub decided_at: Timestamp,
    /// The mean that counted so far, whole µg/m³.
    pub old_ug_m3: Option<u16>,
    /// The mean that counts from now on; the same where rounding hides the difference.
    pub new_ug_m3: Option<u16>,
    /// Stations with late values, by rising code.
    pub stations: Vec<StationIndex>,
    /// What it changes.
    pub effect: AmendmentEffect,
    /// The jurisdiction's first decision since the oldest hour amended now that would have been
    /// another one, had all that is known now of closed hours been known in time.
    pub otherwise: Option<Otherwise>,
}

/// What an amendment changes for its jurisdiction.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[repr(u8)]
pub enum AmendmentEffect {
    /// Nothing is ordered, and nothing would have been.
    NoOrder = 0,
    /// The order is unchanged, and every decision would have been the same.
    OrderStands = 1,
    /// This decision orders what it would not have ordered without the amendments, or does not
    /// order what it would have.
    OrderAmended = 2,
    /// An order would have been given that was not, or another one.
    WouldHaveBeenOrdered = 3,
    /// An order was given that would not have been.
    WouldNotHaveBeenOrdered = 4,
}

impl AmendmentEffect {
    /// All five, in the order of their numbers.
    pub const ALL: [Self; 5] = [
        Self::NoOrder,
        Self::OrderStands,
        Self::OrderAmended,
        Self::WouldHaveBeenOrdered,
        Self::WouldNotHaveBeenOrdered,
    ];

    /// The fixed name.
    pub fn name(self) -> &'static str {
        match self {
            Self::NoOrder => "no_order",
            Self::OrderStands => "order_stands",
            Self::OrderAmended => "order_amended",
            Self::WouldHaveBeenOrdered => "would_have_been_ordered",
            Self::WouldNotHaveBeenOrdered => "would_not_have_been_ordered",
        }
    }
}

/// A past decision, as it was and as it would have been. Not both are none.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Otherwise {
    /// The hour of that decision.
    pub decision_hour: Hour,
    /// What was done; none where nothing was.
    pub was: Option<ActSummary>,
    /// What would have been done; none where nothing would have been.
    pub would_be: Option<ActSummary>,
}

/// A city has too few observed values for a 24 h mean. Recorded once a run.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Insufficiency {
    /// The jurisdiction.
    pub jurisdiction: JurisdictionIndex,
    /// The decision hour t.
    pub hour: Hour,
    /// The clock at the decision.
    pub decided_at: Timestamp,
    /// Valid hours of the last 24.
    pub valid_hours: u8,
    /// Hours of the last 24 that are excluded.
    pub excluded_hours: u8,
    /// How many are needed.
    pub needed_hours: u8,
    /// What replaces the hours that are missing.
    pub fallback: InsufficientAs,
}
