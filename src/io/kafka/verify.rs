//! Is the log in a topic whole? One pass over everything, up to the first fault.

use std::time::{Duration, Instant};

use crate::engine::{PortError, Position};
use crate::wire::record::ParseRules;
use crate::wire::trust::audit::{Audit, AuditOptions, Fault, Intact};
use crate::wire::trust::verify::{LogUnderAudit, verify as verify_log};

use super::checkpoints;
use super::client::Connection;
use super::log_reader::{KafkaLogReader, place};
use super::snapshot;

/// A writer at work signs what it has appended well within this time.
const SIGNED_WITHIN: Duration = Duration::from_secs(3);
/// Between two looks whether it has.
const PAUSE: Duration = Duration::from_millis(200);

/// Reads a whole log and its checkpoints. Records that a writer appends meanwhile are left out.
pub fn verify(
    connection: &Connection,
    topic: &str,
    parse: ParseRules,
    options: &AuditOptions,
    look: &mut dyn FnMut(u64, u64),
) -> Result<Result<Intact, Fault>, PortError> {
    // A checkpoint comes after its records: those read first are never ahead of the log.
    let checkpoints = checkpoints::read(connection, topic)?;
    let snapshot = snapshot::audit(connection, topic)?;
    let Some(mut reader) = KafkaLogReader::open(connection, topic, parse)? else {
        return Ok(Err(Fault::new(place(topic), None, Position(0), "no log")));
    };
    let log = LogUnderAudit {
        reader: &mut reader,
        checkpoints,
        tree: None,
        has_tree: false,
        snapshot,
        live: true,
        may_be_torn: false,
        signed_meanwhile: &|audit| is_signed_meanwhile(connection, topic, audit),
    };
    verify_log(log, options, look)
}

/// Whether a writer is at work, so that a checkpoint follows what was appended last.
#[expect(clippy::disallowed_methods, reason = "How long a writer takes decides nothing.")]
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
