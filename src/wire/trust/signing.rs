//! How a writer goes on signing its log, wherever the log is stored.
//!
//! A signature follows from key and text. So checkpoints that a crash took are made again, byte for
//! byte, on the next start.

use crate::engine::Record;
use crate::wire::log_reader::{LogReader, ReadError};

use super::checkpoint::Checkpoint;
use super::key::SignerKey;
use super::note::Note;
use super::tree::{Edge, leaf};
use super::{Hash, TrustError};

/// Why a log is not signed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum SignError {
    /// Another key has signed it; what to do.
    OtherKey(String),
    /// Its last checkpoint is damaged, or is not a checkpoint of these records.
    Damaged(String),
    /// Its records cannot be read.
    Read(ReadError),
}

/// A record count with the root of the tree over so many records.
pub type Unsigned = (u64, Hash);

/// The last checkpoint of a log, if this key has signed it. `how_to_restart` says how to get rid of the
/// checkpoints of another key.
pub fn last(note: &Note, key: &SignerKey, how_to_restart: &str) -> Result<Checkpoint, SignError> {
    let damaged = |error: TrustError| SignError::Damaged(error.to_string());
    match key.verifier().verify(note) {
        Ok(()) => Checkpoint::of(note).map_err(damaged),
        Err(TrustError::Unsigned { .. }) => Err(SignError::OtherKey(format!(
            "these checkpoints were signed by another key: name that one, or {how_to_restart} to \
             start again"
        ))),
        Err(error) => Err(damaged(error)),
    }
}

/// Reads the records after `edge` and says where a checkpoint is missing: after each append that
/// holds a decision, or once at the end where there is none yet. A log that is shorter than its
/// last checkpoint, or another one, is refused.
pub fn unsigned(
    reader: &mut dyn LogReader,
    mut edge: Edge,
    last: Option<&Checkpoint>,
) -> Result<(Edge, Vec<Unsigned>), SignError> {
    let (mut missing, mut decided) = (Vec::new(), false);
    is_of(&edge, last)?;
    while let Some(record) = reader.next_record().map_err(SignError::Read)? {
        edge.push(leaf(reader.bytes()), |_| {});
        is_of(&edge, last)?;
        if last.is_none_or(|it| edge.leaves() <= it.size) {
            continue;
        }
        decided |= is_decision(&record);
        if decided && reader.ends_append() {
            missing.push((edge.leaves(), edge.root()));
            decided = false;
        }
    }
    let records = edge.leaves();
    match last {
        Some(last) if last.size > records => {
            let words = format!("it knows {} records, the log has {records}", last.size);
            return Err(SignError::Damaged(words));
        }
        None if records > 0 => missing.push((records, edge.root())),
        Some(_) | None => {}
    }
    Ok((edge, missing))
}

/// Whether a checkpoint follows the append of this record.
pub fn is_decision(record: &Record) -> bool {
    !record.event.is_fact()
}

/// Compares the root with that of a checkpoint over so many records.
fn is_of(edge: &Edge, last: Option<&Checkpoint>) -> Result<(), SignError> {
    match last {
        Some(last) if last.size == edge.leaves() && last.root != edge.root() => {
            let words = format!("the first {} records are not those it signed", last.size);
            Err(SignError::Damaged(words))
        }
        Some(_) | None => Ok(()),
    }
}

/// What is wrong with a checkpoint that should be one of those carried over.
pub const NOT_CARRIED: &str = "not the checkpoint that the log to be carried over has";

/// The checkpoints that are still to be carried over. Those that are there already must be the
/// first of them; else the place of the first other one is returned.
pub fn still_to_carry<P>(
    there: impl IntoIterator<Item = (P, Option<Note>)>,
    carried: &[Note],
) -> Result<&[Note], P> {
    let mut count = 0;
    for (place, note) in there {
        if !note.is_some_and(|it| it.says_the_same_as(carried.get(count))) {
            return Err(place);
        }
        count += 1;
    }
    Ok(carried.get(count..).unwrap_or_default())
}
