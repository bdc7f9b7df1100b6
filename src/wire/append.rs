//! One append as it stands in a log, to be carried into another one byte by byte.

use std::sync::Arc;

/// What was appended as a whole.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Append {
    /// The schema by which its records are written.
    pub schema: Arc<str>,
    /// At least one, with positions that go on.
    pub records: Vec<Carried>,
}

/// A record and its bytes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Carried {
    /// Its place in the log.
    pub position: u64,
    /// Name of its type.
    pub kind: &'static str,
    /// Its bytes: the leaf of the log's tree.
    pub bytes: Vec<u8>,
}

impl Append {
    /// The position of its first record.
    pub fn first(&self) -> u64 {
        self.records.first().map_or(0, |it| it.position)
    }

    /// How many bytes its records have.
    pub fn bytes(&self) -> usize {
        self.records.iter().map(|it| it.bytes.len()).sum()
    }
}
