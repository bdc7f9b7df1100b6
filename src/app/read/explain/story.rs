//! What became of one order, matter, consultation or case: each record that concerns it, with the
//! command or the record that led to it.

mod sight;

use std::fmt::Write as _;
use std::sync::Arc;

use anyhow::Context as _;
use clap::Subcommand;
use serde_json::{Map, Value, json};

use crate::domain::Timestamp;
use crate::domain::cooperation::Body;
use crate::engine::cooperation::{Story, StoryRecord, Thing};
use crate::engine::entries;
use crate::engine::projection::Involved;
use crate::wire::record::json as record_json;
use crate::wire::record::json::Names;
use crate::wire::record::words;

use super::Records;
use crate::app::support::log_reader::LogLocation;
use crate::app::support::{Failure, output, terminal};

/// The things whose story can be explained.
#[derive(Clone, Debug, Subcommand)]
pub(in crate::app) enum Named {
    /// Explain an order of one jurisdiction: why it was given, and how it was answered.
    #[command(after_help = "Example: airshed explain episode order 1-130400")]
    Order {
        /// Number of the order set and jurisdiction, such as 1-130400.
        id: String,
    },
    /// Explain a response: its orders, reports, verifications and end.
    #[command(after_help = "Example: airshed explain episode response 130400-r1")]
    Response {
        /// Jurisdiction and number of the response, such as 130400-r1.
        id: String,
    },
    /// Explain a matter: who asked for it, how its deadline moved, each step of its ladder.
    #[command(after_help = "Example: airshed explain episode matter 1-130400/acknowledge")]
    Matter {
        /// Such as 1-130400/acknowledge or 130400-r1/report:2025-12-05.
        id: String,
    },
    /// Explain a proposal: its items, how each was decided, and the set that it became.
    #[command(after_help = "Example: airshed explain episode proposal p1")]
    Proposal {
        /// Number of the proposal, such as p1.
        id: String,
    },
    /// Explain a consultation: opinions, conclusion, dissent, signature.
    #[command(after_help = "Example: airshed explain episode consultation region-c1")]
    Consultation {
        /// Convener and number of the consultation, such as region-c1.
        id: String,
    },
    /// Explain a case: each move, and the matters that it opened.
    #[command(after_help = "Example: airshed explain episode case 131000-e1")]
    Case {
        /// Member and number of the case, such as 131000-e1.
        id: String,
    },
    /// Explain a whistle: who was summoned, and who reported in.
    #[command(after_help = "Example: airshed explain episode whistle 120111-w1")]
    Whistle {
        /// The body that whistled and the number of the whistle, such as 120111-w1.
        id: String,
    },
}

impl Named {
    /// The kind of the thing, and its id.
    pub(super) fn thing(&self) -> (Thing, &str) {
        match self {
            Self::Order { id } => (Thing::Order, id),
            Self::Response { id } => (Thing::Response, id),
            Self::Matter { id } => (Thing::Matter, id),
            Self::Proposal { id } => (Thing::Proposal, id),
            Self::Consultation { id } => (Thing::Consultation, id),
            Self::Case { id } => (Thing::Case, id),
            Self::Whistle { id } => (Thing::Whistle, id),
        }
    }
}

/// Prints the story; none if there is no such thing.
pub(super) fn run(place: &LogLocation, named: &Named, json: bool) -> Result<Option<()>, Failure> {
    let mut reader = place.read()?.followed("");
    let (story, _) = fold(&mut reader, named)?;
    reader.end();
    let Some(records) = story.records() else { return Ok(None) };
    if json {
        output::print_json(&json_of(&story, records))?;
    } else {
        output::print(&terminal::wrapped(&text_of(&story, records), terminal::columns()))?;
    }
    Ok(Some(()))
}

/// The story as JSON, as one body may see it; none if there is no such thing, or the body sees
/// nothing of it.
pub(super) fn json(
    mut records: impl Records,
    named: &Named,
    viewer: Option<&Body>,
) -> Result<Option<Value>, Failure> {
    let (story, involved) = fold(&mut records, named)?;
    let Some(records) = story.records() else { return Ok(None) };
    Ok(match viewer {
        None => Some(json_of(&story, records)),
        Some(viewer) => sight::json(&story, records, &involved, viewer),
    })
}

/// Folds a log, and which bodies have a part in what.
fn fold(records: &mut impl Records, named: &Named) -> Result<(Story, Involved), Failure> {
    let (thing, id) = named.thing();
    let (mut story, mut involved) = (Story::of(thing, id), Involved::default());
    for entry in entries(records) {
        let entry = Arc::new(entry.context("cannot go on")?);
        if let Some(rules) = entry.rules() {
            involved.note(&entry.record, rules);
        }
        story.note(&entry);
    }
    Ok((story, involved))
}

fn json_of(story: &Story, records: &[StoryRecord]) -> Value {
    json!({
        "of": format!("{} {}", story.thing().name(), story.id()),
        "now": now(story),
        "records": records.iter().map(record_of).collect::<Vec<_>>(),
    })
}

/// How the thing stands.
fn now(story: &Story) -> Map<String, Value> {
    let now = story.standing().into_iter();
    now.map(|(name, text)| (name.to_owned(), text.into())).collect()
}

fn record_of(it: &StoryRecord) -> Value {
    let record = &it.entry.record;
    let rules = it.entry.rules();
    let body = rules.map(|it| record_json::body(&record.event, it)).unwrap_or_default();
    json!({
        "record": record.position.0,
        "type": record.event.record_type(),
        "at": record.recorded_at.to_string(),
        "text": words(&record.event, Names(rules)),
        "because_of": it.because_of.map(|(position, kind)| json!({
            "record": position.0,
            "type": kind,
        })),
        "command": it.command.as_ref().map(|(position, given)| json!({
            "record": position.0,
            "id": given.id,
            "command": &*given.command,
            "actor": given.actor,
            "given_at": given.given_at.to_string(),
        })),
        "due_at": it.due_at.map(|it| it.to_string()),
        "body": body,
    })
}

fn text_of(story: &Story, records: &[StoryRecord]) -> String {
    let mut text = String::new();
    let mut line = |words: &str| {
        // Writing to a `String` never fails.
        writeln!(text, "{}", words.trim_end()).unwrap_or_default();
    };
    let name = story.thing().name();
    line(&format!("{}{} {}", name[..1].to_uppercase(), &name[1..], story.id()));
    for (name, value) in story.standing() {
        let value = Timestamp::parse(&value).map_or(value, minute);
        line(&format!("  {:<15} {value}", name.replace('_', " ")));
    }
    let mut due_at = None;
    for it in records {
        let record = &it.entry.record;
        let (position, at) = (record.position.0, minute(record.recorded_at));
        let kind = record.event.record_type();
        let words = words(&record.event, Names(it.entry.rules()));
        line(&format!("\n{position}  {at}  {kind}  {words}"));
        match (&it.command, it.because_of) {
            (Some((command, given)), _) => line(&format!(
                "    by command {} in record {}: {} for {}, \"{}\"",
                given.id, command.0, given.command, given.actor.body, given.actor.name
            )),
            (None, Some((cause, kind))) => {
                line(&format!("    because of record {}, {kind}", cause.0));
            }
            (None, None) => {}
        }
        if it.due_at.is_some() && it.due_at != due_at {
            line(&format!("    due {}", it.due_at.map(minute).unwrap_or_default()));
            due_at = it.due_at;
        }
    }
    text
}

/// `2025-12-07 16:00`.
fn minute(at: Timestamp) -> String {
    let text = at.to_string().replacen('T', " ", 1);
    text.get(..16).unwrap_or(&text).to_owned()
}
