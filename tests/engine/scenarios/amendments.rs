//! Late values: the record of a closed hour stands, its arithmetic is open for so many hours.

use airshed::domain::{AirEvent, Event, Fact, ResponseEvent};

use crate::world::{World, check};

/// Six hours are missing, so that no window is known, and nothing is ordered.
const HOLE: &str = "130100: clean*24 heavy*16 x*6 heavy*4 clean*30";

/// With the first five of them too few hours of a day are valid.
const TOO_FEW: &str = "45: 130100 has 19 of 20 hours\n";

fn hole() -> World {
    World::new("BTH-2023").air(HOLE)
}

#[test]
fn without_late_values_nothing_follows_from_a_hole() {
    check(&hole(), TOO_FEW);
}

/// Two of the six make 20 valid hours. The first window above the bound would have ended at 47.
#[test]
fn an_order_that_would_have_been_given_is_told_and_never_given_for_the_past() {
    let late = hole().late(52, 130_100, 41, (160, 0)).late(52, 130_100, 42, (160, 0));
    let would = "would_have_been_ordered at 47: issued yellow 49, was nothing";
    check(
        &late,
        &format!(
            "{TOO_FEW}
             51: 130100 41 amended x to 160, {would}
             51: 130100 42 amended x to 160, {would}"
        ),
    );
    // One alone changes nothing that anybody would have ordered.
    check(
        &hole().late(52, 130_100, 41, (160, 0)),
        &format!("{TOO_FEW} 51: 130100 41 amended x to 160, no_order"),
    );
    // The second one alone is then what would have changed it.
    check(
        &hole().late(50, 130_100, 41, (160, 0)).late(52, 130_100, 42, (160, 0)),
        &format!(
            "{TOO_FEW}
             49: 130100 41 amended x to 160, no_order
             51: 130100 42 amended x to 160, {would}"
        ),
    );
    // What was told once is as true of what comes later.
    let third = late.late(54, 130_100, 43, (160, 0));
    assert!(third.story().contains(&format!("53: 130100 43 amended x to 160, {would}")));
}

/// The windows that end until 74 would have cleared the air; late values say that it is bad.
#[test]
fn an_act_that_is_not_done_because_of_late_values_is_an_amended_order() {
    let world = World::new("BTH-2023").air("130100: clean*24 heavy*30 clean*40");
    let lifted = world.story();
    assert!(lifted.contains("66: 130100-1 lifted yellow"), "{lifted}");
    let late = (60..=64).fold(world, |world, hour| world.late(67, 130_100, hour, (300, 1)));
    let story = late.story();
    assert!(story.contains("66: 130100 60 amended 30 to 300, order_amended"), "{story}");
    assert!(story.contains("66: 130100-1 amended by no order"), "{story}");
    assert!(!story.contains("66: 130100-1 stands") && !story.contains("66: 130100-1 lifted"));
}

/// A warning that the same decision lifts, late values or not, does not stand.
#[test]
fn an_order_that_ends_anyway_is_not_confirmed() {
    let world = World::new("BTH-2023").air("130100: clean*24 heavy*30 clean*40");
    let story = world.late(67, 130_100, 60, (31, 1)).story();
    assert!(story.contains("66: 130100 60 amended 30 to 31, order_stands"), "{story}");
    assert!(story.contains("66: 130100-1 lifted") && !story.contains("130100-1 stands"), "{story}");
}

#[test]
fn two_cities_amended_at_once_are_told_apart() {
    let air = format!("{HOLE}\n120000: 100*80");
    let world = World::new("BTH-2023").air(&air).late(51, 130_100, 41, (160, 0));
    let world = world.late(51, 130_100, 42, (160, 0)).late(51, 120_000, 45, (100, 1));
    let records = world.late(51, 120_000, 46, (101, 0)).run();
    let amended = records.iter().find_map(|it| match &it.event {
        Event::Response(ResponseEvent::OrderAmended(it)) => {
            Some(it.hours.iter().map(|it| it.1).collect::<Vec<_>>())
        }
        _ => None,
    });
    let hours = [46, 41, 42].map(|it| hole().hour(it));
    assert_eq!(amended.unwrap(), hours, "only hours whose value changed");
}

/// The bad hours go on until 50, so that the decision of hour 50 still orders.
#[test]
fn what_follows_is_decided_at_the_next_decision_with_the_amendment_as_its_cause() {
    let late = hole().late(51, 130_100, 41, (160, 0)).late(51, 130_100, 42, (160, 0));
    let amended = "order_amended at 47: issued yellow 49, was nothing";
    check(
        &late,
        &format!(
            "{TOO_FEW}
             50: 130100 41 amended x to 160, {amended}
             50: 130100 42 amended x to 160, {amended}
             50: 130100-1 issued yellow 52..open yellow-1
               set 1 at 52: 130100 impose at 52 by amendment
             50: 130100-1 amended by set 1
             50: 130181-1 amended by set 1
             62: 130100-1 lifted yellow 52..64 -
               set 2 at 64: 130100 lift at 64 by warning"
        ),
    );
    let records = late.run();
    let amendment =
        records.iter().find(|it| matches!(it.event, Event::Air(AirEvent::HourAmended(_)))).unwrap();
    let set = records
        .iter()
        .find(|it| matches!(it.event, Event::Response(ResponseEvent::OrderSetIssued(_))))
        .unwrap();
    assert_eq!(set.causation, Some(amendment.position));
}

#[test]
fn an_order_stands_where_nothing_would_have_been_other() {
    let before = World::new("BTH-2023").air("130100: clean*24 heavy*10 x heavy*20 clean*40");
    let story = before.story();
    let late = before.late(55, 130_100, 35, (158, 0));
    let amended = "54: 130100 35 amended x to 158, order_stands";
    let found = late.story();
    let lines: Vec<&str> = found.lines().collect();
    let told = "54: 130100-1 stands";
    assert!(lines.contains(&told), "{found}");
    assert!(lines.contains(&amended), "{found}");
    let others = lines.iter().filter(|it| !it.contains("amended") && !it.contains("stands"));
    assert_eq!(others.copied().collect::<Vec<_>>(), story.lines().collect::<Vec<_>>());
}

/// A revision takes the place of a value, in both directions; the warning stays what it is until
/// its own row lifts it.
#[test]
fn an_order_that_would_not_have_been_given_stands_and_is_told() {
    let world = World::new("BTH-2023").air("130100: clean*24 heavy*26 clean*40");
    let late = (25..=34).fold(world, |world, hour| world.late(50, 130_100, hour, (40, 1)));
    let story = late.story();
    assert!(
        story.contains("49: 130100 25 amended 160 to 40, would_not_have_been_ordered"),
        "{story}"
    );
    assert!(story.contains(": nothing, was issued yellow"), "{story}");
    assert!(story.contains("49: 130100-1 stands"), "{story}");
    assert!(story.contains("lifted yellow"), "{story}");
}

/// The horizon is counted from the decision that looks at the value; its bound is within.
#[test]
fn a_value_beyond_the_horizon_is_recorded_only() {
    let at = |horizon_h: i32| {
        let world = hole().set(&format!("amend_horizon_h = {horizon_h}"));
        world.late(52, 130_100, 41, (160, 0)).story()
    };
    assert_eq!(at(10), format!("{TOO_FEW}51: 130100 41 amended x to 160, no_order\n"));
    assert_eq!(at(9), TOO_FEW);
    let refused = hole().set("amend_horizon_h = 9").late(52, 130_100, 41, (160, 0)).run();
    let late = refused.iter().filter(|it| {
        matches!(&it.event, Event::Fact(Fact::InputRefused(it)) if it.reason.name() == "late" && it.count == 16)
    });
    assert_eq!(late.count(), 1, "it is refused, and nothing is lost");
}

/// Of what is said late the higher revision and then the higher value counts.
#[test]
fn a_late_value_that_does_not_beat_the_one_that_stands_amends_nothing() {
    let world = World::new("BTH-2023").air("130100: clean*20 100*30");
    check(&world.clone().late(31, 130_100, 25, (90, 0)), "");
    check(&world.clone().late(31, 130_100, 25, (100, 0)), "");
    check(
        &world.clone().late(31, 130_100, 25, (90, 1)),
        "30: 130100 25 amended 100 to 90, no_order",
    );
    check(
        &world.late(31, 130_100, 25, (110, 0)).late(31, 130_100, 25, (105, 0)),
        "30: 130100 25 amended 100 to 110, no_order",
    );
}

#[test]
fn hours_that_were_closed_by_other_rules_are_recorded_only() {
    let other = hole().set("notice_h = 23").book();
    let world = hole().input(50, airshed::domain::Command::Adopt(other));
    check(&world.late(52, 130_100, 41, (160, 0)), TOO_FEW);
}
