//! The log in a folder, as commands open it.

use std::path::Path;

use crate::engine::Position;
use crate::io::segments::{SegmentLog, SegmentReader};

use super::{Failure, rules};

/// Opens it for writing; says what a crash has left and was cut off.
pub(super) fn write(folder: &Path) -> Result<SegmentLog, Failure> {
    let log = SegmentLog::open(folder, rules::parse).map_err(anyhow::Error::new)?;
    if let Some(torn) = log.repaired() {
        tracing::warn!(
            file = %torn.path.display(), byte = torn.at, bytes = torn.bytes,
            "a crash left a torn tail, it is cut off"
        );
    }
    Ok(log)
}

/// Opens it for reading, from its first record on.
pub(super) fn read(folder: &Path) -> Result<SegmentReader, Failure> {
    let opened = SegmentReader::open(folder, Position::default(), rules::parse);
    Ok(opened.map_err(anyhow::Error::new)?)
}

/// Says what a reader had to leave out at the end.
pub(super) fn tell_torn(reader: &SegmentReader) {
    if let Some(torn) = reader.torn() {
        tracing::warn!(
            file = %torn.path.display(), byte = torn.at, bytes = torn.bytes,
            "the last append is not whole and is left out"
        );
    }
}
