//! The topic of the checkpoints of a log: signed notes, one in each message.
//!
//! ```text
//! topic   that of the log, and ".checkpoints"; one partition, kept for ever
//! key     how many records the checkpoint covers, in decimal figures
//! value   the note
//! ```
//!
//! A checkpoint is sent when its records are durable, by the only writer of the log: none speaks
//! of records that are not there. What a crash keeps from being sent is signed on the next start.

use std::path::PathBuf;
use std::time::Duration;

use rdkafka::error::KafkaError;
use rdkafka::message::{BorrowedMessage, OwnedHeaders};
use rdkafka::{Message as _, Offset};

use crate::engine::PortError;
use crate::wire::trust::checkpoint::Checkpoint;
use crate::wire::trust::checkpoint_audit::StoredCheckpoints;
use crate::wire::trust::key::SignerKey;
use crate::wire::trust::note::Note;
use crate::wire::trust::signing::{self, SignError};
use crate::wire::trust::{Hash, TrustError};

use super::admin::{Asking, ensure_topic};
use super::client::{Connection, failed};
use super::consumer;
use super::errors::is_passing;
use super::fenced::Outgoing;
use super::newest_messages::newest_messages;
use super::topic_log::TopicLog;
use super::topic_table::CHECKPOINTS;

/// So many go into one transaction.
const AT_ONCE: usize = 1_000;

/// The last checkpoint of a log.
pub(super) struct Last {
    pub(super) checkpoint: Checkpoint,
    pub(super) offset: u64,
}

fn topic(log: &str) -> String {
    format!("{log}.checkpoints")
}

/// Where the checkpoints of a log stand, as words and faults name it.
pub(super) fn place(log: &str) -> PathBuf {
    format!("{}/0", topic(log)).into()
}

/// What is wrong with a checkpoint.
pub(super) fn damaged(log: &str, offset: u64, what: &str) -> PortError {
    let place = place(log);
    PortError::Failed(format!("{} is damaged at offset {offset}: {what}", place.display()))
}

/// Says that a log had so many records with this root.
pub(super) fn signed(key: &SignerKey, size: u64, root: Hash) -> Note {
    Checkpoint { origin: key.name().into(), size, root }.signed(key)
}

/// Whether a log has any.
pub(super) fn exist(connection: &Connection, log: &str) -> Result<bool, PortError> {
    Ok(ends(connection, log)?.1 > 0)
}

/// The first offset, and the one after the last; both 0 where there is no such topic.
fn ends(connection: &Connection, log: &str) -> Result<(i64, i64), PortError> {
    let asking = Asking::new(connection)?;
    if asking.find(&topic(log))?.is_none() {
        return Ok((0, 0));
    }
    asking.ends(&topic(log), 0)
}

/// All checkpoints of a log that are there now.
pub fn read(connection: &Connection, log: &str) -> Result<StoredCheckpoints, PortError> {
    let file = place(log);
    let (first, after) = ends(connection, log)?;
    if after == 0 {
        return Ok(StoredCheckpoints { file, notes: Vec::new(), end: None });
    }
    let doing = "reading the checkpoints";
    let consumer = consumer::reading(connection, &topic(log), Offset::Beginning, doing)?;
    let (mut notes, mut end) = (Vec::new(), 0);
    loop {
        match consumer.poll(Duration::from_millis(100)) {
            None => {}
            Some(Ok(message)) => {
                connection.answers();
                let offset = offset(&message);
                notes.push((offset, note(&message)));
                end = offset + 1;
            }
            Some(Err(KafkaError::PartitionEOF(_))) => break,
            Some(Err(error)) if is_passing(&error) => connection.passes(doing, &error),
            Some(Err(error)) => return Err(failed(doing, &error)),
        }
        connection.go_on(doing)?;
    }
    // Of the very first one a crash can have left less than a whole.
    let end = (first > 0 || !notes.is_empty()).then_some(end);
    Ok(StoredCheckpoints { file, notes, end })
}

fn offset(message: &BorrowedMessage<'_>) -> u64 {
    u64::try_from(message.offset()).unwrap_or_default()
}

/// What is wrong within a message is wrong at its offset.
fn note(message: &BorrowedMessage<'_>) -> Result<Note, TrustError> {
    let malformed = |what| TrustError::Malformed { what, at: 0 };
    let text = std::str::from_utf8(message.payload().unwrap_or_default());
    let note =
        Note::parse(text.map_err(|_| malformed("a text that is not UTF-8"))?).map_err(|error| {
            if let TrustError::Malformed { what, .. } = error { malformed(what) } else { error }
        })?;
    let size = Checkpoint::of(&note).map(|it| it.size.to_string());
    if size.is_ok_and(|it| message.key() != Some(it.as_bytes())) {
        return Err(malformed("a key that is not the size of its checkpoint"));
    }
    Ok(note)
}

/// The newest checkpoint of a log, whoever has signed it; none where there is none.
pub fn newest(connection: &Connection, log: &str) -> Result<Option<Note>, PortError> {
    let Some((offset, note)) = newest_stored(connection, log)? else { return Ok(None) };
    note.map(Some).map_err(|error| damaged(log, offset, &error.to_string()))
}

type StoredNote = (u64, Result<Note, TrustError>);

fn newest_stored(connection: &Connection, log: &str) -> Result<Option<StoredNote>, PortError> {
    let doing = "looking for the last checkpoint";
    let stored = |message: &BorrowedMessage<'_>| (offset(message), note(message));
    let enough = |all: &[StoredNote]| !all.is_empty();
    Ok(newest_messages(connection, &topic(log), doing, stored, enough)?.pop())
}

/// The last checkpoint of a log, if this key has signed it.
pub(super) fn last(
    connection: &Connection,
    log: &str,
    key: &SignerKey,
) -> Result<Option<Last>, PortError> {
    let Some((offset, note)) = newest_stored(connection, log)? else { return Ok(None) };
    let found = note
        .map_err(|error| SignError::Damaged(error.to_string()))
        .and_then(|note| signing::last(&note, key, "delete the topic"));
    match found {
        Ok(checkpoint) => Ok(Some(Last { checkpoint, offset })),
        Err(SignError::OtherKey(words)) => {
            Err(PortError::Failed(format!("{}: {words}", place(log).display())))
        }
        Err(SignError::Damaged(words)) => Err(damaged(log, offset, &words)),
        Err(SignError::Read(error)) => Err(error.into()),
    }
}

/// Adds checkpoints, in the name of the writer of the log. Unless there is known to be a topic for
/// them, it is made; asking takes a client of its own each time.
pub(super) fn add(
    connection: &Connection,
    writer: &mut TopicLog,
    notes: &[Note],
    has_topic: bool,
) -> Result<(), PortError> {
    if notes.is_empty() {
        return Ok(());
    }
    let log = writer.reading().topic().to_owned();
    let topic = topic(&log);
    if !has_topic {
        ensure_topic(connection, &topic, CHECKPOINTS.partitions, CHECKPOINTS.settings)?;
    }
    for notes in notes.chunks(AT_ONCE) {
        let texts: Vec<_> = notes.iter().map(Note::to_string).collect();
        let mut messages = Vec::new();
        for (note, text) in notes.iter().zip(&texts) {
            let checkpoint =
                Checkpoint::of(note).map_err(|it| PortError::Failed(it.to_string()))?;
            let (key, payload) = (checkpoint.size.to_string(), text.as_bytes());
            let headers = OwnedHeaders::new_with_capacity(0);
            messages.push(Outgoing { topic: &topic, key, payload, headers });
        }
        let is_there = || {
            let last = read(connection, &log)?.notes.pop();
            let same = |(_, it): (u64, Result<Note, _>)| it.ok().as_ref() == notes.last();
            Ok(last.is_some_and(same))
        };
        writer.send_beside(&messages, is_there)?;
    }
    Ok(())
}
