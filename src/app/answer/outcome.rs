//! What became of a command, for people and as JSON.

use std::sync::Arc;

use anyhow::anyhow;

use crate::domain::cooperation::{CommandRefused, What};
use crate::domain::{Event, Fact};
use crate::engine::Entry;
use crate::wire::record::{self, json};

use super::remedy::remedy;
use crate::app::support::{Failure, output};

/// Prints it. A refusal is a failure.
pub(super) fn print(entries: &[Arc<Entry>], as_json: bool) -> Result<(), Failure> {
    let given =
        entries.iter().find(|it| matches!(it.record.event, Event::Fact(Fact::CommandGiven(_))));
    let given = given.ok_or_else(|| anyhow!("the log has not recorded the command"))?;
    let position = given.record.position;
    let outcome: Vec<&Arc<Entry>> =
        entries.iter().filter(|it| it.record.causation == Some(position)).collect();
    if as_json {
        let lines = std::iter::once(&given).chain(&outcome);
        let lines: Vec<String> =
            lines.map(|it| json::record(&it.record, it.rules()).to_string()).collect();
        output::print(&lines.join("\n"))?;
    }
    if let Some(refused) = outcome.iter().find_map(|it| refused(it)) {
        return Err(Failure::Refused(words(refused)));
    }
    if as_json {
        return Ok(());
    }
    let lines = outcome.iter().map(|it| {
        let (position, kind) = (it.record.position.0, it.record.event.record_type());
        format!("taken: {kind}: {} (record {position})", record::sentence(&it.record, it.rules()))
    });
    output::print(&lines.collect::<Vec<_>>().join("\n"))
}

fn refused(entry: &Entry) -> Option<&CommandRefused> {
    let Event::Cooperation(event) = &entry.record.event else { return None };
    let What::CommandRefused(refused) = &event.what else { return None };
    Some(refused)
}

/// The reason, what it is about, and what would be right.
fn words(refused: &CommandRefused) -> String {
    let detail = refused.detail.as_ref().map(|it| format!(" ({it})")).unwrap_or_default();
    let first = refused.first.map(|it| format!(" (first: record {it})")).unwrap_or_default();
    format!("{}{detail}{first}: {}", refused.reason.name(), remedy(refused.reason))
}
