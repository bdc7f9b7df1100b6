//! The file of checkpoints in the folder of a log: signed notes, one after another.
//!
//! It is not synced with each append. Signatures are deterministic, so checkpoints lost in a crash
//! are made again byte for byte.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use crate::engine::Position;
use crate::wire::trust::checkpoint::Checkpoint;
use crate::wire::trust::checkpoint_audit::{self, StoredCheckpoints};
use crate::wire::trust::key::SignerKey;
use crate::wire::trust::note::Note;
use crate::wire::trust::signing::{self, SignError};
use crate::wire::trust::{Hash, TrustError};

use super::error::Doing as _;
use super::tree::Tree;
use super::{SegmentError, SegmentReader, durable};

const FILE: &str = "checkpoints";
/// So much of its end holds some checkpoints, even with the signatures of many witnesses.
const END_BYTES: u64 = 64 << 10;

/// Writes the checkpoints of a log.
#[derive(Debug)]
pub(super) struct Checkpoints {
    path: PathBuf,
    file: Option<File>,
    key: SignerKey,
}

impl Checkpoints {
    /// Goes on with the checkpoints of a log. A log that is shorter than they say, or another,
    /// is not signed.
    pub(super) fn open(
        folder: &Path,
        key: SignerKey,
        tree: &Tree,
        read: &dyn Fn(Position) -> Result<SegmentReader, SegmentError>,
    ) -> Result<Self, SegmentError> {
        let path = path(folder);
        let (length, last, bytes) = newest(&path)?;
        let mut checkpoints = Self { path, file: None, key };
        let found = checkpoints.unsigned(last.as_ref(), tree, read);
        let missing = found.map_err(|error| checkpoints.refused(error, length))?;
        // A first note that is torn would spoil the one after it.
        if length < bytes {
            checkpoints.cut(length, bytes - length)?;
        }
        for (size, root) in missing {
            checkpoints.add(Position(size), root)?;
        }
        Ok(checkpoints)
    }

    /// Where a checkpoint is missing after the last one: from the records themselves, on top of
    /// what was signed. The stored hashes may be wrong.
    fn unsigned(
        &self,
        last: Option<&Note>,
        tree: &Tree,
        read: &dyn Fn(Position) -> Result<SegmentReader, SegmentError>,
    ) -> Result<Vec<signing::Unsigned>, Refused> {
        let last = last.map(|it| signing::last(it, &self.key, "move the file away")).transpose()?;
        let known = last.as_ref().map_or(tree.leaves(), |it| it.size.min(tree.leaves()));
        let edge = tree.edge_at(known, read)?;
        let mut reader = read(Position(edge.leaves()))?;
        Ok(signing::unsigned(&mut reader, edge, last.as_ref())?.1)
    }

    fn refused(&self, refused: Refused, at: usize) -> SegmentError {
        let path = self.path.clone();
        match refused {
            Refused::Segments(error) => error,
            Refused::Sign(SignError::OtherKey(what)) => SegmentError::OtherKey { path, what },
            Refused::Sign(SignError::Damaged(what)) => SegmentError::damaged(&path, at, what),
            Refused::Sign(SignError::Read(error)) => SegmentError::Read(error),
        }
    }

    /// Signs that the log had so many records with this root.
    pub(super) fn add(&mut self, size: Position, root: Hash) -> Result<(), SegmentError> {
        let checkpoint = Checkpoint { origin: self.key.name().into(), size: size.0, root };
        let note = checkpoint.signed(&self.key).to_string();
        let file = if let Some(file) = &mut self.file {
            file
        } else {
            let mut options = OpenOptions::new();
            let file = options.append(true).create(true).open(&self.path);
            self.file.insert(file.doing("open", &self.path)?)
        };
        let length = file.metadata().doing("read", &self.path)?.len();
        let written = file.write_all(note.as_bytes());
        // Half a note would look like a damaged one.
        let written = written.inspect_err(|_| drop(file.set_len(length)));
        written.map_err(|error| SegmentError::of_checkpoint(error, &self.path))
    }

    fn cut(&mut self, length: usize, torn: usize) -> Result<(), SegmentError> {
        let path = &self.path;
        tracing::warn!(path = %path.display(), at = length, bytes = torn, "cut off a torn note");
        let mut file = OpenOptions::new().write(true).open(path).doing("open", path)?;
        file.set_len(length as u64).doing("cut", path)?;
        file.seek(SeekFrom::End(0)).map(drop).doing("cut", path)
    }
}

/// Where the checkpoints of a log lie.
pub(super) fn path(folder: &Path) -> PathBuf {
    folder.join(FILE)
}

/// Whether a log has any.
pub(super) fn exist(folder: &Path) -> bool {
    fs::metadata(path(folder)).is_ok_and(|it| it.len() > 0)
}

/// How far the file is whole, the last checkpoint in it, and how many bytes it has. Where its end
/// is whole, only that is read: a log of ten years has tens of thousands of checkpoints.
fn newest(path: &Path) -> Result<(usize, Option<Note>, usize), SegmentError> {
    if let Some((last, bytes)) = newest_of_end(path).doing("read", path)? {
        return Ok((bytes, Some(last), bytes));
    }
    let text = read_text(path)?;
    let (length, last) = whole(path, &text)?;
    Ok((length, last, text.len()))
}

/// The last checkpoint and how many bytes the file has, if it ends with nothing but whole ones.
fn newest_of_end(path: &Path) -> io::Result<Option<(Note, usize)>> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let bytes = file.metadata()?.len();
    file.seek(SeekFrom::Start(bytes.saturating_sub(END_BYTES)))?;
    let mut end = Vec::new();
    file.read_to_end(&mut end)?;
    // A note begins after the signatures of the one before it, and no letter is cut in two there.
    let signed = |at: &usize| end[*at..].starts_with("\n— ".as_bytes());
    let Some(begin) = (0..end.len()).find(signed).and_then(|at| {
        let lines = end[at + 1..].split_inclusive(|it| *it == b'\n');
        let signatures = lines.take_while(|it| it.starts_with("— ".as_bytes()));
        Some(at + 1 + signatures.map(<[u8]>::len).sum::<usize>()).filter(|it| *it < end.len())
    }) else {
        return Ok(None);
    };
    let Ok(text) = str::from_utf8(&end[begin..]) else { return Ok(None) };
    let notes: Result<Vec<Note>, TrustError> = Note::all(text).map(|(_, note)| note).collect();
    let last = notes.ok().and_then(|mut it| it.pop());
    Ok(last.map(|last| (last, usize::try_from(bytes).unwrap_or(usize::MAX))))
}

/// The checkpoints of a log, for a comparison with its records.
pub fn read(folder: &Path) -> Result<StoredCheckpoints, SegmentError> {
    let file = path(folder);
    let bytes = match fs::read(&file) {
        Ok(bytes) => Some(bytes),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err(error).doing("read", &file),
    };
    let notes = bytes.as_deref().map(checkpoint_audit::notes).unwrap_or_default();
    Ok(StoredCheckpoints { file, notes, end: bytes.map(|it| it.len() as u64) })
}

/// Keeps the checkpoints of a log that is carried over, all of them; those that are there already
/// must be the first of them. They are durable when this returns.
pub(super) fn carry(folder: &Path, notes: &[Note]) -> Result<(), SegmentError> {
    let path = path(folder);
    let text = read_text(&path)?;
    let (length, _) = whole(&path, &text)?;
    let there = Note::all(&text[..length]).map(|(at, note)| (at, note.ok()));
    let missing: String = signing::still_to_carry(there, notes)
        .map_err(|at| SegmentError::damaged(&path, at, signing::NOT_CARRIED))?
        .iter()
        .map(Note::to_string)
        .collect();
    if missing.is_empty() && length == text.len() {
        return Ok(());
    }
    let mut options = OpenOptions::new();
    let options = options.write(true).create(true).truncate(false);
    let mut file = options.open(&path).doing("open", &path)?;
    file.set_len(length as u64).doing("cut", &path)?;
    file.seek(SeekFrom::End(0)).doing("open", &path)?;
    file.write_all(missing.as_bytes()).doing("write", &path)?;
    file.sync_data().doing("sync", &path)?;
    durable::names_in(folder)
}

/// All that is readable at the front of the file; empty where there is none.
fn read_text(path: &Path) -> Result<String, SegmentError> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(error).doing("read", path),
    };
    // Bytes that no crash leaves stay visible as what they are not.
    Ok(String::from_utf8(bytes)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
}

/// The length of the whole notes, and the last of them. Only the last note can be torn.
fn whole(path: &Path, text: &str) -> Result<(usize, Option<Note>), SegmentError> {
    let (mut length, mut last) = (text.len(), None);
    for (at, note) in Note::all(text) {
        match note {
            Ok(note) => last = Some(note),
            Err(error) => {
                let ends = text[at..].find("\n— ").map_or(0, |it| at + it + 1);
                if ends > 0 && text[ends..].contains('\n') {
                    let within = if let TrustError::Malformed { at, .. } = error { at } else { 0 };
                    return Err(SegmentError::damaged(path, at + within, error.to_string()));
                }
                length = at;
            }
        }
    }
    Ok((length, last))
}

/// Why the checkpoints of a log are not gone on with.
enum Refused {
    Segments(SegmentError),
    Sign(SignError),
}

impl From<SegmentError> for Refused {
    fn from(error: SegmentError) -> Self {
        Self::Segments(error)
    }
}

impl From<SignError> for Refused {
    fn from(error: SignError) -> Self {
        Self::Sign(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{EventLog as _, Memory, Occasion};
    use crate::io::segments::tests::testing::{foldable, records, signed, signed_of};
    use crate::io::segments::{Options, SegmentLog};
    use crate::wire::record::samples::parse;
    use crate::wire::snapshot::SnapshotFound;

    fn key(number: u8) -> SignerKey {
        SignerKey::new("bth", [number; 32], false).unwrap()
    }

    /// Opens and signs a log of 39 records in five appends after its checkpoints were changed.
    fn check(change: impl FnOnce(&mut Vec<u8>)) -> Result<(), String> {
        let (folder, _) = signed(&[7, 3, 3, 13, 13]);
        let path = path(folder.path());
        let whole = fs::read(&path).unwrap();
        let mut bytes = whole.clone();
        change(&mut bytes);
        fs::write(&path, &bytes).unwrap();
        let mut log = SegmentLog::open(folder.path(), parse).unwrap();
        log.sign(key(7)).map_err(|it| it.to_string())?;
        assert_eq!(fs::read(&path).unwrap(), whole);
        Ok(())
    }

    #[test]
    fn what_a_crash_takes_of_the_checkpoints_is_made_again() {
        check(|_| {}).unwrap();
        let (folder, _) = signed(&[7, 3, 3, 13, 13]);
        let text = fs::read_to_string(path(folder.path())).unwrap();
        let notes: Vec<usize> = Note::all(&text).map(|(at, _)| at).collect();
        assert_eq!(notes.len(), 4, "{text}");
        // Where the first note is lost, one over the whole log takes its place.
        for at in [0, 1, notes[1] / 2, notes[1] - 1] {
            let (folder, _) = signed(&[7, 3, 3, 13, 13]);
            let path = path(folder.path());
            let mut torn = fs::read(&path).unwrap()[..notes[1]].to_vec();
            torn[at..].fill(0);
            fs::write(&path, torn).unwrap();
            SegmentLog::open(folder.path(), parse).unwrap().sign(key(7)).unwrap();
            assert!(text.ends_with(&fs::read_to_string(&path).unwrap()), "{at}");
        }
        for at in (notes[1]..text.len()).filter(|at| notes.contains(at) || at % 7 == 0) {
            check(|it| it.truncate(at)).unwrap();
            check(|it| it[at..].fill(0)).unwrap_or_else(|message| panic!("{at}: {message}"));
        }
    }

    /// With a snapshot, old hashes are not read: a wrong one must not be signed.
    #[test]
    fn what_is_signed_again_is_signed_over_the_records() {
        let (folder, all) = signed_of(foldable(39), &[7, 3, 3, 13, 13], Options::default());
        let folder = folder.path();
        let mut memory = Memory::default();
        for it in &all {
            memory.evolve(it).unwrap();
        }
        SegmentLog::open(folder, parse).unwrap().save_snapshot(&memory, Occasion::End);
        let whole = fs::read(path(folder)).unwrap();
        let second = Note::all(str::from_utf8(&whole).unwrap()).nth(1).unwrap().0;
        let tree = crate::io::segments::tree::path(folder);
        let hashes = fs::read(&tree).unwrap();
        for at in (32..hashes.len()).step_by(32) {
            let mut wrong = hashes.clone();
            wrong[at] ^= 1;
            fs::write(&tree, wrong).unwrap();
            fs::write(path(folder), &whole[..second]).unwrap();
            let mut log = SegmentLog::open(folder, parse).unwrap();
            assert!(matches!(log.snapshot_found(), SnapshotFound::Used(_)), "{at}");
            if log.sign(key(7)).is_ok() {
                assert_eq!(fs::read(path(folder)).unwrap(), whole, "{at}");
            }
        }
    }

    #[test]
    fn a_log_that_is_not_the_signed_one_is_not_signed() {
        // Within the root of the last one.
        let message = check(|it| *it.iter_mut().nth_back(119).unwrap() ^= 1).unwrap_err();
        assert!(message.contains("the signature of bth does not fit"), "{message}");
        let (folder, all) = signed(&[7, 3]);
        let mut log = SegmentLog::open(folder.path(), parse).unwrap();
        let message = log.sign(key(8)).unwrap_err().to_string();
        assert!(message.contains("signed by another key"), "{message}");
        drop(log);
        let other = tempfile::tempdir().unwrap();
        let mut log = SegmentLog::open(other.path(), parse).unwrap();
        log.append(&all[..7]).unwrap();
        fs::copy(path(folder.path()), path(other.path())).unwrap();
        let message = log.sign(key(7)).unwrap_err().to_string();
        assert!(message.contains("it knows 10 records, the log has 7"), "{message}");
        log.append(&records(40)[7..20]).unwrap();
        log.sign(key(7)).unwrap();
    }
}
