//! Reads a log from a position on, record by record.

use std::collections::VecDeque;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use crate::engine::{Position, Record};
use crate::wire::log_reader::{Damage, LogReader, ReadError, ReadProgress, ReadUnit, TornEnd};
use crate::wire::record::ParseRules;

use super::block::Block;
use super::error::Doing as _;
use super::recovery::{BlockFound, Segment, Torn};
use super::{SegmentError, segments};

/// The records of a log from a position on. It neither locks nor repairs.
#[derive(Debug)]
pub struct SegmentReader {
    parse: ParseRules,
    from: Position,
    waiting: VecDeque<(Position, PathBuf)>,
    /// None: the next segment's first record is where we begin.
    expected: Option<Position>,
    now: Option<Cursor>,
    /// The memory of the segment before, to be used again.
    spare: Vec<u8>,
    /// Whether the last block may be less than whole: a writer is at it, or has crashed.
    may_be_torn: bool,
    torn: Option<Torn>,
    /// Whether a segment is synced before its records are given out.
    syncs: bool,
    failed: bool,
    /// Bytes of the segments before this one, and of all.
    bytes_before: u64,
    bytes_total: u64,
}

/// A place in a segment.
#[derive(Debug)]
struct Cursor {
    segment: Segment,
    /// Where the last record began.
    start: usize,
    /// Where the next record begins, or the next block.
    at: usize,
    /// The block that we are in.
    block: Option<Block>,
}

impl SegmentReader {
    /// Opens the log in a folder for reading. A writer may be at work.
    pub fn open(folder: &Path, from: Position, parse: ParseRules) -> Result<Self, SegmentError> {
        let found = Self::find(folder, from, parse)?;
        found.ok_or_else(|| SegmentError::NoLog { folder: folder.into() })
    }

    /// The same; none where there is no log.
    pub fn find(
        folder: &Path,
        from: Position,
        parse: ParseRules,
    ) -> Result<Option<Self>, SegmentError> {
        let found = segments(folder)?;
        let opened = (!found.is_empty()).then(|| Self::whole(found, from, parse));
        Ok(opened.map(|it| Self { may_be_torn: true, ..it }))
    }

    /// Over segments that a writer has opened, and so repaired.
    pub(super) fn whole(
        found: Vec<(Position, PathBuf)>,
        from: Position,
        parse: ParseRules,
    ) -> Self {
        let earlier = found.iter().rposition(|it| it.0 <= from).unwrap_or(0);
        let waiting: VecDeque<_> = found.into_iter().skip(earlier).collect();
        let sizes = waiting.iter().map(|(_, path)| fs::metadata(path).map_or(0, |it| it.len()));
        let (bytes_before, bytes_total) = (0, sizes.sum());
        let (expected, now, torn) = (None, None, None);
        let (may_be_torn, syncs, failed) = (false, false, false);
        Self {
            parse,
            from,
            waiting,
            expected,
            now,
            spare: Vec::new(),
            may_be_torn,
            torn,
            syncs,
            failed,
            bytes_before,
            bytes_total,
        }
    }

    /// Gives out only records that are on the disk, also while a writer is between a write and its
    /// sync. For records that are sent elsewhere; see also [`settle`](super::settle).
    #[must_use]
    pub fn synced(self) -> Self {
        Self { syncs: true, ..self }
    }

    /// The tail before which it has stopped, if the last block is not whole.
    pub fn torn(&self) -> Option<&Torn> {
        self.torn.as_ref()
    }

    fn advance(&mut self) -> Result<Option<Record>, SegmentError> {
        loop {
            let Some(place) = &mut self.now else {
                if !self.open_next()? {
                    return Ok(None);
                }
                continue;
            };
            let expected = self.expected.unwrap_or(place.segment.first);
            if let Some(block) = place.block {
                if place.at < block.end {
                    let record = place.record(&block, expected)?;
                    self.expected = Some(Position(expected.0 + 1));
                    if record.position < self.from {
                        continue;
                    }
                    return Ok(Some(record));
                }
                place.leave(&block, expected)?;
                continue;
            }
            let last = self.waiting.is_empty();
            match place.segment.find_whole(place.at, expected, last) {
                BlockFound::Block(block) if block.after() <= self.from => {
                    place.at = block.next();
                    self.expected = Some(block.after());
                }
                BlockFound::Block(block) => {
                    place.at = block.start;
                    place.block = Some(block);
                }
                BlockFound::End => self.close(expected)?,
                BlockFound::Broken { at, what } => {
                    if !last || !self.may_be_torn || !place.segment.is_torn_from(place.at) {
                        return Err(SegmentError::damaged(&place.segment.path, at, what));
                    }
                    self.torn = Some(place.segment.torn(place.at));
                    self.now = None;
                }
            }
        }
    }

    fn open_next(&mut self) -> Result<bool, SegmentError> {
        let Some((first, path)) = self.waiting.pop_front() else { return Ok(false) };
        // New memory for each segment would cost a quarter of the reading.
        let mut bytes = std::mem::take(&mut self.spare);
        bytes.clear();
        let mut file = fs::File::open(&path).doing("read", &path)?;
        // Left alone, it would double for a segment that is a little longer than the one before.
        let length = file.metadata().doing("read", &path)?.len();
        let room = bytes.try_reserve_exact(usize::try_from(length).unwrap_or(usize::MAX));
        room.map_err(std::io::Error::from).doing("read", &path)?;
        file.read_to_end(&mut bytes).doing("read", &path)?;
        if self.syncs {
            file.sync_data().doing("sync", &path)?;
        }
        let segment = Segment::open(&path, first, bytes, self.parse)?;
        let at = segment.header.length;
        self.now = Some(Cursor { segment, start: at, at, block: None });
        Ok(true)
    }

    /// The next segment goes on where this one ends.
    fn close(&mut self, expected: Position) -> Result<(), SegmentError> {
        let closed = self.now.take();
        self.bytes_before += closed.as_ref().map_or(0, |it| it.segment.bytes.len() as u64);
        let Some(place) = closed else { return Ok(()) };
        if let Some((next, _)) = self.waiting.front()
            && *next != expected
        {
            let what =
                format!("it ends before record {}, the next begins with {}", expected.0, next.0);
            return Err(SegmentError::damaged(&place.segment.path, place.at, what));
        }
        self.spare = place.segment.bytes;
        Ok(())
    }
}

impl Cursor {
    fn record(&mut self, block: &Block, expected: Position) -> Result<Record, SegmentError> {
        let bytes = &self.segment.bytes[self.at..block.end];
        let found = self.segment.decoder.decode(bytes);
        let (record, length) =
            found.map_err(|error| SegmentError::of_record(&self.segment.path, self.at, error))?;
        if record.position != expected {
            let what = format!("record {} where {} should be", record.position.0, expected.0);
            return Err(SegmentError::damaged(&self.segment.path, self.at, what));
        }
        self.start = self.at;
        self.at += length;
        Ok(record)
    }

    /// To the next block, if this one had as many records as it said.
    fn leave(&mut self, block: &Block, expected: Position) -> Result<(), SegmentError> {
        if block.after() != expected {
            let what = format!("a block of {} records that ends before", block.count);
            return Err(SegmentError::damaged(&self.segment.path, block.end, what));
        }
        self.at = block.next();
        self.block = None;
        Ok(())
    }
}

impl LogReader for SegmentReader {
    fn next_record(&mut self) -> Result<Option<Record>, ReadError> {
        Ok(self.next().transpose()?)
    }

    fn bytes(&self) -> &[u8] {
        self.now.as_ref().map_or(&[], |it| &it.segment.bytes[it.start..it.at])
    }

    fn schema(&self) -> &str {
        self.now.as_ref().map_or("", |it| &it.segment.header.schema)
    }

    fn ends_append(&self) -> bool {
        let ends = |it: &Cursor| it.block.is_some_and(|block| block.end == it.at);
        self.now.as_ref().is_some_and(ends)
    }

    fn place(&self) -> (PathBuf, u64) {
        let place = self.now.as_ref().map(|it| (it.segment.path.clone(), it.start as u64));
        place.unwrap_or_default()
    }

    fn progress(&self) -> ReadProgress {
        let here = self.now.as_ref().map_or(0, |it| it.at as u64);
        let done = self.bytes_before + here;
        ReadProgress { done, total: self.bytes_total, unit: ReadUnit::Bytes }
    }

    fn torn_end(&self) -> Option<TornEnd> {
        let Torn { path, at, bytes } = self.torn.as_ref()?;
        let what = format!(
            "{bytes} bytes that are no whole append: a crash left them, and opening the log to \
             write cuts them off, or the file was cut"
        );
        Some(TornEnd { damage: Damage { file: path.clone(), byte: *at, what }, bytes: *bytes })
    }
}

impl Iterator for SegmentReader {
    type Item = Result<Record, SegmentError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let next = self.advance();
        self.failed = next.is_err();
        next.transpose()
    }
}
