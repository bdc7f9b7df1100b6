//! The log as files in a folder, for one writer and any number of readers.
//!
//! ```text
//! log/
//!   lock                        held by the writer, says its process id
//!   00000000000000000000.avro   one segment, named by the position of its first record
//!   00000000000000018231.avro   the next one; only the last is written to
//!   tree                        hashes over the records; can be made again from them
//!   checkpoints                 signed notes: how long the log was, and the root of its tree
//!   snapshot                    the state that the first records lead to; only a cache
//!
//! segment = header block*                an Avro object container file
//! header  = "Obj\x01" metadata marker    metadata: avro.schema, avro.codec = null,
//!                                          airshed.format = 1, airshed.first = position
//! marker  = 16 bytes: 0xff, then 15 of the SHA-256 of the header before it
//! block   = count size record{count} marker     one append: there as a whole, or not there
//! ```
//!
//! The marker follows from the header, so that equal records make equal files, and a changed
//! header is noticed. It begins with a byte that no text contains. Each record ends with a
//! check of its own bytes. A segment comes to life under its name with a whole header, so a
//! broken header is never the work of a crash.
//!
//! A crash can only tear the last block. Opening to write cuts it off and says so; opening to
//! read stops before it. Anything else that is broken is an error with file and byte.
//!
//! Every block was synced before the next one was written. Of the last block nothing is known, so
//! opening to write writes it again and syncs it before anything is done with its records.
//!
//! `tree` and `snapshot` follow from the records. Where they cannot be written the log goes on.
//!
//! What else lies in the folder under other names is left alone.

mod active;
mod block;
mod checkpoints;
mod compact;
mod durable;
mod error;
mod header;
mod lock;
mod reader;
mod recovery;
mod snapshot;
mod tree;
mod verify;
mod writer;

#[cfg(test)]
mod tests;

use std::fs;
use std::path::{Path, PathBuf};

use crate::engine::Position;

pub use checkpoints::read as read_checkpoints;
pub use compact::{CompactError, Compacted, DerivedFile, compact};
pub use durable::settle;
use error::Doing;
pub use error::SegmentError;
pub use reader::SegmentReader;
pub use recovery::Torn;
pub use snapshot::{TakenUp, take_up};
pub use tree::TreeFound;
pub use verify::verify;
pub use writer::{Options, SegmentLog};

const EXTENSION: &str = "avro";

/// A segment's file name.
fn file_name(first: Position) -> String {
    format!("{:020}.{EXTENSION}", first.0)
}

/// The segments of a folder, by rising position; empty where there is no folder.
fn segments(folder: &Path) -> Result<Vec<(Position, PathBuf)>, SegmentError> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).doing("list", folder)? {
        let path = entry.doing("list", folder)?.path();
        if let Some(first) = first_of(&path) {
            found.push((first, path));
        }
    }
    found.sort();
    Ok(found)
}

/// The position of the first record of a segment with this path; none if no segment has it.
fn first_of(path: &Path) -> Option<Position> {
    let name = path.file_name()?.to_str()?;
    let stem = name.strip_suffix(EXTENSION)?.strip_suffix('.')?;
    let first = stem.parse().ok().map(Position)?;
    (name == file_name(first)).then_some(first)
}
