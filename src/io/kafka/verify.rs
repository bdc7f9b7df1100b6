//! Is the log in a topic whole? One pass over everything, up to the first fault.

use std::time::{Duration, Instant};

use crate::engine::{PortError, Position};
use crate::wire::record::ParseRules;
use crate::wire::trust::audit::{Audit, AuditOptions, Fault, Intact};

use super::checkpoints;
use super::client::Connection;
use super::log_reader::{KafkaLogReader, place};
use super::topic_log::TopicError;

/// A writer at work signs what it has appended well within this time.
const SIGNED_WITHIN: Duration = Duration::from_secs(3);
/// Between two looks whether it has.
const PAUSE: Duration = Duration::from_millis(200);

/// Reads a whole log and the checkpoints beside it. While somebody writes to it, what comes
/// meanwhile is left out.
pub fn verify(
    connection: &Connection,
    topic: &str,
    parse: ParseRules,
    options: &AuditOptions,
    look: &mut dyn FnMut(u64, u64),
) -> Result<Result<Intact, Fault>, PortError> {
    // A checkpoint comes after its records: those read first are never ahead of the log.
    let notes = checkpoints::read(connection, topic)?;
    let Some(mut reader) = KafkaLogReader::open(connection, topic, parse)? else {
        let (file, what) = (place(topic), "no log".into());
        return Ok(Err(Fault { file, byte: None, position: Position(0), what }));
    };
    let pass = |reader: &mut KafkaLogReader| -> Result<Audit, Found> {
        let mut audit = Audit::new(notes, options, true)?;
        while let Some(record) = reader.next() {
            let record = record?;
            let (done, total) = reader.progress();
            look(done, total);
            audit.take(&record, reader.bytes(), || reader.place(), |_| {})?;
            audit.pass(&record, reader.ends_append())?;
        }
        if let Some(torn) = reader.torn() {
            let position = Position(audit.edge().leaves());
            let (there, size) = (torn.there, torn.size);
            let what = format!("an append of which only {there} of {size} records are there");
            return Err(
                Fault { file: place(topic), byte: Some(torn.offset), position, what }.into()
            );
        }
        audit.end(false)?;
        Ok(audit)
    };
    let audit = match pass(&mut reader) {
        Ok(audit) => audit,
        Err(Found::Fault(fault)) => return Ok(Err(fault)),
        Err(Found::Error(error)) => return Err(error),
    };
    if let Some(fault) = audit.unsigned()
        && !is_signed_meanwhile(connection, topic, &audit)?
    {
        return Ok(Err(fault));
    }
    Ok(Ok(audit.whole(None)))
}

/// Why a pass ends before the end.
enum Found {
    Fault(Fault),
    Error(PortError),
}

impl From<Fault> for Found {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// Damage is a fault; that the broker refuses is none.
impl From<TopicError> for Found {
    fn from(error: TopicError) -> Self {
        match error {
            TopicError::Port(error) => Self::Error(error),
            TopicError::Damaged { topic, offset, position, what } => {
                let (file, byte, position) = (place(&topic), Some(offset), Position(position));
                Self::Fault(Fault { file, byte, position, what })
            }
        }
    }
}

/// Whether a writer is at work, so that a checkpoint follows what was appended last.
#[expect(clippy::disallowed_methods, reason = "How long somebody else takes decides nothing.")]
fn is_signed_meanwhile(
    connection: &Connection,
    topic: &str,
    audit: &Audit,
) -> Result<bool, PortError> {
    let begin = Instant::now();
    loop {
        let own = checkpoints::read(connection, topic)?;
        if own.readable().rev().any(|(_, it)| audit.is_made_up_by(it)) {
            return Ok(true);
        }
        if begin.elapsed() > SIGNED_WITHIN {
            return Ok(false);
        }
        std::thread::sleep(PAUSE);
    }
}
