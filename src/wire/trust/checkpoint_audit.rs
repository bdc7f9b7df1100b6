//! Compares the checkpoints of a log, and others stored elsewhere, with its records.

use std::path::PathBuf;

use crate::engine::{Position, Record};

use super::TrustError;
use super::audit::{AuditOptions, ExternalCheckpoint, Fault};
use super::checkpoint::Checkpoint;
use super::key::VerifierKey;
use super::note::Note;
use super::tree::Edge;

/// The stored checkpoints of a log.
#[derive(Debug)]
pub struct StoredCheckpoints {
    /// In which file, or partition of a topic.
    pub file: PathBuf,
    /// In their order, each with its place: a byte, or an offset.
    pub notes: Vec<(u64, Result<Note, TrustError>)>,
    /// Where the next one would stand; none where there is no place for them yet.
    pub end: Option<u64>,
}

impl StoredCheckpoints {
    /// Those that can be read, each with its place.
    pub fn readable(&self) -> impl DoubleEndedIterator<Item = (u64, &Note)> {
        self.notes.iter().filter_map(|(at, note)| Some((*at, note.as_ref().ok()?)))
    }
}

/// Checkpoints in the order in which a pass over the log meets them.
pub(super) struct CheckpointAudit {
    file: PathBuf,
    end: Option<u64>,
    /// Whether there is a place for them, and nothing in it.
    empty: bool,
    keys: Vec<VerifierKey>,
    /// Those of the log that have not been met, the next one last.
    own: Vec<(u64, Result<Note, TrustError>)>,
    /// Those kept elsewhere, the next one last.
    against: Vec<(ExternalCheckpoint, Checkpoint)>,
    origin: Option<String>,
    met: u64,
    signed: u64,
    /// Whether a decision has been passed since the last one.
    decided: bool,
    /// The end of the first append with a decision that the last checkpoint does not cover.
    unsigned: Option<Position>,
    /// The same of those that the first checkpoint covers.
    signed_late: Option<Position>,
}

impl CheckpointAudit {
    /// All of them, and what was kept elsewhere.
    pub(super) fn new(own: StoredCheckpoints, options: &AuditOptions) -> Result<Self, Fault> {
        let mut against = Vec::new();
        for kept in &options.against {
            let checkpoint = Checkpoint::of(&kept.note)
                .map_err(|error| elsewhere(kept, 0, error.to_string()))?;
            against.push((kept.clone(), checkpoint));
        }
        against.sort_by_key(|it| std::cmp::Reverse(it.1.size));
        let StoredCheckpoints { file, mut notes, end } = own;
        notes.reverse();
        Ok(Self {
            empty: end.is_some() && notes.is_empty(),
            file,
            end,
            keys: options.keys.clone(),
            own: notes,
            against,
            origin: None,
            met: 0,
            signed: 0,
            decided: false,
            unsigned: None,
            signed_late: None,
        })
    }

    /// How many there were, and how many records the last one covers.
    pub(super) fn seen(&self) -> (u64, u64) {
        (self.met, self.signed)
    }

    /// The end of the first append with a decision that had no checkpoint of its own when the first
    /// one came: there was no key yet, or checkpoints were deleted.
    pub(super) fn signed_late(&self) -> Option<Position> {
        self.signed_late
    }

    /// Looks at those that speak of a log of this length.
    pub(super) fn reach(&mut self, edge: &Edge) -> Result<(), Fault> {
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
            let detail = match signed {
                Ok(()) if checkpoint.root == edge.root() => continue,
                Ok(()) => "the records of the log are not those of this checkpoint".to_owned(),
                Err(error) => error.to_string(),
            };
            return Err(elsewhere(&kept, edge.leaves().saturating_sub(1), detail));
        }
        Ok(())
    }

    /// Every append with a decision must be followed by a checkpoint, after the first checkpoint.
    /// If a key is given, this holds from the start.
    pub(super) fn pass(&mut self, record: &Record, ends: bool, live: bool) -> Result<(), Fault> {
        if self.signed > record.position.0 {
            self.decided = false;
            return Ok(());
        }
        self.decided |= !record.event.is_fact();
        if !ends || !std::mem::take(&mut self.decided) {
            return Ok(());
        }
        if self.met == 0 || (live && self.own.is_empty()) {
            self.unsigned.get_or_insert(record.position);
            return Ok(());
        }
        Err(self.no_checkpoint_follows(record.position))
    }

    /// The end of the first append with a decision that the last checkpoint does not cover: a
    /// fault, unless a writer is about to sign it. If a key is given, all decisions must be signed.
    pub(super) fn unsigned(&self) -> Option<Position> {
        self.unsigned.filter(|_| self.met > 0 || !self.keys.is_empty())
    }

    /// Whether a checkpoint that came while the log was read covers that decision. Where it knows
    /// more records than were read, its signature must do.
    pub(super) fn is_made_up_by(&self, note: &Note, edge: &Edge) -> bool {
        let Ok(checkpoint) = Checkpoint::of(note) else { return false };
        let covers = self.unsigned.is_some_and(|it| checkpoint.size > it.0);
        let fits = checkpoint.size != edge.leaves() || checkpoint.root == edge.root();
        let of_this_log = self.origin.as_ref().is_none_or(|it| *it == checkpoint.origin);
        covers && fits && of_this_log && self.signature(note, &checkpoint).is_ok()
    }

    /// The fault of an unsigned decision.
    pub(super) fn no_checkpoint_follows(&self, position: Position) -> Fault {
        let byte = self.own.last().map_or(self.end.unwrap_or_default(), |it| it.0);
        self.fault(byte, position.0, "no checkpoint follows this decision")
    }

    /// Whether checkpoints speak of more records than there are. They were read before the records,
    /// and are written after them, so a writer at work does not explain it.
    pub(super) fn end(&mut self, edge: &Edge) -> Result<(), Fault> {
        let records = edge.leaves();
        if let Some((kept, checkpoint)) = self.against.last() {
            let what = format!(
                "this checkpoint knows {} records, the log ends before record {records}",
                checkpoint.size
            );
            return Err(elsewhere(kept, records, what));
        }
        if let Some((byte, _)) = self.own.last() {
            let what = format!("it knows more records, the log ends before record {records}");
            return Err(self.fault(*byte, records, &what));
        }
        if self.empty {
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
    ) -> Result<(), Fault> {
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
        if self.met == 0 {
            self.signed_late = self.unsigned;
        }
        (self.met, self.signed, self.unsigned) = (self.met + 1, checkpoint.size, None);
        Ok(())
    }

    /// Whether one of the keys has signed it; without keys, whether there is a signature of that
    /// name.
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

    fn fault(&self, byte: u64, position: u64, what: &str) -> Fault {
        let (file, position) = (self.file.clone(), Position(position));
        Fault::new(file, Some(byte), position, what)
    }
}

/// A fault of a checkpoint that was kept elsewhere.
fn elsewhere(kept: &ExternalCheckpoint, position: u64, what: String) -> Fault {
    let (file, byte) = (kept.file.clone(), Some(kept.byte));
    Fault::new(file, byte, Position(position), what)
}

/// The notes of a file, each with the place of its first byte.
pub fn notes(bytes: &[u8]) -> Vec<(u64, Result<Note, TrustError>)> {
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
