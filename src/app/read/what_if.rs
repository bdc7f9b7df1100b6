//! `airshed what-if`: repeats the decisions of a log under other rules and compares the orders.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use comfy_table::{Table, presets};
use serde_json::{Value, json};

use crate::domain::{Division, Event, Fact, Grade, Hour, RuleBook};
use crate::engine::{
    BookInForce, Change, Compared, Hindsight, OrderHistory, Ordered, OtherOutlook, OtherRules,
    Redecision, compare_orders, entries,
};

use super::picture;
use crate::app::report::log_summary::LogSummary;
use crate::app::support::log_reader::Which;
use crate::app::support::outlook::OutlookChoice;
use crate::app::support::rules::{self, Changes, Overrides};
use crate::app::support::{Failure, output};

/// Arguments of `what-if`.
#[derive(Debug, clap::Args)]
pub(in crate::app) struct Args {
    #[command(flatten)]
    log: Which,
    /// Grade by this standard in all places and at all times; see `airshed standard list`.
    #[arg(long, value_name = "ID")]
    standard: Option<String>,
    /// Set a parameter of the rule book; may be given several times.
    #[arg(long = "set", value_name = "NAME=VALUE")]
    parameters: Vec<String>,
    /// Leave a station out, as if it had never existed; may be given several times.
    #[arg(long = "without-station", value_name = "CODE")]
    without_stations: Vec<String>,
    /// Use these forecasts instead of those in the log: none, hindsight:HOURS, persistence:HOURS.
    #[arg(long, value_name = "OUTLOOK")]
    outlook: Option<OutlookChoice>,
    /// Draw both runs side by side.
    #[arg(long, value_name = "FILE.svg")]
    picture: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(in crate::app) fn run(args: &Args) -> Result<(), Failure> {
    let changes = changes(args)?;
    let book = first_book(&args.log)?;
    // Wrong arguments are refused before any work.
    rules::changed(&book, &changes).map_err(Failure::Usage)?;
    let outlook = outlook(args, &changes)?;
    let worlds = worlds(args, &changes, outlook)?;
    if let Some(file) = &args.picture {
        picture::write_two(&worlds.recorded.1, &worlds.other.1, file)?;
    }
    if args.json { output::print_json(&worlds.json()) } else { output::print(&worlds.text()) }
}

fn changes(args: &Args) -> Result<Changes, Failure> {
    let mut overrides = Overrides { standard: args.standard.clone(), ..Overrides::default() };
    match &args.outlook {
        None => {}
        Some(OutlookChoice::None | OutlookChoice::Hindsight(_)) => {
            overrides = overrides.set("outlook_of_last_resort", "\"none\"");
        }
        Some(OutlookChoice::Persistence(hours)) => {
            let resort = format!("\"persistence:{hours}\"");
            overrides = overrides.set("outlook_of_last_resort", &resort);
        }
        Some(OutlookChoice::File(_)) => {
            let words = "--outlook: a log's facts are decided with none, hindsight:HOURS or \
                         persistence:HOURS; without it with its own forecasts";
            return Err(Failure::Usage(words.to_owned()));
        }
    }
    for text in &args.parameters {
        let Some((name, value)) = text.split_once('=') else {
            return Err(Failure::Usage(format!("--set {text}: right is NAME=VALUE")));
        };
        if text.contains(char::is_control) {
            return Err(Failure::Usage(format!("--set {text:?}: one parameter at a time")));
        }
        overrides = overrides.set(name.trim(), value.trim());
    }
    Ok(Changes { overrides, without_stations: args.without_stations.clone() })
}

fn first_book(log: &Which) -> Result<Arc<RuleBook>, Failure> {
    for record in log.read()? {
        if let Event::Fact(Fact::RuleBookAdopted(book)) = record.context("cannot go on")?.event {
            return Ok(book);
        }
    }
    Err(anyhow::anyhow!("{}: no rule book in this log", log.place()?).into())
}

fn other_rules(changes: &Changes) -> OtherRules {
    let changes = changes.clone();
    Box::new(move |book| rules::changed(book, &changes))
}

/// Hindsight uses the later values of the stations under the other rules.
fn outlook(args: &Args, changes: &Changes) -> Result<OtherOutlook, Failure> {
    Ok(match &args.outlook {
        None => OtherOutlook::AsRecorded,
        Some(OutlookChoice::Hindsight(ahead_h)) => {
            let records = args.log.read()?.followed("looking ahead");
            let seen = Hindsight::of_log(other_rules(changes), *ahead_h, records);
            OtherOutlook::Hindsight(seen.context("looking ahead")?)
        }
        Some(OutlookChoice::None | OutlookChoice::Persistence(_) | OutlookChoice::File(_)) => {
            OtherOutlook::None
        }
    })
}

/// Both runs: their orders, and their summaries for the picture.
struct Worlds {
    recorded: (OrderHistory, LogSummary),
    other: (OrderHistory, LogSummary),
    names: BTreeMap<Division, Arc<str>>,
    /// Commands of bodies in the log, and those that name what the other run has not.
    commands: u64,
    without_object: u64,
}

fn worlds(args: &Args, changes: &Changes, outlook: OtherOutlook) -> anyhow::Result<Worlds> {
    let mut redecision = Redecision::new(other_rules(changes), outlook);
    let mut worlds = Worlds {
        recorded: (OrderHistory::default(), LogSummary::default()),
        other: (OrderHistory::default(), LogSummary::default()),
        names: BTreeMap::new(),
        commands: 0,
        without_object: 0,
    };
    let mut records = args.log.read()?.followed("repeating decisions");
    let draws = args.picture.is_some();
    let mut other_book = BookInForce::default();
    for entry in entries(&mut records) {
        let entry = entry?;
        worlds.recorded.0.note(&entry);
        if draws {
            worlds.recorded.1.note(&entry);
        }
        if let Event::Fact(Fact::RuleBookAdopted(book)) = &entry.record.event {
            let named = book.rules.jurisdictions.iter();
            worlds.names.extend(named.map(|it| (it.division, Arc::clone(&it.name))));
        }
        worlds.commands +=
            u64::from(matches!(&entry.record.event, Event::Fact(Fact::CommandGiven(_))));
        for redecided in redecision.take(entry.record)? {
            let redecided = other_book.entry(redecided);
            worlds.other.0.note(&redecided);
            if draws {
                worlds.other.1.note(&redecided);
            }
        }
    }
    records.end();
    worlds.without_object = redecision.without_object();
    Ok(worlds)
}

/// Hours of one jurisdiction under orders of one grade, in both runs.
struct Hours {
    division: Division,
    grade: Grade,
    recorded: i32,
    other: i32,
}

/// The cost of the measures of one jurisdiction in one unit, in both runs.
struct Costs {
    division: Division,
    unit: Arc<str>,
    recorded: i64,
    other: i64,
}

impl Worlds {
    fn compared(&self) -> Vec<Compared> {
        compare_orders(&self.recorded.0, &self.other.0)
    }

    fn last(&self) -> Hour {
        self.recorded.0.last().max(self.other.0.last()).unwrap_or(Hour(i32::MIN))
    }

    /// None if no measure of an order has a cost.
    fn costs(&self) -> Vec<Costs> {
        let mut all = Vec::new();
        for division in self.names.keys().copied() {
            let [recorded, other] =
                [&self.recorded.0, &self.other.0].map(|it| it.costs(division, self.last()));
            let units: BTreeSet<&Arc<str>> = recorded.keys().chain(other.keys()).collect();
            for unit in units {
                let of = |costs: &BTreeMap<Arc<str>, i64>| costs.get(unit).copied().unwrap_or(0);
                let (recorded, other) = (of(&recorded), of(&other));
                all.push(Costs { division, unit: Arc::clone(unit), recorded, other });
            }
        }
        all
    }

    fn hours(&self) -> Vec<Hours> {
        let last = self.last();
        let mut all = Vec::new();
        for division in self.names.keys().copied() {
            let [recorded, other] =
                [&self.recorded.0, &self.other.0].map(|it| it.hours_under_order(division, last));
            for grade in Grade::ALL {
                let of = |hours: &BTreeMap<Grade, i32>| hours.get(&grade).copied().unwrap_or(0);
                let (recorded, other) = (of(&recorded), of(&other));
                if recorded > 0 || other > 0 {
                    all.push(Hours { division, grade, recorded, other });
                }
            }
        }
        all
    }

    fn json(&self) -> Value {
        let compared = self.compared();
        let list = |change: Change| -> Value {
            let those = compared.iter().filter(|it| it.change == change);
            let one = |pair: &Compared| {
                json!({
                    "jurisdiction": pair.division.to_string(),
                    "from": order_json(pair.from),
                    "to": order_json(pair.to),
                })
            };
            those.map(one).collect()
        };
        let orders: serde_json::Map<_, _> =
            Change::ALL.into_iter().map(|it| (it.name().to_owned(), list(it))).collect();
        let hours = self.hours().into_iter().map(|hours| {
            json!({
                "jurisdiction": hours.division.to_string(),
                "grade": hours.grade.name(),
                "recorded": hours.recorded,
                "what_if": hours.other,
            })
        });
        let costs = self.costs().into_iter().map(|cost| {
            json!({
                "jurisdiction": cost.division.to_string(),
                "unit": &*cost.unit,
                "recorded": cost.recorded,
                "what_if": cost.other,
            })
        });
        json!({
            "commands": {"recorded": self.commands, "without_object": self.without_object},
            "order_sets": {"recorded": self.recorded.0.sets(), "what_if": self.other.0.sets()},
            "orders": orders,
            "hours_under_order": hours.collect::<Vec<_>>(),
            "costs": costs.collect::<Vec<_>>(),
        })
    }

    fn text(&self) -> String {
        let compared = self.compared();
        let mut orders = table(&["", "Jurisdiction", "As recorded", "What if"]);
        for change in Change::ALL.into_iter().filter(|it| *it != Change::Same) {
            for it in compared.iter().filter(|it| it.change == change) {
                let (from, to) = (order_text(it.from), order_text(it.to));
                orders.add_row([change.name().to_owned(), self.name(it.division), from, to]);
            }
        }
        let mut hours = table(&["Jurisdiction", "Grade", "Hours as recorded", "Hours what if"]);
        for it in self.hours() {
            let (recorded, other) = (it.recorded.to_string(), it.other.to_string());
            hours.add_row([self.name(it.division), it.grade.to_string(), recorded, other]);
        }
        let counts = Change::ALL.map(|change| {
            let count = compared.iter().filter(|it| it.change == change).count();
            format!("{count} {}", change.name())
        });
        let sets = (self.recorded.0.sets(), self.other.0.sets());
        format!(
            "{orders}\n{hours}\n{}{} order sets as recorded, {} what if; orders: {}{}",
            self.costs_text(),
            sets.0,
            sets.1,
            counts.join(", "),
            self.commands_text()
        )
    }

    /// What became of the commands of bodies; empty if there are none.
    fn commands_text(&self) -> String {
        if self.commands == 0 {
            return String::new();
        }
        let without = self.without_object;
        format!("\n{} commands of bodies, {without} without_object (left out)", self.commands)
    }

    /// The table of costs; empty if no measure has a cost.
    fn costs_text(&self) -> String {
        let costs = self.costs();
        if costs.is_empty() {
            return String::new();
        }
        let mut table = table(&["Jurisdiction", "Unit", "Cost as recorded", "Cost what if"]);
        for it in costs {
            let (recorded, other) = (it.recorded.to_string(), it.other.to_string());
            table.add_row([self.name(it.division), it.unit.to_string(), recorded, other]);
        }
        format!("{table}\n")
    }

    fn name(&self, division: Division) -> String {
        self.names.get(&division).map_or_else(|| division.to_string(), ToString::to_string)
    }
}

fn table(heads: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::UTF8_BORDERS_ONLY).force_no_tty().set_header(heads);
    output::fitted(table)
}

fn order_json(order: Option<Ordered>) -> Value {
    let hour = |it: Option<Hour>| it.map(|it| it.to_string());
    order.map_or(Value::Null, |order| {
        json!({
            "act": order.act.name(),
            "grade": order.grade.name(),
            "effective_at": hour(order.effective_at),
            "expected_end": hour(order.expected_end),
        })
    })
}

/// `impose red from 2019-01-12 16:00 to 2019-01-14 02:00`.
fn order_text(order: Option<Ordered>) -> String {
    let Some(it) = order else { return String::new() };
    let short = |hour: Hour| hour.to_string().replacen('T', " ", 1).chars().take(16).collect();
    let from: String = it.effective_at.map(short).unwrap_or_default();
    let to: String = it.expected_end.map_or_else(|| "further notice".to_owned(), short);
    match it.act {
        crate::domain::OrderAct::Lift => format!("lift {} at {from}", it.grade),
        crate::domain::OrderAct::Extend => format!("extend {} to {to}", it.grade),
        crate::domain::OrderAct::Impose
        | crate::domain::OrderAct::Raise
        | crate::domain::OrderAct::Advance
        | crate::domain::OrderAct::Lower => {
            format!("{} {} from {from} to {to}", it.act.name(), it.grade)
        }
    }
}
