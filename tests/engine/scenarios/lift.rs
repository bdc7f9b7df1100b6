//! Section 7: lift, by an outlook or by what was observed, never by silence; and the review that
//! silence calls for.

use super::foresight;
use crate::world::{World, check};

fn story(end: i32, lifted: i32) -> String {
    format!(
        "25: 130100-1 issued yellow 49..{end} yellow-1
           set 1 at 49: 130100 impose at 49 by warning
         {lifted}: 130100-1 lifted yellow 49..{soonest} -
           set 2 at {soonest}: 130100 lift at {soonest} by warning",
        soonest = lifted + 2
    )
}

/// Bad until 79; the outlook reaches this hour.
fn reaching(last: usize) -> World {
    World::new("BTH-2023").air("130100: clean*49 heavy*30 clean*60").outlook(
        1,
        130_100,
        2,
        &format!("clean*48 heavy*30 clean*{}", last - 79),
    )
}

#[test]
fn an_outlook_of_36_clear_hours_lifts() {
    check(&reaching(116), &story(79, 80));
    // 35 hours at 80: then twelve observed clear hours, 80 to 91, must do.
    check(&reaching(115), &story(79, 91));
    check(&reaching(115).set("lift_h = 35"), &story(79, 80));
    check(&reaching(115).set("lift_observed_h = 10"), &story(79, 89));
}

/// Yellow asks for above 200, but the lowest bound of the standard is 150.
#[test]
fn clear_is_not_above_the_lowest_bound_of_the_standard() {
    let world = |after: i32| {
        World::new("BTH-2023")
            .air(&format!("130100: clean*49 heavy*26 {after}*3 clean*60"))
            .outlook(1, 130_100, 2, &format!("clean*48 heavy*26 {after}*3 clean*90"))
    };
    check(&world(115), &story(75, 76));
    check(&world(116), &story(75, 79));
}

#[test]
fn clear_must_be_observed() {
    let world = |hours: &str| {
        World::new("BTH-2023").air(&format!("130100: clean*49 heavy*30 {hours}")).outlook(
            1,
            130_100,
            2,
            "clean*48 heavy*30 clean*100",
        )
    };
    check(&world("clean*60"), &story(79, 80));
    let too_few = "84: 130100 has 19 of 20 hours\n85:";
    check(&world("x*5 clean*60"), &story(79, 85).replace("85:", too_few));
}

/// Hours that will be missing, as only hindsight knows, do not keep a warning.
#[test]
fn in_hindsight_missing_hours_ahead_are_passed_over() {
    let lifted = "16: 130100-1 issued yellow 40..64 yellow-1
                    set 1 at 40: 130100 impose at 40 by warning
                  65: 130100-1 lifted yellow 40..67 -
                    set 2 at 67: 130100 lift at 67 by warning
                  99: 130100 has 19 of 20 hours";
    check(&foresight("BTH-2023").air("130100: clean*40 heavy*24 clean*30 x*20 clean*60"), lifted);
}

/// The same for windows that reach back to before the decision: nothing up to now is missing.
#[test]
fn in_hindsight_windows_that_are_unknown_ahead_alone_are_passed_over() {
    let world = |behind: &str| {
        let air = format!("130100: clean*40 heavy*24 {behind} x*6 clean*60");
        foresight("BTH-2023").air(&air).set("lift_from_h = 1")
    };
    let lifted = |at: i32| {
        format!(
            "16: 130100-1 issued yellow 40..64 yellow-1
               set 1 at 40: 130100 impose at 40 by warning
             {review}{at}: 130100-1 lifted yellow 40..{soonest} -
               set 2 at {soonest}: 130100 lift at {soonest} by warning",
            review = if at > 88 {
                "74: 130100 has 19 of 20 hours\n88: 130100-1 review due\n"
            } else {
                ""
            },
            soonest = at + 2
        )
    };
    check(&world("clean*5"), &format!("{}\n74: 130100 has 19 of 20 hours", lifted(65)));
    // At 67 the window to 88 holds hours that are missing up to now, 65 and 66, and more ahead.
    check(&world("x*2 clean*5").set("lift_unknown_as = \"nothing\""), &lifted(96));
}

/// Two bad days and eleven hours; then five silent hours, six very bad ones, and clear air. Were
/// the silent hours bad, a chain would have ended with the last bad hour, whatever hindsight says
/// of hours after now.
#[test]
fn an_hour_that_will_be_missing_moves_no_end_of_a_chain() {
    let world = |ahead: &str| {
        let air = format!(
            "130100: clean*40 heavy*48 clean*11 x*5 clean*8 900*6 clean*6 {ahead} clean*60"
        );
        World::new("BTH-2018").hindsight(30).air(&air)
    };
    let lifted = |at: i32| {
        format!(
            "57: 130100-1 issued yellow 59..87 yellow-1
               set 1 at 59: 130100 impose at 59 by warning
             104: 130100 has 19 of 20 hours
             {at}: 130100-1 lifted yellow 59..{soonest} -
               set 2 at {soonest}: 130100 lift at {soonest} by warning",
            soonest = at + 2
        )
    };
    check(&world("30"), &lifted(130));
    check(&world("x"), &lifted(137));
}

/// "Lowest" is the lowest of all bounds of the standard, that of a second condition too.
#[test]
fn clear_asks_for_every_bound_of_the_standard() {
    let standard = |within: u32| {
        format!(
            r#"
            id = "LOCAL"
            title = "One clause"
            reference = "none"
            certainty = "INTERPRETATION"
            duration_as = "chain"
            window_phase = "any"
            [[clauses]]
            grade = "yellow"
            id = "yellow-1"
            text = "> 200 for 24 h, and another bound within it"
            main = {{ above = 200, hours = 24 }}
            within = {{ above = {within}, hours = 24 }}
            "#
        )
    };
    let world = |within: u32| {
        foresight("LOCAL")
            .air("130100: clean*40 heavy*24 90*5 clean*60")
            .file("standards/LOCAL.toml", &standard(within))
    };
    let lifted = |at: i32| {
        format!(
            "16: 130100-1 issued yellow 40..64 yellow-1
               set 1 at 40: 130100 impose at 40 by warning
             {at}: 130100-1 lifted yellow 40..{soonest} -
               set 2 at {soonest}: 130100 lift at {soonest} by warning",
            soonest = at + 2
        )
    };
    check(&world(200), &lifted(65));
    check(&world(100), &lifted(70));
}

/// A forecast that leaves a gap reaches only to the gap.
#[test]
fn an_outlook_with_a_gap_reaches_to_the_gap() {
    let world = World::new("BTH-2023")
        .air("130100: clean*49 heavy*30 clean*60")
        .outlook(1, 130_100, 2, "clean*48 heavy*30 clean*36")
        .outlook(1, 130_100, 117, "clean*60");
    check(&world, &story(79, 91));
}

/// Twenty hours of hindsight: six hours ahead will be missing.
#[test]
fn what_a_short_outlook_reaches_must_be_known() {
    // At 76 twelve clear hours are observed. Missing are 97 to 102, out of reach.
    let world =
        World::new("BTH-2023").hindsight(20).air("130100: clean*40 heavy*24 clean*32 x*6 clean*60");
    check(
        &world,
        "43: 130100-1 issued yellow 45..63 yellow-1
           set 1 at 45: 130100 impose at 45 by warning
         76: 130100-1 lifted yellow 45..78 -
           set 2 at 78: 130100 lift at 78 by warning
         101: 130100 has 19 of 20 hours",
    );
    let world =
        World::new("BTH-2023").hindsight(20).air("130100: clean*40 heavy*24 clean*26 x*6 clean*60");
    // Missing are 91 to 96: at 76 the window that ends at 95 is in reach and unknown, and the last
    // unknown one ends at 115.
    check(
        &world,
        "43: 130100-1 issued yellow 45..63 yellow-1
           set 1 at 45: 130100 impose at 45 by warning
         95: 130100 has 19 of 20 hours
         99: 130100-1 review due
         115: 130100-1 lifted yellow 45..117 -
           set 2 at 117: 130100 lift at 117 by warning",
    );
}

/// No outlook; the air is silent for 60 hours while a warning is open.
#[test]
fn silence_does_not_lift_and_is_to_be_reviewed_once_after_24_decisions() {
    // Bad to 80, silent to 140. The last twelve hours hold a bad one until 91: the first decision
    // that silence alone keeps is 92, the 24th is 115. Twelve clear hours are observed at 152.
    let story = |review: i32| {
        format!(
            "63: 130100-1 issued yellow 65..open yellow-1
               set 1 at 65: 130100 impose at 65 by warning
             85: 130100 has 19 of 20 hours
             {review}: 130100-1 review due
             152: 130100-1 lifted yellow 65..154 -
               set 2 at 154: 130100 lift at 154 by warning"
        )
    };
    let world = World::new("BTH-2023").air("130100: clean*40 heavy*40 x*60 clean*60");
    check(&world, &story(115));
    check(&world.set("silence_review_h = 10"), &story(101));
}

/// Of a station that is silent for longer it is recorded once, and once when it is heard.
#[test]
fn a_city_that_falls_silent_and_is_heard_again_keeps_its_warning() {
    check(
        &World::new("BTH-2023").air("130100: clean*40 heavy*40 x*80 clean*60"),
        "63: 130100-1 issued yellow 65..open yellow-1
           set 1 at 65: 130100 impose at 65 by warning
         85: 130100 has 19 of 20 hours
         115: 130100-1 review due
         152: 130100 7 stations silent
         161: 130100 7 stations heard
         172: 130100-1 lifted yellow 65..174 -
           set 2 at 174: 130100 lift at 174 by warning",
    );
}

/// A clear hour in between does not end the run of silence, a bad one does.
#[test]
fn a_run_of_silence_ends_with_a_fact() {
    let story = |review: i32| {
        format!(
            "63: 130100-1 issued yellow 65..open yellow-1
               set 1 at 65: 130100 impose at 65 by warning
             85: 130100 has 19 of 20 hours
             {review}: 130100-1 review due
             152: 130100-1 lifted yellow 65..154 -
               set 2 at 154: 130100 lift at 154 by warning"
        )
    };
    let world = |hour: &str| {
        let air = format!("130100: clean*40 heavy*40 x*19 {hour} x*40 clean*60");
        World::new("BTH-2023").air(&air)
    };
    check(&world("30"), &story(115));
    // At 100 the air is observed and bad: the next run begins at 101, its 24th decision is 124.
    check(&world("160"), &story(124));
}

/// Two bad days, six silent hours, four clear ones, and an outlook of one more bad day. By the
/// standard of 2018 one day is nothing, but the days before it hold the silent hours: were they
/// bad, it would be two, and joined to the warning.
#[test]
fn an_outlook_does_not_lift_over_silent_hours_that_could_be_bad() {
    let world = World::new("BTH-2018")
        .air("130100: clean*49 heavy*48 x*6 clean*4 heavy*24 clean*60")
        .outlook(1, 130_100, 2, "clean*48 heavy*48")
        .outlook(104, 130_100, 105, "clean*3 heavy*24 clean*60");
    let lifted = |at: i32| {
        format!(
            "25: 130100-1 issued yellow 49..97 yellow-1
               set 1 at 49: 130100 impose at 49 by warning
             102: 130100 has 19 of 20 hours
             {at}: 130100-1 lifted yellow 49..{soonest} -
               set 2 at {soonest}: 130100 lift at {soonest} by warning",
            soonest = at + 2
        )
    };
    check(&world, &lifted(132));
    check(&world.set("lift_unknown_as = \"nothing\""), &lifted(104));
}
