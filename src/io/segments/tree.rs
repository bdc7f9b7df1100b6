//! The file of hashes in the folder of a log. It is derived from the records, so it is never
//! synced: hashes lost in a crash are computed again.
//!
//! ```text
//! tree = head hash*       each hash 32 bytes, in the order in which a growing tree stores them
//! head = 32 bytes: "airshed tree 1\n", then zeros
//! ```

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use crate::engine::Position;
use crate::wire::log_reader::LogReader as _;
use crate::wire::trust::Hash;
use crate::wire::trust::tree::{self, Edge};
use crate::wire::trust::tree_audit::TreeAudit;

use super::error::Doing as _;
use super::{SegmentError, SegmentReader};

const FILE: &str = "tree";
const HASH_BYTES: usize = 32;
/// So much is gathered before it is written.
const AT_ONCE_BYTES: usize = 1 << 20;

/// The state of the stored hashes of a log.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TreeFound {
    /// They were as they should be.
    Whole,
    /// There were none, so they were made from the log.
    Made,
    /// They ended before this record, so the rest was made from the log.
    Behind(Position),
    /// They were not those of the log, so they were made again from it; why.
    Wrong(&'static str),
}

/// The hashes over the records of a log.
#[derive(Debug)]
pub(super) struct Tree {
    path: PathBuf,
    /// None once it cannot be written: the next opening makes the rest.
    file: Option<File>,
    edge: Edge,
    buffer: Vec<u8>,
    /// Why it cannot be written.
    given_up: Option<String>,
}

impl Tree {
    /// The tree of the log in a folder, made or made again from its records where need be. Where
    /// the root over its first records is known, those are not looked at again.
    pub(super) fn open(
        folder: &Path,
        next: Position,
        read: &dyn Fn(Position) -> Result<SegmentReader, SegmentError>,
        known: Option<(u64, Hash)>,
    ) -> Result<(Self, TreeFound), SegmentError> {
        let path = path(folder);
        let mut edge = Edge::default();
        let mut found = match load(&path, next, read, known) {
            Ok(None) => TreeFound::Made,
            Ok(Some(Ok(loaded))) => {
                edge = loaded;
                TreeFound::Whole
            }
            Ok(Some(Err(why))) => TreeFound::Wrong(why),
            Err(SegmentError::Io { path: of, .. }) if of == path => {
                TreeFound::Wrong("it cannot be read")
            }
            Err(error) => return Err(error),
        };
        if let TreeFound::Wrong(why) = found {
            let path = path.display();
            tracing::warn!(%path, why, "the tree is made again from the log");
        }
        if found == TreeFound::Whole && edge.leaves() < next.0 {
            found = TreeFound::Behind(Position(edge.leaves()));
        }
        let mut tree = Self { path, file: None, edge, buffer: Vec::new(), given_up: None };
        match tree.begin() {
            Ok(file) => tree.file = Some(file),
            Err(error) => tree.give_up(&error),
        }
        tree.fill(next, read)?;
        Ok((tree, found))
    }

    /// Opens the file to go on after the hashes that are known to be right.
    fn begin(&self) -> io::Result<File> {
        let mut options = OpenOptions::new();
        let options = options.read(true).write(true).create(true).truncate(false);
        let mut file = options.open(&self.path)?;
        if self.edge.leaves() == 0 {
            file.set_len(0)?;
            file.write_all(tree::FILE_HEAD)?;
        }
        let end = place(tree::stored(self.edge.leaves()));
        file.set_len(end)?;
        file.seek(SeekFrom::Start(end))?;
        Ok(file)
    }

    /// Lets it grow to the end of the log.
    fn fill(
        &mut self,
        next: Position,
        read: &dyn Fn(Position) -> Result<SegmentReader, SegmentError>,
    ) -> Result<(), SegmentError> {
        if self.edge.leaves() == next.0 {
            return Ok(());
        }
        let mut reader = read(Position(self.edge.leaves()))?;
        self.buffer.clear();
        while reader.next().transpose()?.is_some() {
            self.edge.push(tree::leaf(reader.bytes()), |it| self.buffer.extend_from_slice(it));
            if self.buffer.len() >= AT_ONCE_BYTES {
                self.write();
                self.buffer.clear();
            }
        }
        self.write();
        Ok(())
    }

    /// Writes what is in the buffer. The file follows from the log, so a failure is only reported.
    fn write(&mut self) {
        let Some(file) = &mut self.file else { return };
        if let Err(error) = file.write_all(&self.buffer) {
            self.give_up(&error);
        }
    }

    fn give_up(&mut self, error: &io::Error) {
        let path = self.path.display();
        tracing::warn!(
            %path, %error,
            "hashes cannot be written to the tree: the log goes on, the next start adds them"
        );
        self.file = None;
        self.given_up = Some(error.to_string());
    }

    /// The file and why it could not be written, if it could not.
    pub(super) fn given_up(&self) -> Option<(PathBuf, String)> {
        self.given_up.clone().map(|why| (self.path.clone(), why))
    }

    /// Takes the records of an append in.
    pub(super) fn add(&mut self, leaves: &[Hash]) {
        self.buffer.clear();
        for leaf in leaves {
            self.edge.push(*leaf, |it| self.buffer.extend_from_slice(it));
        }
        self.write();
    }

    /// The root over all records.
    pub(super) fn root(&self) -> Hash {
        self.edge.root()
    }

    /// How many records it covers.
    pub(super) fn leaves(&self) -> u64 {
        self.edge.leaves()
    }

    /// The edge after the first so many records: from the file, or from the records where the file
    /// could not be written.
    pub(super) fn edge_at(
        &self,
        size: u64,
        read: &dyn Fn(Position) -> Result<SegmentReader, SegmentError>,
    ) -> Result<Edge, SegmentError> {
        if self.file.is_some() {
            let file = File::open(&self.path).doing("open", &self.path)?;
            let mut hashes = Hashes { path: self.path.clone(), file, bytes: u64::MAX };
            return Edge::of(size, |at| hashes.at(at));
        }
        let (mut edge, mut reader) = (Edge::default(), read(Position(0))?);
        while edge.leaves() < size && reader.next().transpose()?.is_some() {
            edge.push(tree::leaf(reader.bytes()), |_| {});
        }
        Ok(edge)
    }

    /// Brings to disk what is to outlive a crash.
    pub(super) fn sync(&self) -> Result<(), SegmentError> {
        self.file.as_ref().map_or(Ok(()), File::sync_data).doing("sync", &self.path)
    }
}

/// Where the tree of a log lies.
pub(super) fn path(folder: &Path) -> PathBuf {
    folder.join(FILE)
}

/// The hashes of a log, to be compared with its records; none where there is no file.
pub(super) fn audit(folder: &Path) -> Result<Option<TreeAudit>, SegmentError> {
    let path = path(folder);
    match fs::read(&path) {
        Ok(bytes) => Ok(Some(TreeAudit::new(path, bytes))),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).doing("read", &path),
    }
}

/// Where a stored hash begins.
fn place(stored: u64) -> u64 {
    (stored + 1) * HASH_BYTES as u64
}

/// The root over the first so many records and the hash of the last of them, as they are kept;
/// none where no tree of this version covers so many.
pub(super) fn stored_at(folder: &Path, records: u64) -> Result<Option<(Hash, Hash)>, SegmentError> {
    let Some(mut hashes) = Hashes::open(&path(folder))? else { return Ok(None) };
    if records == 0 || !hashes.has_head()? || hashes.leaves() < records {
        return Ok(None);
    }
    let root = tree::root_of(0, records, &mut |at| hashes.at(at))?;
    Ok(Some((root, hashes.at(tree::stored(records - 1))?)))
}

/// Where the hashes go on after so many records with this root, and over how many; none where they
/// end there, or are not those of these records.
pub(super) fn goes_on(folder: &Path, edge: &Edge) -> Result<Option<(u64, u64)>, SegmentError> {
    let Some(mut hashes) = Hashes::open(&path(folder))? else { return Ok(None) };
    let records = edge.leaves();
    if !hashes.has_head()? || hashes.leaves() <= records {
        return Ok(None);
    }
    let root = tree::root_of(0, records, &mut |at| hashes.at(at))?;
    Ok((root == edge.root()).then(|| (place(tree::stored(records)), hashes.leaves())))
}

/// What [`Hashes::load`] finds in a file; none where there is no file.
fn load(
    path: &Path,
    next: Position,
    read: &dyn Fn(Position) -> Result<SegmentReader, SegmentError>,
    known: Option<(u64, Hash)>,
) -> Result<Option<Result<Edge, &'static str>>, SegmentError> {
    let hashes = Hashes::open(path)?;
    hashes.map(|mut it| it.load(next, read, known)).transpose()
}

/// A tree file, hash by hash.
struct Hashes {
    path: PathBuf,
    file: File,
    bytes: u64,
}

impl Hashes {
    fn open(path: &Path) -> Result<Option<Self>, SegmentError> {
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error).doing("read", path),
        };
        let bytes = file.metadata().doing("read", path)?.len();
        Ok(Some(Self { path: path.into(), file, bytes }))
    }

    fn has_head(&mut self) -> Result<bool, SegmentError> {
        let mut head = [0; HASH_BYTES];
        if self.bytes < HASH_BYTES as u64 {
            return Ok(false);
        }
        let read = self.file.rewind().and_then(|()| self.file.read_exact(&mut head));
        read.doing("read", &self.path)?;
        Ok(head == *tree::FILE_HEAD)
    }

    /// How many records it covers.
    fn leaves(&self) -> u64 {
        tree::leaves((self.bytes / HASH_BYTES as u64).saturating_sub(1))
    }

    fn at(&mut self, stored: u64) -> Result<Hash, SegmentError> {
        let mut hash = Hash::default();
        let read = self.file.seek(SeekFrom::Start(place(stored)));
        read.and_then(|_| self.file.read_exact(&mut hash)).doing("read", &self.path)?;
        Ok(hash)
    }

    /// The edge of the tree, if its hashes fit one another and the last record that they cover; or
    /// what is wrong with it. Hashes under a root that is known are not looked at.
    fn load(
        &mut self,
        next: Position,
        read: &dyn Fn(Position) -> Result<SegmentReader, SegmentError>,
        known: Option<(u64, Hash)>,
    ) -> Result<Result<Edge, &'static str>, SegmentError> {
        if !self.has_head()? {
            return Ok(Err("it is no tree of this version"));
        }
        let leaves = self.leaves();
        if leaves > next.0 {
            return Ok(Err("it has more records than the log"));
        }
        let mut edge = Edge::default();
        if let Some((size, root)) = known.filter(|it| it.0 <= leaves) {
            let found = Edge::of(size, |at| self.at(at))?;
            if found.root() == root {
                edge = found;
            }
        }
        if !self.grow(&mut edge, leaves)? {
            return Ok(Err("its hashes do not fit one another"));
        }
        if let Some(before) = leaves.checked_sub(1) {
            let mut reader = read(Position(before))?;
            reader.next().transpose()?;
            if tree::leaf(reader.bytes()) != self.at(tree::stored(before))? {
                return Ok(Err("it is the tree of other records"));
            }
        }
        Ok(Ok(edge))
    }

    /// Lets an edge grow by the hashes that are kept; false where they do not fit one another.
    fn grow(&mut self, edge: &mut Edge, leaves: u64) -> Result<bool, SegmentError> {
        let mut bytes = Vec::new();
        let read = self.file.seek(SeekFrom::Start(place(tree::stored(edge.leaves()))));
        read.and_then(|_| self.file.read_to_end(&mut bytes)).doing("read", &self.path)?;
        let (hashes, _) = bytes.as_chunks::<HASH_BYTES>();
        let (mut at, mut fits) = (0, true);
        while edge.leaves() < leaves && fits {
            let Some(leaf) = hashes.get(at) else { return Ok(false) };
            edge.push(*leaf, |it| {
                fits &= hashes.get(at) == Some(it);
                at += 1;
            });
        }
        Ok(fits)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::engine::EventLog as _;
    use crate::io::segments::SegmentLog;
    use crate::io::segments::tests::testing::{records, written};
    use crate::wire::record::samples::parse;

    /// What opening says about the tree of 30 records, after something was done to its bytes.
    fn check(change: impl FnOnce(&mut Vec<u8>), expected: TreeFound) {
        let all = records(30);
        let folder = written(&[&all[..13], &all[13..26]]);
        let path = path(folder.path());
        let whole = fs::read(&path).unwrap();
        let mut bytes = whole.clone();
        change(&mut bytes);
        fs::write(&path, bytes).unwrap();
        let mut log = SegmentLog::open(folder.path(), parse).unwrap();
        assert_eq!(log.tree_found(), expected);
        assert_eq!(fs::read(&path).unwrap(), whole);
        log.append(&all[26..]).unwrap();
        drop(log);
        let log = SegmentLog::open(folder.path(), parse).unwrap();
        assert_eq!(log.tree_found(), TreeFound::Whole);
    }

    #[test]
    fn a_tree_that_is_missing_wrong_or_old_is_made_again_and_that_is_told() {
        let at = |leaves| usize::try_from(place(tree::stored(leaves))).unwrap();
        check(|_| {}, TreeFound::Whole);
        check(|it| it.truncate(at(7)), TreeFound::Behind(Position(7)));
        check(|it| it.truncate(at(7) + 5), TreeFound::Behind(Position(7)));
        check(|it| it.truncate(at(0)), TreeFound::Behind(Position(0)));
        check(|it| it[13] = b'0', TreeFound::Wrong("it is no tree of this version"));
        check(|it| it.truncate(9), TreeFound::Wrong("it is no tree of this version"));
        check(|it| it.extend([0; 96]), TreeFound::Wrong("it has more records than the log"));
        for leaf in 0..24 {
            let unfit = "its hashes do not fit one another";
            check(|it| it[at(leaf)] ^= 1, TreeFound::Wrong(unfit));
        }
        let (mut edge, mut other) = (Edge::default(), Vec::new());
        for number in 0..26_u8 {
            edge.push(tree::leaf(&[number]), |it| other.extend_from_slice(it));
        }
        let words = TreeFound::Wrong("it is the tree of other records");
        check(|it| it.splice(32.., other).for_each(drop), words);
    }

    #[test]
    fn a_log_without_a_tree_gets_one() {
        let folder = written(&[&records(26)]);
        let whole = fs::read(path(folder.path())).unwrap();
        fs::remove_file(path(folder.path())).unwrap();
        let log = SegmentLog::open(folder.path(), parse).unwrap();
        assert_eq!(log.tree_found(), TreeFound::Made);
        assert_eq!(fs::read(path(folder.path())).unwrap(), whole);
        let read = |from| SegmentReader::open(folder.path(), from, parse);
        let (tree, _) = Tree::open(folder.path(), Position(26), &read, None).unwrap();
        assert_eq!(tree.edge_at(26, &read).unwrap().root(), tree.root());
    }
}
