//! One file that is being read: what it delivers next, and when its turn is.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::domain::{Batch, Command, Hour, Stream};
use crate::engine::PortError;
use crate::wire::csv::Reader;
use crate::wire::stations::Stations;

/// An open file with the commands that it delivers next.
#[derive(Debug)]
pub(super) struct OpenFile {
    path: Box<Path>,
    reader: Reader,
    /// Everything up to this line has been taken before.
    taken: u64,
    /// What comes next; never empty but at the end.
    pub(super) head: Vec<Command>,
    /// The latest hour that the file has reached.
    clock: Option<Hour>,
}

impl OpenFile {
    /// Opens a file; `counter` counts its bytes as they are read.
    pub(super) fn open(
        path: &Path,
        stream: Stream,
        stations: &Arc<Stations>,
        taken: u64,
        counter: Arc<AtomicU64>,
    ) -> Result<Self, PortError> {
        let bytes = File::open(path).map_err(|error| failed(path, &error))?;
        let bytes = Counted { bytes, counter };
        let reader = Reader::open(stream, bytes, Arc::clone(stations));
        Ok(Self { path: path.into(), reader, taken, head: Vec::new(), clock: None })
    }

    /// The hour of its first readable row, where there is one.
    pub(super) fn first_hour(mut self) -> Result<Option<Hour>, PortError> {
        let hour = self.reader.first_hour();
        self.fail_if_failed()?;
        Ok(hour)
    }

    /// Takes up the next commands that belong together, and says for which hour their turn is;
    /// none at the end. Refusals alone go with the hour that the file has reached, and so does
    /// a jump of more than `max_jump_h`: a typing error in one row must not hold up all others.
    pub(super) fn advance(&mut self, max_jump_h: i32) -> Result<Option<Turn>, PortError> {
        loop {
            self.head.clear();
            let Some(group) = self.reader.next_group() else {
                self.fail_if_failed()?;
                return Ok(None);
            };
            let mut hour = None;
            for command in group {
                if let Command::Observe(batch) = &command {
                    hour = Some(batch.hour);
                }
                self.head.extend(after(self.taken, command));
            }
            let turn = match (hour, self.clock) {
                (Some(hour), Some(clock)) if hour > clock.plus(max_jump_h) => Turn::At(clock),
                (Some(hour), clock) => {
                    self.clock = clock.max(Some(hour));
                    Turn::At(hour)
                }
                (None, Some(clock)) => Turn::At(clock),
                (None, None) => Turn::AtOnce,
            };
            if !self.head.is_empty() {
                return Ok(Some(turn));
            }
        }
    }

    fn fail_if_failed(&mut self) -> Result<(), PortError> {
        self.reader.failure().map_or(Ok(()), |error| Err(failed(&self.path, &error)))
    }
}

/// When a file's next commands are delivered.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Turn {
    /// It has not reached any hour yet: with its first one.
    AtOnce,
    /// When the other files have reached this hour.
    At(Hour),
}

/// What of a command has not been taken before.
fn after(taken: u64, command: Command) -> Option<Command> {
    match command {
        Command::Observe(batch) => rows_after(taken, batch).map(Command::Observe),
        Command::Refuse(refusal) => {
            let is_old = refusal.source.as_ref().is_some_and(|it| it.position <= taken);
            (!is_old).then_some(Command::Refuse(refusal))
        }
        other @ (Command::Adopt(_)
        | Command::Join(_)
        | Command::Tick(_)
        | Command::Foresee(_)
        | Command::Exclude(_)) => Some(other),
    }
}

fn rows_after(taken: u64, mut batch: Batch) -> Option<Batch> {
    let old_rows = batch.rows.iter().take_while(|row| row.position <= taken).count();
    let old_readings: usize = batch.rows.drain(..old_rows).map(|row| row.readings as usize).sum();
    batch.readings.drain(..old_readings);
    (!batch.rows.is_empty()).then_some(batch)
}

/// Counts what is read.
#[derive(Debug)]
struct Counted {
    bytes: File,
    counter: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.bytes.read(buffer)?;
        self.counter.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

pub(super) fn failed(path: &Path, error: &io::Error) -> PortError {
    PortError::Failed(format!("{}: {error}", path.display()))
}
