//! The tree file of a log, held against its records.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::engine::Position;
use crate::wire::trust::Hash;
use crate::wire::trust::audit::Fault;
use crate::wire::trust::tree::Edge;

use super::SegmentError;
use super::error::Doing as _;
use super::tree;
use super::verify::Found;

/// The hashes that were kept, and how far they have been found right.
pub(super) struct KeptTree {
    path: PathBuf,
    bytes: Vec<u8>,
    at: usize,
}

impl KeptTree {
    /// Reads them, where there are any.
    pub(super) fn open(folder: &Path) -> Result<Option<Self>, SegmentError> {
        let path = tree::path(folder);
        match fs::read(&path) {
            Ok(bytes) => Ok(Some(Self { path, bytes, at: 0 })),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).doing("read", &path),
        }
    }

    /// What is wrong with the next hash. While somebody writes, it may not be there yet.
    pub(super) fn fault(&mut self, hash: &Hash, position: Position, live: bool) -> Option<Fault> {
        if self.at == 0 {
            let fault = self.differs(tree::head(), Position(0), live);
            if fault.is_some() {
                return fault;
            }
        }
        self.differs(hash, position, live)
    }

    /// Whether something stands after the last hash. A writer adds hashes after their records, and
    /// these were read first: nobody who is at work explains it.
    pub(super) fn end(&mut self, edge: &Edge, live: bool) -> Result<(), Found> {
        let position = Position(edge.leaves());
        if self.at == 0
            && let Some(fault) = self.differs(tree::head(), position, live)
        {
            return Err(fault.into());
        }
        if self.at >= self.bytes.len() {
            return Ok(());
        }
        let what = format!("the tree goes on, the log ends before record {}", position.0);
        let byte = Some(self.at as u64);
        Err(Fault { file: self.path.clone(), byte, position, what }.into())
    }

    fn differs(&mut self, expected: &[u8], position: Position, live: bool) -> Option<Fault> {
        let (start, end) = (self.at, self.at + expected.len());
        self.at = end;
        let found = self.bytes.get(start..end.min(self.bytes.len())).unwrap_or_default();
        let differs = found.iter().zip(expected).position(|(found, right)| found != right);
        let (byte, what) = match differs {
            Some(within) => (start + within, "not the hash of the records in the log"),
            None if found.len() == expected.len() || live => return None,
            None => (self.bytes.len(), "the tree ends before the log"),
        };
        Some(Fault {
            file: self.path.clone(),
            byte: Some(byte as u64),
            position,
            what: what.into(),
        })
    }
}
