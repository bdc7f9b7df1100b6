//! The JSON of the newest records, made once for all streams.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::view::record_json;
use crate::engine::Entry;

/// Records that are remembered. Streams that are up to date are all at the same few records.
const RECORDS_MAX: usize = 64;
/// Bytes that are remembered.
const BYTES_MAX: usize = 8 << 20;

/// The JSON of the newest records, by position.
#[derive(Default)]
pub(super) struct Frames(Mutex<Newest>);

#[derive(Default)]
struct Newest {
    by_position: BTreeMap<u64, Arc<str>>,
    bytes: usize,
}

impl Frames {
    /// The JSON of a record, from memory if a stream has asked for it before.
    pub(super) fn json(&self, entry: &Entry) -> Arc<str> {
        let position = entry.record.position.0;
        let mut newest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(json) = newest.by_position.get(&position) {
            return Arc::clone(json);
        }
        let json: Arc<str> = record_json(entry).to_string().into();
        newest.remember(position, &json);
        json
    }
}

impl Newest {
    /// The oldest go first, so a stream that reads an old part of the log displaces nothing.
    fn remember(&mut self, position: u64, json: &Arc<str>) {
        self.bytes += json.len();
        self.by_position.insert(position, Arc::clone(json));
        while self.by_position.len() > RECORDS_MAX || self.bytes > BYTES_MAX {
            let Some((_, oldest)) = self.by_position.pop_first() else { break };
            self.bytes -= oldest.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_are_remembered_within_the_bounds() {
        let mut newest = Newest::default();
        let small: Arc<str> = "{}".into();
        for position in 0..100 {
            newest.remember(position, &small);
        }
        assert!(newest.by_position.keys().copied().eq(36..100));
        newest.remember(3, &small);
        assert_eq!(newest.by_position.first_key_value().map(|it| *it.0), Some(36));
        // One that is larger than all that may be remembered leaves nothing behind.
        newest.remember(100, &"x".repeat(BYTES_MAX + 1).into());
        assert_eq!((newest.by_position.len(), newest.bytes), (0, 0));
    }
}
