//! Which standard rules: by jurisdiction and date, as data.

use airshed::domain::Date;

use super::foresight;
use crate::world::{World, check};

fn since(day: &str) -> World {
    World::in_force(day).hindsight(120)
}

/// Beijing graded anew on 2023-10-25, Hebei on 2024-03-07: in between the same air is two things.
#[test]
fn the_same_air_under_two_standards() {
    let air = |hours: &str| {
        format!("110000: clean*40 {hours} clean*60\n130100: clean*40 {hours} clean*60")
    };
    // A day above 200.
    check(
        &since("2023-12-01").air(&air("heavy*24")),
        "16: 110000-1 issued yellow 40..64 yellow-1
           set 1 at 40: 110000 impose at 40 by warning
         65: 110000-1 lifted yellow 40..67 -
           set 2 at 67: 110000 lift at 67 by warning",
    );
    // Two days above 200.
    check(
        &since("2023-12-01").air(&air("heavy*48")),
        "16: 110000-1 issued orange 40..88 orange-1
         16: 130100-1 issued yellow 40..88 yellow-1
           set 1 at 40: 110000 impose at 40 by warning, 130100 impose at 40 by warning
         89: 110000-1 lifted orange 40..91 -
         89: 130100-1 lifted yellow 40..91 -
           set 2 at 91: 110000 lift at 91 by warning, 130100 lift at 91 by warning",
    );
}

/// Hour 24 of this world is the label 00:00 of the day on which the new standard begins.
#[test]
fn midnight_belongs_to_the_day_before() {
    let story = |code: &str| {
        format!(
            "25: {code}-1 issued yellow 40..64 yellow-1
               set 1 at 40: {code} impose at 40 by warning
             65: {code}-1 lifted yellow 40..67 -
               set 2 at 67: {code} lift at 67 by warning"
        )
    };
    check(&since("2023-10-24").air("110000: clean*40 heavy*24 clean*60"), &story("110000"));
    check(&since("2024-03-06").air("130100: clean*40 heavy*24 clean*60"), &story("130100"));
    check(&since("2024-03-04").air("130100: clean*40 heavy*24 clean*60"), "");
}

/// Blue was cancelled on 2018-12-28: an open blue warning counts as yellow from then on, so it is
/// extended and not raised.
#[test]
fn a_grade_that_is_gone_counts_as_the_next_one_up() {
    let air = "130100: clean*20 heavy*48 clean*60";
    check(
        &World::in_force("2018-12-27").hindsight(40).air(air),
        "3: 130100-1 issued blue 20..43 blue-1
           set 1 at 20: 130100 impose at 20 by warning
         19: 130100-1 extended blue 20..59 blue-1
           set 2 at -: 130100 extend at - by warning
         69: 130100-1 lifted blue 20..71 -
           set 3 at 71: 130100 lift at 71 by warning",
    );
    // A month before, blue is raised to yellow.
    check(
        &World::in_force("2018-11-27").hindsight(40).air(air),
        "3: 130100-1 issued blue 20..43 blue-1
           set 1 at 20: 130100 impose at 20 by warning
         19: 130100-1 extended blue 20..59 blue-1
           set 2 at -: 130100 extend at - by warning
         27: 130100-1 raised yellow 29..67 yellow-1
           set 3 at 29: 130100 raise at 29 by warning
         69: 130100-1 lifted yellow 20..71 -
           set 4 at 71: 130100 lift at 71 by warning",
    );
}

/// The pilot of 2016 ended on 31 March, and no other standard is known for Tianjin until October:
/// nothing is issued, and what is open ends by the standard that began it.
#[test]
fn where_no_standard_is_in_force_nothing_is_issued() {
    check(&since("2016-05-01").air("120000: clean*40 heavy*24 clean*60"), "");
    // Hour 24 is the last of 31 March.
    check(
        &since("2016-03-31").air("120000: clean*40 heavy*24 clean*60"),
        "16: 120000-1 issued blue 40..64 blue-1
           set 1 at 40: 120000 impose at 40 by warning
         65: 120000-1 lifted blue 40..67 -
           set 2 at 67: 120000 lift at 67 by warning",
    );
}

const NEW: &str = r#"
id = "LOCAL-2030"
title = "A standard that nobody has written yet"
reference = "none"
certainty = "INTERPRETATION"
duration_as = "chain"
window_phase = "any"
[[clauses]]
grade = "red"
id = "red-only"
text = "> 100 for 24 h"
main = { above = 100, hours = 24 }
[[in_force]]
jurisdictions = ["130100"]
from = 2030-01-01
reference = "none"
certainty = "INTERPRETATION"
"#;

/// No code knows the names of standards.
#[test]
fn a_standard_is_added_as_a_file() {
    let world =
        since("2030-01-01").air("130100: clean*40 76*24 clean*60\n130200: clean*40 76*24 clean*60");
    check(&world, "");
    check(
        &world.file("standards/LOCAL-2030.toml", NEW),
        "16: 130100-1 issued red 40..64 red-only
           set 1 at 40: 130100 impose at 40 by warning
         65: 130100-1 lifted red 40..67 -
           set 2 at 67: 130100 lift at 67 by warning",
    );
}

/// HJ 633-2026 puts 61 above 100, HJ 633-2012 only 76. It begins with the label 01:00 of
/// 2026-03-01, which is hour 25 here: for windows by their last hour, for hours by themselves.
#[test]
fn the_index_is_that_of_the_day_of_the_label() {
    let world = |day: &str| {
        let world = foresight("LOCAL-2030").file("standards/LOCAL-2030.toml", NEW);
        World { from: Date::parse(day).unwrap(), ..world.air("130100: 61*30 clean*60") }
    };
    check(&world("2026-02-26"), "");
    check(
        &world("2026-02-28"),
        "1: 130100-1 issued red 24..30 red-only
           set 1 at 24: 130100 impose at 24 by warning
         31: 130100-1 lifted red 24..33 -
           set 2 at 33: 130100 lift at 33 by warning",
    );
}
