//! The checkpoints of a log, by their sizes.

use std::collections::BTreeMap;

use super::LogLocation;
use crate::app::support::{Failure, output};
use crate::wire::trust::checkpoint::Checkpoint;

/// The checkpoints of a log, as signed notes by their sizes.
#[derive(Clone, Debug, Default)]
pub(in crate::app) struct Checkpoints(BTreeMap<u64, String>);

impl Checkpoints {
    /// Those stored with a log. One that cannot be read is left out: `log verify` reports it.
    pub(in crate::app) fn of(log: &LogLocation) -> Result<Self, Failure> {
        let notes = log.notes()?.notes;
        let mut all = BTreeMap::new();
        for note in notes.into_iter().filter_map(|(_, note)| note.ok()) {
            match Checkpoint::of(&note) {
                Ok(checkpoint) => {
                    all.insert(checkpoint.size, note.to_string());
                }
                Err(error) => output::note(&format!("{error}: see `airshed log verify`")),
            }
        }
        Ok(Self(all))
    }

    /// The oldest one that covers the record at a position. It stays the same as the log grows.
    pub(in crate::app) fn covering(&self, position: u64) -> Option<&str> {
        self.0.range(position + 1..).next().map(|it| it.1.as_str())
    }
}
