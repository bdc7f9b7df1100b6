//! Numbers events into records, and lets each meet the state.

use super::{Memory, PortError, Record};
use crate::domain::{Command, Event, Step, Timestamp};

/// Numbers events into records and lets each meet the state.
pub(super) struct Recorder<'a> {
    pub(super) memory: &'a mut Memory,
    now: Option<Timestamp>,
    pub(super) records: Vec<Record>,
    /// How many values the records hold.
    pub(super) values: usize,
    /// Whether the log may end with the last record.
    pub(super) whole: bool,
}

impl<'a> Recorder<'a> {
    pub(super) fn new(memory: &'a mut Memory, now: Option<Timestamp>) -> Self {
        Self { memory, now, records: Vec::new(), values: 0, whole: true }
    }

    /// Records a command and all that follows from it.
    pub(super) fn carry(&mut self, command: Command) -> Result<(), PortError> {
        let mut step = Step::new(&self.memory.airshed, command);
        while let Some(next) = step.next(&self.memory.airshed) {
            self.record(next.events)?;
        }
        Ok(())
    }

    /// The first event of a command or a closing causes the others.
    pub(super) fn record(&mut self, events: Vec<Event>) -> Result<(), PortError> {
        let first = self.memory.next;
        for event in events {
            let position = self.memory.next;
            let fact = event.is_fact();
            let correlation = if fact { None } else { self.memory.last_fact };
            let causation = match (position == first, fact) {
                (true, true) => None,
                (true, false) => correlation,
                (false, _) => Some(first),
            };
            let clock = self.memory.airshed.clock();
            let taken_at = self.now.or(clock).or(event.happened_at()).unwrap_or_default();
            let recorded_at = taken_at.max(self.memory.recorded_at);
            let happened_at = event.happened_at().or(clock).unwrap_or(recorded_at);
            let record =
                Record { position, happened_at, recorded_at, correlation, causation, event };
            self.memory.evolve(&record)?;
            self.records.push(record);
        }
        Ok(())
    }
}
