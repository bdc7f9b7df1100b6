//! The snapshot of a log in a topic: a compacted topic next to that of the log.
//!
//! ```text
//! topic    that of the log, and ".snapshot"; one partition, compacted
//! key      the number of a part, from 0 on
//! headers  records  how many records the snapshot covers
//!          parts    in how many messages its bytes are cut
//! value    the part
//! ```
//!
//! It stands in a topic and not in a file, because another machine takes over when one dies. All
//! parts are sent in one transaction of the writer of the log, after the records that they cover
//! are durable and published: a crash at any point leaves the one before it. It is only a cache,
//! and never evidence. Where it is missing, damaged, of another version, of another topic or of
//! more records than there are, the whole log is read, and that is said.

use std::path::PathBuf;
use std::sync::Arc;

use rdkafka::Message as _;
use rdkafka::message::{BorrowedMessage, Header, OwnedHeaders};

use crate::domain::{Event, Fact, RuleBook};
use crate::engine::{Memory, PortError, Position};
use crate::wire::record::ParseRules;
use crate::wire::snapshot::SnapshotFound;
use crate::wire::topic_snapshot::{self, SignedEdge, TopicSnapshot};
use crate::wire::trust::Hash;
use crate::wire::trust::snapshot_audit::SnapshotAudit;
use crate::wire::trust::tree::{Edge, leaf};

use super::admin::ensure_topic;
use super::client::{Connection, header};
use super::decoders::{self, Decoders};
use super::fenced::Outgoing;
use super::newest_messages::newest_messages;
use super::topic_ids;
use super::topic_log::{TopicError, TopicLog, TopicReading};
use super::topic_table::SNAPSHOT;

/// A message of this size is below the default limit of every broker.
const PART_BYTES: usize = 512 << 10;
const DOING: &str = "reading the snapshot of the log";

/// The snapshot of a log, compared with the log.
#[derive(Debug)]
pub(super) struct Loaded {
    /// The state that the first records lead to.
    pub(super) memory: Memory,
    /// The edge of the tree over them.
    pub(super) edge: Edge,
    /// The hash of the last of them.
    pub(super) leaf: Hash,
    /// The log up to its last checkpoint, where it is signed.
    pub(super) signed: Option<SignedEdge>,
}

/// Where the snapshot of a log stands.
pub(super) fn topic(log: &str) -> String {
    format!("{log}.snapshot")
}

/// The id that the broker gives the topic of a log; none where it gives none.
pub(super) fn topic_id(connection: &Connection, log: &str) -> Result<Option<String>, PortError> {
    Ok(topic_ids::find(connection, &[log])?.remove(log))
}

/// Loads the snapshot of a log, and lets the next read of the log begin after it.
pub(super) fn load(
    connection: &Connection,
    reading: &TopicReading,
    topic_id: Option<&str>,
    parse: ParseRules,
) -> Result<Loaded, SnapshotFound> {
    let (stored, snapshot) = TopicSnapshot::read(&bytes(connection, reading.topic())?)?;
    if is_of_another_topic(&stored, topic_id) {
        return Err(wrong("it is of another topic of this name"));
    }
    let (first, end) = reading.ends().map_err(|error| unreadable(&error))?;
    if first > 0 {
        return Err(wrong("the log no longer begins with its first record"));
    }
    let signed = stored.signed.iter().map(|it| &it.mark);
    let marks = stored.places.iter().chain([&stored.last]).chain(signed);
    if marks.clone().any(|it| it.offset >= end) {
        return Err(wrong("it covers more records than there are"));
    }
    check_last(&stored, reading)?;
    let decoders = Decoders::new(parse).map_err(|error| unreadable(&error))?;
    let memory = snapshot.memory(|at| rules(&stored, reading, &decoders, at))?;
    reading.add_schemas(&stored.schemas);
    for mark in marks {
        reading.add_mark(*mark);
        reading.pin(*mark);
    }
    let TopicSnapshot { edge, leaf, signed, .. } = stored;
    Ok(Loaded { memory, edge, leaf, signed })
}

/// Whether the last record that it covers is the one in the log, down to the timestamp.
fn check_last(stored: &TopicSnapshot, reading: &TopicReading) -> Result<(), SnapshotFound> {
    let last = stored.edge.leaves() - 1;
    let probe = reading.without_marks();
    probe.add_mark(stored.last);
    let found = match probe.read(last).map_err(|error| unreadable(&error))?.next() {
        Some(Ok(found)) => found,
        Some(Err(TopicError::Damaged { .. })) => return Err(wrong("it was made of other records")),
        Some(Err(TopicError::Port(error))) => return Err(unreadable(&error)),
        None => return Err(wrong("it covers more records than there are")),
    };
    let is_same = leaf(decoders::bytes(&found.payload)) == stored.leaf;
    // What was read has replaced what was only known.
    if !is_same || probe.mark_before(stored.last.position) != Some(stored.last) {
        return Err(wrong("it was made of other records"));
    }
    Ok(())
}

/// The rule book that a record of the log adopts.
fn rules(
    stored: &TopicSnapshot,
    reading: &TopicReading,
    decoders: &Decoders,
    at: Position,
) -> Option<Arc<RuleBook>> {
    let probe = reading.without_marks();
    probe.add_schemas(&stored.schemas);
    stored.places.iter().for_each(|it| probe.pin(*it));
    let found = probe.read(at.0).ok()?.next()?.ok()?;
    match decoders.decode(&probe, &found).ok()?.0.event {
        Event::Fact(Fact::RuleBookAdopted(book)) => Some(book),
        Event::Fact(_)
        | Event::Station(_)
        | Event::Cooperation(_)
        | Event::Air(_)
        | Event::Warning(_)
        | Event::Response(_) => None,
    }
}

/// The snapshot of a log, to be compared with the state that the records lead to; none where there
/// is none, or one of another version or of another topic.
pub(super) fn audit(
    connection: &Connection,
    log: &str,
) -> Result<Option<SnapshotAudit>, PortError> {
    let stored = bytes(connection, log).and_then(|bytes| {
        if topic_snapshot::is_of_another_version(&bytes) {
            return Err(SnapshotFound::None);
        }
        TopicSnapshot::read(&bytes)
    });
    if let Ok((stored, _)) = &stored
        && is_of_another_topic(stored, topic_id(connection, log)?.as_deref())
    {
        return Ok(None);
    }
    let topic = topic(log);
    let place = PathBuf::from(format!("{topic}/0"));
    let remedy = format!(
        "The records are whole and do not depend on it: delete the topic {topic}, and the next \
         start reads the whole log and makes it again"
    );
    Ok(SnapshotAudit::new(place, remedy, stored.map(|(_, snapshot)| snapshot)))
}

fn is_of_another_topic(stored: &TopicSnapshot, topic_id: Option<&str>) -> bool {
    match (&stored.topic_id, topic_id) {
        (Some(stored), Some(found)) => stored != found,
        (None, _) | (_, None) => false,
    }
}

/// What is to be kept, and for which log.
pub(super) struct New<'a> {
    pub(super) topic_id: Option<&'a str>,
    pub(super) memory: &'a Memory,
    pub(super) edge: &'a Edge,
    /// The hash of the last record.
    pub(super) leaf: &'a Hash,
    pub(super) signed: Option<&'a SignedEdge>,
}

/// Saves a snapshot, all of it or nothing.
pub(super) fn save(
    connection: &Connection,
    log: &TopicLog,
    new: &New<'_>,
    has_topic: bool,
) -> Result<(), PortError> {
    let reading = log.reading();
    let mark = |position| reading.mark_before(position);
    let unknown = || PortError::Failed("the offset of the last record is not known".to_owned());
    let records = new.memory.next.0;
    let last = records.checked_sub(1).and_then(mark).ok_or_else(unknown)?;
    let old = new.memory.marks.records().into_iter().chain(new.memory.adopted_at);
    let mut places: Vec<_> = old.filter_map(|it| mark(it.0)).collect();
    places.sort_by_key(|it| it.position);
    places.dedup();
    let bytes = TopicSnapshot {
        topic_id: new.topic_id.map(str::to_owned),
        last,
        leaf: *new.leaf,
        places,
        signed: new.signed.cloned(),
        schemas: log.all_schemas(),
        edge: new.edge.clone(),
        snapshot: crate::wire::snapshot::write(new.memory, &new.edge.root()),
    }
    .write();
    let topic = topic(reading.topic());
    if !has_topic {
        ensure_topic(&connection.finishing(), &topic, SNAPSHOT.partitions, SNAPSHOT.settings)?;
    }
    let (records, parts) = (records.to_string(), bytes.chunks(PART_BYTES).len().to_string());
    let message = |(number, payload)| Outgoing {
        topic: &topic,
        key: usize::to_string(&number),
        payload,
        headers: OwnedHeaders::new_with_capacity(2)
            .insert(Header { key: "records", value: Some(&records) })
            .insert(Header { key: "parts", value: Some(&parts) }),
    };
    let messages: Vec<_> = bytes.chunks(PART_BYTES).enumerate().map(message).collect();
    log.try_send_beside(&messages)
}

/// A message of the snapshot topic.
#[derive(Clone)]
struct Part {
    number: usize,
    parts: usize,
    records: u64,
    bytes: Vec<u8>,
}

/// The bytes of the newest snapshot that is there as a whole.
fn bytes(connection: &Connection, log: &str) -> Result<Vec<u8>, SnapshotFound> {
    let enough = |all: &[Option<Part>]| newest(all).is_some_and(|it| it.is_ok());
    let all = newest_messages(connection, &topic(log), DOING, part, enough)
        .map_err(|error| unreadable(&error))?;
    newest(&all).unwrap_or(Err(SnapshotFound::None))
}

fn part(message: &BorrowedMessage<'_>) -> Option<Part> {
    let number = std::str::from_utf8(message.key()?).ok()?.parse().ok()?;
    let parts = header(message, "parts")?.parse().ok()?;
    let records = header(message, "records")?.parse().ok()?;
    Some(Part { number, parts, records, bytes: message.payload()?.to_vec() })
}

/// The bytes of the newest snapshot among some messages; none where there are no messages.
fn newest(all: &[Option<Part>]) -> Option<Result<Vec<u8>, SnapshotFound>> {
    let Some(last) = all.last()? else {
        return Some(Err(wrong("something else has written into its topic")));
    };
    let of_last = |number: usize| {
        let mut newest = all.iter().rev().flatten();
        newest.find(|it| it.number == number).filter(|it| it.records == last.records)
    };
    let parts: Option<Vec<_>> = (0..last.parts).map(of_last).collect();
    let Some(parts) = parts else { return Some(Err(wrong("a part of it is missing"))) };
    Some(Ok(parts.into_iter().flat_map(|it| it.bytes.iter().copied()).collect()))
}

fn wrong(why: &str) -> SnapshotFound {
    SnapshotFound::Wrong(why.to_owned())
}

fn unreadable(error: &PortError) -> SnapshotFound {
    SnapshotFound::Wrong(format!("it cannot be read ({error})"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(messages: &[(usize, usize, u64, &str)], expected: Option<Result<&str, &str>>) {
        let part = |(number, parts, records, text): &(usize, usize, u64, &str)| {
            let bytes = text.as_bytes().to_vec();
            Some(Part { number: *number, parts: *parts, records: *records, bytes })
        };
        let messages: Vec<_> = messages.iter().map(part).collect();
        let found = newest(&messages).map(|it| it.map(|it| String::from_utf8(it).unwrap()));
        let expected = expected.map(|it| it.map(str::to_owned).map_err(wrong));
        assert_eq!(found, expected);
    }

    #[test]
    fn the_newest_snapshot_is_put_together_from_its_parts() {
        check(&[], None);
        check(&[(0, 1, 7, "a")], Some(Ok("a")));
        check(&[(0, 2, 7, "a"), (1, 2, 7, "b")], Some(Ok("ab")));
        let old = [(0, 3, 7, "a"), (1, 3, 7, "b"), (2, 3, 7, "c")];
        let new = [(0, 2, 9, "x"), (1, 2, 9, "y")];
        check(&[&old[..], &new].concat(), Some(Ok("xy")));
        // Compaction has removed what newer messages have replaced.
        check(&[&old[2..], &new].concat(), Some(Ok("xy")));
        check(&[&old[..], &new[..1]].concat(), Some(Err("a part of it is missing")));
        check(&old[1..], Some(Err("a part of it is missing")));
    }
}
