//! Opens the log in a folder for writing.

use std::path::{Path, PathBuf};

use crate::engine::Position;
use crate::io::segments::SegmentLog;
use crate::wire::snapshot::SnapshotFound;

use super::{Failure, notes, output, rules};

/// Opens a log for writing. With a key, decisions are signed.
pub(in crate::app) fn write(folder: &Path, key: Option<&Path>) -> Result<SegmentLog, Failure> {
    let key = key.map(notes::signer).transpose()?;
    let mut log = SegmentLog::open(folder, rules::parse).map_err(anyhow::Error::new)?;
    match key {
        Some(key) => {
            if !log.is_signed() && log.next() > Position(0) {
                output::note(&format!(
                    "{}: no checkpoint covers the {} records that are there; the first one is \
                     signed now, and vouches for them as they are",
                    folder.display(),
                    log.next().0
                ));
            }
            log.sign(key).map_err(anyhow::Error::new)?;
        }
        None if log.is_signed() => {
            let folder = folder.display();
            let words = format!("the log in {folder} is signed: name its key with --key FILE");
            return Err(Failure::Usage(words));
        }
        None => {}
    }
    Ok(log)
}

/// What opening a log found: a torn end that was cut off, and why the log is folded from its start.
pub(in crate::app) fn found(log: &SegmentLog) -> Vec<String> {
    let torn = log.repaired().map(|torn| {
        let (file, byte, bytes) = (torn.path.display(), torn.at, torn.bytes);
        format!("a crash left a torn end, which was cut off: {file}, byte {byte}, {bytes} bytes")
    });
    let state = log.snapshot_found();
    let is_folded = !matches!(state, SnapshotFound::Used(_)) && log.next() > Position(0);
    let folded = is_folded.then(|| format!("the snapshot of the log: {state}"));
    torn.into_iter().chain(folded).collect()
}

/// The derived files that could not be written, and why.
pub(in crate::app) fn left_out(log: &SegmentLog) -> Vec<String> {
    let said = |(file, why): &(PathBuf, String)| {
        let file = file.display();
        format!(
            "{file} could not be written: {why}. The log itself is whole; the file is made again \
             by the next run, or by `airshed log compact-index`"
        )
    };
    log.left_out().iter().map(said).collect()
}
