//! The state that the first records of a log lead to, kept beside them so that nobody has to fold
//! them again. It is only a cache: where it is missing, old or wrong, the log is folded.
//!
//! ```text
//! snapshot = form records root rules digest state beside check
//! form     = "airshed snapshot 1\n"
//! records  = long: how many records it covers
//! root     = 32 bytes: the root of their tree
//! rules    = null|long: the record that adopted the rules in force
//! digest   = string: that of the state
//! state    = bytes: the canonical ones
//! beside   = bytes: what those leave out
//! check    = 32 bytes: SHA-256 of all before it
//! ```
//!
//! It comes to life under its name, whole and synced; a crash leaves the one before it.

use std::fmt;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use crate::domain::{Event, Fact, RuleBook};
use crate::engine::{Memory, Position};
use crate::wire::avro::{Malformed, Put, Take};
use crate::wire::record::ParseRules;
use crate::wire::state;
use crate::wire::trust::{self, Hash};

use super::error::Doing as _;
use super::{SegmentError, SegmentReader, durable, tree};

const FILE: &str = "snapshot";
const FORM: &[u8] = b"airshed snapshot 1\n";
const ANY_FORM: &[u8] = b"airshed snapshot ";
/// Where one is written before it has its name.
const UNNAMED: &str = "snapshot.new";

/// What has become of the snapshot beside a log.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum SnapshotFound {
    /// The state was taken from it; it covers the records before this one.
    Used(Position),
    /// There is none.
    None,
    /// It was passed over; why.
    Wrong(String),
}

/// One snapshot whose bytes are those that were written.
#[derive(Debug)]
pub(super) struct Snapshot {
    pub(super) records: u64,
    pub(super) root: Hash,
    pub(super) rules: Option<Position>,
    digest: String,
    state: Vec<u8>,
    beside: Vec<u8>,
}

impl SnapshotFound {
    /// Whether it is there and not what it should be.
    pub fn is_wrong(&self) -> bool {
        matches!(self, Self::Wrong(_))
    }
}

impl fmt::Display for SnapshotFound {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Used(at) => write!(out, "used, at record {}", at.0),
            Self::None => out.write_str("none: folded from the start"),
            Self::Wrong(why) => write!(out, "not used, {why}: folded from the start"),
        }
    }
}

/// Where the snapshot of a log lies.
pub(super) fn path(folder: &Path) -> PathBuf {
    folder.join(FILE)
}

/// Reads the snapshot of a folder as far as its bytes alone can be trusted.
pub(super) fn read(folder: &Path) -> Result<Snapshot, SnapshotFound> {
    let wrong = |why: &str| Err(SnapshotFound::Wrong(why.into()));
    let bytes = match fs::read(path(folder)) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => return Err(SnapshotFound::None),
        Err(error) => return wrong(&format!("it cannot be read ({error})")),
    };
    if !bytes.starts_with(FORM) {
        return wrong("it is no snapshot of this version");
    }
    let Some((said, check)) = bytes.split_last_chunk::<{ size_of::<Hash>() }>() else {
        return wrong("it is cut off");
    };
    if Hash::from(Sha256::digest(said)) != *check {
        return wrong("its bytes are not those that were written");
    }
    match Snapshot::parse(&said[FORM.len()..]) {
        Ok(snapshot) if state::digest_of(&snapshot.state) == snapshot.digest => Ok(snapshot),
        Ok(_) => wrong("its digest is not that of its state"),
        Err(error) => wrong(&error.to_string()),
    }
}

/// Whether another version wrote it, and its bytes are those that were written.
pub(super) fn is_of_another_version(folder: &Path) -> bool {
    let Ok(bytes) = fs::read(path(folder)) else { return false };
    let of_another = bytes.starts_with(ANY_FORM) && !bytes.starts_with(FORM);
    let split = bytes.split_last_chunk::<{ size_of::<Hash>() }>();
    of_another && split.is_some_and(|(said, check)| Hash::from(Sha256::digest(said)) == *check)
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
    durable::create(&unnamed, &bytes(memory, root)).doing("write", &unnamed)?;
    Ok(unnamed)
}

fn bytes(memory: &Memory, root: &Hash) -> Vec<u8> {
    let (mut state, mut beside) = (Vec::new(), Vec::new());
    state::write(memory, &mut state);
    state::write_beside(memory, &mut beside);
    let mut bytes = FORM.to_vec();
    let mut put = Put(&mut bytes);
    put.unsigned(memory.next.0);
    put.0.extend_from_slice(root);
    put.optional(memory.adopted_at, |put, it| put.unsigned(it.0));
    put.string(&state::digest_of(&state));
    put.bytes(&state);
    put.bytes(&beside);
    let check = Sha256::digest(&bytes);
    bytes.extend_from_slice(&check);
    bytes
}

impl Snapshot {
    fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut take = Take::new(bytes);
        let records = take.unsigned()?;
        if records == 0 || records > u64::MAX >> 1 {
            return Err(take.wrong("no number of records before this"));
        }
        let mut root = Hash::default();
        root.copy_from_slice(take.fixed(size_of::<Hash>())?);
        let rules = take.optional(Take::unsigned)?.map(Position);
        let digest = take.string()?.into();
        let (state, beside) = (take.bytes()?.into(), take.bytes()?.into());
        Ok(Self { records, root, rules, digest, state, beside })
    }

    /// Whether it was made of the records of a log: the root over so many of them, or none where
    /// there are not so many.
    pub(super) fn is_of(&self, root: Option<Hash>) -> Result<(), SnapshotFound> {
        match root {
            Some(root) if root == self.root => Ok(()),
            Some(_) => Err(SnapshotFound::Wrong("it was made of other records".into())),
            None => Err(SnapshotFound::Wrong("it covers more records than there are".into())),
        }
    }

    /// Whether it holds this very state. One in another form is believed by nobody, so nothing is
    /// wrong with it.
    pub(super) fn is_state(&self, state: &[u8], beside: &[u8]) -> bool {
        !state::is_of_this_form(&self.state) || (*self.state == *state && *self.beside == *beside)
    }

    /// The state that it holds; the rules come from the log.
    pub(super) fn memory(
        &self,
        read: &dyn Fn(Position) -> Result<SegmentReader, SegmentError>,
    ) -> Result<Memory, SnapshotFound> {
        let wrong = |why: String| Err(SnapshotFound::Wrong(why));
        let mut book: Option<Arc<RuleBook>> = None;
        if let Some(at) = self.rules {
            let record = read(at).and_then(|mut it| it.next().transpose());
            let adopted = record.ok().flatten().map(|it| it.event);
            let Some(Event::Fact(Fact::RuleBookAdopted(it))) = adopted else {
                return wrong(format!("record {} is no rule book that can be read", at.0));
            };
            book = Some(it);
        }
        match state::read(&self.state, &self.beside, book.as_ref()) {
            Ok(memory) if memory.next == Position(self.records) => Ok(memory),
            Ok(_) => wrong("its state is that of other records".into()),
            Err(error) => wrong(format!("it holds {error}")),
        }
    }
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

/// Opens the log in a folder for reading, with the state that lies beside it where there is one.
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
    let kept = tree::kept(folder, snapshot.records).map_err(unreadable)?;
    let Some((root, leaf)) = kept else {
        return Err(SnapshotFound::Wrong("the tree beside the log ends before it".into()));
    };
    snapshot.is_of(Some(root))?;
    let mut reader = read(Position(snapshot.records - 1)).map_err(unreadable)?;
    let last = reader.next().transpose().map_err(unreadable)?;
    snapshot.is_of(last.map(|_| root))?;
    if trust::tree::leaf(reader.bytes()) != leaf {
        return Err(SnapshotFound::Wrong("the tree beside the log is not its own".into()));
    }
    Ok((snapshot.memory(read)?, reader))
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;
    use crate::engine::{EventLog as _, Occasion, Record};
    use crate::io::segments::testing::{foldable as records, signed_of};
    use crate::io::segments::{Options, SegmentLog, TreeFound};
    use crate::wire::record::samples::parse;
    use crate::wire::trust::key::SignerKey;

    const RECORDS: u64 = 40;

    fn folded(records: &[Record]) -> Memory {
        let mut memory = Memory::default();
        for it in records {
            memory.evolve(it).unwrap();
        }
        memory
    }

    /// A log of 40 records in four appends, with the state after 30 of them beside it.
    fn kept(options: Options) -> (TempDir, Memory) {
        let (folder, all) = (tempfile::tempdir().unwrap(), records(RECORDS));
        let mut log = SegmentLog::open_with(folder.path(), parse, options).unwrap();
        for (append, records) in all.chunks(10).enumerate() {
            log.append(records).unwrap();
            if append == 2 {
                log.remember(&folded(&all[..30]), Occasion::End);
            }
        }
        (folder, folded(&all))
    }

    /// What is found beside a log, by a reader and by the next writer; each knows the same state.
    fn found(folder: &Path, expected: &Memory) -> SnapshotFound {
        let TakenUp { mut memory, found, reader } = take_up(folder, parse).unwrap();
        assert_eq!(memory.next, if let SnapshotFound::Used(at) = found { at } else { Position(0) });
        reader.for_each(|it| memory.evolve(&it.unwrap()).unwrap());
        assert_eq!((&memory, state::digest(&memory)), (expected, state::digest(expected)));
        let mut log = SegmentLog::open(folder, parse).unwrap();
        // A reader does not mend the tree, so it may find another reason.
        let also = log.snapshot_found();
        assert!(*also == found || (also.is_wrong() && found.is_wrong()), "{also:?} {found:?}");
        let recalled = log.recall().map(|it| SnapshotFound::Used(it.next));
        assert_eq!(recalled, Some(found.clone()).filter(|it| matches!(it, SnapshotFound::Used(_))));
        assert!(log.recall().is_none(), "it is given away once");
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
        tree::kept(folder, records).unwrap().unwrap().0
    }

    #[test]
    fn a_snapshot_is_used_or_it_is_said_why_not() {
        check(|_| {}, "used, at record 30");
        check(|it| fs::remove_file(path(it)).unwrap(), "none: folded from the start");
        check(|it| rewrite(it, |it| it[17] = b'2'), "it is no snapshot of this version");
        check(|it| rewrite(it, |it| it.truncate(70)), "too few bytes");
        check(|it| rewrite(it, |it| it[25] ^= 1), "it was made of other records");
        let digest = FORM.len() + 1 + 32 + 2 + 2;
        check(|it| rewrite(it, |it| it[digest] ^= 1), "its digest is not that of its state");
        let form = b"airshed state ".as_slice();
        let other_state = |it: &mut Vec<u8>| {
            let at = it.windows(form.len()).position(|it| it == form).unwrap();
            it[at + form.len()] ^= 1;
            // Before its form stands the length of that, and before it the length of all.
            let (start, old) = (at - 1, it.clone());
            let length = Take::new(&old[start - 2..]).bytes().unwrap().len();
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
            it.airshed.evolve(&Event::Fact(Fact::RuleBookAdopted(parse(&[]).unwrap())));
        };
        other(under_others, "it holds a state under other rules");
        check(|it| write(it, &memory, &root(it, 29)).unwrap(), "it was made of other records");
        let longer = folded(&records(50));
        check(|it| write(it, &longer, &root(it, 30)).unwrap(), "the tree beside the log ends");
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

    /// Whatever a crash or a fault leaves of it, the log is folded, and that is told.
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
        let new = bytes(&memory, &root(folder.path(), RECORDS));
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
            fs::write(path, "nobody looks at this").unwrap();
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
        log.remember(&folded(&all), Occasion::End);
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
                log.remember(&folded(&all[..end]), Occasion::Append);
                let snapshot = read(folder.path()).ok().map(|it| it.records);
                kept.extend(snapshot.filter(|it| kept.last() != Some(it)));
            }
            // A state that is not that of this log is never kept.
            log.remember(&folded(&all[..7]), Occasion::End);
            assert_eq!(read(folder.path()).ok().map(|it| it.records), kept.last().copied());
            log.remember(&folded(&all), Occasion::End);
            kept.extend(read(folder.path()).ok().map(|it| it.records));
            kept.dedup();
            assert_eq!(kept, expected, "every {snapshot_records}");
        };
        check(1, &[10, 20, 30, 40]);
        check(15, &[20, 40]);
        check(100, &[40]);
    }
}
