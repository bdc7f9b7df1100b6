//! Appends to the log, one block and one sync a time.

use std::fs;
use std::path::{Path, PathBuf};

use crate::engine::{EventLog, Memory, Occasion, PortError, Position, Record, Records};
use crate::wire::append::Append;
use crate::wire::record::{ParseRules, SCHEMA};
use crate::wire::snapshot::{Snapshot, SnapshotFound};
use crate::wire::trust::key::SignerKey;
use crate::wire::trust::note::Note;
use crate::wire::trust::signing::is_decision;
use crate::wire::trust::{Hash, tree};

use super::active::{Active, Failed};
use super::checkpoints::{self, Checkpoints};
use super::error::Doing as _;
use super::lock::Lock;
use super::recovery::Torn;
use super::tree::{Tree, TreeFound};
use super::{SegmentError, SegmentReader, block, durable, segments, snapshot};

/// How a log is written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Options {
    /// A segment of this size is followed by a new one.
    pub segment_bytes: u64,
    /// A snapshot is saved after so many records.
    pub snapshot_records: u64,
}

/// 64 MiB a segment. Folding ten thousand records takes less than a second, and keeping the state
/// of a whole nation less than a tenth of what it takes to write so many.
impl Default for Options {
    fn default() -> Self {
        Self { segment_bytes: 64 << 20, snapshot_records: 10_000 }
    }
}

/// The log in a folder, open for writing.
#[derive(Debug)]
pub struct SegmentLog {
    folder: PathBuf,
    parse: ParseRules,
    options: Options,
    next: Position,
    active: Active,
    buffer: Vec<u8>,
    torn: Option<Torn>,
    unsure: bool,
    tree: Tree,
    tree_found: TreeFound,
    /// The state of the snapshot, until it is taken.
    recalled: Option<Box<Memory>>,
    snapshot_found: SnapshotFound,
    /// The records before this one lead to the state that was kept last.
    kept: Position,
    /// Why no snapshot could be written, the first time.
    unkept: Option<String>,
    /// The hashes of the records of one append.
    leaves: Vec<Hash>,
    checkpoints: Option<Checkpoints>,
    _lock: Lock,
}

impl SegmentLog {
    /// Opens the log in a folder, and makes both where there are none. A torn tail is cut off.
    /// When this returns, every record of the log is durable.
    pub fn open(folder: &Path, parse: ParseRules) -> Result<Self, SegmentError> {
        Self::open_with(folder, parse, Options::default())
    }

    /// The same with other options.
    pub fn open_with(
        folder: &Path,
        parse: ParseRules,
        options: Options,
    ) -> Result<Self, SegmentError> {
        fs::create_dir_all(folder).doing("make", folder)?;
        let lock = Lock::take(folder)?;
        durable::tidy(folder)?;
        let (active, next, torn) = match segments(folder)?.pop() {
            None => {
                durable::name_of(folder)?;
                (Active::create(folder, Position(0), SCHEMA)?, Position(0), None)
            }
            Some((first, path)) => {
                durable::names_in(folder)?;
                Active::open(folder, &path, first, parse)?
            }
        };
        let read = |from| segments(folder).map(|found| SegmentReader::whole(found, from, parse));
        let snapshot = snapshot::read(folder);
        let known = snapshot.as_ref().ok().map(|it| (it.records, it.root));
        let (tree, tree_found) = Tree::open(folder, next, &read, known)?;
        let (recalled, snapshot_found) = match snapshot.and_then(|it| recall(&it, &tree, &read)) {
            Ok(memory) => {
                let found = SnapshotFound::Used(memory.next);
                (Some(Box::new(memory)), found)
            }
            Err(found) => (None, found),
        };
        let kept = recalled.as_ref().map_or(Position(0), |it| it.next);
        Ok(Self {
            folder: folder.into(),
            parse,
            options,
            next,
            active,
            buffer: Vec::new(),
            torn,
            unsure: false,
            tree,
            tree_found,
            recalled,
            snapshot_found,
            kept,
            unkept: None,
            leaves: Vec::new(),
            checkpoints: None,
            _lock: lock,
        })
    }

    /// From here on, a checkpoint signed by this key follows each append that holds a decision.
    /// What a crash has lost of them is made again.
    pub fn sign(&mut self, key: SignerKey) -> Result<(), SegmentError> {
        let (folder, parse) = (self.folder.clone(), self.parse);
        let read = |from| segments(&folder).map(|it| SegmentReader::whole(it, from, parse));
        let mut signed = Checkpoints::open(&folder, key.clone(), &self.tree, &read);
        if signed.is_err() && matches!(self.snapshot_found, SnapshotFound::Used(_)) {
            // Old hashes may be wrong: with a snapshot they were not read.
            let (tree, found) = Tree::open(&folder, self.next, &read, None)?;
            if found != TreeFound::Whole {
                (self.tree, self.tree_found) = (tree, found);
                signed = Checkpoints::open(&folder, key, &self.tree, &read);
            }
        }
        self.checkpoints = Some(signed?);
        Ok(())
    }

    /// Whether a key has signed this log before.
    pub fn is_signed(&self) -> bool {
        checkpoints::exist(&self.folder)
    }

    /// The state of the stored hashes when the log was opened.
    pub fn tree_found(&self) -> TreeFound {
        self.tree_found
    }

    /// The state of the snapshot when the log was opened.
    pub fn snapshot_found(&self) -> &SnapshotFound {
        &self.snapshot_found
    }

    /// Files that follow from the records and could not be written, each with the reason. The log
    /// goes on without them.
    pub fn left_out(&self) -> Vec<(PathBuf, String)> {
        let snapshot = self.unkept.clone().map(|why| (snapshot::path(&self.folder), why));
        self.tree.given_up().into_iter().chain(snapshot).collect()
    }

    /// The position of the next record.
    pub fn next(&self) -> Position {
        self.next
    }

    /// What was cut off when it was opened.
    pub fn repaired(&self) -> Option<&Torn> {
        self.torn.as_ref()
    }

    /// The root of the tree over all records.
    pub fn root(&self) -> Hash {
        self.tree.root()
    }

    /// Adds an append of another log, with its bytes and by its schema; it is durable when this
    /// returns.
    pub fn carry(&mut self, append: &Append) -> Result<(), SegmentError> {
        self.expect(append.records.iter().map(|it| Position(it.position)))?;
        if self.is_full() || *append.schema != *self.active.schema {
            self.active = Active::create(&self.folder, self.next, &append.schema)?;
        }
        self.leaves.clear();
        self.leaves.extend(append.records.iter().map(|it| tree::leaf(&it.bytes)));
        let bytes = append.records.iter().map(|it| &*it.bytes);
        let start = block::carried(bytes, &self.active.marker, &mut self.buffer);
        self.write(start, append.records.len())
    }

    /// Keeps all checkpoints of the log that is carried over; those that are there already must be
    /// the first of them.
    pub fn carry_checkpoints(&mut self, notes: &[Note]) -> Result<(), SegmentError> {
        checkpoints::carry(&self.folder, notes)
    }

    /// Returns an error unless these are the next positions and the last append is known to be
    /// durable.
    fn expect(&self, positions: impl Iterator<Item = Position>) -> Result<(), SegmentError> {
        if self.unsure {
            return Err(SegmentError::Unsure { path: self.active.path.clone() });
        }
        for (expected, position) in (self.next.0..).map(Position).zip(positions) {
            if position != expected {
                return Err(SegmentError::out_of_turn(expected, position));
            }
        }
        Ok(())
    }

    fn is_full(&self) -> bool {
        self.active.length >= self.options.segment_bytes && !self.active.empty
    }

    /// Writes the block that begins there in the buffer, and takes its leaves in.
    fn write(&mut self, start: usize, records: usize) -> Result<(), SegmentError> {
        // A failed sync is not tried again: it would succeed and bring nothing to the disk.
        if let Err(Failed { error, unsure }) = self.active.add(&self.buffer[start..], self.next) {
            self.unsure = unsure;
            return Err(error);
        }
        self.next = Position(self.next.0 + records as u64);
        self.tree.add(&self.leaves);
        Ok(())
    }

    fn add(&mut self, records: &[Record]) -> Result<(), SegmentError> {
        self.expect(records.iter().map(|it| it.position))?;
        if self.is_full() || !self.active.is_current {
            self.active = Active::create(&self.folder, self.next, SCHEMA)?;
        }
        let leaves = &mut self.leaves;
        leaves.clear();
        let note = |bytes: &[u8]| leaves.push(tree::leaf(bytes));
        let start = block::encode(records, &self.active.marker, &mut self.buffer, note);
        self.write(start, records.len())?;
        match &mut self.checkpoints {
            Some(checkpoints) if records.iter().any(is_decision) => {
                checkpoints.add(self.next, self.tree.root())
            }
            Some(_) | None => Ok(()),
        }
    }
}

impl EventLog for SegmentLog {
    fn append(&mut self, records: &[Record]) -> Result<(), PortError> {
        if records.is_empty() {
            return Ok(());
        }
        Ok(self.add(records)?)
    }

    fn read(&self, from: Position) -> Result<Records<'_>, PortError> {
        let reader = SegmentReader::whole(segments(&self.folder)?, from, self.parse);
        Ok(Box::new(reader.map(|it| it.map_err(PortError::from))))
    }

    fn load_snapshot(&mut self) -> Option<Memory> {
        self.recalled.take().map(|it| *it)
    }

    fn save_snapshot(&mut self, memory: &Memory, occasion: Occasion) {
        let since = self.next.0 - self.kept.0;
        let due = match occasion {
            Occasion::Append => since >= self.options.snapshot_records,
            Occasion::End => since > 0,
        };
        if !due || self.unsure || memory.next != self.next {
            return;
        }
        // If it fails, it is tried again after as many records.
        self.kept = self.next;
        // When the log is opened, the snapshot is compared with the tree.
        let root = self.tree.root();
        let kept = self.tree.sync().and_then(|()| snapshot::write(&self.folder, memory, &root));
        if let Err(error) = kept
            && self.unkept.is_none()
        {
            self.unkept = Some(error.to_string());
            let folder = self.folder.display();
            tracing::warn!(
                %folder, %error,
                "no snapshot could be written: the log goes on, the next start takes longer"
            );
        }
    }
}

/// The state that a snapshot holds, if it is one of this log.
fn recall(
    snapshot: &Snapshot,
    tree: &Tree,
    read: &dyn Fn(Position) -> Result<SegmentReader, SegmentError>,
) -> Result<Memory, SnapshotFound> {
    let covers = snapshot.records <= tree.leaves();
    let root = covers
        .then(|| tree.edge_at(snapshot.records, read).map(|it| it.root()))
        .transpose()
        .map_err(|error| SnapshotFound::Wrong(error.to_string()))?;
    snapshot.is_of(root)?;
    snapshot::memory(snapshot, read)
}
