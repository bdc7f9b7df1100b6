//! `airshed replay`: folds a log; with --check, repeats every decision.

use std::fmt::Write as _;
use std::sync::Arc;

use anyhow::Context as _;
use serde_json::{Value, json};

use crate::domain::RuleBook;
use crate::engine::{Check, Difference, Memory, Record};
use crate::wire::record::json::{self as record_json, Names};
use crate::wire::state;

use crate::app::support::log_reader::{OpenLog, Which};
use crate::app::support::{Failure, output};

/// Arguments of `replay`.
#[derive(Debug, clap::Args)]
pub(in crate::app) struct Args {
    #[command(flatten)]
    log: Which,
    /// Repeat every decision from the facts and rules of the log, and print the first record that
    /// differs. Exit code 1 if one does.
    #[arg(long)]
    check: bool,
    /// Fold the log from its first record, without its snapshot.
    #[arg(long)]
    no_snapshot: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// The outcome of a replay.
struct Replayed {
    memory: Memory,
    /// How the state was obtained.
    snapshot: String,
    checked: bool,
    difference: Option<Difference>,
}

pub(in crate::app) fn run(args: &Args) -> Result<(), Failure> {
    let replayed = replay(args)?;
    if args.json {
        output::print_json(&replayed.json())?;
    } else {
        output::print(&replayed.text())?;
    }
    match &replayed.difference {
        None => Ok(()),
        Some(it) => {
            let words = "the log is not what its facts and rules lead to";
            Err(anyhow::anyhow!("record {}: {words}", it.position.0).into())
        }
    }
}

fn replay(args: &Args) -> anyhow::Result<Replayed> {
    let (mut memory, reader, snapshot) = open(args)?;
    let mut check = args.check.then(Check::default);
    let mut records = reader.followed("");
    for record in &mut records {
        let record: Record = record.context("cannot go on")?;
        memory.evolve(&record)?;
        if let Some(check) = &mut check {
            check.take(record)?;
        }
    }
    records.end();
    let checked = check.is_some();
    Ok(Replayed { memory, snapshot, checked, difference: check.and_then(Check::finish) })
}

/// The state to begin with, the records after it, and a text about the snapshot.
fn open(args: &Args) -> Result<(Memory, OpenLog, String), Failure> {
    let why = match () {
        () if args.check => "because --check repeats all decisions",
        () if args.no_snapshot => "because of --no-snapshot",
        () => return args.log.take_up(),
    };
    let origin = format!("not used, {why}: folded from the start");
    Ok((Memory::default(), args.log.read()?, origin))
}

impl Replayed {
    fn head(&self) -> Option<u64> {
        self.memory.next.0.checked_sub(1)
    }

    fn book(&self) -> Option<&Arc<RuleBook>> {
        self.memory.airshed.book()
    }

    fn json(&self) -> Value {
        let rules = self.book().map(|it| &it.rules);
        let as_json = |record: &Option<Record>| {
            record.as_ref().map_or(Value::Null, |it| record_json::record(it, rules))
        };
        json!({
            "records": self.memory.next.0,
            "readings": self.memory.readings,
            "head": self.head(),
            "digest": state::digest(&self.memory),
            "snapshot": self.snapshot,
            "checked": self.checked,
            "first_difference": self.difference.as_ref().map(|it| json!({
                "position": it.position.0,
                "recorded": as_json(&it.recorded),
                "redecided": as_json(&it.redecided),
            })),
        })
    }

    fn text(&self) -> String {
        let mut text = String::new();
        let mut line = |name: &str, value: String| {
            // Writing to a `String` never fails.
            writeln!(text, "{name:<10} {value}").unwrap_or_default();
        };
        line("Records", self.memory.next.0.to_string());
        line("Readings", self.memory.readings.to_string());
        line("Head", self.head().map_or("none".to_owned(), |it| it.to_string()));
        let airshed = &self.memory.airshed;
        line("Next hour", airshed.next_hour().map_or("none".to_owned(), |it| it.to_string()));
        line("Epoch", airshed.epoch().to_string());
        for warning in self.warnings() {
            line("Warning", warning);
        }
        if let Some(book) = self.book() {
            line("Rule book", book.digest.to_string());
        }
        line("Snapshot", self.snapshot.clone());
        line("Digest", state::digest(&self.memory));
        if self.checked {
            line("Check", self.verdict());
        }
        text
    }

    fn warnings(&self) -> Vec<String> {
        let Some(book) = self.book() else { return Vec::new() };
        let names = Names(Some(&book.rules));
        let places = (0_u16..).map(crate::domain::JurisdictionIndex);
        let open = places.zip(&book.rules.jurisdictions).filter_map(|(place, jurisdiction)| {
            let open = self.memory.airshed.warning(place)?;
            let end = open.end.map_or("further notice".to_owned(), |it| it.to_string());
            let id = names.warning(open.id);
            let (name, grade, start) = (&jurisdiction.name, open.grade, open.start);
            Some(format!("{id} {name}: {grade} from {start} until {end}"))
        });
        open.collect()
    }

    fn verdict(&self) -> String {
        let Some(it) = &self.difference else {
            return "every decision is what its facts and rules lead to".to_owned();
        };
        let rules = self.book().map(|it| &it.rules);
        let as_text = |record: &Option<Record>| match record {
            None => "nothing".to_owned(),
            Some(record) => record_json::record(record, rules).to_string(),
        };
        format!(
            "record {} differs\n  in the log {}\n  decided    {}",
            it.position.0,
            as_text(&it.recorded),
            as_text(&it.redecided)
        )
    }
}
