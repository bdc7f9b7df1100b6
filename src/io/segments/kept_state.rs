//! The state beside a log, held against what its records lead to.
//!
//! Whoever opens the log believes a snapshot whose sums fit; only a fold can tell a forged one.

use std::path::{Path, PathBuf};

use crate::engine::{Memory, Position, Record};
use crate::wire::state;
use crate::wire::trust::audit::Fault;

use super::snapshot::{self, Snapshot};

/// The snapshot that was kept, and the fold up to it.
pub(super) struct KeptState {
    path: PathBuf,
    kept: Option<Snapshot>,
    memory: Memory,
}

impl KeptState {
    /// None where there is none to be believed.
    pub(super) fn open(folder: &Path) -> Option<Self> {
        let kept = snapshot::read(folder).ok()?;
        Some(Self { path: snapshot::path(folder), kept: Some(kept), memory: Memory::default() })
    }

    /// Takes the next record in; what is wrong with the state, once its place is reached.
    pub(super) fn fault(&mut self, record: &Record) -> Option<Fault> {
        let kept = self.kept.as_ref()?;
        if self.memory.evolve(record).is_err() {
            // The pass itself tells what is wrong with the records.
            self.kept = None;
            return None;
        }
        if self.memory.next < Position(kept.records) {
            return None;
        }
        let (mut bytes, mut beside) = (Vec::new(), Vec::new());
        state::write(&self.memory, &mut bytes);
        state::write_beside(&self.memory, &mut beside);
        let fits = kept.is_state(&bytes, &beside);
        (self.kept, self.memory) = (None, Memory::default());
        (!fits).then(|| Fault {
            file: self.path.clone(),
            byte: None,
            position: record.position,
            what: "not the state that the records lead to: delete it, it is made again".into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use sha2::{Digest as _, Sha256};

    use super::*;
    use crate::engine::{EventLog as _, Occasion};
    use crate::io::segments::testing::records;
    use crate::io::segments::{SegmentLog, verify};
    use crate::wire::record::samples::parse;
    use crate::wire::trust::audit::Asked;

    /// Who can write can make sums that fit; who folds finds it.
    #[test]
    fn a_forged_state_with_sums_that_fit_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let mut log = SegmentLog::open(folder.path(), parse).unwrap();
        let mut memory = Memory::default();
        for record in &records(26) {
            log.append(std::slice::from_ref(record)).unwrap();
            memory.evolve(record).unwrap();
        }
        log.remember(&memory, Occasion::End);
        drop(log);
        let fault =
            || verify(folder.path(), parse, &Asked::default(), &mut |_, _| {}).unwrap().err();
        assert_eq!(fault(), None);
        let path = snapshot::path(folder.path());
        let whole = fs::read(&path).unwrap();
        memory.airshed.epoch += 39;
        let root = whole[whole.len() - 32..].try_into().unwrap();
        drop(snapshot::write(folder.path(), &memory, &root));
        // With the root of the log, which lies beside it.
        let mut forged = fs::read(&path).unwrap();
        let head = forged.windows(32).position(|it| it == root).unwrap();
        forged[head..head + 32].copy_from_slice(&whole[head..head + 32]);
        let end = forged.len() - 32;
        let check = Sha256::digest(&forged[..end]);
        forged[end..].copy_from_slice(&check);
        fs::write(&path, forged).unwrap();
        let told = fault().unwrap();
        assert!(told.file.ends_with("snapshot") && told.position == Position(25), "{told:?}");
        assert!(told.what.contains("not the state"), "{told:?}");
    }
}
