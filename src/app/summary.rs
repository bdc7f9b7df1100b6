//! The table at the end of a run: what each jurisdiction went through.

use comfy_table::{Attribute, Cell, CellAlignment, Color, ContentArrangement, Table, presets};

use crate::domain::{Division, Grade, Hour, Reason};

use super::episode::{Episode, Member, Warning};

/// One row a jurisdiction: highest grade, its start and lift, orders, lead time.
pub(super) fn table(episode: &Episode, colour: bool) -> String {
    let mut table = Table::new();
    table.load_preset(presets::UTF8_BORDERS_ONLY);
    table.set_content_arrangement(ContentArrangement::Disabled);
    if colour {
        table.enforce_styling();
    } else {
        table.force_no_tty();
    }
    let heads = ["Jurisdiction", "", "Warnings", "Highest", "Start", "Lift", "Orders", "Lead h"];
    table.set_header(heads.map(|head| Cell::new(head).add_attribute(Attribute::Bold)));
    for member in episode.members() {
        table.add_row(row(episode, &member));
    }
    for column in [2, 6, 7] {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.to_string()
}

/// What was read and what of it was not taken, in one line.
pub(super) fn intake(episode: &Episode) -> String {
    let refused: u64 = episode.refused().values().sum();
    let reason = |(reason, count): (&Reason, &u64)| format!("{} {count}", reason.name());
    let reasons: Vec<String> = episode.refused().iter().map(reason).collect();
    let reasons =
        if reasons.is_empty() { String::new() } else { format!(" ({})", reasons.join(", ")) };
    let (readings, records) = (episode.readings(), episode.records());
    let hours = episode.span().map_or(0, |(first, last)| last.0 - first.0 + 1);
    format!(
        "{readings} readings, {refused} refused{reasons}; {hours} hours closed; {records} records"
    )
}

fn row(episode: &Episode, member: &Member) -> Vec<Cell> {
    let division = member.division;
    let own: Vec<&Warning> =
        episode.warnings().iter().filter(|it| it.division == division).collect();
    // The strictest, and of several the first.
    let worst = own.iter().rev().max_by_key(|it| it.highest());
    let start = worst.and_then(|it| it.start()).map_or(String::new(), moment);
    let lift = worst.map_or(String::new(), |it| it.lifted.map_or("open".to_owned(), moment));
    let lead = worst.map_or(String::new(), |it| it.lead_time_h.to_string());
    let grade = worst.map_or(Grade::None, |it| it.highest());
    vec![
        Cell::new(&member.name_zh),
        Cell::new(&member.name),
        Cell::new(own.len()),
        graded(grade),
        Cell::new(start),
        Cell::new(lift),
        Cell::new(orders(episode, division)),
        Cell::new(lead),
    ]
}

fn orders(episode: &Episode, division: Division) -> usize {
    let orders = episode.sets().iter().flat_map(|set| &set.orders);
    orders.filter(|(who, _, _)| *who == division).count()
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

/// `12-07 16:00`.
fn moment(hour: Hour) -> String {
    let text = hour.to_string().replacen('T', " ", 1);
    text.get(5..16).unwrap_or(&text).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixture;

    #[test]
    fn each_jurisdiction_has_its_row() {
        let text = table(&Episode::of(&fixture::records()), false);
        let row = |name: &str| {
            let line = text.lines().find(|line| line.contains(name)).unwrap();
            line.trim_matches('│').split_whitespace().collect::<Vec<_>>().join(" ")
        };
        let check = |name: &str, expected: &str| assert_eq!(row(name), expected);
        check("Beijing", "北京 Beijing 1 orange 12-06 15:00 open 1 15");
        check("Shijiazhuang", "石家庄 Shijiazhuang 1 red 12-06 15:00 12-13 03:00 3 15");
        check("Tianjin", "天津 Tianjin 0 none 0");
        assert!(!text.contains('\u{1b}'), "{text}");
        assert!(table(&Episode::of(&fixture::records()), true).contains('\u{1b}'));
    }

    #[test]
    fn the_intake_counts() {
        let words = intake(&Episode::of(&fixture::records()));
        assert_eq!(words, "0 readings, 0 refused; 288 hours closed; 296 records");
    }
}
