//! The table at the end of a run, with a row for each jurisdiction.

use comfy_table::{Attribute, Cell, CellAlignment, Color, Table, presets};

use serde_json::{Value, json};

use crate::domain::cooperation::Body;
use crate::domain::{Grade, Hour, Reason};
use crate::engine::cooperation::{Rate, ScoreKind, ScoreRow, Scores};

use super::log_summary::{LogSummary, MemberRow, Warning};
use crate::app::support::output;

/// The table: highest grade, its start and lift, orders and lead time of each jurisdiction. Where
/// bodies are asked for answers, a second one has those.
pub(in crate::app) fn table(episode: &LogSummary, colour: bool) -> String {
    let heads = ["", "Jurisdiction", "Warned", "Grade", "Start", "Lift", "Orders", "Lead"];
    let mut table = headed(&heads, colour);
    let years = episode.span().is_some_and(|(first, last)| year(first) != year(last));
    for member in episode.members() {
        table.add_row(Line::of(episode, &member).cells(&member, years));
    }
    align_right(&mut table, &[2, 6, 7]);
    match episode.scores() {
        None => table.to_string(),
        Some(scores) => format!("{table}\n{}", answers(episode, &scores, colour)),
    }
}

/// How each member answered, and all bodies.
fn answers(episode: &LogSummary, scores: &Scores, colour: bool) -> Table {
    let heads = ["", "Jurisdiction", "Acknowledged in time", "Overdue", "Verified"];
    let mut table = headed(&heads, colour);
    let rates = |row: &ScoreRow| {
        let share = |kind| {
            let Rate { numerator, denominator, .. } = row.rate(kind);
            if denominator == 0 { String::new() } else { format!("{numerator} of {denominator}") }
        };
        let [acknowledged, verified] = SHARES.map(share);
        [acknowledged, row.overdue.to_string(), verified]
    };
    for member in episode.members() {
        let body = Body::new(&member.division.to_string());
        if let Some(row) = scores.bodies.get(&body).filter(|it| **it != ScoreRow::default()) {
            let names = [member.name_zh.to_string(), member.name.to_string()];
            table.add_row(names.into_iter().chain(rates(row)));
        }
    }
    table.add_row([String::new(), "All bodies".to_owned()].into_iter().chain(rates(&scores.all)));
    align_right(&mut table, &[2, 3, 4]);
    table
}

/// The shares in the closing table.
const SHARES: [ScoreKind; 2] = [ScoreKind::AcknowledgedInTime, ScoreKind::Verified];

fn headed(heads: &[&str], colour: bool) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::UTF8_BORDERS_ONLY);
    let mut table = output::fitted(table);
    if colour {
        table.enforce_styling();
    } else {
        table.force_no_tty();
    }
    table.set_header(heads.iter().map(|head| Cell::new(head).add_attribute(Attribute::Bold)));
    // Narrow enough for 80 columns.
    for column in table.column_iter_mut() {
        column.set_padding((1, 0));
    }
    table
}

fn align_right(table: &mut Table, columns: &[usize]) {
    for column in columns {
        if let Some(column) = table.column_mut(*column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
}

/// The table as JSON, with the names and codes of the log.
pub(in crate::app) fn json(episode: &LogSummary) -> Vec<Value> {
    let scores = episode.scores();
    let member = |member: &MemberRow| {
        let line = Line::of(episode, member);
        let hour = |hour: Option<Hour>| hour.map(|it| it.to_string());
        let mut json = json!({
            "jurisdiction": member.division.to_string(),
            "name": &*member.name,
            "warnings": line.warnings,
            "highest_grade": line.highest.name(),
            "start": hour(line.start),
            "lift": hour(line.lift),
            "orders": line.orders,
            "lead_time_h": line.lead_time_h,
        });
        let body = Body::new(&member.division.to_string());
        if let Some(row) = scores.as_ref().and_then(|it| it.bodies.get(&body)) {
            for kind in SHARES {
                let Rate { numerator, denominator, .. } = row.rate(kind);
                json[kind.name()] = json!({"numerator": numerator, "denominator": denominator});
            }
            json["overdue"] = row.overdue.into();
        }
        json
    };
    episode.members().iter().map(member).collect()
}

/// The numbers of readings taken and refused, in one line.
pub(in crate::app) fn intake(episode: &LogSummary) -> String {
    let refused: u64 = episode.refused().values().sum();
    let reason = |(reason, count): (&Reason, &u64)| format!("{} {count}", reason.name());
    let reasons: Vec<String> = episode.refused().iter().map(reason).collect();
    let reasons =
        if reasons.is_empty() { String::new() } else { format!(" ({})", reasons.join(", ")) };
    let (taken, records) = (episode.taken(), episode.records());
    let nothing_new = [("missing", episode.missing()), ("repeated", episode.repeated())]
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .map(|(name, count)| format!(", {count} {name}"))
        .collect::<Vec<String>>()
        .concat();
    let hours = episode.span().map_or(0, |(first, last)| last.0 - first.0 + 1);
    format!(
        "{taken} readings taken{nothing_new}, {refused} refused{reasons}; {hours} hours closed; \
         {records} records"
    )
}

/// The row of one jurisdiction. Start, lift and lead time are those of its strictest warning; of
/// equal ones, the first.
struct Line {
    warnings: usize,
    highest: Grade,
    start: Option<Hour>,
    lift: Option<Hour>,
    orders: usize,
    lead_time_h: Option<i32>,
}

impl Line {
    fn of(episode: &LogSummary, member: &MemberRow) -> Self {
        let own: Vec<&Warning> =
            episode.warnings().iter().filter(|it| it.division == member.division).collect();
        let worst = own.iter().rev().max_by_key(|it| it.highest());
        let orders = episode.sets().iter().flat_map(|set| &set.orders);
        Self {
            warnings: own.len(),
            highest: worst.map_or(Grade::None, |it| it.highest()),
            start: worst.and_then(|it| it.course.start()),
            lift: worst.and_then(|it| it.lifted()),
            orders: orders.filter(|(who, _, _)| *who == member.division).count(),
            lead_time_h: worst.map(|it| it.lead_time_h),
        }
    }

    fn cells(&self, member: &MemberRow, years: bool) -> [Cell; 8] {
        let open = if self.warnings > 0 { "open" } else { "" };
        let moment = |it| moment(it, years);
        [
            Cell::new(&member.name_zh),
            Cell::new(&member.name),
            Cell::new(self.warnings),
            graded(self.highest),
            Cell::new(self.start.map_or(String::new(), moment)),
            Cell::new(self.lift.map_or(open.to_owned(), moment)),
            Cell::new(self.orders),
            Cell::new(self.lead_time_h.map_or(String::new(), |it| format!("{it} h"))),
        ]
    }
}

fn graded(grade: Grade) -> Cell {
    let cell = Cell::new(grade.name());
    match grade {
        Grade::None => cell,
        Grade::Blue => cell.fg(Color::Blue),
        Grade::Yellow => cell.fg(Color::Yellow),
        Grade::Orange => cell.fg(Color::AnsiValue(208)),
        Grade::Red => cell.fg(Color::Red),
    }
}

/// `12-07 16:00`; in a log of several years `2019-12-07 16:00`.
fn moment(hour: Hour, years: bool) -> String {
    let text = hour.to_string().replacen('T', " ", 1);
    let begin = if years { 0 } else { 5 };
    text.get(begin..16).unwrap_or(&text).to_owned()
}

fn year(hour: Hour) -> String {
    hour.date().to_string().chars().take(4).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::tests::fixture;

    #[test]
    fn each_jurisdiction_has_its_row() {
        let text = table(&LogSummary::of(&fixture::records()), false);
        let row = |name: &str| {
            let line = text.lines().find(|line| line.contains(name)).unwrap();
            line.trim_matches('│').split_whitespace().collect::<Vec<_>>().join(" ")
        };
        let check = |name: &str, expected: &str| assert_eq!(row(name), expected);
        check("Beijing", "北京 Beijing 1 orange 12-06 15:00 open 1 15 h");
        check("Shijiazhuang", "石家庄 Shijiazhuang 1 red 12-06 15:00 12-13 03:00 3 15 h");
        check("Tianjin", "天津 Tianjin 0 none 0");
        assert!(!text.contains('\u{1b}'), "{text}");
        assert!(table(&LogSummary::of(&fixture::records()), true).contains('\u{1b}'));
    }

    #[test]
    fn a_log_of_several_years_says_in_which_one_a_warning_began() {
        let first = Hour::of_beijing(crate::domain::Date::new(2025, 12, 7).unwrap(), 16).unwrap();
        assert_eq!(moment(first, false), "12-07 16:00");
        assert_eq!(moment(first, true), "2025-12-07 16:00");
        let mut records = fixture::records();
        records.extend(fixture::hours(800).into_iter().skip(289));
        let text = table(&LogSummary::of(&records), false);
        assert!(text.contains("2025-12-06 15:00"), "{text}");
    }

    #[test]
    fn json_has_codes_and_whole_times() {
        let all = json(&LogSummary::of(&fixture::records()));
        let expected = json!({
            "jurisdiction": "130100", "name": "Shijiazhuang", "warnings": 1,
            "highest_grade": "red", "start": "2025-12-06T15:00:00+08:00",
            "lift": "2025-12-13T03:00:00+08:00", "orders": 3, "lead_time_h": 15,
        });
        assert_eq!(all[2], expected);
        assert_eq!(all[1]["start"], Value::Null);
    }

    #[test]
    fn the_intake_counts() {
        let words = intake(&LogSummary::of(&fixture::records()));
        assert_eq!(words, "0 readings taken, 0 refused; 288 hours closed; 296 records");
    }
}
