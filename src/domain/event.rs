//! What happened: facts that came from outside, and decisions that are ours.

use std::sync::Arc;

use super::{
    Batch, Forecast, Grade, Hour, HourAmended, Insufficiency, JurisdictionIndex, OrderAmended,
    OrderConfirmed, OrderSet, Parameters, RuleBook, Source, StationIndex, Stream, Timestamp,
    Unlike, WarningAct, WarningId,
};

/// Every record of the log holds one of these.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Event {
    /// Fact: the rules from here on.
    RuleBookAdopted(Arc<RuleBook>),
    /// Fact: the streams whose clocks must agree before an hour closes.
    StreamsJoined(Vec<Stream>),
    /// Fact: a clock moved. Without a stream, the wall clock or that of the files that are played.
    Ticked(Tick),
    /// Fact: readings of one hour, each with what became of it.
    ReadingsReceived(Batch),
    /// Fact: somebody's outlook.
    ForecastReceived(Forecast),
    /// Fact: an interval that does not count, with its evidence.
    IntervalExcluded(Exclusion),
    /// Fact or decision: an input that was not taken, and why.
    InputRefused(Refusal),
    /// Decision: a station that should report has not for long.
    StationSilent(Silence),
    /// Decision: it reports again.
    StationHeard(Silence),
    /// Decision: an hour is closed for the whole airshed.
    HourClosed(HourClosed),
    /// Decision: an act on a warning.
    WarningDecided(WarningAct),
    /// Decision: the orders that follow.
    OrderSetIssued(OrderSet),
    /// Decision: silence keeps a warning open; somebody should look.
    ReviewDue(Review),
    /// Decision: late values amend a closed hour.
    HourAmended(HourAmended),
    /// Decision: an order stands, although an hour on which it rests is amended.
    OrderConfirmedByAmendment(OrderConfirmed),
    /// Decision: an order is another one because hours are amended.
    OrderAmended(OrderAmended),
    /// Decision: a city has too few values for a 24 h mean.
    DataInsufficient(Insufficiency),
    /// Decision: two jurisdictions with like air have unlike grades.
    SameAirUnlikeGrade(Unlike),
}

/// A clock moved.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Tick {
    /// To when.
    pub at: Timestamp,
    /// Whose clock and where it said so; none: the wall clock.
    pub source: Option<Source>,
}

/// Why an input was not taken.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[repr(u8)]
pub enum Reason {
    /// Not a number, too many fields, not a row, not a message at all.
    Unreadable = 0,
    /// The line ends before its time; its last field cannot be trusted.
    Cut = 1,
    /// No such station.
    UnknownStation = 2,
    /// The station does not live at that hour.
    NotLive = 3,
    /// Zero or below.
    NotPositive = 4,
    /// More than an instrument can mean.
    AboveCeiling = 5,
    /// An hour that has not come.
    FromTheFuture = 6,
    /// Seen before.
    Duplicate = 7,
    /// Another value of the same standing counts.
    Conflicting = 8,
    /// Its hour is closed.
    Late = 9,
    /// An hour long past, with which a log would begin.
    FromThePast = 10,
}

impl Reason {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 11] = [
        Self::Unreadable,
        Self::Cut,
        Self::UnknownStation,
        Self::NotLive,
        Self::NotPositive,
        Self::AboveCeiling,
        Self::FromTheFuture,
        Self::Duplicate,
        Self::Conflicting,
        Self::Late,
        Self::FromThePast,
    ];

    /// The fixed name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::Cut => "cut",
            Self::UnknownStation => "unknown_station",
            Self::NotLive => "not_live",
            Self::NotPositive => "not_positive",
            Self::AboveCeiling => "above_ceiling",
            Self::FromTheFuture => "from_the_future",
            Self::Duplicate => "duplicate",
            Self::Conflicting => "conflicting",
            Self::Late => "late",
            Self::FromThePast => "from_the_past",
        }
    }
}

/// Inputs of one row or message that were not taken for one reason.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Refusal {
    /// Why.
    pub reason: Reason,
    /// Where they stood.
    pub source: Option<Source>,
    /// The hour they claimed to be for, where that could be read.
    pub hour: Option<Hour>,
    /// What they looked like, cut to a readable length.
    pub excerpt: String,
    /// How many values.
    pub count: u64,
}

/// Why an interval does not count.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[repr(u8)]
pub enum ExclusionKind {
    /// Sand and dust from elsewhere.
    Sand = 0,
    /// Fireworks.
    Fireworks = 1,
    /// A faulty instrument.
    Instrument = 2,
}

impl ExclusionKind {
    /// All three, in the order of their numbers.
    pub const ALL: [Self; 3] = [Self::Sand, Self::Fireworks, Self::Instrument];

    /// The fixed name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sand => "sand",
            Self::Fireworks => "fireworks",
            Self::Instrument => "instrument",
        }
    }
}

/// An interval of one jurisdiction that counts neither as valid nor as missing.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Exclusion {
    /// Whose air.
    pub jurisdiction: JurisdictionIndex,
    /// First hour.
    pub first: Hour,
    /// Last hour.
    pub last: Hour,
    /// Why.
    pub kind: ExclusionKind,
    /// What proves it.
    pub evidence: String,
    /// Where it was said.
    pub source: Option<Source>,
}

/// A station fell silent, or is heard again.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Silence {
    /// Which station.
    pub station: StationIndex,
    /// The closed hour at which it was noticed.
    pub hour: Hour,
    /// The last hour before with a value that counted.
    pub last_heard: Option<Hour>,
}

/// A warning that an unknown window or hour alone keeps open.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Review {
    /// Which warning.
    pub warning: WarningId,
    /// The decision hour t.
    pub hour: Hour,
    /// The clock at the decision.
    pub decided_at: Timestamp,
    /// Decisions running.
    pub decisions: u32,
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
    /// Whose.
    pub jurisdiction: JurisdictionIndex,
    /// Rounded mean of its stations, whole µg/m³.
    pub pm25_ug_m3: Option<u16>,
    /// Stations whose value is in the mean.
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
    /// Stations whose value was flagged, and with what.
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
            usize::from(self.excluded_hours) > 24 - parameters.excluded_min_hours.min(24);
        let few_missing = usize::from(missing) <= 24 - parameters.day_min_hours.min(24);
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

impl Event {
    /// The fixed name of its record type.
    pub fn record_type(&self) -> &'static str {
        match self {
            Self::RuleBookAdopted(_) => "rule_book_adopted",
            Self::StreamsJoined(_) => "streams_joined",
            Self::Ticked(_) => "ticked",
            Self::ReadingsReceived(_) => "readings_received",
            Self::ForecastReceived(_) => "forecast_received",
            Self::IntervalExcluded(_) => "interval_excluded",
            Self::InputRefused(_) => "input_refused",
            Self::StationSilent(_) => "station_silent",
            Self::StationHeard(_) => "station_heard",
            Self::HourClosed(_) => "hour_closed",
            Self::WarningDecided(act) => act.kind.record_type(),
            Self::OrderSetIssued(_) => "order_set_issued",
            Self::ReviewDue(_) => "review_due",
            Self::HourAmended(_) => "hour_amended",
            Self::OrderConfirmedByAmendment(_) => "order_confirmed_by_amendment",
            Self::OrderAmended(_) => "order_amended",
            Self::DataInsufficient(_) => "data_insufficient",
            Self::SameAirUnlikeGrade(_) => "same_air_unlike_grade",
        }
    }
}
