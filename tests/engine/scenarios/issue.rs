//! Section 7: issue, raise and advance.

use airshed::domain::{Cause, Event, WarningEvent};

use super::foresight;
use crate::world::{World, check};

/// One bad day from hour 41 on: it begins at 40.
const DAY: &str = "130100: clean*40 heavy*24 clean*60";

#[test]
fn a_warning_is_issued_24_hours_before_its_episode() {
    let story = |notice_h: i32| {
        let at = 40 - notice_h;
        format!(
            "{at}: 130100-1 issued yellow 40..64 yellow-1
               set 1 at 40: 130100 impose at 40 by warning
             65: 130100-1 lifted yellow 40..67 -
               set 2 at 67: 130100 lift at 67 by warning"
        )
    };
    // At hour 15 the episode is 25 hours away.
    check(&foresight("BTH-2023").air(DAY), &story(24));
    check(&foresight("BTH-2023").set("notice_h = 12").air(DAY), &story(12));
    check(&foresight("BTH-2023").set("horizon_h = 121").set("notice_h = 25").air(DAY), &story(25));
}

/// Decided half an hour after the hour, one hour of notice, rounded up: t + 2.
#[test]
fn a_start_is_never_sooner_than_the_least_notice() {
    let air = "130100: clean*2 heavy*24 clean*60";
    let story = |start: i32| {
        format!(
            "1: 130100-1 issued yellow {start}..26 yellow-1
               set 1 at {start}: 130100 impose at {start} by warning
             27: 130100-1 lifted yellow {start}..{lifted} -
               set 2 at {lifted}: 130100 lift at {lifted} by warning",
            lifted = start + 26
        )
    };
    check(&foresight("BTH-2023").air(air), &story(3));
    check(&foresight("BTH-2023").set("publish_delay_min = 0").air(air), &story(2));
    let world = foresight("BTH-2023").air(air);
    let acts = world.run().into_iter().filter_map(|it| match it.event {
        Event::Warning(WarningEvent::WarningDecided(act)) if act.cause == Cause::Warning => {
            Some(act.lead_time_h)
        }
        _ => None,
    });
    // 1:30 to 3:00, and 27:30 back to 3:00: rounded down.
    assert_eq!(acts.collect::<Vec<_>>(), [1, -25]);
}

#[test]
fn min_notice_is_a_parameter() {
    check(
        &foresight("BTH-2023").set("min_notice_h = 5").air("130100: clean*2 heavy*24 clean*60"),
        "1: 130100-1 issued yellow 7..26 yellow-1
           set 1 at 7: 130100 impose at 7 by warning
         27: 130100-1 lifted yellow 7..33 -
           set 2 at 33: 130100 lift at 33 by warning",
    );
}

/// With few hours of outlook the episode comes into sight at its very end. The first window of
/// 23 bad hours ends with hour 63.
#[test]
fn nothing_is_issued_for_an_episode_that_ends_before_it_could_start() {
    // In sight at 60; from 62 on there is one hour left.
    check(
        &World::new("BTH-2023").hindsight(3).air(DAY),
        "60: 130100-1 issued yellow 62..63 yellow-1
           set 1 at 62: 130100 impose at 62 by warning
         76: 130100-1 lifted yellow 62..78 -
           set 2 at 78: 130100 lift at 78 by warning",
    );
    // In sight at 61, which would be from 63 to 63.
    check(&World::new("BTH-2023").hindsight(2).air(DAY), "");
}

/// Without any outlook the end is later than any hour.
#[test]
fn without_an_outlook_a_warning_is_issued_late_and_until_further_notice() {
    check(
        &World::new("BTH-2023").air(DAY),
        "63: 130100-1 issued yellow 65..open yellow-1
           set 1 at 65: 130100 impose at 65 by warning
         76: 130100-1 lifted yellow 65..78 -
           set 2 at 78: 130100 lift at 78 by warning",
    );
}

/// Sixty hours of foresight: two days are seen at 27, three at 51.
#[test]
fn a_stricter_grade_is_raised_from_the_soonest_hour_on() {
    let story = "27: 130100-1 issued yellow 40..87 yellow-1
                   set 1 at 40: 130100 impose at 40 by warning
                 51: 130100-1 raised orange 53..111 orange-1
                   set 2 at 53: 130100 raise at 53 by warning
                 87: 130100-1 extended orange 40..140 orange-1
                   set 3 at -: 130100 extend at - by warning
                 141: 130100-1 lifted orange 40..143 -
                   set 4 at 143: 130100 lift at 143 by warning";
    let world = World::new("BTH-2018").hindsight(60).air("130100: clean*40 heavy*100 clean*60");
    check(&world, story);
    // A raise does not wait for an hour of acts; the others do (02:00 is 26, 50, 74 ...).
    let world = world.set("act_hours = [2]");
    check(
        &world,
        "50: 130100-1 issued yellow 52..110 yellow-1
           set 1 at 52: 130100 impose at 52 by warning
         51: 130100-1 raised orange 53..111 orange-1
           set 2 at 53: 130100 raise at 53 by warning
         98: 130100-1 extended orange 52..140 orange-1
           set 3 at -: 130100 extend at - by warning
         146: 130100-1 lifted orange 52..148 -
           set 4 at 148: 130100 lift at 148 by warning",
    );
}

/// A warning that has not begun is raised from its own start.
#[test]
fn a_raise_before_the_start_takes_effect_with_it() {
    let world = World::new("BTH-2023")
        .air("130100: clean*49 heavy*48 clean*60")
        .outlook(1, 130_100, 2, "clean*48 heavy*30 clean*90")
        .outlook(30, 130_100, 31, "clean*19 heavy*48 clean*90");
    check(
        &world,
        "25: 130100-1 issued yellow 49..79 yellow-1
           set 1 at 49: 130100 impose at 49 by warning
         30: 130100-1 raised orange 49..97 orange-1
           set 2 at 49: 130100 raise at 49 by warning
         98: 130100-1 lifted orange 49..100 -
           set 3 at 100: 130100 lift at 100 by warning",
    );
}

/// Announced for 49; at 30 another outlook says that it begins 3 or 4 hours earlier.
#[test]
fn a_start_is_advanced_by_more_than_three_hours() {
    let world = |first_bad: usize| {
        let (clean, bad) = (first_bad - 1, 80 - first_bad);
        World::new("BTH-2023")
            .air(&format!("130100: clean*{clean} heavy*{bad} clean*60"))
            .outlook(1, 130_100, 2, "clean*48 heavy*30 clean*90")
            .outlook(30, 130_100, 31, &format!("clean*{} heavy*{bad} clean*90", clean - 30))
    };
    let kept = "25: 130100-1 issued yellow 49..79 yellow-1
                  set 1 at 49: 130100 impose at 49 by warning
                80: 130100-1 lifted yellow 49..82 -
                  set 2 at 82: 130100 lift at 82 by warning";
    let advanced = "25: 130100-1 issued yellow 49..79 yellow-1
                      set 1 at 49: 130100 impose at 49 by warning
                    30: 130100-1 advanced yellow 45..79 yellow-1
                      set 2 at 45: 130100 advance at 45 by warning
                    80: 130100-1 lifted yellow 45..82 -
                      set 3 at 82: 130100 lift at 82 by warning";
    check(&world(47), kept);
    check(&world(46), advanced);
    check(&world(46).set("advance_step_h = 4"), kept);
}

/// The air itself is bad earlier than was said.
#[test]
fn an_advanced_start_is_never_sooner_than_the_least_notice() {
    let world = |first_bad: i32| {
        let (clean, bad) = (first_bad - 1, 80 - first_bad);
        World::new("BTH-2023")
            .set("advance_step_h = 0")
            .air(&format!("130100: clean*{clean} heavy*{bad} clean*60"))
            .outlook(1, 130_100, 2, "clean*48 heavy*30 clean*90")
            .outlook(first_bad, 130_100, first_bad + 1, &format!("heavy*{} clean*90", bad - 1))
    };
    // Bad at 46: from 48 on. Bad at 47: at the soonest from 49 on, as it was announced.
    check(
        &world(46),
        "25: 130100-1 issued yellow 49..79 yellow-1
           set 1 at 49: 130100 impose at 49 by warning
         46: 130100-1 advanced yellow 48..79 yellow-1
           set 2 at 48: 130100 advance at 48 by warning
         80: 130100-1 lifted yellow 48..82 -
           set 3 at 82: 130100 lift at 82 by warning",
    );
    check(
        &world(47),
        "25: 130100-1 issued yellow 49..79 yellow-1
           set 1 at 49: 130100 impose at 49 by warning
         80: 130100-1 lifted yellow 49..82 -
           set 2 at 82: 130100 lift at 82 by warning",
    );
}
