//! Section 6: chains of windows, their edges, and the episodes that they join into.

use super::foresight;
use crate::world::{World, check};
use airshed::domain::WarningEvent;

const DAYS: &str = r#"
id = "LOCAL"
title = "Two clauses to read days with"
reference = "none"
certainty = "INTERPRETATION"
duration_as = "chain"
window_phase = "any"
[[clauses]]
grade = "yellow"
id = "yellow-1"
text = "> 200 for 24 h"
main = { above = 200, hours = 24 }
[[clauses]]
grade = "orange"
id = "orange-1"
text = "> 200 for 48 h"
main = { above = 200, hours = 48 }
"#;

fn local(changed: &str, to: &str) -> World {
    foresight("LOCAL").file("standards/LOCAL.toml", &DAYS.replace(changed, to))
}

#[test]
fn begin_is_before_the_first_bad_hour_and_end_is_the_last() {
    check(
        &foresight("BTH-2023").air("130100: clean*40 heavy*24 clean*60"),
        "16: 130100-1 issued yellow 40..64 yellow-1
           set 1 at 40: 130100 impose at 40 by warning
         65: 130100-1 lifted yellow 40..67 -
           set 2 at 67: 130100 lift at 67 by warning",
    );
}

/// Windows with 23 bad hours of 160 and one of 30 have a mean of 155; the first ends at hour 63,
/// the last at hour 65.
#[test]
fn edges_as_windows_are_those_of_the_covered_hours() {
    check(
        &foresight("BTH-2023")
            .set("edges_as = \"windows\"")
            .air("130100: clean*40 heavy*24 clean*60"),
        "15: 130100-1 issued yellow 39..65 yellow-1
           set 1 at 39: 130100 impose at 39 by warning
         66: 130100-1 lifted yellow 39..68 -
           set 2 at 68: 130100 lift at 68 by warning",
    );
}

#[test]
fn any_window_or_calendar_days_alone() {
    let any = "16: 130100-1 issued yellow 40..64 yellow-1
                 set 1 at 40: 130100 impose at 40 by warning
               65: 130100-1 lifted yellow 40..67 -
                 set 2 at 67: 130100 lift at 67 by warning";
    check(&local("", "").air("130100: clean*40 heavy*24 clean*60"), any);
    let calendar = |air| local("\"any\"", "\"calendar_day\"").air(air);
    check(&calendar("130100: clean*40 heavy*24 clean*60"), "");
    // Hour 0 is a midnight, so the day is 49 to 72; 23 of its hours are enough, 22 are not.
    check(&calendar("130100: clean*46 heavy*24 clean*60"), "");
    let day = "24: 130100-1 issued yellow 48..71 yellow-1
                 set 1 at 48: 130100 impose at 48 by warning
               72: 130100-1 lifted yellow 48..74 -
                 set 2 at 74: 130100 lift at 74 by warning";
    check(&calendar("130100: clean*47 heavy*24 clean*60"), day);
}

/// Two days of mean 155 back to back, and a clean day between their halves.
#[test]
fn rolling_asks_for_every_hour_in_between() {
    let air = "130100: clean*40 280*12 clean*24 280*12 clean*60";
    check(
        &local("", "").air(air),
        "16: 130100-1 issued orange 40..88 orange-1
           set 1 at 40: 130100 impose at 40 by warning
         89: 130100-1 lifted orange 40..91 -
           set 2 at 91: 130100 lift at 91 by warning",
    );
    // One day each: the second begins 24 hours after the first has ended, so they are one episode.
    check(
        &local("\"chain\"", "\"rolling\"").air(air),
        "16: 130100-1 issued yellow 40..88 yellow-1
           set 1 at 40: 130100 impose at 40 by warning
         89: 130100-1 lifted yellow 40..91 -
           set 2 at 91: 130100 lift at 91 by warning",
    );
    check(
        &local("\"chain\"", "\"rolling\"").air("130100: clean*40 heavy*48 clean*60"),
        "16: 130100-1 issued orange 40..88 orange-1
           set 1 at 40: 130100 impose at 40 by warning
         89: 130100-1 lifted orange 40..91 -
           set 2 at 91: 130100 lift at 91 by warning",
    );
}

/// The first ends with hour 64, the second begins 35, 36 or 37 hours later.
#[test]
fn two_chains_less_than_36_hours_apart_are_one_episode() {
    check(
        &foresight("BTH-2023").air("130100: clean*40 heavy*24 clean*35 heavy*24 clean*60"),
        "16: 130100-1 issued yellow 40..123 yellow-1
           set 1 at 40: 130100 impose at 40 by warning
         124: 130100-1 lifted yellow 40..126 -
           set 2 at 126: 130100 lift at 126 by warning",
    );
    // Two episodes; the second is joined to the warning while hour 65 is 35 hours before it.
    check(
        &foresight("BTH-2023").air("130100: clean*40 heavy*24 clean*36 heavy*24 clean*60"),
        "16: 130100-1 issued yellow 40..64 yellow-1
           set 1 at 40: 130100 impose at 40 by warning
         65: 130100-1 extended yellow 40..124 yellow-1
           set 2 at -: 130100 extend at - by warning
         125: 130100-1 lifted yellow 40..127 -
           set 3 at 127: 130100 lift at 127 by warning",
    );
    check(
        &foresight("BTH-2023").air("130100: clean*40 heavy*24 clean*37 heavy*24 clean*60"),
        "16: 130100-1 issued yellow 40..64 yellow-1
           set 1 at 40: 130100 impose at 40 by warning
         65: 130100-1 lifted yellow 40..67 -
           set 2 at 67: 130100 lift at 67 by warning
         77: 130100-2 issued yellow 101..125 yellow-1
           set 3 at 101: 130100 impose at 101 by warning
         126: 130100-2 lifted yellow 101..128 -
           set 4 at 128: 130100 lift at 128 by warning",
    );
}

#[test]
fn the_gap_is_a_parameter() {
    let world = foresight("BTH-2023").air("130100: clean*40 heavy*24 clean*35 heavy*24 clean*60");
    // Not one episode any more; 35 hours are still fewer than those to hour 65 by one.
    check(
        &world.clone().set("merge_gap_h = 35"),
        "16: 130100-1 issued yellow 40..64 yellow-1
           set 1 at 40: 130100 impose at 40 by warning
         65: 130100-1 extended yellow 40..123 yellow-1
           set 2 at -: 130100 extend at - by warning
         124: 130100-1 lifted yellow 40..126 -
           set 3 at 126: 130100 lift at 126 by warning",
    );
}

#[test]
fn durations_are_not_added_over_a_gap_and_the_highest_grade_wins() {
    check(
        &foresight("BTH-2023").air("130100: clean*40 heavy*24 clean*20 heavy*24 clean*60"),
        "16: 130100-1 issued yellow 40..108 yellow-1
           set 1 at 40: 130100 impose at 40 by warning
         109: 130100-1 lifted yellow 40..111 -
           set 2 at 111: 130100 lift at 111 by warning",
    );
    // The day begins it, the two days after it give it its grade.
    let mut world =
        foresight("BTH-2023").air("130100: clean*40 heavy*24 clean*24 heavy*48 clean*60");
    check(
        &world,
        "16: 130100-1 issued orange 40..136 orange-1
           set 1 at 40: 130100 impose at 40 by warning
         137: 130100-1 lifted orange 40..139 -
           set 2 at 139: 130100 lift at 139 by warning",
    );
    // The other way round the milder day is what is left in the end, for longer than it takes.
    world.air = "130100: clean*40 heavy*48 clean*24 heavy*24 clean*60".to_owned();
    check(
        &world,
        "16: 130100-1 issued orange 40..136 orange-1
           set 1 at 40: 130100 impose at 40 by warning
         100: 130100-1 lowered yellow 40..136 yellow-1
           set 2 at 102: 130100 lower at 102 by warning
         137: 130100-1 lifted yellow 40..139 -
           set 3 at 139: 130100 lift at 139 by warning",
    );
}

#[test]
fn the_record_names_the_first_clause_in_file_order_and_its_earliest_chain() {
    // Orange by both clauses: 151 for 48 h and 116 for 72 h.
    let world = foresight("BTH-2023").air("130100: clean*40 116*24 151*48 clean*60");
    let records = world.run();
    let act = records.iter().find_map(|it| match &it.event {
        airshed::domain::Event::Warning(WarningEvent::WarningDecided(act)) => Some(act),
        _ => None,
    });
    let act = act.unwrap();
    assert_eq!(act.clause.as_deref(), Some("orange-1"));
    let ends: Vec<i32> = act.windows.iter().map(|it| it.end.0 - world.hour(0).0).collect();
    let means: Vec<u16> = act.windows.iter().map(|it| it.mean_ug_m3).collect();
    assert_eq!((ends, means), (vec![88, 112], vec![151, 151]));
    // The episode begins where the other chain begins.
    assert_eq!((act.start, act.end), (world.hour(40), Some(world.hour(112))));
    assert_eq!((act.observed_hours, act.forecast_hours), (0, 48));
    assert_eq!(act.makers.iter().map(|it| &**it).collect::<Vec<_>>(), ["hindsight:120"]);
    // Decided at 16:30 of hour 16.
    assert_eq!((act.hour, act.lead_time_h), (world.hour(16), 23));
}
