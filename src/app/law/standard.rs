//! `airshed standard`: the grading standards, where and when each is in force, and with which
//! certainty.

use std::path::PathBuf;

use clap::Subcommand;
use comfy_table::{ColumnConstraint, Table, TableComponent, presets};
use serde_json::{Value, json};

use crate::domain::{Bound, Clause, Condition, Date, InForce, JurisdictionIndex, Rules, Standard};

use crate::app::support::rules::{Overrides, load};
use crate::app::support::{Failure, output};

/// Hours of one window.
const WINDOW_H: u16 = 24;

/// Show the grading standards and the measures.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: airshed standard list --date 2019-01-12")]
pub(in crate::app) struct Args {
    #[command(subcommand)]
    command: Command,
    /// A folder with a rule book, instead of the built-in one.
    #[arg(long, value_name = "DIR", global = true)]
    airshed: Option<PathBuf>,
    /// Print JSON.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show which standard is in force, where and when.
    #[command(after_help = "Example: airshed standard list --date 2023-12-01")]
    List {
        /// Only on this day, with a row for each jurisdiction.
        #[arg(long, value_name = "YYYY-MM-DD")]
        date: Option<String>,
    },
    /// Show the clauses of a standard, its dates and its sources.
    #[command(after_help = "Example: airshed standard show BTH-2018")]
    Show {
        /// The id of the standard, such as BTH-2018.
        id: String,
    },
    /// Show the measures of each grade, in English and Chinese, with source and certainty.
    #[command(after_help = "Example: airshed standard measures --jurisdiction Beijing --grade red")]
    Measures(super::measures::Args),
}

pub(in crate::app) fn run(args: &Args) -> Result<(), Failure> {
    let book = load(args.airshed.as_deref(), &Overrides::default())?;
    let rules = &book.rules;
    match &args.command {
        Command::List { date: None } => {
            let terms = terms(rules, |_| true);
            if args.json {
                return output::print_json(&terms.iter().map(|it| term_json(rules, it)).collect());
            }
            output::print(&terms_table(rules, &terms, true))
        }
        Command::List { date: Some(text) } => {
            let date = Date::parse(text).ok_or_else(|| {
                Failure::Usage(format!("\"{text}\" is not a date such as 2019-01-12"))
            })?;
            let days: Vec<_> = on(rules, date);
            if args.json {
                return output::print_json(
                    &days.iter().map(|it| day_json(rules, date, it)).collect(),
                );
            }
            output::print(&days_table(rules, &days))
        }
        Command::Show { id } => {
            let place = rules
                .standards
                .iter()
                .position(|it| *it.id == **id)
                .ok_or_else(|| unknown(rules, id))?;
            if args.json {
                return output::print_json(&show_json(rules, place));
            }
            output::print(&show_text(rules, place))
        }
        Command::Measures(asked) => super::measures::run(asked, rules, args.json),
    }
}

fn unknown(rules: &Rules, id: &str) -> Failure {
    let known: Vec<_> = rules.standards.iter().map(|it| &*it.id).collect();
    Failure::Usage(format!("no standard \"{id}\"; known are {}", known.join(", ")))
}

/// A standard in force in some jurisdictions, for the same time and by the same legal text.
struct Term<'a> {
    entry: &'a InForce,
    last: Option<Date>,
    jurisdictions: Vec<JurisdictionIndex>,
}

/// All terms in force, oldest first.
fn terms(rules: &Rules, wanted: impl Fn(&InForce) -> bool) -> Vec<Term<'_>> {
    let mut terms: Vec<Term<'_>> = Vec::new();
    for entry in rules.in_force.iter().filter(|it| wanted(it)) {
        let last = last_day(rules, entry);
        let key = |it: &InForce, last| (it.standard, it.from, last, it.reference.clone());
        let same = terms.iter_mut().find(|it| key(it.entry, it.last) == key(entry, last));
        match same {
            Some(term) => term.jurisdictions.push(entry.jurisdiction),
            None => terms.push(Term { entry, last, jurisdictions: vec![entry.jurisdiction] }),
        }
    }
    terms.sort_by_key(|it| (it.entry.from, it.jurisdictions.clone()));
    terms
}

/// The last day of an entry: the one it names, or the day before the next entry begins there.
fn last_day(rules: &Rules, entry: &InForce) -> Option<Date> {
    let there = rules.in_force.iter().filter(|it| it.jurisdiction == entry.jurisdiction);
    let next = there.map(|it| it.from).filter(|from| *from > entry.from).min();
    entry.until.or(next.map(|it| Date(it.0 - 1)))
}

/// Each jurisdiction with the entry in force on a day. A follower has the entry of its leader.
fn on(rules: &Rules, date: Date) -> Vec<(JurisdictionIndex, Option<&InForce>)> {
    let places = (0..).map(JurisdictionIndex).zip(&rules.jurisdictions);
    let each = places.map(|(place, jurisdiction)| {
        let leader = jurisdiction.follows.unwrap_or(place);
        let mut there = rules.in_force.iter().filter(|it| it.jurisdiction == leader);
        let covers =
            |it: &&InForce| it.from <= date && last_day(rules, it).is_none_or(|last| date <= last);
        (place, there.find(covers))
    });
    each.collect()
}

fn table(heads: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::UTF8_HORIZONTAL_ONLY);
    table.remove_style(TableComponent::HorizontalLines);
    table.remove_style(TableComponent::MiddleIntersections);
    table.set_header(heads);
    table.force_no_tty();
    let mut table = output::fitted(table);
    // Texts are wrapped; codes, dates and marks are not.
    let texts = ["Jurisdiction", "Where", "By", "24 h index of PM2.5", "and within it"];
    for (column, head) in table.column_iter_mut().zip(heads) {
        if !texts.contains(head) {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
    table
}

fn code(rules: &Rules, place: JurisdictionIndex) -> String {
    rules.jurisdictions[usize::from(place.0)].division.to_string()
}

/// Names, several on a line.
fn names(rules: &Rules, places: &[JurisdictionIndex]) -> String {
    let name = |it: &JurisdictionIndex| &*rules.jurisdictions[usize::from(it.0)].name;
    let lines = places.chunks(4).map(|some| some.iter().map(name).collect::<Vec<_>>().join(", "));
    lines.collect::<Vec<_>>().join(",\n")
}

fn shown(date: Option<Date>) -> String {
    date.map_or_else(String::new, |it| it.to_string())
}

fn terms_table(rules: &Rules, terms: &[Term<'_>], with_id: bool) -> String {
    let heads = ["Standard", "From", "Until", "Where", "By", "Certainty"];
    let skipped = usize::from(!with_id);
    let mut table = table(&heads[skipped..]);
    for term in terms {
        let row = [
            rules.standards[term.entry.standard].id.to_string(),
            term.entry.from.to_string(),
            shown(term.last),
            names(rules, &term.jurisdictions),
            term.entry.reference.to_string(),
            term.entry.certainty.name().to_owned(),
        ];
        table.add_row(&row[skipped..]);
    }
    table.to_string()
}

fn days_table(rules: &Rules, days: &[(JurisdictionIndex, Option<&InForce>)]) -> String {
    let mut table = table(&["Code", "Jurisdiction", "Standard", "Since", "By", "Certainty"]);
    for (place, entry) in days {
        let jurisdiction = &rules.jurisdictions[usize::from(place.0)];
        let name = match jurisdiction.follows {
            None => jurisdiction.name.to_string(),
            Some(leader) => format!("{} (as {})", jurisdiction.name, names(rules, &[leader])),
        };
        let mut row = vec![jurisdiction.division.to_string(), name];
        match entry {
            None => row.push("none".to_owned()),
            Some(it) => row.extend([
                rules.standards[it.standard].id.to_string(),
                it.from.to_string(),
                it.reference.to_string(),
                it.certainty.name().to_owned(),
            ]),
        }
        table.add_row(row);
    }
    table.to_string()
}

fn condition(condition: Condition) -> String {
    let bound = match condition.bound {
        Bound::Above(bound) => format!("> {bound}"),
        Bound::AtLeast(bound) => format!(">= {bound}"),
    };
    format!("{bound} for {} h", condition.windows * WINDOW_H)
}

fn show_text(rules: &Rules, place: usize) -> String {
    let standard = &rules.standards[place];
    let mut clauses = table(&["Grade", "Level", "Clause", "24 h index of PM2.5", "and within it"]);
    for clause in &standard.clauses {
        clauses.add_row([
            clause.grade.name().to_owned(),
            clause.grade.level().to_owned(),
            clause.id.to_string(),
            condition(clause.main),
            clause.within.map_or_else(String::new, condition),
        ]);
    }
    let terms = terms(rules, |it| it.standard == place);
    format!(
        "{}  {}\nBy {} ({})\nDurations as {}, windows {}\n\n{clauses}\n\nIn force\n{}",
        standard.id,
        standard.title,
        standard.reference,
        standard.certainty.name(),
        standard.duration_as.name(),
        standard.window_phase.name(),
        terms_table(rules, &terms, false),
    )
}

fn term_json(rules: &Rules, term: &Term<'_>) -> Value {
    let codes: Vec<_> = term.jurisdictions.iter().map(|it| code(rules, *it)).collect();
    json!({
        "standard": &*rules.standards[term.entry.standard].id,
        "from": term.entry.from.to_string(),
        "until": term.last.map(|it| it.to_string()),
        "jurisdictions": codes,
        "reference": &*term.entry.reference,
        "certainty": term.entry.certainty.name(),
    })
}

fn day_json(
    rules: &Rules,
    date: Date,
    (place, entry): &(JurisdictionIndex, Option<&InForce>),
) -> Value {
    let jurisdiction = &rules.jurisdictions[usize::from(place.0)];
    json!({
        "date": date.to_string(),
        "jurisdiction": jurisdiction.division.to_string(),
        "name": &*jurisdiction.name,
        "follows": jurisdiction.follows.map(|it| code(rules, it)),
        "standard": entry.map(|it| &*rules.standards[it.standard].id),
        "from": entry.map(|it| it.from.to_string()),
        "reference": entry.map(|it| &*it.reference),
        "certainty": entry.map(|it| it.certainty.name()),
    })
}

fn show_json(rules: &Rules, place: usize) -> Value {
    let Standard { id, title, reference, certainty, duration_as, window_phase, clauses } =
        &rules.standards[place];
    let terms = terms(rules, |it| it.standard == place);
    json!({
        "standard": &**id,
        "title": &**title,
        "reference": &**reference,
        "certainty": certainty.name(),
        "duration_as": duration_as.name(),
        "window_phase": window_phase.name(),
        "clauses": clauses.iter().map(clause_json).collect::<Vec<_>>(),
        "in_force": terms.iter().map(|it| term_json(rules, it)).collect::<Vec<_>>(),
    })
}

fn clause_json(clause: &Clause) -> Value {
    let condition = |condition: Condition| {
        let (key, bound) = match condition.bound {
            Bound::Above(bound) => ("above", bound),
            Bound::AtLeast(bound) => ("at_least", bound),
        };
        json!({ key: bound, "hours": condition.windows * WINDOW_H })
    };
    json!({
        "grade": clause.grade.name(),
        "clause": &*clause.id,
        "text": &*clause.text,
        "main": condition(clause.main),
        "within": clause.within.map(condition),
    })
}
