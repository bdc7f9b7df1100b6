//! What every reader of a log can do, wherever the log is stored.

use std::path::PathBuf;

use crate::engine::{PortError, Record};

/// The records of a log in their order, with their bytes and their place.
pub trait LogReader {
    /// The next record; none at the end. After an error there are no more.
    fn next_record(&mut self) -> Result<Option<Record>, ReadError>;
    /// The bytes of the record that came last: a leaf of the log's tree.
    fn bytes(&self) -> &[u8];
    /// The schema by which those bytes were written.
    fn schema(&self) -> &str;
    /// Whether the record that came last was the last one of its append.
    fn ends_append(&self) -> bool;
    /// File and byte, or topic with partition and offset, of the record that came last.
    fn place(&self) -> (PathBuf, u64);
    /// How far it has come.
    fn progress(&self) -> ReadProgress;
    /// The last append, if it is not whole: the reader has stopped before it.
    fn torn_end(&self) -> Option<TornEnd>;

    /// Reports now and then how far it has come; `last` is the record that came last.
    fn report(&self, last: &Record, look: &mut dyn FnMut(u64, u64)) {
        if last.position.0.is_multiple_of(REPORT_EVERY) {
            let ReadProgress { done, total, .. } = self.progress();
            look(done, total);
        }
    }
}

/// Records between two reports of the progress.
const REPORT_EVERY: u64 = 64;

/// How much of a log has been read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ReadProgress {
    /// What has been read.
    pub done: u64,
    /// What there was when it was opened.
    pub total: u64,
    /// What is counted.
    pub unit: ReadUnit,
}

/// What the progress of a reader counts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ReadUnit {
    /// Bytes of files.
    Bytes,
    /// Messages of a topic.
    Messages,
}

/// Bytes of a log that are not what was written.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Damage {
    /// In which file, or partition of a topic.
    pub file: PathBuf,
    /// At which byte, or offset.
    pub byte: u64,
    /// What is there.
    pub what: String,
}

/// An append at the end of a log of which only a part is there.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TornEnd {
    /// Where it begins, and what is there of it.
    pub damage: Damage,
    /// How many bytes it has; 0 where messages are counted.
    pub bytes: u64,
}

/// Why the next record cannot be read.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ReadError {
    /// The bytes are there, and are not those of a record.
    Damaged {
        /// Where, and what is there.
        damage: Damage,
        /// The same in one sentence.
        error: PortError,
    },
    /// The system does not give a file.
    Unreadable {
        /// Which file.
        file: PathBuf,
        /// What it refused.
        what: String,
        /// The same in one sentence.
        error: PortError,
    },
    /// The log cannot be reached.
    Port(PortError),
}

impl From<ReadError> for PortError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Damaged { error, .. }
            | ReadError::Unreadable { error, .. }
            | ReadError::Port(error) => error,
        }
    }
}
