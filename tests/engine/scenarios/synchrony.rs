//! Section 8: one set a decision, one start, linkage, followers.

use airshed::domain::{AirEvent, ResponseEvent};
use std::fmt::Write as _;

use airshed::domain::*;

use super::foresight;
use crate::world::{World, check};

/// Three cities, of which the third begins `behind` hours after the first.
fn two(behind: usize) -> World {
    foresight("BTH-2023").air(&format!(
        "130100: clean*40 heavy*24 clean*100
         130200: clean*{} heavy*24 clean*{}",
        40 + behind,
        100 - behind
    ))
}

#[test]
fn a_neighbour_less_than_12_hours_behind_starts_with_the_first() {
    check(
        &two(11),
        "16: 130100-1 issued yellow 40..64 yellow-1
         16: 130200-1 issued yellow 40..75 yellow-1
           set 1 at 40: 130100 impose at 40 by warning, 130200 impose at 40 by synchrony
         65: 130100-1 lifted yellow 40..67 -
           set 2 at 67: 130100 lift at 67 by warning
         76: 130200-1 lifted yellow 40..78 -
           set 3 at 78: 130200 lift at 78 by warning",
    );
    let apart = |story: &str| check(&two(12), story);
    apart(
        "16: 130100-1 issued yellow 40..64 yellow-1
           set 1 at 40: 130100 impose at 40 by warning
         28: 130200-1 issued yellow 52..76 yellow-1
           set 2 at 52: 130200 impose at 52 by warning
         65: 130100-1 lifted yellow 40..67 -
           set 3 at 67: 130100 lift at 67 by warning
         77: 130200-1 lifted yellow 52..79 -
           set 4 at 79: 130200 lift at 79 by warning",
    );
    check(
        &two(12).set("sync_h = 13"),
        "16: 130100-1 issued yellow 40..64 yellow-1
         16: 130200-1 issued yellow 40..76 yellow-1
           set 1 at 40: 130100 impose at 40 by warning, 130200 impose at 40 by synchrony
         65: 130100-1 lifted yellow 40..67 -
           set 2 at 67: 130100 lift at 67 by warning
         77: 130200-1 lifted yellow 40..79 -
           set 3 at 79: 130200 lift at 79 by warning",
    );
}

/// At the first hour two are due by their own air, with starts of 10 and 20.
#[test]
fn those_due_in_one_decision_start_with_the_earliest() {
    check(
        &foresight("BTH-2023").air(
            "130100: clean*10 heavy*24 clean*100
             130200: clean*20 heavy*24 clean*90",
        ),
        "1: 130100-1 issued yellow 10..34 yellow-1
         1: 130200-1 issued yellow 10..44 yellow-1
           set 1 at 10: 130100 impose at 10 by warning, 130200 impose at 10 by warning
         35: 130100-1 lifted yellow 10..37 -
           set 2 at 37: 130100 lift at 37 by warning
         45: 130200-1 lifted yellow 10..47 -
           set 3 at 47: 130200 lift at 47 by warning",
    );
}

/// What is over at the shared hour is not imposed. Without hindsight on the second city's bad
/// day, an outlook tells of it when only its last hours are left.
#[test]
fn a_neighbour_whose_episode_is_over_at_the_shared_hour_is_left_out() {
    let world = |last_bad: i32| {
        World::new("BTH-2023")
            .air(&format!(
                "130100: clean*70 heavy*24 clean*90
                 130200: clean*40 heavy*{} clean*100",
                last_bad - 40
            ))
            .outlook(61, 130_100, 62, "clean*9 heavy*24 clean*90")
            .outlook(61, 130_200, 62, &format!("heavy*{} clean*120", last_bad - 61))
    };
    // At 61 the second city's own row fits as well: start 63, and both start there.
    check(
        &world(64),
        "61: 130100-1 issued yellow 63..94 yellow-1
         61: 130200-1 issued yellow 63..64 yellow-1
           set 1 at 63: 130100 impose at 63 by warning, 130200 impose at 63 by warning
         65: 130200-1 lifted yellow 63..67 -
           set 2 at 67: 130200 lift at 67 by warning
         95: 130100-1 lifted yellow 63..97 -
           set 3 at 97: 130100 lift at 97 by warning
         169: 130200 has 19 of 20 hours",
    );
    // One bad hour less: it ends with 63, so it is neither issued nor drawn in.
    check(
        &world(63),
        "61: 130100-1 issued yellow 70..94 yellow-1
           set 1 at 70: 130100 impose at 70 by warning
         95: 130100-1 lifted yellow 70..97 -
           set 2 at 97: 130100 lift at 97 by warning
         168: 130200 has 19 of 20 hours",
    );
}

/// So many cities with two bad days, from 41 on, and one with a bad day `behind` hours later.
fn region(orange: &[u32], behind: usize) -> World {
    let mut air = String::new();
    for code in orange {
        writeln!(air, "{code}: clean*40 heavy*48 clean*100").unwrap();
    }
    let (clean, after) = (40 + behind, 124 - behind);
    writeln!(air, "130300: clean*{clean} heavy*24 clean*{after}").unwrap();
    foresight("BTH-2023").air(&air)
}

const FOUR: [u32; 4] = [130_100, 130_200, 130_400, 130_500];

#[test]
fn four_cities_at_orange_link_the_region_and_36_hours_are_near() {
    let together = |cause: &str, behind: i32, linked: &str| {
        format!(
            "16: 130100-1 issued orange 40..88 orange-1
             16: 130200-1 issued orange 40..88 orange-1
             16: 130300-1 issued yellow 40..{end} yellow-1
             16: 130400-1 issued orange 40..88 orange-1
             16: 130500-1 issued orange 40..88 orange-1
               set 1{linked} at 40: 130100 impose at 40 by warning, 130200 impose at 40 by warning, 130300 impose at 40 by {cause}, 130400 impose at 40 by warning, 130500 impose at 40 by warning",
            end = 64 + behind
        )
    };
    begins(&region(&FOUR, 35), &together("linkage", 35, " linked"));
    // Near enough without linkage: the cause is the narrower rule.
    begins(&region(&FOUR, 11), &together("synchrony", 11, " linked"));
    let alone = "16: 130100-1 issued orange 40..88 orange-1
                 16: 130200-1 issued orange 40..88 orange-1
                 16: 130400-1 issued orange 40..88 orange-1
                 16: 130500-1 issued orange 40..88 orange-1
                   set 1 linked at 40: 130100 impose at 40 by warning, 130200 impose at 40 by warning, 130400 impose at 40 by warning, 130500 impose at 40 by warning
                 52: 130300-1 issued yellow 76..100 yellow-1
                   set 2 linked at 76: 130300 impose at 76 by warning";
    begins(&region(&FOUR, 36), alone);
    begins(&region(&FOUR, 36).set("linked_sync_h = 37"), &together("linkage", 36, " linked"));
}

#[test]
fn three_cities_at_orange_do_not_link_the_region() {
    let three = |linked: &str| {
        format!(
            "16: 130100-1 issued orange 40..88 orange-1
             16: 130200-1 issued orange 40..88 orange-1
             16: 130400-1 issued orange 40..88 orange-1
               set 1{linked} at 40: 130100 impose at 40 by warning, 130200 impose at 40 by warning, 130400 impose at 40 by warning
             51: 130300-1 issued yellow 75..99 yellow-1
               set 2{linked} at 75: 130300 impose at 75 by warning"
        )
    };
    begins(&region(&FOUR[..3], 35), &three(""));
    // Baoding has two followers; they do not count for linkage.
    let world = region(&[130_100, 130_200, 130_600], 35);
    begins(&world, &three("").replace("130400", "130600"));
    // The number and the grade are parameters.
    let linked = three(" linked");
    let drawn_in = linked.lines().next().unwrap();
    let first = |world: &World| world.story().lines().nth(2).unwrap().to_owned();
    assert!(first(&region(&FOUR[..3], 35).set("linkage_at_least = 3")).contains("130300"));
    assert!(!first(&region(&FOUR, 35).set("linkage_grade = \"red\"")).contains("130300"));
    assert!(drawn_in.contains("130100"));
}

/// Air that was linked stays linked while four warnings of orange are open: a later decision
/// draws in a neighbour from 36 hours too.
#[test]
fn warnings_that_are_open_count_for_linkage() {
    let mut world = region(&FOUR, 70);
    world.air.push_str("131100: clean*75 heavy*24 clean*89\n");
    begins(
        &world,
        "16: 130100-1 issued orange 40..88 orange-1
         16: 130200-1 issued orange 40..88 orange-1
         16: 130400-1 issued orange 40..88 orange-1
         16: 130500-1 issued orange 40..88 orange-1
         16: 131100-1 issued yellow 40..99 yellow-1
           set 1 linked at 40: 130100 impose at 40 by warning, 130200 impose at 40 by warning, 130400 impose at 40 by warning, 130500 impose at 40 by warning, 131100 impose at 40 by linkage
         86: 130300-1 issued yellow 110..134 yellow-1
           set 2 linked at 110: 130300 impose at 110 by warning",
    );
}

/// Xinji follows Shijiazhuang; Dingzhou and Xiong'an follow Baoding.
#[test]
fn followers_get_the_same_warning_and_the_same_order() {
    let world = foresight("BTH-2023").air("130600: clean*40 heavy*48 clean*24 heavy*24 clean*60");
    let book = world.book();
    let code = |it: JurisdictionIndex| book.rules.jurisdictions[usize::from(it.0)].division.0;
    let mut kinds = Vec::new();
    for record in world.run() {
        let Event::Response(ResponseEvent::OrderSetIssued(set)) = record.event else { continue };
        let codes: Vec<u32> = set.orders.iter().map(|it| code(it.jurisdiction)).collect();
        assert_eq!(codes, [130_600, 130_682, 133_100]);
        let causes: Vec<Cause> = set.orders.iter().map(|it| it.causes[0]).collect();
        assert_eq!(causes, [Cause::Warning, Cause::Follows, Cause::Follows]);
        let first = &set.orders[0];
        for order in &set.orders[1..] {
            let warning = WarningId { jurisdiction: order.jurisdiction, ..first.warning };
            let causes = order.causes.clone();
            let jurisdiction = order.jurisdiction;
            assert_eq!(*order, Order { jurisdiction, warning, causes, ..first.clone() });
        }
        kinds.push(first.act);
    }
    assert_eq!(kinds, [OrderAct::Impose, OrderAct::Lower, OrderAct::Lift]);
    for record in world.run() {
        let Event::Air(AirEvent::HourClosed(closed)) = record.event else { continue };
        let codes: Vec<u32> = closed.jurisdictions.iter().map(|it| code(it.jurisdiction)).collect();
        assert_eq!(codes.len(), 13, "a follower has no series and no grade");
    }
}

/// Each order has its own hour: a lift in the set of an issue.
#[test]
fn a_set_holds_acts_of_different_hours() {
    // The second begins at 89, so it is issued at 65, when the first is lifted.
    check(
        &two(49),
        "16: 130100-1 issued yellow 40..64 yellow-1
           set 1 at 40: 130100 impose at 40 by warning
         65: 130100-1 lifted yellow 40..67 -
         65: 130200-1 issued yellow 89..113 yellow-1
           set 2 at 89: 130100 lift at 67 by warning, 130200 impose at 89 by warning
         114: 130200-1 lifted yellow 89..116 -
           set 3 at 116: 130200 lift at 116 by warning",
    );
}

/// Measures and floors of the grade, and the hours until it must be acknowledged, are data.
#[test]
fn an_order_carries_measures_floors_and_a_deadline() {
    let order = |parameter: &str| {
        let world = foresight("BTH-2023").set(parameter).air("130100: clean*40 heavy*48 clean*60");
        let mut orders = world.run().into_iter().filter_map(|it| match it.event {
            Event::Response(ResponseEvent::OrderSetIssued(set)) => {
                Some((set.decided_at, set.orders[0].clone()))
            }
            _ => None,
        });
        (orders.next().unwrap(), orders.next().unwrap())
    };
    let ((decided_at, imposed), (lifted_at, lifted)) = order("notice_h = 24");
    assert_eq!(imposed.acknowledge_by, decided_at.plus_hours(4));
    assert_eq!(lifted.acknowledge_by, lifted_at.plus_hours(4));
    assert!(imposed.measures.iter().any(|it| &**it == "outdoor-activity-stop"), "{imposed:?}");
    let floors = imposed.floors.iter().map(|it| (&*it.0, it.1)).collect::<Vec<_>>();
    assert_eq!(floors, [("SO2", 20), ("NOx", 20), ("PM", 20), ("VOCs", 15)]);
    assert!(lifted.measures.is_empty() && lifted.floors.is_empty());
    let deadlines = "acknowledge_within_h = { blue = 24, yellow = 8, orange = 9, red = 2 }";
    let ((decided_at, imposed), _) = order(deadlines);
    assert_eq!(imposed.acknowledge_by, decided_at.plus_hours(9));
}

/// Hour 24 is the instant at which the day begins whose catalogue is another one.
#[test]
fn an_order_from_midnight_on_carries_what_is_due_on_the_day_that_begins() {
    let volatile = |start: usize| {
        let air = format!("110000: clean*{start} heavy*48 clean*{}", 100 - start);
        let world = World::in_force("2023-10-24").hindsight(120).air(&air);
        let world = World { only: Some("BTH-2023".to_owned()), ..world };
        let mut sets = world.run().into_iter().filter_map(|it| match it.event {
            Event::Response(ResponseEvent::OrderSetIssued(set)) => {
                Some((set.effective_at, set.orders[0].clone()))
            }
            _ => None,
        });
        let (at, order) = sets.next().unwrap();
        assert_eq!(at, Some(world.hour(i32::try_from(start).unwrap())));
        order.floors.iter().find(|it| &*it.0 == "VOCs").map(|it| it.1)
    };
    assert_eq!(volatile(23), Some(15));
    assert_eq!(volatile(24), Some(20));
}

/// The first lines of a story.
#[track_caller]
fn begins(world: &World, expected: &str) {
    let story = world.story();
    let lines = |text: &str| text.lines().map(|it| it.trim().to_owned()).collect::<Vec<_>>();
    let (got, expected) = (lines(&story), lines(expected));
    assert_eq!(got[..expected.len().min(got.len())], expected, "\n--- got ---\n{story}");
}
