//! The log in a folder, as commands open it to write.

use std::path::Path;

use crate::engine::Position;
use crate::io::segments::{SegmentLog, SnapshotFound};

use super::{Failure, notes, rules};

/// Opens it for writing; says what a crash has left and was cut off. A key signs what is decided.
pub(super) fn write(folder: &Path, key: Option<&Path>) -> Result<SegmentLog, Failure> {
    let key = key.map(notes::signer).transpose()?;
    let mut log = SegmentLog::open(folder, rules::parse).map_err(anyhow::Error::new)?;
    if let Some(torn) = log.repaired() {
        tracing::warn!(
            file = %torn.path.display(), byte = torn.at, bytes = torn.bytes,
            "a crash left a torn tail, it is cut off"
        );
    }
    if let Some(why) = folded(&log) {
        tracing::warn!(folder = %folder.display(), "{why}");
    }
    match key {
        Some(key) => log.sign(key).map_err(anyhow::Error::new)?,
        None if log.is_signed() => {
            let folder = folder.display();
            let words = format!("the log in {folder} is signed: name its key with --key FILE");
            return Err(Failure::Usage(words));
        }
        None => {}
    }
    Ok(log)
}

/// Why a log that was opened for writing is folded from its start.
pub(super) fn folded(log: &SegmentLog) -> Option<String> {
    let found = log.snapshot_found();
    let folded = !matches!(found, SnapshotFound::Used(_)) && log.next() > Position(0);
    folded.then(|| format!("the state beside the log: {found}"))
}
