//! The checkpoints of a log, and those kept elsewhere, held against its records.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::engine::{Position, Record};
use crate::wire::trust::TrustError;
use crate::wire::trust::checkpoint::Checkpoint;
use crate::wire::trust::key::VerifierKey;
use crate::wire::trust::note::Note;
use crate::wire::trust::tree::Edge;

use super::error::Doing as _;
use super::verify::{Asked, Fault, Found, Kept};
use super::{SegmentError, checkpoints};

/// Checkpoints in the order in which a pass over the log meets them.
pub(super) struct KeptCheckpoints {
    path: PathBuf,
    /// How many bytes the file has; none where there is no file.
    bytes: Option<u64>,
    keys: Vec<VerifierKey>,
    /// Those of the log that have not been met, the next one last.
    own: Vec<(u64, Result<Note, TrustError>)>,
    /// Those kept elsewhere, the next one last.
    against: Vec<(Kept, Checkpoint)>,
    origin: Option<String>,
    met: u64,
    signed: u64,
    /// Whether a decision has been passed since the last one.
    decided: bool,
}

impl KeptCheckpoints {
    /// Reads all of them.
    pub(super) fn open(folder: &Path, asked: &Asked) -> Result<Self, SegmentError> {
        let path = checkpoints::path(folder);
        let bytes = match fs::read(&path) {
            Ok(bytes) => Some(bytes),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(error).doing("read", &path),
        };
        let mut own = bytes.as_deref().map(notes).unwrap_or_default();
        own.reverse();
        let mut against = Vec::new();
        for kept in &asked.against {
            let checkpoint = Checkpoint::of(&kept.note).map_err(|error| {
                let at = usize::try_from(kept.byte).unwrap_or_default();
                SegmentError::damaged(&kept.file, at, error.to_string())
            })?;
            against.push((kept.clone(), checkpoint));
        }
        against.sort_by_key(|it| std::cmp::Reverse(it.1.size));
        Ok(Self {
            path,
            bytes: bytes.map(|it| it.len() as u64),
            keys: asked.keys.clone(),
            own,
            against,
            origin: None,
            met: 0,
            signed: 0,
            decided: false,
        })
    }

    /// How many there were, and how many records the last one covers.
    pub(super) fn seen(&self) -> (u64, u64) {
        (self.met, self.signed)
    }

    /// Looks at those that speak of a log of this length.
    pub(super) fn reach(&mut self, edge: &Edge) -> Result<(), Found> {
        while let Some((byte, note)) = self.own.last() {
            let found = note.clone().and_then(|note| Ok((Checkpoint::of(&note)?, note)));
            let (checkpoint, note) = match found {
                Ok(found) => found,
                Err(TrustError::Malformed { what, at }) => {
                    return Err(self.fault(*byte + at as u64, edge.leaves(), what));
                }
                Err(error) => return Err(self.fault(*byte, edge.leaves(), &error.to_string())),
            };
            if checkpoint.size > edge.leaves() {
                break;
            }
            let byte = *byte;
            self.own.pop();
            self.meet(byte, &checkpoint, &note, edge)?;
        }
        while let Some((kept, checkpoint)) =
            self.against.pop_if(|(_, checkpoint)| checkpoint.size <= edge.leaves())
        {
            let signed = self.signature(&kept.note, &checkpoint);
            let told = match signed {
                Ok(()) if checkpoint.root == edge.root() => continue,
                Ok(()) => "the records of the log are not those of this checkpoint".to_owned(),
                Err(error) => error.to_string(),
            };
            return Err(elsewhere(&kept, edge.leaves().saturating_sub(1), told));
        }
        Ok(())
    }

    /// Every append that holds a decision is followed by a checkpoint, once there is one.
    pub(super) fn pass(&mut self, record: &Record, ends: bool, live: bool) -> Result<(), Found> {
        if self.signed > record.position.0 {
            self.decided = false;
            return Ok(());
        }
        self.decided |= !record.event.is_fact();
        if !ends || !std::mem::take(&mut self.decided) || self.met == 0 {
            return Ok(());
        }
        if live && self.own.is_empty() {
            return Ok(());
        }
        let byte = self.own.last().map_or(self.bytes.unwrap_or_default(), |it| it.0);
        Err(self.fault(byte, record.position.0, "no checkpoint follows this decision"))
    }

    /// Whether checkpoints speak of more records than there are.
    pub(super) fn end(&mut self, edge: &Edge, live: bool) -> Result<(), Found> {
        let records = edge.leaves();
        if let (Some((kept, checkpoint)), false) = (self.against.last(), live) {
            let what = format!(
                "this checkpoint knows {} records, the log ends before record {records}",
                checkpoint.size
            );
            return Err(elsewhere(kept, records, what));
        }
        if let (Some((byte, _)), false) = (self.own.last(), live) {
            let what = format!("it knows more records, the log ends before record {records}");
            return Err(self.fault(*byte, records, &what));
        }
        if self.bytes == Some(0) && !live {
            return Err(self.fault(0, records, "there is no checkpoint in it"));
        }
        Ok(())
    }

    fn meet(
        &mut self,
        byte: u64,
        checkpoint: &Checkpoint,
        note: &Note,
        edge: &Edge,
    ) -> Result<(), Found> {
        let position = edge.leaves().saturating_sub(1);
        let origin = self.origin.get_or_insert_with(|| checkpoint.origin.clone());
        let fault = if *origin != checkpoint.origin {
            Some("a checkpoint of another log".to_owned())
        } else if checkpoint.size <= self.signed {
            Some(format!("a checkpoint of {} records out of its turn", checkpoint.size))
        } else if checkpoint.root != edge.root() {
            Some(format!("not the root of the first {} records", checkpoint.size))
        } else {
            self.signature(note, checkpoint).err().map(|it| it.to_string())
        };
        if let Some(what) = fault {
            return Err(self.fault(byte, position, &what));
        }
        (self.met, self.signed) = (self.met + 1, checkpoint.size);
        Ok(())
    }

    /// Whether one of the keys has signed; without keys, whether somebody of that name claims to.
    fn signature(&self, note: &Note, checkpoint: &Checkpoint) -> Result<(), TrustError> {
        let name = || checkpoint.origin.clone();
        let claimed = note.signatures.iter().any(|it| it.name == checkpoint.origin);
        let mut result = Err(TrustError::Unsigned { name: name() });
        if self.keys.is_empty() && claimed {
            return Ok(());
        }
        for key in self.keys.iter().filter(|it| it.name() == checkpoint.origin) {
            result = key.verify(note);
            if result.is_ok() {
                break;
            }
        }
        result
    }

    fn fault(&self, byte: u64, position: u64, what: &str) -> Found {
        let (file, position) = (self.path.clone(), Position(position));
        Fault { file, byte, position, what: what.into() }.into()
    }
}

/// A fault of a checkpoint that was kept elsewhere.
fn elsewhere(kept: &Kept, position: u64, what: String) -> Found {
    let (file, byte, position) = (kept.file.clone(), kept.byte, Position(position));
    Fault { file, byte, position, what }.into()
}

/// The notes of a file, each with the place of its first byte.
fn notes(bytes: &[u8]) -> Vec<(u64, Result<Note, TrustError>)> {
    let (text, broken) = match str::from_utf8(bytes) {
        Ok(text) => (text, None),
        Err(error) => {
            let at = error.valid_up_to();
            (str::from_utf8(&bytes[..at]).unwrap_or_default(), Some(at))
        }
    };
    let mut all: Vec<_> = Note::all(text).map(|(at, note)| (at as u64, note)).collect();
    if let Some(at) = broken {
        let what = "a text that is not UTF-8";
        all.push((at as u64, Err(TrustError::Malformed { what, at: 0 })));
    }
    all
}
