//! Section 5: the series: what was observed, what is said of it, by whom and since when.

use airshed::domain::{Command, Tick};

use crate::world::{World, check};

const BAD: &str = "130100: clean*49 heavy*30 clean*60";
const SAID: &str = "clean*48 heavy*30 clean*60";

fn story(issued: i32) -> String {
    format!(
        "{issued}: 130100-1 issued yellow 49..79 yellow-1
           set 1 at 49: 130100 impose at 49 by warning
         80: 130100-1 lifted yellow 49..82 -
           set 2 at 82: 130100 lift at 82 by warning"
    )
}

fn world() -> World {
    World::new("BTH-2023").air(BAD)
}

#[test]
fn the_newest_outlook_counts_not_the_last_to_arrive() {
    // Issued at 8: bad. Issued at 5, read later: clean.
    let newest =
        world().outlook_read(9, 8, 130_100, 2, SAID).outlook_read(10, 5, 130_100, 2, "clean*138");
    check(&newest, &story(25));
    // Hour by hour: the newer one speaks of 50 to 79 alone, and the older one of the rest.
    let newest = world()
        .outlook_read(9, 5, 130_100, 2, "clean*138")
        .outlook_read(9, 8, 130_100, 50, "heavy*30");
    check(&newest, &story(25));
}

/// An outlook of hour 30 does not count for the decision of hour 29, even if it is there.
#[test]
fn an_outlook_counts_from_the_hour_at_which_it_was_issued() {
    check(&world().outlook_read(1, 30, 130_100, 31, "clean*19 heavy*30 clean*60"), &story(30));
}

/// Issued at 20; hour 30 closes at 30:30, hour 31 at 31:30.
#[test]
fn an_outlook_that_arrives_after_a_closing_counts_for_later_decisions() {
    let late = |tick_min: i32| {
        let at = world().hour(30).end().plus_minutes(tick_min);
        world().input(31, Command::Tick(Tick { at, source: None })).outlook_read(
            31,
            20,
            130_100,
            31,
            "clean*19 heavy*30 clean*60",
        )
    };
    // A tick at 30:30 belongs to the instant at which hour 30 was reported; one at 30:31 ends it.
    check(&late(31), &story(31));
    let before = world().outlook_read(31, 20, 130_100, 31, "clean*19 heavy*30 clean*60");
    check(&before, &story(30));
}

/// Eight hours of a bad day are missing; with 160 in place of five or more of them the day that
/// ends with 72 is known. An outlook fills the hours after it was issued, and no other.
#[test]
fn a_missing_hour_is_filled_by_an_outlook_issued_before_it() {
    let world = |issued: i32| {
        World::new("BTH-2023")
            .air("130100: clean*49 heavy*10 x*8 heavy*6 clean*60")
            .outlook(issued, 130_100, 60, "heavy*8")
    };
    let known = "64: 130100 has 19 of 20 hours
                 72: 130100-1 issued yellow 74..open yellow-1
                   set 1 at 74: 130100 impose at 74 by warning
                 85: 130100-1 lifted yellow 74..87 -
                   set 2 at 87: 130100 lift at 87 by warning";
    check(&world(59), known);
    // Missing stay 60 to 63: 20 hours are valid.
    check(&world(63), known);
    let unknown = "64: 130100 has 19 of 20 hours";
    check(&world(64), unknown);
    // Persistence speaks of what is ahead and never fills the past.
    let silent = World::new("BTH-2023").air("130100: clean*49 heavy*10 x*8 heavy*6 clean*60");
    check(&silent.set("outlook_of_last_resort = \"persistence:12\""), unknown);
}

/// M(63) is 155, so it is the first to be bad itself; twelve hours of it end with 75.
#[test]
fn persistence_speaks_for_twelve_hours() {
    let world = World::new("BTH-2023").air("130100: clean*40 heavy*24 clean*60");
    let story = |end: i32| {
        format!(
            "63: 130100-1 issued yellow 65..{end} yellow-1
               set 1 at 65: 130100 impose at 65 by warning
             76: 130100-1 lifted yellow 65..78 -
               set 2 at 78: 130100 lift at 78 by warning"
        )
    };
    check(&world.clone().set("outlook_of_last_resort = \"persistence:12\""), &story(75));
    check(&world.set("outlook_of_last_resort = \"persistence:8\""), &story(71));
}

/// Four days of 200, the last two above 300: red once the last hour is in sight.
#[test]
fn nothing_beyond_the_horizon_is_seen() {
    let world = World::new("BTH-2017").air("130100: clean*40 151*72 251*48 clean*60").outlook(
        1,
        130_100,
        2,
        "clean*39 151*72 251*48 clean*80",
    );
    check(
        &world,
        "16: 130100-1 issued orange 40..136 orange-1
           set 1 at 40: 130100 impose at 40 by warning
         40: 130100-1 raised red 42..160 red-1
           set 2 at 42: 130100 raise at 42 by warning
         161: 130100-1 lifted red 40..163 -
           set 3 at 163: 130100 lift at 163 by warning",
    );
    check(
        &world.set("horizon_h = 130"),
        "16: 130100-1 issued orange 40..146 orange-1
           set 1 at 40: 130100 impose at 40 by warning
         30: 130100-1 raised red 40..160 red-1
           set 2 at 40: 130100 raise at 40 by warning
         161: 130100-1 lifted red 40..163 -
           set 3 at 163: 130100 lift at 163 by warning",
    );
}

/// A gap of one unspoken hour: nothing after it is seen, until it lies behind.
#[test]
fn the_reach_ends_at_a_gap() {
    // Bad from 50 to 79, said without hour 45: seen from 45 on, when 45 is observed.
    let gap = world().outlook(1, 130_100, 2, "clean*43").outlook(
        1,
        130_100,
        46,
        "clean*4 heavy*30 clean*60",
    );
    check(&gap, &story(45));
}
