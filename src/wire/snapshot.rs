//! The state that the first records of a log lead to, in bytes: a cache that makes opening quick.
//! Where it is missing, old or wrong, the log is folded. It is never evidence.
//!
//! ```text
//! snapshot   = form records root rules digest state undigested check
//! form       = "airshed snapshot 2\n"
//! records    = long: how many records it covers
//! root       = 32 bytes: the root of their tree
//! rules      = null|long: the record that adopted the rules in force
//! digest     = string: that of the state
//! state      = bytes: the canonical ones
//! undigested = bytes: the rest of the state, which is not in the digest
//! check      = 32 bytes: SHA-256 of all before it
//! ```

use std::fmt;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use crate::domain::RuleBook;
use crate::engine::{Memory, Position};
use crate::wire::avro::{ByteReader, Malformed, Put};
use crate::wire::hash::Hash;
use crate::wire::state;

const FORM: &[u8] = b"airshed snapshot 2\n";
const ANY_FORM: &[u8] = b"airshed snapshot ";

/// What became of the snapshot of a log when the log was opened.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum SnapshotFound {
    /// The state was taken from it; it covers the records before this one.
    Used(Position),
    /// There is none.
    None,
    /// It was ignored; why.
    Wrong(String),
}

impl SnapshotFound {
    /// Whether it is there and not what it should be.
    pub fn is_wrong(&self) -> bool {
        matches!(self, Self::Wrong(_))
    }

    fn wrong(why: impl Into<String>) -> Self {
        Self::Wrong(why.into())
    }
}

impl fmt::Display for SnapshotFound {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Used(at) => write!(out, "used, at record {}", at.0),
            Self::None => out.write_str("none: folded from the start"),
            Self::Wrong(why) => write!(out, "not used, {why}: folded from the start"),
        }
    }
}

/// One snapshot whose bytes are those that were written.
#[derive(Debug)]
pub struct Snapshot {
    /// How many records it covers.
    pub records: u64,
    /// The root of their tree.
    pub root: Hash,
    /// The record that adopted the rules in force.
    pub rules: Option<Position>,
    digest: String,
    state: Vec<u8>,
    undigested: Vec<u8>,
}

impl Snapshot {
    /// Reads one, as far as its bytes alone can be trusted.
    pub fn read(bytes: &[u8]) -> Result<Self, SnapshotFound> {
        if !bytes.starts_with(FORM) {
            return Err(SnapshotFound::wrong("it is no snapshot of this version"));
        }
        let said = checked(bytes)?;
        match Self::parse(&said[FORM.len()..]) {
            Ok(snapshot) if state::digest_of(&snapshot.state) == snapshot.digest => Ok(snapshot),
            Ok(_) => Err(SnapshotFound::wrong("its digest is not that of its state")),
            Err(error) => Err(SnapshotFound::wrong(error.to_string())),
        }
    }

    fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut reader = ByteReader::new(bytes);
        let records = reader.unsigned()?;
        if records == 0 || records > u64::MAX >> 1 {
            return Err(reader.wrong("no number of records before this"));
        }
        let mut root = Hash::default();
        root.copy_from_slice(reader.fixed(size_of::<Hash>())?);
        let rules = reader.optional(ByteReader::unsigned)?.map(Position);
        let digest = reader.string()?.into();
        let (state, undigested) = (reader.bytes()?.into(), reader.bytes()?.into());
        Ok(Self { records, root, rules, digest, state, undigested })
    }

    /// Whether it was made of the records of a log: the root over so many of them, or none where
    /// there are not so many.
    pub fn is_of(&self, root: Option<Hash>) -> Result<(), SnapshotFound> {
        match root {
            Some(root) if root == self.root => Ok(()),
            Some(_) => Err(SnapshotFound::wrong("it was made of other records")),
            None => Err(SnapshotFound::wrong("it covers more records than there are")),
        }
    }

    /// Whether it holds this very state. A state in another form is ignored by every reader, so
    /// nothing is wrong with it.
    pub fn is_state_of(&self, memory: &Memory) -> bool {
        let (mut state, mut undigested) = (Vec::new(), Vec::new());
        state::write(memory, &mut state);
        state::write_undigested(memory, &mut undigested);
        !state::is_of_this_form(&self.state)
            || (self.state == state && self.undigested == undigested)
    }

    /// The state that it holds. The rules are not in it: `adopted` gives those that a record of the
    /// log adopts.
    pub fn memory(
        &self,
        adopted: impl FnOnce(Position) -> Option<Arc<RuleBook>>,
    ) -> Result<Memory, SnapshotFound> {
        let mut book: Option<Arc<RuleBook>> = None;
        if let Some(at) = self.rules {
            let Some(found) = adopted(at) else {
                let why = format!("record {} is no rule book that can be read", at.0);
                return Err(SnapshotFound::Wrong(why));
            };
            book = Some(found);
        }
        match state::read(&self.state, &self.undigested, book.as_ref()) {
            Ok(memory) if memory.next == Position(self.records) => Ok(memory),
            Ok(_) => Err(SnapshotFound::wrong("its state is that of other records")),
            Err(error) => Err(SnapshotFound::Wrong(format!("it holds {error}"))),
        }
    }
}

/// The bytes of a snapshot: the state, and the root over the records that it covers.
pub fn write(memory: &Memory, root: &Hash) -> Vec<u8> {
    let (mut state, mut undigested) = (Vec::new(), Vec::new());
    state::write(memory, &mut state);
    state::write_undigested(memory, &mut undigested);
    let mut bytes = FORM.to_vec();
    let mut put = Put(&mut bytes);
    put.unsigned(memory.next.0);
    put.0.extend_from_slice(root);
    put.optional(memory.adopted_at, |put, it| put.unsigned(it.0));
    put.string(&state::digest_of(&state));
    put.bytes(&state);
    put.bytes(&undigested);
    add_check(&mut bytes);
    bytes
}

/// Whether another version wrote these bytes, and they are those that were written.
pub fn is_of_another_version(bytes: &[u8]) -> bool {
    bytes.starts_with(ANY_FORM) && !bytes.starts_with(FORM) && checked(bytes).is_ok()
}

/// Adds the SHA-256 of some bytes to their end.
pub fn add_check(bytes: &mut Vec<u8>) {
    let check = Sha256::digest(&bytes);
    bytes.extend_from_slice(&check);
}

/// Bytes without the SHA-256 at their end, if it fits them.
pub fn checked(bytes: &[u8]) -> Result<&[u8], SnapshotFound> {
    let Some((said, check)) = bytes.split_last_chunk::<{ size_of::<Hash>() }>() else {
        return Err(SnapshotFound::wrong("it is cut off"));
    };
    if Hash::from(Sha256::digest(said)) != *check {
        return Err(SnapshotFound::wrong("its bytes are not those that were written"));
    }
    Ok(said)
}
