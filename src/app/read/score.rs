//! `airshed score`: how well bodies answered in a period.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Context as _;
use comfy_table::{CellAlignment, Table, presets};
use serde_json::{Map, Value, json};

use crate::domain::cooperation::Body;
use crate::domain::{Date, Event, Fact};
use crate::engine::cooperation::{Rate, ScoreKind, ScoreRow, Scores, Scoring};
use crate::engine::{MakerSkill, Skill, entries};

use super::{matters, skill};
use crate::app::support::log_reader::Which;
use crate::app::support::{Failure, output};

/// The definitions of the numbers, for `--help`.
const MEANING: &str = "\
A thing belongs to the period in which its deadline lies, as that stood last, and to its owner at
that deadline; a duty belongs to its day. A share is shown as numerator/denominator and per cent.

acknowledged_in_time  orders acknowledged in time, of those due; left out: ended before due
reported_in_time      days reported completely in time, of those with duties; left out: days of
                      excused duties alone
executed              duties of which the last report is full and not refuted, of all; left out:
                      excused at the deadline of the day's report
verified              duties that another body confirmed, of all; left out: excused
objections_upheld     objections upheld, also in part, of those decided; left out: fallen with
                      their order
whistle_in_time       summons answered in time, of all
cases_in_time         matters of cases answered in time, of those due
consulted             days with a signed consultation, of those that required one (region)

What is neither answered nor due at the end of the log is counted as not due yet. The hours are
those with a level in force. The skill of the forecasts (`airshed skill`) of the days of the period
is in the JSON. Plants and complaints are not scored: this version has no records of them.

Example: airshed score episode --from 2025-12-04 --to 2025-12-13";

/// Arguments of `score`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = MEANING)]
pub(in crate::app) struct Args {
    #[command(flatten)]
    log: Which,
    /// The first day of the period, such as 2025-12-04.
    #[arg(long, value_name = "DATE", value_parser = date)]
    from: Date,
    /// The last day of the period.
    #[arg(long, value_name = "DATE", value_parser = date)]
    to: Date,
    /// The body that looks: every body of the airshed sees all rows, its own is marked.
    #[arg(long = "as", value_name = "BODY")]
    viewer: Option<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

fn date(text: &str) -> Result<Date, String> {
    Date::parse(text).ok_or_else(|| format!("\"{text}\" is no date; right is 2025-12-04"))
}

pub(in crate::app) fn run(args: &Args) -> Result<(), Failure> {
    if args.to < args.from {
        let words = format!("--to {} is before --from {}", args.to, args.from);
        return Err(Failure::Usage(words));
    }
    let mut scoring = Scoring::new(args.from, args.to);
    let mut forecasts = Skill::new([]).within(args.from, args.to);
    let mut names = BTreeMap::new();
    let mut rules = None;
    let mut records = args.log.read()?.followed("");
    for entry in entries(&mut records) {
        let entry = entry.context("cannot go on")?;
        scoring.note(&entry);
        forecasts.note(&entry.record);
        if let Event::Fact(Fact::RuleBookAdopted(book)) = &entry.record.event {
            let named = book.rules.jurisdictions.iter();
            names.extend(named.map(|it| (it.division.to_string(), Arc::clone(&it.name))));
            rules = Some(Arc::clone(book));
        }
    }
    records.end();
    let rules = rules.as_ref().map(|it| &it.rules);
    let viewer = args.viewer.as_deref().map(|it| matters::viewer(rules, it)).transpose()?;
    let numbers = rules.and_then(|it| it.cooperation.as_ref());
    if let Some(guest) =
        viewer.as_ref().filter(|it| numbers.is_some_and(|by| by.bodies.is_guest(it)))
    {
        let words = format!("--as {guest}: a guest sees no scores; only bodies of the airshed do");
        return Err(Failure::Usage(words));
    }
    let clock = scoring.clock().map(|it| it.to_string());
    let (scores, makers) = (scoring.finish(), forecasts.makers());
    let shown = Shown { args, viewer, clock, scores, makers, names };
    if args.json { output::print_json(&shown.json()) } else { output::print(&shown.text()) }
}

struct Shown<'a> {
    args: &'a Args,
    viewer: Option<Body>,
    /// The clock of the log.
    clock: Option<String>,
    scores: Scores,
    makers: Vec<MakerSkill>,
    names: BTreeMap<String, Arc<str>>,
}

impl Shown<'_> {
    fn json(&self) -> Value {
        let row = |(body, row): (&Body, &ScoreRow)| {
            let mut json = row_json(row);
            json.insert("body".to_owned(), body.code().into());
            json.insert("name".to_owned(), json!(self.names.get(body.code())));
            json.insert("skill".to_owned(), self.skill(Some(body.code())));
            Value::Object(json)
        };
        let mut all = row_json(&self.scores.all);
        all.insert("skill".to_owned(), self.skill(None));
        json!({
            "from": self.args.from.to_string(),
            "to": self.args.to.to_string(),
            "clock": self.clock,
            "as": self.viewer.as_ref().map(Body::code),
            "asked": self.scores.asked,
            "left_out": ScoreKind::ALL
                .into_iter()
                .filter_map(|it| Some((it.name().to_owned(), it.left_out()?.into())))
                .collect::<Map<_, _>>(),
            "bodies": self.scores.bodies.iter().map(row).collect::<Vec<_>>(),
            "all": all,
        })
    }

    /// The forecasts of a body, or of all, by source.
    fn skill(&self, body: Option<&str>) -> Value {
        let of_maker = |maker: &MakerSkill| {
            let scores = match body {
                None => Some(&maker.total),
                Some(body) => {
                    maker.jurisdictions.iter().find(|it| it.0.to_string() == body).map(|it| it.1)
                }
            };
            let lead_days = skill::lead_days(scores.filter(|it| !it.is_empty())?);
            Some(json!({"maker": &*maker.maker, "lead_days": lead_days}))
        };
        self.makers.iter().filter_map(of_maker).collect()
    }

    fn text(&self) -> String {
        let mut text = format!("Scores of {} to {}", self.args.from, self.args.to);
        if !self.scores.asked {
            text.push_str("\nThe rule book of this log asks for no answers.");
        }
        let tables = PARTS.iter().map(|(heads, kinds)| self.table(heads, kinds));
        for table in tables.chain([self.counts()]).filter(|it| !it.is_empty()) {
            text = format!("{text}\n{table}");
        }
        let left_out = self.left_out();
        if left_out.is_empty() { text } else { format!("{text}\nIn brackets:\n{left_out}") }
    }

    fn table(&self, heads: &[&str], kinds: &[ScoreKind]) -> Table {
        let mut table = table(heads);
        for (name, row) in self.rows() {
            if kinds.iter().all(|it| row.rate(*it) == Rate::default()) {
                continue;
            }
            let rates = kinds.iter().map(|it| rate(&row.rate(*it)));
            table.add_row([name].into_iter().chain(rates));
        }
        table
    }

    fn counts(&self) -> Table {
        let mut table = table(&["", "Overdue", "Reminded", "Escalated", "Hours under order"]);
        for (name, row) in self.rows() {
            let counts = [row.overdue, row.reminded, row.escalated, row.hours_under_order];
            if counts.iter().any(|it| *it > 0) {
                table.add_row([name].into_iter().chain(counts.map(|it| it.to_string())));
            }
        }
        table
    }

    /// Every body, then all.
    fn rows(&self) -> impl Iterator<Item = (String, &ScoreRow)> {
        let of = |body: &Body| {
            let name = self.names.get(body.code()).map_or(String::new(), |it| format!(" {it}"));
            let mark = if self.viewer.as_ref() == Some(body) { " *" } else { "" };
            format!("{body}{name}{mark}")
        };
        let bodies = self.scores.bodies.iter().map(move |(body, row)| (of(body), row));
        bodies.chain([("All".to_owned(), &self.scores.all)])
    }

    /// What is not in the shares of all.
    fn left_out(&self) -> String {
        let mut lines = Vec::new();
        for kind in ScoreKind::ALL {
            let rate = self.scores.all.rate(kind);
            let left_out = kind.left_out().filter(|_| rate.left_out > 0);
            let left_out = left_out.map(|it| format!("{} left out, {it}", rate.left_out));
            let waiting =
                (rate.not_due_yet > 0).then(|| format!("{} not due yet", rate.not_due_yet));
            let parts: Vec<String> = left_out.into_iter().chain(waiting).collect();
            if !parts.is_empty() {
                lines.push(format!("{}: {}", kind.name(), parts.join("; ")));
            }
        }
        lines.join("\n")
    }
}

/// The tables of shares: narrow enough for 80 columns.
const PARTS: [(&[&str], &[ScoreKind]); 2] = [
    (
        &["", "Acknowledged", "Reported", "Executed", "Verified"],
        &[
            ScoreKind::AcknowledgedInTime,
            ScoreKind::ReportedInTime,
            ScoreKind::Executed,
            ScoreKind::Verified,
        ],
    ),
    (
        &["", "Objections", "Whistles", "Cases", "Consulted"],
        &[
            ScoreKind::ObjectionsUpheld,
            ScoreKind::WhistleInTime,
            ScoreKind::CasesInTime,
            ScoreKind::Consulted,
        ],
    ),
];

fn table(heads: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::UTF8_BORDERS_ONLY).force_no_tty().set_header(heads);
    let mut table = output::fitted(table);
    for column in table.column_iter_mut() {
        column.set_padding((1, 0));
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

/// `2/4 50 % (1)`: in brackets what is not in it; nothing over nothing.
fn rate(rate: &Rate) -> String {
    let share = rate.tenths().map_or("-".to_owned(), |tenths| {
        let decimal = if tenths % 10 == 0 { String::new() } else { format!(".{}", tenths % 10) };
        format!("{}/{} {}{decimal} %", rate.numerator, rate.denominator, tenths / 10)
    });
    match rate.left_out + rate.not_due_yet {
        0 => share,
        count => format!("{share} ({count})"),
    }
}

fn row_json(row: &ScoreRow) -> Map<String, Value> {
    let mut json = Map::new();
    for kind in ScoreKind::ALL {
        json.insert(kind.name().to_owned(), rate_json(&row.rate(kind)));
    }
    let counts = [
        ("overdue", row.overdue),
        ("reminded", row.reminded),
        ("escalated", row.escalated),
        ("hours_under_order", row.hours_under_order),
    ];
    json.extend(counts.map(|(name, count)| (name.to_owned(), count.into())));
    json
}

fn rate_json(rate: &Rate) -> Value {
    json!({
        "numerator": rate.numerator,
        "denominator": rate.denominator,
        "percent": rate.tenths().map(tenths_json),
        "left_out": rate.left_out,
        "not_due_yet": rate.not_due_yet,
    })
}

/// A whole number where it is one, else one decimal.
fn tenths_json(tenths: i64) -> Value {
    if tenths % 10 == 0 {
        return (tenths / 10).into();
    }
    let tenths = i32::try_from(tenths).unwrap_or(i32::MAX);
    (f64::from(tenths) / 10.0).into()
}
