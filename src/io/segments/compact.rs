//! Rebuilds the files that are derived from the records. The records and their checkpoints are only
//! read.

use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::Path;

use crate::engine::{Memory, PortError, Position};
use crate::wire::log_reader::LogReader as _;
use crate::wire::record::ParseRules;
use crate::wire::trust::Hash;
use crate::wire::trust::checkpoint::Checkpoint;
use crate::wire::trust::tree::{self as hashes, Edge};

use super::error::Doing as _;
use super::lock::Lock;
use super::{SegmentError, SegmentReader, checkpoints, durable, segments, snapshot, tree};

/// What happened to a derived file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum DerivedFile {
    /// It was what it should be.
    Unchanged,
    /// There was none.
    Made,
    /// It was old or wrong.
    MadeAgain,
}

/// The derived files of a log after they were rebuilt.
#[derive(Clone, Debug)]
pub struct Compacted {
    /// The state that all records lead to.
    pub memory: Memory,
    /// The root of their tree.
    pub root: Hash,
    /// The hashes over the records.
    pub tree: DerivedFile,
    /// The state.
    pub snapshot: DerivedFile,
    /// Whether there are checkpoints; they are left as they are.
    pub signed: bool,
    /// Files that a crash had left, and that are gone.
    pub removed: Vec<String>,
    /// Bytes at the end that are no whole append; the next writer cuts them off.
    pub torn_bytes: u64,
}

/// Why it could not be done.
#[derive(Debug, thiserror::Error)]
pub enum CompactError {
    /// The log cannot be read, or a derived file cannot be written.
    #[error(transparent)]
    Segments(#[from] SegmentError),
    /// Its records cannot be folded.
    #[error(transparent)]
    Fold(#[from] PortError),
}

/// Reads a whole log once and rebuilds its derived files. `progress` gets the number of bytes read so
/// far and their total.
pub fn compact(
    folder: &Path,
    parse: ParseRules,
    mut progress: impl FnMut(u64, u64),
) -> Result<Compacted, CompactError> {
    if segments(folder)?.is_empty() {
        return Err(SegmentError::NoLog { folder: folder.into() }.into());
    }
    let _lock = Lock::take(folder)?;
    let mut removed = durable::tidy(folder)?;
    // Hashes of records that a power cut can still take would look like a log that lost its end.
    durable::settle_locked(folder, parse)?;
    let mut reader = SegmentReader::open(folder, Position(0), parse)?;
    let unnamed = tree::path(folder).with_extension(UNNAMED);
    let (memory, edge) = hash(&mut reader, &unnamed, &mut progress)
        .and_then(|it| nothing_is_gone(folder, &it.1).map(|()| it).map_err(CompactError::from))
        .inspect_err(|_| drop(fs::remove_file(&unnamed)))?;
    let tree = replace(&unnamed, &tree::path(folder))?;
    let snapshot = if memory.next == Position(0) {
        removed.extend(no_snapshot(folder)?);
        DerivedFile::Unchanged
    } else {
        snapshot::write_unnamed(folder, &memory, &edge.root())
            .and_then(|unnamed| replace(&unnamed, &snapshot::path(folder)))?
    };
    durable::names_in(folder)?;
    let signed = checkpoints::exist(folder);
    let torn_bytes = reader.torn().map_or(0, |it| it.bytes);
    Ok(Compacted { memory, root: edge.root(), tree, snapshot, signed, removed, torn_bytes })
}

/// Folds all records, and writes their hashes to a file.
fn hash(
    reader: &mut SegmentReader,
    path: &Path,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<(Memory, Edge), CompactError> {
    let (mut memory, mut edge) = (Memory::default(), Edge::default());
    let mut file = BufWriter::new(File::create(path).doing("make", path)?);
    let mut written = file.write_all(hashes::FILE_HEAD);
    while let Some(record) = reader.next().transpose()? {
        memory.evolve(&record)?;
        edge.push(hashes::leaf(reader.bytes()), |it| {
            if written.is_ok() {
                written = file.write_all(it);
            }
        });
        reader.report(&record, progress);
    }
    written.doing("write", path)?;
    let file = file.into_inner().map_err(std::io::IntoInnerError::into_error);
    file.and_then(|it| it.sync_all()).doing("write", path)?;
    Ok((memory, edge))
}

/// Derived files and checkpoints are written after the records. If they cover more records than the
/// log has, the end of the log is lost, and rebuilding them would hide it.
fn nothing_is_gone(folder: &Path, edge: &Edge) -> Result<(), SegmentError> {
    let records = edge.leaves();
    let hashed = tree::goes_on(folder, edge)?.map(|(at, knows)| (tree::path(folder), at, knows));
    let own = checkpoints::read(folder)?;
    let mut sizes =
        own.readable().filter_map(|(at, note)| Some((at, Checkpoint::of(note).ok()?.size)));
    let signed = sizes
        .next_back()
        .filter(|it| it.1 > records)
        .map(|(at, knows)| (own.file.clone(), at, knows));
    let Some((path, at, knows)) = hashed.or(signed) else { return Ok(()) };
    let what = format!(
        "it knows {knows} records, the log has {records}: its end is gone. Bring it back, or \
         move this file away to go on without it"
    );
    Err(SegmentError::Damaged { path, at, what })
}

/// Files are written under such a name before they have their own.
const UNNAMED: &str = "new";

/// Gives a file its name, unless the very same bytes already stand under it.
fn replace(unnamed: &Path, path: &Path) -> Result<DerivedFile, SegmentError> {
    let old = path.exists().then(|| fs::read(path).doing("read", path)).transpose()?;
    let new = fs::read(unnamed).doing("read", unnamed)?;
    if old.as_ref() == Some(&new) {
        fs::remove_file(unnamed).doing("remove", unnamed)?;
        return Ok(DerivedFile::Unchanged);
    }
    fs::rename(unnamed, path).doing("name", path)?;
    Ok(if old.is_some() { DerivedFile::MadeAgain } else { DerivedFile::Made })
}

/// Of a log without records there is no state to keep: whatever has that name is wrong.
fn no_snapshot(folder: &Path) -> Result<Option<String>, SegmentError> {
    let path = snapshot::path(folder);
    if !path.exists() {
        return Ok(None);
    }
    fs::remove_file(&path).doing("remove", &path)?;
    Ok(path.file_name().map(|it| it.to_string_lossy().into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{EventLog as _, Occasion};
    use crate::io::segments::tests::testing::{foldable, signed_of};
    use crate::io::segments::{Options, SegmentLog, take_up, verify};
    use crate::wire::record::samples::parse;
    use crate::wire::snapshot::SnapshotFound;
    use crate::wire::trust::audit::AuditOptions;

    fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
        let entries = fs::read_dir(folder).unwrap().map(|it| it.unwrap().path());
        let name = |it: &Path| it.file_name().unwrap().to_str().unwrap().to_owned();
        let mut all: Vec<_> = entries.map(|it| (name(&it), fs::read(&it).unwrap())).collect();
        all.retain(|(name, _)| name != "lock");
        all.sort();
        all
    }

    /// Compacts a signed log of 40 records in four segments after something was done to it.
    #[track_caller]
    fn check(
        change: impl FnOnce(&Path),
        tree: DerivedFile,
        snapshot: DerivedFile,
        removed: &[&str],
    ) {
        let options = Options { segment_bytes: 1, ..Options::default() };
        let (folder, all) = signed_of(foldable(40), &[10, 10, 10, 10], options);
        let folder = folder.path();
        let mut memory = Memory::default();
        for it in &all {
            memory.evolve(it).unwrap();
        }
        SegmentLog::open(folder, parse).unwrap().save_snapshot(&memory, Occasion::End);
        let whole = files(folder);
        assert_eq!(whole.len(), 4 + 3);
        change(folder);
        let found = compact(folder, parse, |_, _| {}).unwrap();
        assert_eq!((found.tree, found.snapshot), (tree, snapshot));
        assert_eq!(found.removed, removed);
        assert!(found.memory == memory && found.signed);
        // Records and checkpoints are the same byte for byte, and so are the derived files.
        assert_eq!(files(folder), whole);
        assert!(verify(folder, parse, &AuditOptions::default(), &mut |_, _| {}).unwrap().is_ok());
        assert_eq!(take_up(folder, parse).unwrap().found, SnapshotFound::Used(Position(40)));
    }

    #[test]
    fn what_lies_beside_the_records_is_made_again_and_they_are_not_touched() {
        let write = |it: &Path, name: &str, bytes: &[u8]| fs::write(it.join(name), bytes).unwrap();
        let (kept, made, again) =
            (DerivedFile::Unchanged, DerivedFile::Made, DerivedFile::MadeAgain);
        check(|_| {}, kept, kept, &[]);
        check(|it| fs::remove_file(it.join("tree")).unwrap(), made, kept, &[]);
        check(|it| fs::remove_file(it.join("snapshot")).unwrap(), kept, made, &[]);
        check(|it| write(it, "tree", b"airshed tree 1\n"), again, kept, &[]);
        check(|it| write(it, "snapshot", b""), kept, again, &[]);
        let left = |it: &Path| {
            for name in ["tree.new", "snapshot.new", "00000000000000000040.new"] {
                write(it, name, b"half");
            }
        };
        let names = ["00000000000000000040.new", "snapshot.new", "tree.new"];
        check(left, kept, kept, &names);
    }

    #[test]
    fn an_end_that_is_gone_is_not_made_unseen() {
        let (folder, _) = signed_of(foldable(40), &[10, 30], Options::default());
        let folder = folder.path();
        let (shorter, _) = signed_of(foldable(40), &[10], Options::default());
        let name = crate::io::segments::file_name(Position(0));
        fs::copy(shorter.path().join(&name), folder.join(&name)).unwrap();
        let check = |named: &str| {
            let before = files(folder);
            let message = compact(folder, parse, |_, _| {}).unwrap_err().to_string();
            assert!(message.contains(named) && message.contains("its end is gone"), "{message}");
            assert_eq!(files(folder), before);
            fs::rename(folder.join(named), folder.join(format!("{named}.away"))).unwrap();
        };
        check("tree");
        check("checkpoints");
        assert_eq!(compact(folder, parse, |_, _| {}).unwrap().tree, DerivedFile::Made);
    }

    /// Found by the fuzzer.
    #[test]
    fn beside_a_log_without_records_no_state_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        drop(SegmentLog::open(folder, parse).unwrap());
        fs::write(folder.join("snapshot"), "x").unwrap();
        assert_eq!(compact(folder, parse, |_, _| {}).unwrap().removed, ["snapshot"]);
        assert_eq!(take_up(folder, parse).unwrap().found, SnapshotFound::None);
        assert!(compact(folder, parse, |_, _| {}).unwrap().removed.is_empty());
    }

    #[test]
    fn what_belongs_to_others_is_left_alone_and_a_torn_end_as_well() {
        let (folder, _) = signed_of(foldable(40), &[40], Options::default());
        let (folder, segment) =
            (folder.path(), folder.path().join(crate::io::segments::file_name(Position(0))));
        let torn = [&fs::read(&segment).unwrap()[..], &[1, 2, 3]].concat();
        fs::write(&segment, &torn).unwrap();
        for other in ["notes.new", "x.avro", "tree.bak"] {
            fs::write(folder.join(other), "mine").unwrap();
        }
        let found = compact(folder, parse, |_, _| {}).unwrap();
        assert_eq!((found.torn_bytes, found.memory.next), (3, Position(40)));
        assert!(found.removed.is_empty());
        assert_eq!(fs::read(&segment).unwrap(), torn);
        let lock = SegmentLog::open(folder, parse).unwrap();
        let message = compact(folder, parse, |_, _| {}).unwrap_err().to_string();
        assert!(message.contains("already writes to the log"), "{message}");
        drop(lock);
        let nowhere = compact(&folder.join("nowhere"), parse, |_, _| {}).unwrap_err();
        assert!(nowhere.to_string().contains("there is no log"), "{nowhere}");
    }
}
