//! From a log to a state: all that the engine remembers, and all of it is in the log.

use crate::domain::{Airshed, Event, Fact, Timestamp};

use super::projection::Marks;
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
    /// The records on which the overview of the log rests, and what was last sent.
    pub marks: Marks,
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
        self.marks.note(record, self.airshed.rules(), self.adopted_at);
        self.airshed.evolve(&record.event, record.position.0);
        self.next = Position(record.position.0 + 1);
        self.recorded_at = self.recorded_at.max(record.recorded_at);
        if record.event.is_fact() {
            self.last_fact = Some(record.position);
        }
        if let Event::Fact(Fact::ReadingsReceived(batch)) = &record.event {
            self.readings += batch.readings.len() as u64;
        } else if matches!(record.event, Event::Fact(Fact::RuleBookAdopted(_))) {
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
