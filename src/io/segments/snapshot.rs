//! The snapshot of a log in a folder: a file that stands next to the segments.
//!
//! It comes to life under its name, whole and synced; a crash leaves the one before it.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::domain::{Event, Fact};
use crate::engine::{Memory, Position};
use crate::wire::log_reader::LogReader as _;
use crate::wire::record::ParseRules;
use crate::wire::snapshot::{self, Snapshot, SnapshotFound};
use crate::wire::trust::snapshot_audit::SnapshotAudit;
use crate::wire::trust::{self, Hash};

use super::error::Doing as _;
use super::{SegmentError, SegmentReader, durable, tree};

const FILE: &str = "snapshot";
/// Where one is written before it has its name.
const UNNAMED: &str = "snapshot.new";
/// What to do about one that is damaged.
const REMEDY: &str = "The records are whole and do not depend on it: delete it, or run \
                      `airshed log compact-index`, and it is made again";

/// Where the snapshot of a log lies.
pub(super) fn path(folder: &Path) -> PathBuf {
    folder.join(FILE)
}

/// Reads the snapshot of a folder as far as its bytes alone can be trusted.
pub(super) fn read(folder: &Path) -> Result<Snapshot, SnapshotFound> {
    match fs::read(path(folder)) {
        Ok(bytes) => Snapshot::read(&bytes),
        Err(error) if error.kind() == ErrorKind::NotFound => Err(SnapshotFound::None),
        Err(error) => Err(SnapshotFound::Wrong(format!("it cannot be read ({error})"))),
    }
}

/// The snapshot of a folder, to be compared with the state that the records lead to.
pub(super) fn audit(folder: &Path) -> Option<SnapshotAudit> {
    let path = path(folder);
    if fs::read(&path).is_ok_and(|bytes| snapshot::is_of_another_version(&bytes)) {
        return None;
    }
    SnapshotAudit::new(path, REMEDY.into(), read(folder))
}

/// Writes one; the one before it is there until this one is whole.
pub(super) fn write(folder: &Path, memory: &Memory, root: &Hash) -> Result<(), SegmentError> {
    let (unnamed, path) = (write_unnamed(folder, memory, root)?, path(folder));
    let named = fs::rename(&unnamed, &path).doing("name", &path);
    named.inspect_err(|_| drop(fs::remove_file(&unnamed)))?;
    durable::names_in(folder)
}

/// Writes one, whole and synced, that has not got its name yet. If that fails nothing is left.
pub(super) fn write_unnamed(
    folder: &Path,
    memory: &Memory,
    root: &Hash,
) -> Result<PathBuf, SegmentError> {
    let unnamed = folder.join(UNNAMED);
    durable::create(&unnamed, &snapshot::write(memory, root)).doing("write", &unnamed)?;
    Ok(unnamed)
}

/// The state of a snapshot, with the rules from the log.
pub(super) fn memory(
    snapshot: &Snapshot,
    read: &dyn Fn(Position) -> Result<SegmentReader, SegmentError>,
) -> Result<Memory, SnapshotFound> {
    snapshot.memory(|at| {
        let record = read(at).and_then(|mut it| it.next().transpose());
        match record.ok().flatten()?.event {
            Event::Fact(Fact::RuleBookAdopted(book)) => Some(book),
            Event::Fact(_)
            | Event::Station(_)
            | Event::Cooperation(_)
            | Event::Air(_)
            | Event::Warning(_)
            | Event::Response(_) => None,
        }
    })
}

/// A log opened for reading, after the records that a snapshot covers.
#[derive(Debug)]
pub struct TakenUp {
    /// The state that the records before the reader lead to.
    pub memory: Memory,
    /// Where it came from.
    pub found: SnapshotFound,
    /// The records after those.
    pub reader: SegmentReader,
}

/// Opens the log in a folder for reading, with the state of its snapshot if there is one.
pub fn take_up(folder: &Path, parse: ParseRules) -> Result<TakenUp, SegmentError> {
    let read = |from| SegmentReader::open(folder, from, parse);
    let found = match self::read(folder).and_then(|it| of_log(&it, folder, &read)) {
        Ok((memory, reader)) => {
            let found = SnapshotFound::Used(memory.next);
            return Ok(TakenUp { memory, found, reader });
        }
        Err(found) => found,
    };
    Ok(TakenUp { memory: Memory::default(), found, reader: read(Position(0))? })
}

/// Holds a snapshot against the tree of the log, and that against the last record covered.
fn of_log(
    snapshot: &Snapshot,
    folder: &Path,
    read: &dyn Fn(Position) -> Result<SegmentReader, SegmentError>,
) -> Result<(Memory, SegmentReader), SnapshotFound> {
    let unreadable = |error: SegmentError| SnapshotFound::Wrong(format!("{error}"));
    let stored = tree::stored_at(folder, snapshot.records).map_err(unreadable)?;
    let Some((root, leaf)) = stored else {
        return Err(SnapshotFound::Wrong("the tree file of the log ends before it".into()));
    };
    snapshot.is_of(Some(root))?;
    let mut reader = read(Position(snapshot.records - 1)).map_err(unreadable)?;
    let last = reader.next().transpose().map_err(unreadable)?;
    snapshot.is_of(last.map(|_| root))?;
    if trust::tree::leaf(reader.bytes()) != leaf {
        return Err(SnapshotFound::Wrong("the tree file is not that of this log".into()));
    }
    Ok((memory(snapshot, read)?, reader))
}

#[cfg(test)]
mod tests {
    use sha2::{Digest as _, Sha256};
    use tempfile::TempDir;

    use super::*;
    use crate::engine::{EventLog as _, Occasion, Record};
    use crate::io::segments::tests::testing::{foldable as records, signed_of};
    use crate::io::segments::{Options, SegmentLog, TreeFound};
    use crate::wire::avro::ByteReader;
    use crate::wire::record::samples::parse;
    use crate::wire::state;
    use crate::wire::trust::key::SignerKey;

    const RECORDS: u64 = 40;
    const FORM_BYTES: usize = b"airshed snapshot 2\n".len();

    fn folded(records: &[Record]) -> Memory {
        let mut memory = Memory::default();
        for it in records {
            memory.evolve(it).unwrap();
        }
        memory
    }

    /// A log of 40 records in four appends, with a snapshot of the first 30.
    fn kept(options: Options) -> (TempDir, Memory) {
        let (folder, all) = (tempfile::tempdir().unwrap(), records(RECORDS));
        let mut log = SegmentLog::open_with(folder.path(), parse, options).unwrap();
        for (append, records) in all.chunks(10).enumerate() {
            log.append(records).unwrap();
            if append == 2 {
                log.save_snapshot(&folded(&all[..30]), Occasion::End);
            }
        }
        (folder, folded(&all))
    }

    /// The snapshot as a reader and the next writer find it; both get the same state.
    fn found(folder: &Path, expected: &Memory) -> SnapshotFound {
        let TakenUp { mut memory, found, reader } = take_up(folder, parse).unwrap();
        assert_eq!(memory.next, if let SnapshotFound::Used(at) = found { at } else { Position(0) });
        reader.for_each(|it| memory.evolve(&it.unwrap()).unwrap());
        assert_eq!((&memory, state::digest(&memory)), (expected, state::digest(expected)));
        let mut log = SegmentLog::open(folder, parse).unwrap();
        // A reader does not mend the tree, so it may find another reason.
        let also = log.snapshot_found();
        assert!(*also == found || (also.is_wrong() && found.is_wrong()), "{also:?} {found:?}");
        let recalled = log.load_snapshot().map(|it| SnapshotFound::Used(it.next));
        assert_eq!(recalled, Some(found.clone()).filter(|it| matches!(it, SnapshotFound::Used(_))));
        assert!(log.load_snapshot().is_none(), "it is given away once");
        found
    }

    #[track_caller]
    fn check(change: impl FnOnce(&Path), expected: &str) {
        let (folder, memory) = kept(Options::default());
        change(folder.path());
        let found = found(folder.path(), &memory).to_string();
        assert!(found.contains(expected), "{found}");
    }

    fn rewrite(folder: &Path, change: impl FnOnce(&mut Vec<u8>)) {
        let mut bytes = fs::read(path(folder)).unwrap();
        bytes.truncate(bytes.len() - size_of::<Hash>());
        change(&mut bytes);
        let check = Sha256::digest(&bytes);
        bytes.extend_from_slice(&check);
        fs::write(path(folder), bytes).unwrap();
    }

    fn root(folder: &Path, records: u64) -> Hash {
        tree::stored_at(folder, records).unwrap().unwrap().0
    }

    #[test]
    fn a_snapshot_is_used_or_it_is_said_why_not() {
        check(|_| {}, "used, at record 30");
        check(|it| fs::remove_file(path(it)).unwrap(), "none: folded from the start");
        check(|it| rewrite(it, |it| it[17] = b'1'), "it is no snapshot of this version");
        check(|it| rewrite(it, |it| it.truncate(70)), "too few bytes");
        check(|it| rewrite(it, |it| it[25] ^= 1), "it was made of other records");
        let digest = FORM_BYTES + 1 + 32 + 2 + 2;
        check(|it| rewrite(it, |it| it[digest] ^= 1), "its digest is not that of its state");
        let form = b"airshed state ".as_slice();
        let other_state = |it: &mut Vec<u8>| {
            let at = it.windows(form.len()).position(|it| it == form).unwrap();
            it[at + form.len()] ^= 1;
            // Before its form stands the length of that, and before it the length of all.
            let (start, old) = (at - 1, it.clone());
            let length = ByteReader::new(&old[start - 2..]).bytes().unwrap().len();
            let digest_now = state::digest_of(&it[start..start + length]);
            it[digest..digest + 64].copy_from_slice(digest_now.as_bytes());
        };
        check(|it| rewrite(it, other_state), "it holds a state of another form");
    }

    #[test]
    fn a_snapshot_of_other_records_or_rules_is_not_used() {
        let all = records(RECORDS);
        let memory = folded(&all[..30]);
        let other = |change: fn(&mut Memory), expected: &str| {
            let mut memory = memory.clone();
            change(&mut memory);
            check(|it| write(it, &memory, &root(it, 30)).unwrap(), expected);
        };
        other(|_| {}, "used, at record 30");
        other(|it| it.adopted_at = Some(Position(5)), "record 5 is no rule book");
        other(|it| it.adopted_at = None, "it holds a state under other rules");
        let under_others = |it: &mut Memory| {
            it.airshed.evolve(&Event::Fact(Fact::RuleBookAdopted(parse(&[]).unwrap())), 0);
        };
        other(under_others, "it holds a state under other rules");
        check(|it| write(it, &memory, &root(it, 29)).unwrap(), "it was made of other records");
        let longer = folded(&records(50));
        check(|it| write(it, &longer, &root(it, 30)).unwrap(), "the tree file of the log ends");
        // The log has lost its end, and the tree has not.
        let cut = |folder: &Path| {
            let (other, log) = (tempfile::tempdir().unwrap(), file(folder));
            let mut shorter = SegmentLog::open(other.path(), parse).unwrap();
            shorter.append(&all[..20]).unwrap();
            fs::copy(file(other.path()), log).unwrap();
        };
        let (folder, _) = kept(Options::default());
        cut(folder.path());
        let taken_up = take_up(folder.path(), parse).unwrap();
        let expected = "not used, it covers more records than there are: folded from the start";
        assert_eq!(taken_up.found.to_string(), expected);
        assert!(found(folder.path(), &folded(&all[..20])).is_wrong());
    }

    fn file(folder: &Path) -> PathBuf {
        folder.join(crate::io::segments::file_name(Position(0)))
    }

    /// Whatever a crash or a fault leaves of it, the log is folded, and the reason is given.
    #[test]
    fn a_snapshot_cut_or_changed_at_any_byte_is_not_used() {
        let (folder, memory) = kept(Options::default());
        let whole = fs::read(path(folder.path())).unwrap();
        for at in 0..whole.len() {
            let mut flipped = whole.clone();
            flipped[at] ^= 1 << (at % 8);
            for bytes in [&whole[..at], &flipped] {
                fs::write(path(folder.path()), bytes).unwrap();
                let found = take_up(folder.path(), parse).unwrap().found;
                assert!(found.is_wrong(), "byte {at}: {found}");
                if at % 97 == 0 {
                    assert!(self::found(folder.path(), &memory).is_wrong());
                }
            }
        }
        fs::write(path(folder.path()), &whole).unwrap();
        assert_eq!(found(folder.path(), &memory), SnapshotFound::Used(Position(30)));
    }

    /// A crash while one is written leaves the one before it.
    #[test]
    fn half_a_new_snapshot_changes_nothing() {
        let (folder, memory) = kept(Options::default());
        let new = snapshot::write(&memory, &root(folder.path(), RECORDS));
        for at in (0..=new.len()).step_by(61) {
            fs::write(folder.path().join(UNNAMED), &new[..at]).unwrap();
            assert_eq!(found(folder.path(), &memory), SnapshotFound::Used(Position(30)));
        }
    }

    #[test]
    fn a_log_without_a_whole_tree_is_folded_by_readers_and_mended_by_the_writer() {
        let (folder, memory) = kept(Options::default());
        let tree = tree::path(folder.path());
        let whole = fs::read(&tree).unwrap();
        for change in [vec![], whole[..32 * 9].to_vec(), vec![7; whole.len()]] {
            fs::write(&tree, change).unwrap();
            assert!(take_up(folder.path(), parse).unwrap().found.is_wrong());
            let log = SegmentLog::open(folder.path(), parse).unwrap();
            assert_eq!(*log.snapshot_found(), SnapshotFound::Used(Position(30)));
            drop(log);
            assert_eq!(found(folder.path(), &memory), SnapshotFound::Used(Position(30)));
            assert_eq!(fs::read(&tree).unwrap(), whole);
        }
    }

    /// With a snapshot neither readers nor the writer look at old segments or at old hashes,
    /// except for the rules.
    #[test]
    fn opening_does_not_read_the_whole_log() {
        let options = Options { segment_bytes: 1, ..Options::default() };
        let (folder, memory) = kept(options);
        let segments = crate::io::segments::segments(folder.path()).unwrap();
        assert_eq!(segments.len(), 4);
        // Rules are adopted by records 0, 13 and 26 or so: in the third segment.
        assert!(memory.adopted_at.is_some_and(|it| it.0 >= 20), "{:?}", memory.adopted_at);
        for (_, path) in &segments[..2] {
            fs::write(path, "this is not read").unwrap();
        }
        let tree = tree::path(folder.path());
        let mut bytes = fs::read(&tree).unwrap();
        bytes[32] ^= 1;
        fs::write(&tree, bytes).unwrap();
        assert_eq!(found(folder.path(), &memory), SnapshotFound::Used(Position(30)));
    }

    /// A wrong hash under the root of the snapshot is noticed where a checkpoint needs it.
    #[test]
    fn a_wrong_old_hash_is_mended_before_a_log_is_signed() {
        let key = || SignerKey::new("bth", [7; 32], false).unwrap();
        let all = records(RECORDS);
        let (folder, _) = signed_of(all.clone(), &[7, 33], Options::default());
        let mut log = SegmentLog::open(folder.path(), parse).unwrap();
        log.save_snapshot(&folded(&all), Occasion::End);
        drop(log);
        let checkpoints = folder.path().join("checkpoints");
        let whole = fs::read(&checkpoints).unwrap();
        let second = whole.windows(4).skip(1).position(|it| it == b"bth\n").unwrap() + 1;
        fs::write(&checkpoints, &whole[..second]).unwrap();
        let tree = tree::path(folder.path());
        let mut bytes = fs::read(&tree).unwrap();
        // The root over records 0 to 3, on which that over seven rests.
        bytes[32 * 7] ^= 1;
        fs::write(&tree, bytes).unwrap();
        let mut log = SegmentLog::open(folder.path(), parse).unwrap();
        assert_eq!(log.tree_found(), TreeFound::Whole);
        log.sign(key()).unwrap();
        assert!(matches!(log.tree_found(), TreeFound::Wrong(_)));
        assert_eq!(fs::read(&checkpoints).unwrap(), whole);
    }

    #[test]
    fn the_state_is_kept_after_so_many_records_and_at_the_end() {
        let all = records(RECORDS);
        let check = |snapshot_records: u64, expected: &[u64]| {
            let options = Options { snapshot_records, ..Options::default() };
            let folder = tempfile::tempdir().unwrap();
            let mut log = SegmentLog::open_with(folder.path(), parse, options).unwrap();
            let mut kept = Vec::new();
            for records in all.chunks(10) {
                log.append(records).unwrap();
                let end = usize::try_from(log.next().0).unwrap();
                log.save_snapshot(&folded(&all[..end]), Occasion::Append);
                let snapshot = read(folder.path()).ok().map(|it| it.records);
                kept.extend(snapshot.filter(|it| kept.last() != Some(it)));
            }
            // A state that is not that of this log is never kept.
            log.save_snapshot(&folded(&all[..7]), Occasion::End);
            assert_eq!(read(folder.path()).ok().map(|it| it.records), kept.last().copied());
            log.save_snapshot(&folded(&all), Occasion::End);
            kept.extend(read(folder.path()).ok().map(|it| it.records));
            kept.dedup();
            assert_eq!(kept, expected, "every {snapshot_records}");
        };
        check(1, &[10, 20, 30, 40]);
        check(15, &[20, 40]);
        check(100, &[40]);
    }
}
