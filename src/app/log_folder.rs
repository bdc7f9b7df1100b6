//! The log in a folder, as commands open it.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;

use crate::domain::RuleBook;
use crate::engine::Position;
use crate::io::segments::{SegmentLog, SegmentReader};
use crate::wire::record::RuleFiles;
use crate::wire::rule_book;

use super::Failure;

/// Opens it for writing; says what a crash has left and was cut off.
pub(super) fn write(folder: &Path) -> Result<SegmentLog, Failure> {
    let opened = SegmentLog::open(folder, rules_of_log);
    let log = opened.with_context(|| format!("the log {}", folder.display()))?;
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
    let opened = SegmentReader::open(folder, Position::default(), rules_of_log);
    Ok(opened.with_context(|| format!("the log {}", folder.display()))?)
}

/// Each log keeps the texts of its rules.
fn rules_of_log(files: &RuleFiles) -> Result<Arc<RuleBook>, String> {
    rule_book::parse(files.to_vec()).map(Arc::new).map_err(|error| error.to_string())
}
