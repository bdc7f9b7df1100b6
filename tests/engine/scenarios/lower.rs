//! Section 7: lower, which has to wait and may not rest on what is unknown.

use std::collections::BTreeMap;

use airshed::domain::{ActKind, Cause, Division, Event, Grade, Hour, WarningEvent};
use airshed::engine::{AsOf, BookInForce, OrderHistory as Orders, Record};

use crate::world::{World, check};

/// Two bad days are announced; from 60 on it is known that it will be 31 hours.
fn milder() -> World {
    World::new("BTH-2023")
        .air("130100: clean*49 heavy*31 clean*60")
        .outlook(1, 130_100, 2, "clean*48 heavy*48 clean*50")
        .outlook(60, 130_100, 61, "heavy*20 clean*90")
}

fn lowered(at: i32) -> String {
    format!(
        "25: 130100-1 issued orange 49..97 orange-1
           set 1 at 49: 130100 impose at 49 by warning
         {at}: 130100-1 lowered yellow 49..80 yellow-1
           set 2 at {soonest}: 130100 lower at {soonest} by warning
         81: 130100-1 lifted yellow 49..83 -
           set 3 at 83: 130100 lift at 83 by warning",
        soonest = at + 2
    )
}

#[test]
fn a_grade_is_lowered_after_12_decisions() {
    // 60 is the first of them, 71 the twelfth.
    check(&milder(), &lowered(71));
    check(&milder().set("lower_hold_h = 11"), &lowered(70));
    check(&milder().set("lower_hold_h = 13"), &lowered(72));
}

/// The record says it, so that no reader needs the rules that were in force.
#[test]
fn a_lower_records_the_hour_from_which_the_milder_grade_is_in_force() {
    let hours = |world: &World| -> Vec<(ActKind, Option<Hour>)> {
        let of = |record: Record| match record.event {
            Event::Warning(WarningEvent::WarningDecided(it)) if it.cause == Cause::Warning => {
                Some((it.kind, it.in_force_from))
            }
            Event::Fact(_)
            | Event::Station(_)
            | Event::Cooperation(_)
            | Event::Air(_)
            | Event::Warning(_)
            | Event::Response(_) => None,
        };
        world.run().into_iter().filter_map(of).collect()
    };
    let expected = |world: &World, at| {
        [(ActKind::Issue, None), (ActKind::Lower, Some(world.hour(at))), (ActKind::Lift, None)]
    };
    let world = milder();
    assert_eq!(hours(&world), expected(&world, 73));
    let world = milder().set("min_notice_h = 4");
    assert_eq!(hours(&world), expected(&world, 76));
    let world = announced();
    assert_eq!(hours(&world), expected(&world, 49));
}

fn announced() -> World {
    World::new("BTH-2023")
        .air("130100: clean*49 heavy*31 clean*60")
        .outlook(1, 130_100, 2, "clean*48 heavy*48 clean*50")
        .outlook(26, 130_100, 27, "clean*23 heavy*31 clean*60")
}

/// Known to be milder before it begins: it is lowered while it is announced, and begins when it
/// would have.
#[test]
fn what_is_lowered_before_it_begins_begins_no_earlier() {
    let world = announced();
    let records = world.run();
    let story = world.story_of(&records);
    assert!(story.contains("lowered yellow 49.."), "{story}");
    let now = world.hour(40).end();
    let mut state = AsOf::new(now, now);
    let mut orders = Orders::default();
    let mut book = BookInForce::default();
    for record in records {
        let entry = book.entry(record);
        state.note(&entry);
        orders.note(&entry);
    }
    let warning = state.members()[&Division(130_100)].warning.clone().unwrap();
    assert_eq!((warning.start, warning.grade), (world.hour(49), Grade::Yellow));
    let hours = orders.hours_under_order(Division(130_100), world.hour(60));
    assert_eq!(hours, BTreeMap::from([(Grade::Yellow, 60 - 49)]));
}

/// One decision in between in which the old grade is due again: the count begins anew.
#[test]
fn the_decisions_run_without_a_break() {
    let world = milder().outlook(65, 130_100, 66, "heavy*32 clean*60").outlook(
        66,
        130_100,
        67,
        "heavy*14 clean*90",
    );
    // Milder again from 66 on: the twelfth is 77.
    check(&world, &lowered(77));
}

/// Outside the hours of acts the count goes on.
#[test]
fn hours_of_acts_hold_a_lowering_back() {
    // Labels 02:00 are 26, 50, 74, 98.
    check(
        &milder().set("act_hours = [2]"),
        "26: 130100-1 issued orange 49..97 orange-1
           set 1 at 49: 130100 impose at 49 by warning
         74: 130100-1 lowered yellow 49..80 yellow-1
           set 2 at 76: 130100 lower at 76 by warning
         98: 130100-1 lifted yellow 49..100 -
           set 3 at 100: 130100 lift at 100 by warning",
    );
}

/// Six hours are missing before anybody looked ahead, so eighteen windows or more are unknown. A
/// day of 23 bad hours follows: it would be orange by `> 200 for 48 h` if the day before it was.
fn hole(first_missing: usize) -> World {
    let (clean, after) = (first_missing - 1, 54 - first_missing);
    World::new("BTH-2023")
        .air(&format!("130100: clean*{clean} x*6 clean*{after} heavy*23 clean*60"))
        .outlook(42, 130_100, 43, "clean*17 heavy*48 clean*60")
        .outlook(60, 130_100, 61, "heavy*22 clean*90")
}

#[test]
fn a_grade_is_not_lowered_while_an_unknown_window_could_be_as_bad() {
    let lowered = "30: 130100 has 19 of 20 hours
                   42: 130100-1 issued orange 59..107 orange-1
                     set 1 at 59: 130100 impose at 59 by warning
                   71: 130100-1 lowered yellow 59..82 yellow-1
                     set 2 at 73: 130100 lower at 73 by warning
                   83: 130100-1 lifted yellow 59..85 -
                     set 3 at 85: 130100 lift at 85 by warning";
    let kept = "40: 130100 has 19 of 20 hours
                42: 130100-1 issued orange 59..107 orange-1
                  set 1 at 59: 130100 impose at 59 by warning
                83: 130100-1 lifted orange 59..85 -
                  set 2 at 85: 130100 lift at 85 by warning";
    // Unknown are the windows that end at 40 to 60; two days before 82 and 83 ended at 58 and 59.
    check(&hole(36), kept);
    // Unknown are those that end at 30 to 50.
    check(&hole(26), lowered);
}

/// The same air, but the log begins only just before it.
#[test]
fn a_window_with_hours_before_the_log_is_unknown_too() {
    let world = |clean: i32| {
        World::new("BTH-2023")
            .air(&format!("130100: clean*{clean} heavy*31 clean*60"))
            .outlook(1, 130_100, 2, &format!("clean*{} heavy*48 clean*90", clean - 1))
            .outlook(clean + 11, 130_100, clean + 12, "heavy*20 clean*90")
    };
    let lowered = |at: i32, clean: i32| {
        format!(
            "1: 130100-1 issued orange {clean}..{} orange-1
               set 1 at {clean}: 130100 impose at {clean} by warning
             {at}: 130100-1 lowered yellow {clean}..{} yellow-1
               set 2 at {}: 130100 lower at {} by warning
             {}: 130100-1 lifted yellow {clean}..{} -
               set 3 at {}: 130100 lift at {} by warning",
            clean + 48,
            clean + 31,
            at + 2,
            at + 2,
            clean + 32,
            clean + 34,
            clean + 34,
            clean + 34
        )
    };
    // Windows with fewer than 20 hours in the log end before hour 20. Bad hours 11 to 41: two days
    // before a bad window that ends at 41 or sooner lies such a one, until 43 is past.
    check(
        &world(10),
        "1: 130100-1 issued orange 10..58 orange-1
           set 1 at 10: 130100 impose at 10 by warning
         42: 130100-1 lifted orange 10..44 -
           set 2 at 44: 130100 lift at 44 by warning",
    );
    // Bad hours 21 to 51: once t is 44 no bad window is left whose day before is not in the log.
    check(&world(20), &lowered(44, 20));
}
