//! One file that is being read: what it delivers next, and when its turn is.

use std::collections::{BTreeMap, VecDeque};
use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::domain::{Batch, Command, Hour, Reason, Refusal, Row, Stream};
use crate::engine::PortError;
use crate::wire::csv::{Beginning, Parts, Reader};
use crate::wire::stations::Stations;

/// A file that is read, or one part of it.
#[derive(Debug)]
pub(super) struct FileToRead {
    pub(super) path: PathBuf,
    /// Which part, of a file of several.
    pub(super) part: Option<(Parts, usize)>,
    pub(super) stream: Stream,
    /// The hour of its first readable row, where there is one.
    pub(super) first_hour: Option<Hour>,
    /// Everything up to this line has been taken before, by another stream.
    pub(super) taken_before: u64,
    /// Everything up to this line has been taken before.
    pub(super) taken: u64,
}

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
    /// Rows too far ahead of those before them.
    jump: Option<Jump>,
    /// What was read ahead to know with which hour the file begins; none before that is known.
    ahead: Option<VecDeque<Vec<Command>>>,
}

impl OpenFile {
    /// Opens a file; `counter` counts its bytes on disk as they are read.
    pub(super) fn open(
        file: &FileToRead,
        stations: &Arc<Stations>,
        counter: &Arc<AtomicU64>,
    ) -> Result<Self, PortError> {
        let FileToRead { path, part, stream, taken, .. } = file;
        let on_disk = File::open(path).map_err(|error| failed(path, &error))?;
        let (stream, counter, stations) =
            (stream.clone(), Arc::clone(counter), Arc::clone(stations));
        let reader = match part {
            None => Reader::open(stream, Counted { bytes: on_disk, counter }, stations),
            Some((parts, at)) => {
                let length = on_disk.metadata().map_err(|error| failed(path, &error))?.len();
                let (bytes, text, whole) = parts.bytes(*at);
                let bytes = CountedPart { bytes, text, whole, length, counter };
                Reader::open_part(stream, parts, *at, bytes, stations)
            }
        };
        Ok(Self {
            path: path.as_path().into(),
            reader,
            taken: *taken,
            head: Vec::new(),
            clock: None,
            jump: None,
            ahead: None,
        })
    }

    /// All that it delivers, the refusals too.
    pub(super) fn commands(&mut self) -> impl Iterator<Item = Command> {
        self.reader.by_ref()
    }

    /// Whether it could be read.
    pub(super) fn check(&mut self) -> Result<(), PortError> {
        self.fail_if_failed()
    }

    /// The hour with which it begins, where it has a readable row.
    pub(super) fn first_hour(mut self, max_jump_h: i32) -> Result<Option<Hour>, PortError> {
        loop {
            match self.advance(max_jump_h)? {
                Some(Turn::AtOnce) => {}
                Some(Turn::At(hour)) => return Ok(Some(hour)),
                None => return Ok(None),
            }
        }
    }

    /// Takes up the next commands that belong together, and says for which hour their turn is;
    /// none at the end. Refusals alone go with the hour that the file has reached, and so does
    /// a jump of more than `max_jump_h`: a typing error in one row must not hold up all others.
    pub(super) fn advance(&mut self, max_jump_h: i32) -> Result<Option<Turn>, PortError> {
        loop {
            self.head.clear();
            let Some(group) = self.next_group(max_jump_h) else {
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
                (Some(hour), Some(clock)) if hour > clock.plus(max_jump_h) => {
                    self.jumped(hour);
                    Turn::At(clock)
                }
                (Some(hour), clock) => {
                    self.clock = clock.max(Some(hour));
                    self.jump.iter_mut().for_each(|it| it.to_the_end = false);
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

    /// Stations that are not in the list, until now, with their place where the file names it.
    pub(super) fn unknown(&self) -> &BTreeMap<String, String> {
        self.reader.unknown()
    }

    /// The rows that were too far ahead of those before them, until now.
    pub(super) fn jump(&self) -> Option<Jump> {
        self.jump
    }

    fn jumped(&mut self, hour: Hour) {
        let rows = |it: &Command| match it {
            Command::Observe(batch) => batch.rows.clone(),
            Command::Adopt(_)
            | Command::JoinStreams(_)
            | Command::Tick(_)
            | Command::ReceiveForecast(_)
            | Command::Exclude(_)
            | Command::Give(_)
            | Command::Refuse(_) => Vec::new(),
        };
        let rows: Vec<Row> = self.head.iter().flat_map(rows).collect();
        if let Some(first) = rows.first() {
            let new = Jump { line: first.position, hour, rows: 0, to_the_end: true };
            self.jump.get_or_insert(new).rows += rows.len() as u64;
        }
    }

    fn next_group(&mut self, max_jump_h: i32) -> Option<Vec<Command>> {
        if self.ahead.is_none() {
            self.ahead = Some(self.begin(max_jump_h));
        }
        let ahead = self.ahead.as_mut().and_then(VecDeque::pop_front);
        ahead.or_else(|| self.reader.next_group().map(Iterator::collect))
    }

    /// Reads on until it is known with which hour the file begins; rows before are refused.
    fn begin(&mut self, max_jump_h: i32) -> VecDeque<Vec<Command>> {
        let mut groups: VecDeque<Vec<Command>> = VecDeque::new();
        let mut beginning = Beginning::default();
        while let Some(group) = self.reader.next_group() {
            let group: Vec<Command> = group.collect();
            let hour = group.iter().find_map(hour_of);
            groups.push_back(group);
            if hour.is_some_and(|hour| beginning.is_known_with(hour, max_jump_h)) {
                break;
            }
        }
        let begins_at = beginning.hour();
        for group in &mut groups {
            if group.iter().find_map(hour_of).is_some_and(|hour| Some(hour) == begins_at) {
                break;
            }
            let commands = std::mem::take(group).into_iter();
            *group = commands.flat_map(|it| refused_as_past(it, max_jump_h)).collect();
        }
        groups
    }

    fn fail_if_failed(&mut self) -> Result<(), PortError> {
        self.reader.failure().map_or(Ok(()), |error| Err(failed(&self.path, &error)))
    }
}

fn hour_of(command: &Command) -> Option<Hour> {
    match command {
        Command::Observe(batch) => Some(batch.hour),
        Command::Adopt(_)
        | Command::JoinStreams(_)
        | Command::Tick(_)
        | Command::ReceiveForecast(_)
        | Command::Exclude(_)
        | Command::Give(_)
        | Command::Refuse(_) => None,
    }
}

/// Rows from before the beginning of their file, refused one by one.
fn refused_as_past(command: Command, max_jump_h: i32) -> Vec<Command> {
    let Command::Observe(batch) = command else { return vec![command] };
    let refusal = |row: &Row| {
        Command::Refuse(Refusal {
            reason: Reason::FromThePast,
            source: Some(batch.stream.at(row.position)),
            hour: Some(batch.hour),
            excerpt: format!(
                "a row of {}, over {max_jump_h} h before the next hour of its file",
                batch.hour
            ),
            count: u64::from(row.readings),
        })
    };
    batch.rows.iter().map(refusal).collect()
}

/// Rows that are too far ahead of those before them.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Jump {
    /// The line of the first of them.
    pub line: u64,
    /// Its hour.
    pub hour: Hour,
    /// How many.
    pub rows: u64,
    /// Whether no row after them goes on where the file was.
    pub to_the_end: bool,
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
        | Command::JoinStreams(_)
        | Command::Tick(_)
        | Command::ReceiveForecast(_)
        | Command::Exclude(_)
        | Command::Give(_)) => Some(other),
    }
}

fn rows_after(taken: u64, mut batch: Batch) -> Option<Batch> {
    let old_rows = batch.rows.iter().take_while(|row| row.position <= taken).count();
    let old_readings: usize = batch.rows.drain(..old_rows).map(|row| row.readings as usize).sum();
    batch.readings.drain(..old_readings);
    (!batch.rows.is_empty()).then_some(batch)
}

/// Counts what is read of a part as bytes on disk, as if they were packed evenly.
struct CountedPart<R> {
    bytes: R,
    /// Where in the text the next byte is.
    text: Range<usize>,
    whole: usize,
    length: u64,
    counter: Arc<AtomicU64>,
}

impl<R> CountedPart<R> {
    /// Parts side by side leave no byte out, and count none twice.
    fn on_disk(&self) -> u64 {
        let (at, length) = (self.text.start as u128, u128::from(self.length));
        u64::try_from(at * length / (self.whole.max(1) as u128)).unwrap_or(self.length)
    }
}

impl<R: Read> Read for CountedPart<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let before = self.on_disk();
        let read = self.bytes.read(buffer)?;
        self.text.start += read;
        self.counter.fetch_add(self.on_disk() - before, Ordering::Relaxed);
        Ok(read)
    }
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
