//! The stored hashes of a log, compared with those of its records.

use std::path::PathBuf;

use crate::engine::Position;

use super::Hash;
use super::audit::Fault;
use super::tree::{Edge, FILE_HEAD};

/// The hashes in the file, and how far they have been compared.
pub struct TreeAudit {
    path: PathBuf,
    bytes: Vec<u8>,
    at: usize,
    /// The first record without a hash.
    ends_before: Option<Position>,
}

impl TreeAudit {
    /// Begins before the first record, with the bytes of the file.
    pub fn new(path: PathBuf, bytes: Vec<u8>) -> Self {
        Self { path, bytes: without_zeros(bytes), at: 0, ends_before: None }
    }

    /// What is wrong with the next hash. One that is missing is not wrong: hashes are written after
    /// their records and are not synced, so a kill, a power cut or a full disk can take them. They
    /// prove nothing that the records do not prove.
    pub(super) fn fault(&mut self, hash: &Hash, position: Position) -> Option<Fault> {
        self.head(position)
            .or_else(|| self.differs(hash, position, "not the hash of the records in the log"))
    }

    /// Whether something stands after the last hash. A writer adds hashes after their records, and
    /// these were read first: no writer at work explains it.
    pub(super) fn end(&mut self, edge: &Edge) -> Result<(), Fault> {
        let position = Position(edge.leaves());
        if let Some(fault) = self.head(position) {
            return Err(fault);
        }
        if self.is_read() {
            return Ok(());
        }
        let what = format!("the tree goes on, the log ends before record {}", position.0);
        let byte = Some(self.at as u64);
        Err(Fault::new(self.path.clone(), byte, position, what))
    }

    /// How many of the records have no hash.
    pub(super) fn missing(&self, edge: &Edge) -> u64 {
        self.ends_before.map_or(0, |it| edge.leaves() - it.0)
    }

    /// Whether nothing stands after the hashes that have passed.
    pub(super) fn is_read(&self) -> bool {
        self.at.max(FILE_HEAD.len()) >= self.bytes.len()
    }

    fn head(&mut self, position: Position) -> Option<Fault> {
        if self.at > 0 {
            return None;
        }
        self.differs(FILE_HEAD, position, "this is no tree of this version")
    }

    fn differs(&mut self, expected: &[u8], position: Position, what: &str) -> Option<Fault> {
        let (start, end) = (self.at, self.at + expected.len());
        self.at = end;
        let found = self.bytes.get(start..end.min(self.bytes.len())).unwrap_or_default();
        if let Some(within) = found.iter().zip(expected).position(|(found, right)| found != right) {
            let byte = Some((start + within) as u64);
            return Some(Fault::new(self.path.clone(), byte, position, what));
        }
        if found.len() < expected.len() {
            self.ends_before.get_or_insert(position);
        }
        None
    }
}

/// Without the zeros that a power cut leaves where bytes were not synced. No hash is all zeros.
fn without_zeros(mut bytes: Vec<u8>) -> Vec<u8> {
    let zeros = bytes.iter().rev().take_while(|it| **it == 0).count();
    let end = (bytes.len() - zeros).next_multiple_of(size_of::<Hash>());
    bytes.truncate(end);
    bytes
}
