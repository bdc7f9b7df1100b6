//! The world in memory: for simulation, what-if and plays that keep nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::{Command, Event, ResponseEvent, RuleBook, Stream, WarningEvent};
use crate::engine::projection::Marks;
use crate::engine::{Entry, EventLog, Inbox, Needs, Outbox, PortError, Position, Record, Records};

/// An inbox over commands that are all there; like a topic, it keeps what was read.
#[derive(Clone, Debug, Default)]
pub struct MemoryInbox {
    commands: Vec<Command>,
    next: usize,
    /// How many commands one `take` gives at most; 0: all.
    pub at_once: usize,
}

impl MemoryInbox {
    /// Puts a command at the end.
    pub fn put(&mut self, command: Command) {
        self.commands.push(command);
    }

    /// Whether everything has been taken.
    pub fn is_done(&self) -> bool {
        self.next >= self.commands.len()
    }
}

impl Inbox for MemoryInbox {
    /// Streams may be mixed, so a resumed inbox starts over and passes over what was taken.
    fn resume(&mut self, taken: &[(Stream, u64)]) -> Result<(), PortError> {
        let taken: BTreeMap<&Stream, u64> = taken.iter().map(|(it, at)| (it, *at)).collect();
        let is_new = |command: &Command| {
            let (stream, position) = command.source()?;
            Some(taken.get(stream).is_none_or(|last| position > *last))
        };
        self.commands.retain(|command| is_new(command).unwrap_or(true));
        self.next = 0;
        Ok(())
    }

    fn adopt(&mut self, _book: &Arc<RuleBook>) {}

    fn poll(&mut self) -> Result<Vec<Command>, PortError> {
        let left = self.commands.len() - self.next;
        let count = if self.at_once == 0 { left } else { left.min(self.at_once) };
        let taken = self.commands[self.next..self.next + count].to_vec();
        self.next += count;
        Ok(taken)
    }
}

/// A log over a vector.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct MemoryLog {
    /// All records, oldest first.
    pub records: Vec<Record>,
}

impl EventLog for MemoryLog {
    fn append(&mut self, records: &[Record]) -> Result<(), PortError> {
        self.records.extend_from_slice(records);
        Ok(())
    }

    fn read(&self, from: Position) -> Result<Records<'_>, PortError> {
        let from = usize::try_from(from.0).unwrap_or(usize::MAX).min(self.records.len());
        Ok(Box::new(self.records[from..].iter().cloned().map(Ok)))
    }
}

/// An outbox that keeps what it sends: order sets and acts on warnings.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct MemoryOutbox {
    /// What was sent, oldest first.
    pub sent: Vec<Record>,
}

impl Outbox for MemoryOutbox {
    fn unsent_from(&mut self) -> Result<Position, PortError> {
        Ok(self.sent.last().map_or(Position::default(), |it| Position(it.position.0 + 1)))
    }

    fn needs(&self, _marks: &Marks) -> Needs {
        Needs::Nothing
    }

    fn recall(&mut self, _entry: &Arc<Entry>) -> Result<(), PortError> {
        Ok(())
    }

    fn publish(&mut self, entry: &Arc<Entry>) -> Result<(), PortError> {
        let record = &entry.record;
        if matches!(
            record.event,
            Event::Response(ResponseEvent::OrderSetIssued(_))
                | Event::Warning(WarningEvent::WarningDecided(_))
        ) {
            self.sent.push(record.clone());
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), PortError> {
        Ok(())
    }
}

/// An outbox from which nothing leaves: a play in a closed room.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoOutbox;

impl Outbox for NoOutbox {
    fn unsent_from(&mut self) -> Result<Position, PortError> {
        Ok(Position::NEVER)
    }

    fn needs(&self, _marks: &Marks) -> Needs {
        Needs::Nothing
    }

    fn recall(&mut self, _entry: &Arc<Entry>) -> Result<(), PortError> {
        Ok(())
    }

    fn publish(&mut self, _entry: &Arc<Entry>) -> Result<(), PortError> {
        Ok(())
    }

    fn flush(&mut self) -> Result<(), PortError> {
        Ok(())
    }
}
