//! Section 4: the 24 h value: when it is known, how it is rounded, and hours that are excluded.

use airshed::domain::{AirEvent, Event};

use super::foresight;
use crate::world::{World, check};

/// Mean and valid hours at one hour of the world.
fn day(world: &World, at: i32) -> (Option<u16>, Option<u16>, u8, u8) {
    let (book, zero) = (world.book(), world.hour(0));
    let code = |it: &airshed::domain::CityHour| {
        book.rules.jurisdictions[usize::from(it.jurisdiction.0)].division.0
    };
    let closed = world.run().into_iter().find_map(|it| match it.event {
        Event::Air(AirEvent::HourClosed(closed)) if closed.hour.0 - zero.0 == at => Some(closed),
        _ => None,
    });
    let cities = closed.unwrap().jurisdictions;
    let it = cities.iter().find(|it| code(it) == 130_100).unwrap();
    (it.mean_24h_ug_m3, it.index_24h, it.valid_hours, it.excluded_hours)
}

fn air(runs: &str) -> World {
    World::new("BTH-2023").air(&format!("130100: {runs}"))
}

#[test]
fn a_day_is_known_with_20_valid_hours() {
    assert_eq!(day(&air("heavy*20 x*4"), 24), (Some(160), Some(210), 20, 0));
    assert_eq!(day(&air("heavy*19 x*5"), 24), (None, None, 19, 0));
    assert_eq!(
        day(&air("heavy*19 x*5").set("day_min_hours = 19"), 24),
        (Some(160), Some(210), 19, 0)
    );
    // Hours before the log are missing.
    assert_eq!(day(&air("heavy*24"), 19), (None, None, 19, 0));
    assert_eq!(day(&air("heavy*24"), 20), (Some(160), Some(210), 20, 0));
}

/// Means of 150.5 and 151.5 over whole hours; the index of 151 is above 200.
#[test]
fn a_mean_is_rounded_half_to_even_and_an_index_up() {
    assert_eq!(day(&air("150*12 151*12"), 24), (Some(150), Some(200), 24, 0));
    assert_eq!(day(&air("150*11 151*13"), 24), (Some(151), Some(201), 24, 0));
    assert_eq!(day(&air("151*12 152*12"), 24), (Some(152), Some(202), 24, 0));
    // 116 is 150 + 50/35: 151.4 is 152; the scale ends at 500, which is reached from 499 on.
    assert_eq!(day(&air("116*24"), 24), (Some(116), Some(152), 24, 0));
    assert_eq!(day(&air("498*24"), 24), (Some(498), Some(499), 24, 0));
    assert_eq!(day(&air("499*24"), 24), (Some(499), Some(500), 24, 0));
    assert_eq!(day(&air("900*24"), 24), (Some(900), Some(500), 24, 0));
}

#[test]
fn excluded_hours_are_neither_valid_nor_missing() {
    let day = |runs: &str, excluded: i32| day(&air(runs).exclude(130_100, 1, excluded), 24);
    // 12 valid and up to 4 missing are enough, if any hour is excluded.
    assert_eq!(day("900*8 heavy*12 x*4", 8), (Some(160), Some(210), 12, 8));
    assert_eq!(day("900*7 heavy*12 x*5", 7), (None, None, 12, 7));
    assert_eq!(day("900*9 heavy*11 x*4", 9), (None, None, 11, 9));
    assert_eq!(day("900*12 heavy*12", 12), (Some(160), Some(210), 12, 12));
    // More than 12 excluded: nothing to act on, and so no mean.
    assert_eq!(day("900*13 heavy*11", 13), (None, None, 11, 13));
    let world = air("900*9 heavy*11 x*4").set("excluded_min_hours = 11").exclude(130_100, 1, 9);
    assert_eq!(self::day(&world, 24), (Some(160), Some(210), 11, 9));
}

/// A day of 160 in which 12 hours, or 13, are said to be sand.
#[test]
fn with_more_than_12_excluded_hours_a_window_is_below_every_bound() {
    let world = |last: i32| {
        let air = "130100: clean*40 heavy*24 clean*60";
        foresight("BTH-2023").air(air).exclude(130_100, 41, last)
    };
    // Excluded hours are not bad either: the episode begins with the first that counts.
    check(
        &world(52),
        "28: 130100-1 issued yellow 52..64 yellow-1
           set 1 at 52: 130100 impose at 52 by warning
         65: 130100-1 lifted yellow 52..67 -
           set 2 at 67: 130100 lift at 67 by warning",
    );
    check(&world(53), "");
}

/// Nothing to act on is known: a warning is lifted over it, not kept as over silence.
#[test]
fn a_window_below_every_bound_is_known() {
    let lifted = |at: i32| {
        format!(
            "25: 130100-1 issued yellow 49..79 yellow-1
               set 1 at 49: 130100 impose at 49 by warning
             {at}: 130100-1 lifted yellow 49..{soonest} -
               set 2 at {soonest}: 130100 lift at {soonest} by warning",
            soonest = at + 2
        )
    };
    // At 80 the windows from 104 to 116 are asked for; 81 to 104 are all excluded.
    let world = World::new("BTH-2023")
        .air("130100: clean*49 heavy*30 clean*60")
        .outlook(1, 130_100, 2, "clean*48 heavy*30 900*25 clean*36")
        .exclude(130_100, 80, 104);
    check(&world, &lifted(80));
}
