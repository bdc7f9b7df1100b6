//! A snapshot, compared with the state that the records of its log lead to.
//!
//! Every program that opens the log trusts a snapshot with valid checksums; only a fold shows that
//! it was forged.

use std::path::PathBuf;

use crate::engine::{Memory, Position, Record};
use crate::wire::snapshot::{Snapshot, SnapshotFound};

use super::audit::Fault;
use super::tree::Edge;

/// The stored snapshot, and the fold up to it.
pub struct SnapshotAudit {
    path: PathBuf,
    remedy: String,
    stored: Option<Snapshot>,
    memory: Memory,
    /// What is wrong with it, and at which record.
    wrong: Option<(Position, String)>,
}

impl SnapshotAudit {
    /// Begins before the first record; none where no snapshot is stored. `remedy` says what to do
    /// about a damaged one.
    pub fn new(
        path: PathBuf,
        remedy: String,
        found: Result<Snapshot, SnapshotFound>,
    ) -> Option<Self> {
        let (stored, wrong) = match found {
            Ok(stored) => (Some(stored), None),
            Err(SnapshotFound::Wrong(why)) => (None, Some((Position(0), why))),
            Err(SnapshotFound::None | SnapshotFound::Used(_)) => return None,
        };
        Some(Self { path, remedy, stored, memory: Memory::default(), wrong })
    }

    /// Applies the next record; `edge` is that of the tree over all records up to it.
    pub(super) fn apply(&mut self, record: &Record, edge: &Edge) {
        let Some(stored) = &self.stored else { return };
        if self.memory.evolve(record).is_err() {
            // The pass itself reports what is wrong with the records.
            self.stored = None;
            return;
        }
        if self.memory.next < Position(stored.records) {
            return;
        }
        let wrong = if !stored.is_state_of(&self.memory) {
            Some("it is not the state that the records lead to")
        } else if stored.root != edge.root() {
            Some("it was made of other records")
        } else if stored.rules != self.memory.adopted_at {
            Some("it names other rules than the records")
        } else {
            None
        };
        self.wrong = wrong.map(|why| (record.position, why.into()));
        (self.stored, self.memory) = (None, Memory::default());
    }

    /// What is wrong with it, once all records have been applied.
    pub(super) fn fault(&self, edge: &Edge) -> Option<Fault> {
        if let Some((position, why)) = &self.wrong {
            let what = format!("the snapshot is damaged: {why}. {}", self.remedy);
            let fault = Fault::new(self.path.clone(), None, *position, what);
            return Some(Fault { damaged_snapshot: true, ..fault });
        }
        let knows = self.stored.as_ref()?.records;
        let records = edge.leaves();
        let what = format!("it knows {knows} records, the log ends before record {records}");
        Some(Fault::new(self.path.clone(), None, Position(records), what))
    }
}
