//! What is decided about stations: which have stopped reporting.

use crate::domain::{Hour, StationIndex, Timestamp};

/// A decision about a station.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum StationEvent {
    /// A station that should report has not reported for long.
    Silent(StationSilence),
    /// It reports again.
    Heard(StationSilence),
}

impl StationEvent {
    /// The fixed name of its record type.
    pub fn record_type(&self) -> &'static str {
        match self {
            Self::Silent(_) => "station_silent",
            Self::Heard(_) => "station_heard",
        }
    }

    /// The end of the hour that it is about.
    pub fn happened_at(&self) -> Timestamp {
        let (Self::Silent(it) | Self::Heard(it)) = self;
        it.hour.end()
    }
}

/// A station fell silent, or is heard again.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct StationSilence {
    /// Which station.
    pub station: StationIndex,
    /// The closed hour at which it was noticed.
    pub hour: Hour,
    /// The last hour before with a value that counted.
    pub last_heard: Option<Hour>,
}
