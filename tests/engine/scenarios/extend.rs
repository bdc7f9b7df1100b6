//! Section 7: extend and shorten, and ends that nobody knows.

use crate::world::{World, check};

/// Announced from 49 to 79, and at 40 another outlook says until when it lasts in truth.
fn lasts_until(last_bad: usize) -> World {
    let bad = last_bad - 49;
    World::new("BTH-2023")
        .air(&format!("130100: clean*49 heavy*{bad} clean*60"))
        .outlook(1, 130_100, 2, "clean*48 heavy*30 clean*60")
        .outlook(40, 130_100, 41, &format!("clean*9 heavy*{bad} clean*90"))
}

/// The same, announced from 49 to 91.
fn ends_with(last_bad: usize) -> World {
    let bad = last_bad - 49;
    World::new("BTH-2023")
        .air(&format!("130100: clean*49 heavy*{bad} clean*60"))
        .outlook(1, 130_100, 2, "clean*48 heavy*42 clean*48")
        .outlook(40, 130_100, 41, &format!("clean*9 heavy*{bad} clean*90"))
}

#[test]
fn an_end_is_extended_by_12_hours_or_more_in_its_last_24() {
    let kept = "25: 130100-1 issued yellow 49..79 yellow-1
                  set 1 at 49: 130100 impose at 49 by warning
                91: 130100-1 lifted yellow 49..93 -
                  set 2 at 93: 130100 lift at 93 by warning";
    let extended = |at: i32| {
        format!(
            "25: 130100-1 issued yellow 49..79 yellow-1
               set 1 at 49: 130100 impose at 49 by warning
             {at}: 130100-1 extended yellow 49..91 yellow-1
               set 2 at -: 130100 extend at - by warning
             92: 130100-1 lifted yellow 49..94 -
               set 3 at 94: 130100 lift at 94 by warning"
        )
    };
    check(&lasts_until(90), kept);
    check(&lasts_until(91), &extended(55));
    check(&lasts_until(91).set("extend_before_h = 20"), &extended(59));
    check(
        &lasts_until(91).set("extend_step_h = 13"),
        "25: 130100-1 issued yellow 49..79 yellow-1
           set 1 at 49: 130100 impose at 49 by warning
         92: 130100-1 lifted yellow 49..94 -
           set 2 at 94: 130100 lift at 94 by warning",
    );
}

/// Recorded, and no order.
#[test]
fn an_end_is_shortened_by_12_hours_or_more() {
    check(
        &ends_with(80),
        "25: 130100-1 issued yellow 49..91 yellow-1
           set 1 at 49: 130100 impose at 49 by warning
         81: 130100-1 lifted yellow 49..83 -
           set 2 at 83: 130100 lift at 83 by warning",
    );
    let shortened = "25: 130100-1 issued yellow 49..91 yellow-1
                       set 1 at 49: 130100 impose at 49 by warning
                     40: 130100-1 shortened yellow 49..79 yellow-1
                     80: 130100-1 lifted yellow 49..82 -
                       set 2 at 82: 130100 lift at 82 by warning";
    check(&ends_with(79), shortened);
    check(
        &ends_with(79).set("shorten_step_h = 13"),
        "25: 130100-1 issued yellow 49..91 yellow-1
           set 1 at 49: 130100 impose at 49 by warning
         80: 130100-1 lifted yellow 49..82 -
           set 2 at 82: 130100 lift at 82 by warning",
    );
}

/// Forty bad hours observed; at 70 somebody looks ahead again, and to 103.
#[test]
fn a_warning_until_further_notice_gets_its_end_back_by_shorten() {
    check(
        &World::new("BTH-2023").air("130100: clean*40 heavy*42 clean*60").outlook(
            70,
            130_100,
            71,
            "heavy*12 clean*21",
        ),
        "63: 130100-1 issued yellow 65..open yellow-1
           set 1 at 65: 130100 impose at 65 by warning
         70: 130100-1 shortened yellow 65..82 yellow-1
         94: 130100-1 lifted yellow 65..96 -
           set 2 at 96: 130100 lift at 96 by warning",
    );
}

/// With an end from an outlook that has run out, no end is later than any other.
#[test]
fn without_an_outlook_an_end_is_neither_extended_nor_shortened() {
    check(
        &World::new("BTH-2023").air("130100: clean*40 heavy*40 clean*60").outlook(
            30,
            130_100,
            31,
            "clean*10 heavy*30",
        ),
        "30: 130100-1 issued yellow 40..70 yellow-1
           set 1 at 40: 130100 impose at 40 by warning
         92: 130100-1 lifted yellow 40..94 -
           set 2 at 94: 130100 lift at 94 by warning",
    );
}
