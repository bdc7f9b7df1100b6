//! What came from outside. Everything else in a log follows from these.

use std::sync::Arc;

use super::{
    Batch, CommandGiven, Forecast, Hour, JurisdictionIndex, RuleBook, Source, Stream, Timestamp,
};

/// An input. A refused one counts: it holds back what came from outside.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Fact {
    /// The rules from here on.
    RuleBookAdopted(Arc<RuleBook>),
    /// The streams that must agree on the time before an hour closes.
    StreamsJoined(Vec<Stream>),
    /// A clock moved. Without a stream, the wall clock or that of the files that are played.
    Ticked(Tick),
    /// Readings of one hour, each with its outcome.
    ReadingsReceived(Batch),
    /// A forecast.
    ForecastReceived(Forecast),
    /// An interval that does not count, with its evidence.
    IntervalExcluded(Exclusion),
    /// An input that was not taken, and why.
    InputRefused(Refusal),
    /// A command of a body, whatever becomes of it.
    CommandGiven(Arc<CommandGiven>),
}

impl Fact {
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
            Self::CommandGiven(_) => "command_given",
        }
    }

    /// The stream that it came from, and its position there, of many the last; none for what the
    /// program itself adds.
    pub fn source(&self) -> Option<(&Stream, u64)> {
        let source = match self {
            Self::RuleBookAdopted(_) | Self::StreamsJoined(_) => return None,
            Self::ReadingsReceived(batch) => {
                return batch.rows.last().map(|row| (&batch.stream, row.position));
            }
            Self::Ticked(tick) => &tick.source,
            Self::ForecastReceived(forecast) => &forecast.source,
            Self::IntervalExcluded(exclusion) => &exclusion.source,
            Self::InputRefused(refusal) => &refusal.source,
            Self::CommandGiven(given) => &given.source,
        };
        source.as_ref().map(|it| (&it.stream, it.position))
    }

    /// The time that it is about; none for what is about no time of its own.
    pub fn happened_at(&self) -> Option<Timestamp> {
        match self {
            Self::RuleBookAdopted(_) | Self::StreamsJoined(_) => None,
            Self::Ticked(tick) => Some(tick.at),
            Self::ReadingsReceived(batch) => Some(batch.hour.end()),
            Self::ForecastReceived(forecast) => Some(forecast.issued_at),
            Self::IntervalExcluded(exclusion) => Some(exclusion.first.end()),
            Self::InputRefused(refusal) => refusal.hour.map(Hour::end),
            Self::CommandGiven(given) => Some(given.at),
        }
    }
}

/// A clock moved.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Tick {
    /// To when.
    pub at: Timestamp,
    /// The stream of the clock and the position of the tick; none: the wall clock.
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
    /// The jurisdiction.
    pub jurisdiction: JurisdictionIndex,
    /// First hour.
    pub first: Hour,
    /// Last hour.
    pub last: Hour,
    /// Why.
    pub kind: ExclusionKind,
    /// What proves it.
    pub evidence: String,
    /// Where it was read.
    pub source: Option<Source>,
}
