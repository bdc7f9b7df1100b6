//! From a log to a state: all that the engine remembers, and all of it is in the log.

use crate::domain::{Airshed, Event, Timestamp};

use super::{EventLog, PortError, Position, Record};

/// The fold of a log.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Memory {
    /// The state of the airshed.
    pub airshed: Airshed,
    /// The position of the next record.
    pub next: Position,
    /// When the last record was taken in.
    pub recorded_at: Timestamp,
    /// The last record that came from outside.
    pub last_fact: Option<Position>,
    /// The record that adopted the rules in force.
    pub adopted_at: Option<Position>,
    /// How many readings have come, whatever became of them.
    pub readings: u64,
}

impl Memory {
    /// Takes a record in.
    pub fn evolve(&mut self, record: &Record) -> Result<(), PortError> {
        if record.position != self.next {
            let (found, due) = (record.position.0, self.next.0);
            return Err(PortError::Failed(format!(
                "the log has record {found} where record {due} is due: run `airshed log cat` on it"
            )));
        }
        self.airshed.evolve(&record.event);
        self.next = Position(record.position.0 + 1);
        self.recorded_at = self.recorded_at.max(record.recorded_at);
        if record.event.is_fact() {
            self.last_fact = Some(record.position);
        }
        if let Event::ReadingsReceived(batch) = &record.event {
            self.readings += batch.readings.len() as u64;
        } else if matches!(record.event, Event::RuleBookAdopted(_)) {
            self.adopted_at = Some(record.position);
        }
        Ok(())
    }
}

/// Folds a whole log.
pub fn replay(log: &impl EventLog) -> Result<Memory, PortError> {
    let mut memory = Memory::default();
    for record in log.read(Position::default())? {
        memory.evolve(&record?)?;
    }
    Ok(memory)
}

impl Event {
    /// Whether it came from outside. A refusal counts: it holds back an input that did.
    pub fn is_fact(&self) -> bool {
        match self {
            Self::RuleBookAdopted(_)
            | Self::StreamsJoined(_)
            | Self::Ticked(_)
            | Self::ReadingsReceived(_)
            | Self::ForecastReceived(_)
            | Self::IntervalExcluded(_)
            | Self::InputRefused(_) => true,
            Self::StationSilent(_)
            | Self::StationHeard(_)
            | Self::HourClosed(_)
            | Self::WarningDecided(_)
            | Self::OrderSetIssued(_)
            | Self::ReviewDue(_)
            | Self::HourAmended(_)
            | Self::OrderConfirmedByAmendment(_)
            | Self::OrderAmended(_)
            | Self::DataInsufficient(_)
            | Self::SameAirUnlikeGrade(_) => false,
        }
    }

    /// The time that it is about; none for what is about no time of its own.
    pub fn happened_at(&self) -> Option<Timestamp> {
        match self {
            Self::RuleBookAdopted(_) | Self::StreamsJoined(_) => None,
            Self::Ticked(tick) => Some(tick.at),
            Self::ReadingsReceived(batch) => Some(batch.hour.end()),
            Self::ForecastReceived(forecast) => Some(forecast.issued_at),
            Self::IntervalExcluded(exclusion) => Some(exclusion.first.end()),
            Self::InputRefused(refusal) => refusal.hour.map(crate::domain::Hour::end),
            Self::StationSilent(silence) | Self::StationHeard(silence) => Some(silence.hour.end()),
            Self::HourClosed(closed) => Some(closed.hour.end()),
            Self::WarningDecided(act) => Some(act.hour.end()),
            Self::OrderSetIssued(set) => Some(set.hour.end()),
            Self::ReviewDue(review) => Some(review.hour.end()),
            Self::HourAmended(it) => Some(it.hour.end()),
            Self::OrderConfirmedByAmendment(it) => Some(it.decision_hour.end()),
            Self::OrderAmended(it) => Some(it.decision_hour.end()),
            Self::DataInsufficient(it) => Some(it.hour.end()),
            Self::SameAirUnlikeGrade(it) => Some(it.hour.end()),
        }
    }
}
