//! One pass over a log, wherever it is kept: each record after the one before it, all of them the
//! leaves of one tree, and every checkpoint is compared with them. Ends at the first fault.

use std::path::PathBuf;

use crate::domain::Timestamp;
use crate::engine::{Position, Record};
use crate::wire::log_reader::Damage;

use super::Hash;
use super::checkpoint_audit::{CheckpointAudit, StoredCheckpoints};
use super::key::VerifierKey;
use super::note::Note;
use super::tree::{self, Edge};

/// What a log is compared with, besides itself.
#[derive(Clone, Debug, Default)]
pub struct AuditOptions {
    /// The keys that may have signed its checkpoints. Without keys, signatures are not checked.
    pub keys: Vec<VerifierKey>,
    /// Checkpoints that are stored elsewhere.
    pub against: Vec<ExternalCheckpoint>,
}

/// A checkpoint that is stored outside the log.
#[derive(Clone, Debug)]
pub struct ExternalCheckpoint {
    /// In which file.
    pub file: PathBuf,
    /// Where in it.
    pub byte: u64,
    /// The checkpoint.
    pub note: Note,
}

/// A log without a fault.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Intact {
    /// How many records it has.
    pub records: u64,
    /// The root of their tree.
    pub root: Hash,
    /// How many checkpoints it has.
    pub checkpoints: u64,
    /// How many records the last of them covers.
    pub signed: u64,
    /// The first decision that was signed only with later ones, by the first checkpoint.
    pub signed_late: Option<Position>,
    /// Whether it has stored hashes; none for a log that cannot have any.
    pub tree: Option<bool>,
    /// How many of its records have no hash there.
    pub unhashed: u64,
    /// Bytes at its end that are the beginning of an append that was never durable.
    pub torn_bytes: u64,
}

/// The first thing that is wrong with a log.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Fault {
    /// In which file, or partition of a topic.
    pub file: PathBuf,
    /// At which byte of the file, or offset of the partition, where one can be named.
    pub byte: Option<u64>,
    /// At which record.
    pub position: Position,
    /// What.
    pub what: String,
    /// Whether only the snapshot is damaged, and every record is whole.
    pub damaged_snapshot: bool,
}

impl Fault {
    /// A fault of the log itself.
    pub fn new(
        file: PathBuf,
        byte: Option<u64>,
        position: Position,
        what: impl Into<String>,
    ) -> Self {
        Self { file, byte, position, what: what.into(), damaged_snapshot: false }
    }

    /// Damaged bytes where this record should be.
    pub(super) fn at(damage: Damage, position: Position) -> Self {
        Self::new(damage.file, Some(damage.byte), position, damage.what)
    }
}

/// A pass over a log.
pub struct Audit {
    live: bool,
    edge: Edge,
    recorded_at: Timestamp,
    checkpoints: CheckpointAudit,
}

impl Audit {
    /// Begins before the first record. While a writer may be at work (`live`), decisions that
    /// are not signed yet and checkpoints of records that have not been read are no fault.
    pub fn new(own: StoredCheckpoints, options: &AuditOptions, live: bool) -> Result<Self, Fault> {
        let (edge, recorded_at) = (Edge::default(), Timestamp(i64::MIN));
        let mut checkpoints = CheckpointAudit::new(own, options)?;
        checkpoints.reach(&edge)?;
        Ok(Self { live, edge, recorded_at, checkpoints })
    }

    /// The next record, its bytes and their place. Every hash that a growing tree stores passes by.
    pub fn take(
        &mut self,
        record: &Record,
        bytes: &[u8],
        place: impl FnOnce() -> (PathBuf, u64),
        store: impl FnMut(&Hash),
    ) -> Result<(), Fault> {
        if record.recorded_at < self.recorded_at {
            let what = format!(
                "recorded at {}, before the record before it, at {}",
                record.recorded_at, self.recorded_at
            );
            let (file, byte) = place();
            return Err(Fault::new(file, Some(byte), record.position, what));
        }
        self.recorded_at = record.recorded_at;
        self.edge.push(tree::leaf(bytes), store);
        Ok(())
    }

    /// Holds the checkpoints against what has been taken; whether this record ends its append.
    pub fn pass(&mut self, record: &Record, ends: bool) -> Result<(), Fault> {
        self.checkpoints.reach(&self.edge)?;
        self.checkpoints.pass(record, ends, self.live)
    }

    /// Whether anything speaks of more records than there are.
    pub fn end(&mut self) -> Result<(), Fault> {
        self.checkpoints.end(&self.edge)
    }

    /// The tree over what has been taken.
    pub fn edge(&self) -> &Edge {
        &self.edge
    }

    /// How many records the last checkpoint covers, and how many checkpoints there were.
    pub fn signed(&self) -> (u64, u64) {
        let (met, signed) = self.checkpoints.seen();
        (signed, met)
    }

    /// The fault that the last decisions have no checkpoint, where they have none.
    pub fn unsigned(&self) -> Option<Fault> {
        self.checkpoints.unsigned().map(|it| self.checkpoints.no_checkpoint_follows(it))
    }

    /// Whether a checkpoint that came meanwhile covers that decision, and is of this log.
    pub fn is_made_up_by(&self, note: &Note) -> bool {
        self.checkpoints.is_made_up_by(note, &self.edge)
    }

    /// What was found, all being well.
    pub fn intact(&self, tree: Option<bool>) -> Intact {
        let (checkpoints, signed) = self.checkpoints.seen();
        let (records, root) = (self.edge.leaves(), self.edge.root());
        let signed_late = self.checkpoints.signed_late();
        let (unhashed, torn_bytes) = (0, 0);
        Intact { records, root, checkpoints, signed, signed_late, tree, unhashed, torn_bytes }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::record;
    use crate::wire::record::samples::first_format;
    use crate::wire::trust::checkpoint::Checkpoint;
    use crate::wire::trust::key::SignerKey;
    use crate::wire::trust::tree::leaf;

    fn signed(origin: &str, key: u8, size: u64, root: Hash) -> Note {
        let key = SignerKey::new(origin, [key; 32], false).unwrap();
        Checkpoint { origin: origin.into(), size, root }.signed(&key)
    }

    /// A log of which the first record is signed and the last, a decision, is not.
    fn audited() -> Audit {
        let all = first_format();
        let bytes = |it: &Record| {
            let mut bytes = Vec::new();
            record::encode(it, &mut bytes);
            bytes
        };
        let first = signed("bth", 7, 1, {
            let mut edge = Edge::default();
            edge.push(leaf(&bytes(&all[0])), |_| {});
            edge.root()
        });
        let own =
            StoredCheckpoints { file: "own".into(), notes: vec![(0, Ok(first))], end: Some(1) };
        let keys = vec![SignerKey::new("bth", [7; 32], false).unwrap().verifier()];
        let mut audit = Audit::new(own, &AuditOptions { keys, against: Vec::new() }, true).unwrap();
        for it in &all {
            audit.take(it, &bytes(it), Default::default, |_| {}).unwrap();
            audit.pass(it, true).unwrap();
        }
        audit
    }

    #[test]
    fn only_a_checkpoint_of_the_log_makes_up_for_a_decision_that_nobody_had_signed() {
        let audit = audited();
        let unsigned = audit.unsigned().unwrap().position.0;
        let (records, root) = (audit.edge().leaves(), audit.edge().root());
        let check = |note: Note, expected: bool, what: &str| {
            assert_eq!(audit.is_made_up_by(&note), expected, "{what}");
        };
        check(signed("bth", 7, records, root), true, "the checkpoint that was due");
        check(signed("bth", 7, records + 5, [1; 32]), true, "one of a log that went on");
        check(signed("bth", 7, unsigned, root), false, "one that ends before it");
        check(signed("bth", 7, records, [1; 32]), false, "one with another root");
        check(signed("bth", 8, records, root), false, "one that another key has signed");
        check(signed("other", 7, records, root), false, "one of another log");
    }
}
