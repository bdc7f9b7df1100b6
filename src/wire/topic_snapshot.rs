//! The snapshot of a log in a topic: the state, and where to read on.
//!
//! ```text
//! topic snapshot = form topic last leaf places signed schemas roots snapshot check
//! form           = "airshed topic snapshot 1\n"
//! topic          = null|string: the id that the broker gave the topic of the log
//! last           = mark: at or before the last record covered
//! leaf           = 32 bytes: the hash of that record
//! places         = array of mark: at or before each old record that a start reads again: the one
//!                  that adopted the rules in force, and those on which the overview rests
//! signed         = null|(mark, roots): where the log was signed last, and the tree up to there
//! schemas        = array of string: those of all records covered
//! roots          = (long, array of 32 bytes): the right edge of the tree over so many records
//! snapshot       = bytes: as on disk
//! mark           = (long, long, null|long): position of the first record of an append, its offset
//!                  and the timestamp of its message
//! check          = 32 bytes: SHA-256 of all before it
//! ```

use std::sync::Arc;

use crate::wire::avro::{ByteReader, Malformed, Put};
use crate::wire::hash::Hash;
use crate::wire::snapshot::{self, Snapshot, SnapshotFound};
use crate::wire::tree::Edge;

const FORM: &[u8] = b"airshed topic snapshot 1\n";
const ANY_FORM: &[u8] = b"airshed topic snapshot ";

/// Where an append begins in the topic of a log.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct AppendMark {
    /// The position of its first record.
    pub position: u64,
    /// The offset of that record.
    pub offset: i64,
    /// The timestamp of its message, where the broker says one. Topics that were deleted and made
    /// again differ in it.
    pub timestamp_ms: Option<i64>,
}

/// Where a log was signed last.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SignedEdge {
    /// At or before the last record signed.
    pub mark: AppendMark,
    /// The edge of the tree over the records signed.
    pub edge: Edge,
}

/// A snapshot and what is needed to read on after it.
#[derive(Debug)]
pub struct TopicSnapshot {
    /// The id that the broker gave the topic of the log.
    pub topic_id: Option<String>,
    /// At or before the last record covered.
    pub last: AppendMark,
    /// The hash of that record.
    pub leaf: Hash,
    /// At or before each old record that a start reads again, among them the one that adopted the
    /// rules in force.
    pub places: Vec<AppendMark>,
    /// Where the log was signed last.
    pub signed: Option<SignedEdge>,
    /// The schemas of all records covered.
    pub schemas: Vec<Arc<str>>,
    /// The edge of the tree over all records covered.
    pub edge: Edge,
    /// The state.
    pub snapshot: Vec<u8>,
}

impl TopicSnapshot {
    /// Its bytes.
    pub fn write(&self) -> Vec<u8> {
        let mut bytes = FORM.to_vec();
        let mut put = Put(&mut bytes);
        put.optional(self.topic_id.as_deref(), Put::string);
        put_mark(&mut put, &self.last);
        put.0.extend_from_slice(&self.leaf);
        put.array(&self.places, put_mark);
        put.optional(self.signed.as_ref(), |put, it| {
            put_mark(put, &it.mark);
            put_edge(put, &it.edge);
        });
        put.array(&self.schemas, |put, it| put.string(it));
        put_edge(&mut put, &self.edge);
        put.bytes(&self.snapshot);
        snapshot::add_check(&mut bytes);
        bytes
    }

    /// Reads one, and the snapshot in it, as far as its bytes alone can be trusted.
    pub fn read(bytes: &[u8]) -> Result<(Self, Snapshot), SnapshotFound> {
        let wrong = |why: &str| SnapshotFound::Wrong(why.into());
        if !bytes.starts_with(FORM) {
            return Err(wrong("it is no snapshot of this version"));
        }
        let said = snapshot::checked(bytes)?;
        let parsed = Self::parse(&said[FORM.len()..])
            .map_err(|error| SnapshotFound::Wrong(error.to_string()))?;
        let snapshot = Snapshot::read(&parsed.snapshot)?;
        if parsed.edge.leaves() != snapshot.records {
            return Err(wrong("its tree is that of other records"));
        }
        snapshot.is_of(Some(parsed.edge.root()))?;
        Ok((parsed, snapshot))
    }

    fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut reader = ByteReader::new(bytes);
        let topic_id = reader.optional(ByteReader::string)?.map(str::to_owned);
        let last = parse_mark(&mut reader)?;
        let leaf = parse_hash(&mut reader)?;
        let places = reader.array(parse_mark)?;
        let signed = reader.optional(|reader| {
            Ok(SignedEdge { mark: parse_mark(reader)?, edge: parse_edge(reader)? })
        })?;
        let schemas = reader.array(|reader| Ok(reader.string()?.into()))?;
        let edge = parse_edge(&mut reader)?;
        let snapshot = reader.bytes()?.to_vec();
        if !reader.rest().is_empty() {
            return Err(reader.wrong("more bytes than a snapshot"));
        }
        Ok(Self { topic_id, last, leaf, places, signed, schemas, edge, snapshot })
    }
}

/// Whether another version wrote these bytes, and they are those that were written.
pub fn is_of_another_version(bytes: &[u8]) -> bool {
    bytes.starts_with(ANY_FORM) && !bytes.starts_with(FORM) && snapshot::checked(bytes).is_ok()
}

fn put_mark(put: &mut Put<'_>, mark: &AppendMark) {
    put.unsigned(mark.position);
    put.long(mark.offset);
    put.optional(mark.timestamp_ms, Put::long);
}

fn parse_mark(reader: &mut ByteReader<'_>) -> Result<AppendMark, Malformed> {
    let (position, offset) = (reader.unsigned()?, reader.long()?);
    Ok(AppendMark { position, offset, timestamp_ms: reader.optional(ByteReader::long)? })
}

fn put_edge(put: &mut Put<'_>, edge: &Edge) {
    put.unsigned(edge.leaves());
    put.array(edge.roots(), |put, it| put.0.extend_from_slice(it));
}

fn parse_edge(reader: &mut ByteReader<'_>) -> Result<Edge, Malformed> {
    let leaves = reader.unsigned()?;
    let edge = Edge::from_roots(leaves, reader.array(parse_hash)?);
    edge.ok_or_else(|| reader.wrong("no edge of a tree before this"))
}

fn parse_hash(reader: &mut ByteReader<'_>) -> Result<Hash, Malformed> {
    let mut hash = Hash::default();
    hash.copy_from_slice(reader.fixed(size_of::<Hash>())?);
    Ok(hash)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Memory;
    use crate::wire::record::samples::first_format;
    use crate::wire::record::{SCHEMA, encode};
    use crate::wire::trust::tree::leaf;

    /// The snapshot after the rule book and a batch of readings.
    fn sample() -> TopicSnapshot {
        let (mut memory, mut edge, mut last) = (Memory::default(), Edge::default(), [0; 32]);
        for record in &first_format()[..2] {
            memory.evolve(record).unwrap();
            let mut bytes = Vec::new();
            encode(record, &mut bytes);
            last = leaf(&bytes);
            edge.push(last, |_| {});
        }
        let mark = AppendMark { position: 0, offset: 0, timestamp_ms: Some(7) };
        TopicSnapshot {
            topic_id: Some("x-_9".into()),
            last: mark,
            leaf: last,
            places: vec![AppendMark { timestamp_ms: None, ..mark }],
            signed: Some(SignedEdge { mark, edge: edge.clone() }),
            schemas: vec![SCHEMA.into()],
            snapshot: snapshot::write(&memory, &edge.root()),
            edge,
        }
    }

    #[test]
    fn a_snapshot_comes_back_as_it_was() {
        let written = sample();
        let (read, snapshot) = TopicSnapshot::read(&written.write()).unwrap();
        assert_eq!((read.topic_id, read.last), (written.topic_id, written.last));
        assert_eq!((read.places, read.signed), (written.places, written.signed));
        assert_eq!((read.leaf, read.schemas), (written.leaf, written.schemas));
        assert_eq!((read.edge, snapshot.records), (written.edge, 2));
    }

    #[test]
    fn a_snapshot_cut_or_changed_at_any_byte_is_not_used() {
        let whole = sample().write();
        // The schema is long and is like any other text.
        for at in (0..whole.len()).filter(|at| *at < 400 || at % 61 == 0) {
            let mut flipped = whole.clone();
            flipped[at] ^= 1 << (at % 8);
            for bytes in [&whole[..at], &flipped] {
                assert!(TopicSnapshot::read(bytes).unwrap_err().is_wrong(), "byte {at}");
            }
        }
    }

    #[test]
    fn a_snapshot_with_the_tree_of_other_records_is_not_used() {
        let check = |change: &dyn Fn(&mut TopicSnapshot), expected: &str| {
            let mut changed = sample();
            change(&mut changed);
            let found = TopicSnapshot::read(&changed.write()).unwrap_err().to_string();
            assert!(found.contains(expected), "{found}");
        };
        check(&|it| it.edge.push([1; 32], |_| {}), "its tree is that of other records");
        let other = |it: &mut TopicSnapshot| {
            it.edge = Edge::default();
            it.edge.push([1; 32], |_| {});
            it.edge.push([2; 32], |_| {});
        };
        check(&other, "it was made of other records");
    }

    #[test]
    fn one_of_another_version_is_not_damaged() {
        let mut bytes = sample().write();
        bytes.truncate(bytes.len() - 32);
        bytes[ANY_FORM.len()] = b'9';
        assert!(!is_of_another_version(&bytes));
        snapshot::add_check(&mut bytes);
        assert!(is_of_another_version(&bytes));
        assert!(!is_of_another_version(&sample().write()));
    }
}
