//! What a record of the log holds: a fact from outside, or a decision of one part of the domain.
//!
//! Each part has an enum of its own. A fold that has nothing to do with a part ignores it in one
//! arm; the compiler names every fold that must look at a new kind of a part that it reads.

use super::{
    AirEvent, CooperationEvent, Fact, ResponseEvent, StationEvent, Timestamp, WarningEvent,
};

/// Every record of the log holds one of these.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Event {
    /// It came from outside.
    Fact(Fact),
    /// A decision about a station.
    Station(StationEvent),
    /// A decision about the air.
    Air(AirEvent),
    /// A decision about warnings.
    Warning(WarningEvent),
    /// A decision about orders.
    Response(ResponseEvent),
    /// A decision about what bodies do.
    Cooperation(Box<CooperationEvent>),
}

impl Event {
    /// The fixed name of its record type.
    pub fn record_type(&self) -> &'static str {
        match self {
            Self::Fact(it) => it.record_type(),
            Self::Station(it) => it.record_type(),
            Self::Air(it) => it.record_type(),
            Self::Warning(it) => it.record_type(),
            Self::Response(it) => it.record_type(),
            Self::Cooperation(it) => it.what.record_type(),
        }
    }

    /// Whether it came from outside. All else is decided again by a replay.
    pub fn is_fact(&self) -> bool {
        matches!(self, Self::Fact(_))
    }

    /// The time that it is about; none for what is about no time of its own.
    pub fn happened_at(&self) -> Option<Timestamp> {
        match self {
            Self::Fact(it) => it.happened_at(),
            Self::Station(it) => Some(it.happened_at()),
            Self::Air(it) => Some(it.happened_at()),
            Self::Warning(it) => Some(it.happened_at()),
            Self::Response(it) => Some(it.happened_at()),
            Self::Cooperation(it) => Some(it.at),
        }
    }
}

macro_rules! parts {
    ($($part:ident $of:ident,)+) => {
        $(impl From<$of> for Event {
            fn from(it: $of) -> Self {
                Self::$part(it)
            }
        })+
    };
}

parts! {
    Fact Fact,
    Station StationEvent,
    Air AirEvent,
    Warning WarningEvent,
    Response ResponseEvent,
}

impl From<CooperationEvent> for Event {
    fn from(it: CooperationEvent) -> Self {
        Self::Cooperation(Box::new(it))
    }
}
