//! The segment that is written to.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use crate::engine::Position;
use crate::wire::record::{ParseRules, SCHEMA};

use super::error::Doing as _;
use super::header::{self, Marker};
use super::recovery::{Segment, Torn};
use super::{SegmentError, durable, file_name};

/// The last segment of a log.
#[derive(Debug)]
pub(super) struct Active {
    file: File,
    pub(super) path: PathBuf,
    pub(super) marker: Marker,
    pub(super) schema: String,
    /// Whether our own records fit that schema.
    pub(super) is_current: bool,
    /// The end of its last block.
    pub(super) length: u64,
    pub(super) empty: bool,
}

impl Active {
    /// A new segment: whole under another name first, then under its own.
    pub(super) fn create(
        folder: &Path,
        first: Position,
        schema: &str,
    ) -> Result<Self, SegmentError> {
        let path = folder.join(file_name(first));
        let unnamed = path.with_extension("new");
        let (header, marker) = header::header(first, schema);
        let file = durable::create(&unnamed, &header)
            .map_err(|error| SegmentError::of_write(error, &path, first))?;
        fs::rename(&unnamed, &path).doing("name", &path)?;
        durable::names_in(folder)?;
        let (length, is_current) = (header.len() as u64, schema == SCHEMA);
        let schema = schema.to_owned();
        Ok(Self { file, path, marker, schema, is_current, length, empty: true })
    }

    /// Opens the last segment of a log. Cuts off what a crash has left of an append, and makes
    /// sure that everything before it is on the disk.
    pub(super) fn open(
        folder: &Path,
        path: &Path,
        first: Position,
        parse: ParseRules,
    ) -> Result<(Self, Position, Option<Torn>), SegmentError> {
        let bytes = fs::read(path).doing("read", path)?;
        let found = bytes.len() as u64;
        let segment = Segment::open(path, first, bytes, parse)?;
        let end = segment.end()?;
        let length = end.at as u64;
        let file = OpenOptions::new().read(true).write(true).open(path).doing("open", path)?;
        let mut active = Self {
            file,
            path: path.into(),
            marker: segment.header.marker,
            schema: segment.header.schema.clone(),
            is_current: segment.decoder.is_current(),
            length,
            empty: end.next == first,
        };
        if length < found {
            active.forget().doing("cut", path)?;
        }
        write_again(&mut active.file, end.last, &segment.bytes[end.last..end.at])
            .map_err(|error| SegmentError::of_write(error, path, end.next))?;
        if let Some(torn) = &end.torn {
            let (at, bytes) = (torn.at, torn.bytes);
            tracing::warn!(path = %path.display(), at, bytes, "cut off the torn end of the log");
        }
        // A segment has one schema: where it is another one, a new segment goes on.
        if !segment.decoder.is_current() {
            active = Self::create(folder, end.next, SCHEMA)?;
        }
        Ok((active, end.next, end.torn))
    }

    /// Makes sure that every whole append of the last segment is on the disk.
    pub(super) fn settle(
        path: &Path,
        first: Position,
        parse: ParseRules,
    ) -> Result<(), SegmentError> {
        let segment = Segment::open(path, first, fs::read(path).doing("read", path)?, parse)?;
        let end = segment.end()?;
        let mut file = OpenOptions::new().write(true).open(path).doing("open", path)?;
        write_again(&mut file, end.last, &segment.bytes[end.last..end.at])
            .map_err(|error| SegmentError::of_write(error, path, end.next))
    }

    /// Adds a block; it is durable when this returns.
    pub(super) fn add(&mut self, block: &[u8], next: Position) -> Result<(), Failed> {
        let failed = |error| SegmentError::of_write(error, &self.path, next);
        if let Err(error) = self.file.write_all(block) {
            let error = failed(error);
            let unsure = self.forget().is_err();
            return Err(Failed { error, unsure });
        }
        if let Err(error) = self.file.sync_data() {
            let error = SegmentError::Unsynced { path: self.path.clone(), error };
            return Err(Failed { error, unsure: true });
        }
        self.length += block.len() as u64;
        self.empty = false;
        Ok(())
    }

    /// Cuts off whatever stands after the last block.
    fn forget(&mut self) -> io::Result<()> {
        self.file.set_len(self.length)?;
        self.file.seek(SeekFrom::Start(self.length)).map(|_| ())
    }
}

/// Writes the last append once more and syncs it.
///
/// Its writer may have died before the sync, or the sync may have failed. After a failed sync the
/// page cache holds the append as if it had been written, and a second sync would do nothing.
/// Writing the bytes again makes the system try again. Earlier appends need no such care: each was
/// synced before the next one was written.
fn write_again(file: &mut File, at: usize, bytes: &[u8]) -> io::Result<()> {
    file.seek(SeekFrom::Start(at as u64))?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Why a block was not added.
pub(super) struct Failed {
    pub(super) error: SegmentError,
    /// Whether it may be on the disk all the same.
    pub(super) unsure: bool,
}
