//! Appends to the log, one block and one sync a time.

use std::fs::{self, File, OpenOptions};
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use crate::engine::{EventLog, Memory, Occasion, PortError, Position, Record, Records};
use crate::wire::append::Append;
use crate::wire::record::{ParseRules, SCHEMA};
use crate::wire::trust::key::SignerKey;
use crate::wire::trust::note::Note;
use crate::wire::trust::{Hash, tree};

use super::checkpoints::{self, Checkpoints};
use super::error::Doing as _;
use super::header::{self, Marker};
use super::lock::Lock;
use super::recovery::{Segment, Torn};
use super::snapshot::Snapshot;
use super::tree::{Tree, TreeFound};
use super::{SegmentError, SegmentReader, SnapshotFound, block, file_name, segments, snapshot};

/// How a log is written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Options {
    /// A segment of this size is followed by a new one.
    pub segment_bytes: u64,
    /// After so many records the state that they lead to is kept beside them.
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
    /// The state beside the records, until it is asked for.
    recalled: Option<Box<Memory>>,
    snapshot_found: SnapshotFound,
    /// The records before this one lead to the state that was kept last.
    kept: Position,
    /// The hashes of the records of one append.
    leaves: Vec<Hash>,
    checkpoints: Option<Checkpoints>,
    _lock: Lock,
}

/// The segment that is written to.
#[derive(Debug)]
struct Active {
    file: File,
    path: PathBuf,
    marker: Marker,
    schema: String,
    /// Whether our own records fit that schema.
    is_current: bool,
    /// The end of its last block.
    length: u64,
    empty: bool,
}

impl SegmentLog {
    /// Opens the log in a folder, and makes both where there are none. A torn tail is cut off.
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
        let (active, next, torn) = match segments(folder)?.pop() {
            None => (Active::create(folder, Position(0), SCHEMA)?, Position(0), None),
            Some((first, path)) => Active::open(folder, &path, first, parse)?,
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
            // Perhaps old hashes are wrong: with a snapshot nobody has looked at them.
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

    /// What has become of the hashes beside the log.
    pub fn tree_found(&self) -> TreeFound {
        self.tree_found
    }

    /// What has become of the state beside the log.
    pub fn snapshot_found(&self) -> &SnapshotFound {
        &self.snapshot_found
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

    /// Whether these are the positions that come next, and nobody is in doubt what came before.
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
        // Until both are done, nobody knows what is on disk; a failed sync is not tried again.
        self.unsure = true;
        let written = self.active.file.write_all(&self.buffer[start..]);
        if written.is_err() && self.active.forget().is_ok() {
            self.unsure = false;
        }
        written.doing("write", &self.active.path)?;
        self.active.file.sync_data().doing("sync", &self.active.path)?;
        self.unsure = false;
        self.active.length += (self.buffer.len() - start) as u64;
        self.active.empty = false;
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
            Some(checkpoints) if records.iter().any(|it| !it.event.is_fact()) => {
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

    fn recall(&mut self) -> Option<Memory> {
        self.recalled.take().map(|it| *it)
    }

    fn remember(&mut self, memory: &Memory, occasion: Occasion) {
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
        // Who opens the log holds the snapshot against the tree.
        let root = self.tree.root();
        let kept = self.tree.sync().and_then(|()| snapshot::write(&self.folder, memory, &root));
        if let Err(error) = kept {
            let folder = self.folder.display();
            tracing::warn!(%folder, %error, "the state is not kept beside the log");
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
    let root = covers.then(|| tree.edge_at(snapshot.records).map(|it| it.root()));
    let root = root.transpose().map_err(|error| SnapshotFound::Wrong(error.to_string()))?;
    snapshot.is_of(root)?;
    snapshot.memory(read)
}

impl Active {
    /// A new segment: whole under another name first, then under its own.
    fn create(folder: &Path, first: Position, schema: &str) -> Result<Self, SegmentError> {
        let path = folder.join(file_name(first));
        let unnamed = path.with_extension("new");
        let (header, marker) = header::header(first, schema);
        let mut file = File::create(&unnamed).doing("make", &unnamed)?;
        file.write_all(&header).doing("write", &unnamed)?;
        file.sync_all().doing("sync", &unnamed)?;
        fs::rename(&unnamed, &path).doing("name", &path)?;
        File::open(folder).and_then(|it| it.sync_all()).doing("sync", folder)?;
        let (length, is_current) = (header.len() as u64, schema == SCHEMA);
        let schema = schema.to_owned();
        Ok(Self { file, path, marker, schema, is_current, length, empty: true })
    }

    /// The last segment of a log, with what a crash has left of an append cut off.
    fn open(
        folder: &Path,
        path: &Path,
        first: Position,
        parse: ParseRules,
    ) -> Result<(Self, Position, Option<Torn>), SegmentError> {
        let bytes = fs::read(path).doing("read", path)?;
        let found = bytes.len() as u64;
        let segment = Segment::open(path, first, bytes, parse)?;
        let (end, next, torn) = segment.end()?;
        let length = end as u64;
        let file = OpenOptions::new().read(true).write(true).open(path).doing("open", path)?;
        let mut active = Self {
            file,
            path: path.into(),
            marker: segment.header.marker,
            schema: segment.header.schema.clone(),
            is_current: segment.decoder.is_current(),
            length,
            empty: next == first,
        };
        if length < found {
            active.forget().doing("cut", path)?;
            active.file.sync_all().doing("sync", path)?;
        }
        active.file.seek(SeekFrom::Start(length)).doing("open", path)?;
        if let Some(torn) = &torn {
            let (at, bytes) = (torn.at, torn.bytes);
            tracing::warn!(path = %path.display(), at, bytes, "cut off the torn end of the log");
        }
        // A segment has one schema: where it is another one, a new segment goes on.
        if !segment.decoder.is_current() {
            active = Self::create(folder, next, SCHEMA)?;
        }
        Ok((active, next, torn))
    }

    /// Cuts off whatever stands after the last block.
    fn forget(&mut self) -> std::io::Result<()> {
        self.file.set_len(self.length)?;
        self.file.seek(SeekFrom::Start(self.length)).map(|_| ())
    }
}
