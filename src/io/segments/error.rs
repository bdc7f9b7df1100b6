//! What can be wrong with a log on disk.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::engine::{PortError, Position};
use crate::wire::log_reader::{Damage, ReadError};
use crate::wire::record::RecordError;

/// What can be wrong with a log on disk.
#[derive(Debug, Error)]
pub enum SegmentError {
    /// The system refuses.
    #[error("cannot {what} {}: {error}", path.display())]
    Io {
        /// What was to be done.
        what: &'static str,
        /// With which file.
        path: PathBuf,
        /// Why it cannot be.
        error: io::Error,
    },
    /// There is no room for the next records.
    #[error(
        "there is no room on the disk to add record {next} to {}: {error}. The records before it \
         are kept and nothing else was sent. Make room and start again: it goes on from there",
        path.display()
    )]
    Full {
        /// Which segment.
        path: PathBuf,
        /// The position of the record that was to be added.
        next: u64,
        /// Why there is no room.
        error: io::Error,
    },
    /// There is no room for a checkpoint.
    #[error(
        "there is no room on the disk for a checkpoint in {}: {error}. All records are kept and \
         nothing of the last append was sent. Make room and start again: it is signed and sent then",
        path.display()
    )]
    NoRoomToSign {
        /// The file of the checkpoints.
        path: PathBuf,
        /// Why there is no room.
        error: io::Error,
    },
    /// A sync failed, so that the last append may or may not be on disk.
    #[error(
        "cannot sync {}: {error}. The last append may not be on the disk, so nothing of it was \
         sent. Check the disk and start again: the append is then written once more, and synced \
         before it is used",
        path.display()
    )]
    Unsynced {
        /// Which segment.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// Another process writes to it.
    #[error("process {process} already writes to the log in {}", folder.display())]
    Locked {
        /// The folder of the log.
        folder: PathBuf,
        /// The process id, as the lock file says it.
        process: String,
    },
    /// There is no log.
    #[error("there is no log in {}", folder.display())]
    NoLog {
        /// The folder that was looked into.
        folder: PathBuf,
    },
    /// Bytes are not what was written, and no crash explains it.
    #[error("{} is damaged at byte {at}: {what}", path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// Where in it.
        at: u64,
        /// What is there.
        what: String,
    },
    /// A segment that this program cannot read.
    #[error("{} cannot be read: {error}", path.display())]
    Unreadable {
        /// Which segment.
        path: PathBuf,
        /// Why.
        error: RecordError,
    },
    /// The record to be added is not the next one.
    #[error("record {found} was to be added where record {expected} comes next")]
    OutOfTurn {
        /// The next position.
        expected: u64,
        /// The position of the record.
        found: u64,
    },
    /// The checkpoints of a log are not for this key to go on with.
    #[error("{}: {what}", path.display())]
    OtherKey {
        /// The file of the checkpoints.
        path: PathBuf,
        /// Why, and what to do.
        what: String,
    },
    /// The records cannot be read.
    #[error("{}", PortError::from(.0.clone()))]
    Read(ReadError),
    /// An earlier append failed, and it is unknown what is on the disk.
    #[error("an earlier append to {} failed; restart to see what it left", path.display())]
    Unsure {
        /// Which segment.
        path: PathBuf,
    },
}

impl SegmentError {
    pub(super) fn damaged(path: &Path, at: usize, what: impl Into<String>) -> Self {
        Self::Damaged { path: path.into(), at: at as u64, what: what.into() }
    }

    /// A record that cannot be read: damage, or whole and beyond this program.
    pub(super) fn of_record(path: &Path, at: usize, error: RecordError) -> Self {
        if error.is_whole() {
            return Self::Unreadable { path: path.into(), error };
        }
        Self::damaged(path, at, error.to_string())
    }

    /// A write of the log itself that failed; `next` was to be written.
    pub(super) fn of_write(error: io::Error, path: &Path, next: Position) -> Self {
        if is_full(&error) {
            return Self::Full { path: path.into(), next: next.0, error };
        }
        Self::Io { what: "write", path: path.into(), error }
    }

    /// A write of a checkpoint that failed.
    pub(super) fn of_checkpoint(error: io::Error, path: &Path) -> Self {
        let path = path.into();
        if is_full(&error) {
            return Self::NoRoomToSign { path, error };
        }
        Self::Io { what: "write", path, error }
    }

    pub(super) fn out_of_turn(expected: Position, found: Position) -> Self {
        Self::OutOfTurn { expected: expected.0, found: found.0 }
    }
}

/// Whether there is no room on the disk.
fn is_full(error: &io::Error) -> bool {
    let full = [ErrorKind::StorageFull, ErrorKind::QuotaExceeded, ErrorKind::FileTooLarge];
    full.contains(&error.kind())
}

impl From<SegmentError> for ReadError {
    fn from(error: SegmentError) -> Self {
        let words = PortError::Failed(error.to_string());
        match error {
            SegmentError::Damaged { path, at, what } => {
                let damage = Damage { file: path, byte: at, what };
                Self::Damaged { damage, error: words }
            }
            SegmentError::Unreadable { path, error } => {
                let damage = Damage { file: path, byte: 0, what: error.to_string() };
                Self::Damaged { damage, error: words }
            }
            SegmentError::Io { what, path, error } => {
                let what = format!("cannot {what} it: {error}");
                Self::Unreadable { file: path, what, error: words }
            }
            SegmentError::Read(error) => error,
            SegmentError::Full { .. }
            | SegmentError::NoRoomToSign { .. }
            | SegmentError::Unsynced { .. }
            | SegmentError::Locked { .. }
            | SegmentError::NoLog { .. }
            | SegmentError::OutOfTurn { .. }
            | SegmentError::OtherKey { .. }
            | SegmentError::Unsure { .. } => Self::Port(words),
        }
    }
}

impl From<SegmentError> for PortError {
    fn from(error: SegmentError) -> Self {
        Self::Failed(error.to_string())
    }
}

/// Says what was being done when the system refused.
pub(super) trait Doing<T> {
    /// Names the deed and the file.
    fn doing(self, what: &'static str, path: &Path) -> Result<T, SegmentError>;
}

impl<T> Doing<T> for io::Result<T> {
    fn doing(self, what: &'static str, path: &Path) -> Result<T, SegmentError> {
        self.map_err(|error| SegmentError::Io { what, path: path.into(), error })
    }
}
