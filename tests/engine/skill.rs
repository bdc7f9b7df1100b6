//! The ledger of forecasts, held against small worlds and against what must be so in all of them.

use airshed::domain::AirEvent;
use std::collections::BTreeSet;
use std::fmt::Write as _;

use airshed::domain::*;
use airshed::engine::{Contingency, MakerSkill, Score, Skill, Threshold};
use proptest::prelude::*;

use crate::world::{World, hours};

fn ledger(world: &World) -> Vec<MakerSkill> {
    let mut skill = Skill::new([100]);
    world.run().iter().for_each(|it| skill.note(it));
    skill.makers()
}

/// Air of 130100 by days; hour 1 is 01:00 of the first day.
fn air(runs: &str) -> World {
    World::new("BTH-2018").air(&format!("130100: {runs}"))
}

/// One line for each lead day of 130100: days, not verified (observed, said), sums of the bias
/// (upper bound, middle in halves), days in range and level, and H M F C of each event.
#[track_caller]
fn check(world: &World, expected: &str) {
    let mut told = String::new();
    for maker in ledger(world) {
        let late = match maker.hours_too_late {
            0 => String::new(),
            hours => format!(" {hours} too late"),
        };
        writeln!(told, "{}{late}", maker.maker).unwrap();
        for (lead_day, it) in maker.jurisdictions.get(&Division(130_100)).into_iter().flatten() {
            let (observed, said) = (it.too_few_observed, it.too_few_said);
            let (bias, middle) = (it.bias_sum_ug_m3, it.middle_bias_sum_halves);
            write!(told, "{lead_day}: {} {observed} {said}; {bias} {middle}", it.days).unwrap();
            write!(told, "; {} {};", it.in_range, it.in_level).unwrap();
            for (threshold, it) in &it.events {
                let name = match threshold {
                    Threshold::Grade(grade) => grade.name().to_owned(),
                    Threshold::Above(index) => format!(">{index}"),
                };
                let counts = [it.hits, it.misses, it.false_alarms, it.correct_negatives];
                write!(told, " {name} {}", counts.map(|it| it.to_string()).join(" ")).unwrap();
            }
            told += "\n";
        }
    }
    let lines = |text: &str| {
        text.lines().map(str::trim).filter(|it| !it.is_empty()).collect::<Vec<_>>().join("\n")
    };
    assert_eq!(lines(&told), lines(expected));
}

#[test]
fn each_day_ahead_is_held_against_what_came() {
    // Said at 24:00 of the first day, so of that day: hit, false alarm, miss, correct negative.
    // An index above 300 needs more than 250, as a red chain has on two of its days.
    check(
        &air("30*24 260*24 30*24 260*24 30*24").outlook(24, 130_100, 25, "300*24 170*24 31*48"),
        "bureau
         1: 1 0 0; 40 -219; 1 1; yellow 1 0 0 0 orange 1 0 0 0 red 1 0 0 0 >100 1 0 0 0
         2: 1 0 0; 140 111; 1 0; yellow 0 0 1 0 orange 0 0 1 0 red 0 0 0 1 >100 0 0 1 0
         3: 1 0 0; -229 -488; 0 0; yellow 0 1 0 0 orange 0 1 0 0 red 0 1 0 0 >100 0 1 0 0
         4: 1 0 0; 1 -28; 1 1; yellow 0 0 0 1 orange 0 0 0 1 red 0 0 0 1 >100 0 0 0 1",
    );
}

#[test]
fn the_newest_issue_of_a_lead_day_counts_hour_by_hour() {
    // The afternoon's issue speaks for half of the next day; the day after that only the morning.
    check(
        &air("30*72")
            .outlook(8, 130_100, 25, "30*24 40*24")
            .outlook(16, 130_100, 25, "70*12")
            .outlook(30, 130_100, 49, "90*24"),
        "bureau
         1: 2 0 0; 80 22; 2 0; yellow 0 0 0 2 orange 0 0 0 2 red 0 0 0 2 >100 0 0 1 1
         2: 1 0 0; 10 -19; 1 0; yellow 0 0 0 1 orange 0 0 0 1 red 0 0 0 1 >100 0 0 0 1",
    );
    // Who speaks later and is silent takes nothing back; of two at once the higher one counts.
    check(
        &air("30*48")
            .outlook(8, 130_100, 25, "40*24")
            .outlook(8, 130_100, 25, "50*24")
            .outlook(8, 130_100, 25, "45*24"),
        "bureau
         1: 1 0 0; 20 -9; 1 0; yellow 0 0 0 1 orange 0 0 0 1 red 0 0 0 1 >100 0 0 0 1",
    );
}

#[test]
fn the_day_of_issue_is_what_was_over_and_what_was_said() {
    check(
        &air("30*24").outlook(12, 130_100, 13, "61*12"),
        "bureau
         0: 1 0 0; 16 2; 1 0; yellow 0 0 0 1 orange 0 0 0 1 red 0 0 0 1 >100 0 0 0 1",
    );
}

#[test]
fn a_day_that_cannot_be_verified_is_counted_with_its_reason() {
    let verified = "; yellow 0 0 0 1 orange 0 0 0 1 red 0 0 0 1 >100 0 0 0 1";
    let said = |world: World, hours: &str| world.outlook(24, 130_100, 25, hours);
    check(&said(air("30*48"), "30*20"), &format!("bureau\n1: 1 0 0; 0 -29; 1 1{verified}"));
    check(&said(air("30*48"), "30*19"), "bureau\n1: 0 0 1; 0 0; 0 0;");
    check(&said(air("30*48"), "30*19 x*5"), "bureau\n1: 0 0 1; 0 0; 0 0;");
    check(&said(air("30*44 x*4"), "30*24"), &format!("bureau\n1: 1 0 0; 0 -29; 1 1{verified}"));
    check(&said(air("30*43 x*5"), "30*24"), "bureau\n1: 0 1 0; 0 0; 0 0;");
    check(&said(air("30*48"), "x*24"), "bureau");
    check(&said(air("30*24"), "30*24"), "bureau\n1: 0 1 0; 0 0; 0 0;");
    let sand = air("30*48").exclude(130_100, 25, 29);
    check(&said(sand, "30*24"), "bureau\n1: 0 1 0; 0 0; 0 0;");
}

#[test]
fn only_hours_that_are_said_and_observed_are_compared() {
    // What is observed alone (or said alone) moves no mean.
    check(
        &air("30*24 999*2 30*20 x*2").outlook(24, 130_100, 27, "30*20 999*2"),
        "bureau
         1: 1 0 0; 0 -29; 1 1; yellow 0 0 0 1 orange 0 0 0 1 red 0 0 0 1 >100 0 0 0 1",
    );
}

#[test]
fn what_is_said_too_late_is_no_forecast() {
    // Issued at 06:00 of the second day, from its first hour on.
    check(
        &air("30*48").outlook(30, 130_100, 25, "999*6 30*18"),
        "bureau 6 too late
         0: 1 0 0; 0 -22; 1 1; yellow 0 0 0 1 orange 0 0 0 1 red 0 0 0 1 >100 0 0 0 1",
    );
    // Issued in time, as it claims, but taken in when 14 of its hours had been closed.
    check(
        &air("30*48").outlook_read(40, 24, 130_100, 25, "30*24"),
        "bureau 14 too late
         1: 0 0 1; 0 0; 0 0;",
    );
}

#[test]
fn bounds_are_those_of_the_standard_in_force_on_the_day() {
    use Grade::{Blue, Orange, Red, Yellow};
    let from = |from: &str| {
        let world = World { air: air("30*48").air, ..World::in_force(from) };
        let makers = ledger(&world.outlook(24, 130_100, 25, "30*24"));
        let score = makers[0].total[&1].clone();
        let index_from =
            |it: (Threshold, Contingency)| (it.0, it.1.index_from.into_iter().collect());
        let all = score.events.into_iter().map(index_from);
        all.collect::<Vec<(Threshold, Vec<u16>)>>()
    };
    let grades = |grades: &[(Grade, u16)]| {
        let grade = |it: &(Grade, u16)| (Threshold::Grade(it.0), vec![it.1]);
        let asked = (Threshold::Above(100), vec![101]);
        grades.iter().map(grade).chain([asked]).collect::<Vec<_>>()
    };
    assert_eq!(from("2015-01-01"), grades(&[]));
    let of_2016 = [(Blue, 201), (Yellow, 201), (Orange, 301), (Red, 301)];
    assert_eq!(from("2017-01-01"), grades(&of_2016));
    assert_eq!(from("2019-01-01"), grades(&[(Yellow, 201), (Orange, 201), (Red, 301)]));
    assert_eq!(from("2024-03-07"), grades(&[(Yellow, 151), (Orange, 151), (Red, 301)]));
    // The second day is the first of the new one.
    assert_eq!(from("2018-12-27"), grades(&[(Yellow, 201), (Orange, 201), (Red, 301)]));
}

#[test]
fn persistence_says_of_the_next_day_what_this_one_was() {
    // Of the day of issue it says, hour by hour, the mean of the 24 hours before.
    let world = air("30*24 260*24 30*24 100*24");
    check(
        &world.clone().set("outlook_of_last_resort = \"persistence:24\""),
        "persistence:24
         0: 4 0 0; -34 -68; 1 1; yellow 0 1 0 3 orange 0 1 0 3 red 0 1 0 3 >100 1 1 1 1
         1: 3 1 0; -70 -140; 0 0; yellow 0 1 1 1 orange 0 1 1 1 red 0 1 1 1 >100 0 2 1 0",
    );
    check(&world, "");
}

#[test]
fn an_hour_counts_as_it_was_amended_last() {
    let world = air("30*24 30*23 x*1").outlook(24, 130_100, 25, "40*24");
    let mut records = world.run();
    let jurisdictions = &world.book().rules.jurisdictions;
    let place = jurisdictions.iter().position(|it| it.division == Division(130_100)).unwrap();
    let last = records.last().unwrap().clone();
    for (hour, new_ug_m3) in [(30, Some(500)), (30, Some(270)), (48, Some(30))] {
        let event = Event::Air(AirEvent::HourAmended(HourAmended {
            jurisdiction: JurisdictionIndex(u16::try_from(place).unwrap()),
            hour: world.hour(hour),
            decision_hour: world.hour(48),
            decided_at: world.hour(48).end(),
            old_ug_m3: Some(30),
            new_ug_m3,
            stations: Vec::new(),
            effect: AmendmentEffect::NoOrder,
            otherwise: None,
        }));
        records.push(airshed::engine::Record { event, ..last.clone() });
    }
    let mut skill = Skill::new([]);
    let bias = |skill: &Skill| skill.makers()[0].total[&1].bias_sum_ug_m3;
    let before = records.len() - 3;
    records[..before].iter().for_each(|it| skill.note(it));
    assert_eq!(bias(&skill), 10);
    records[before..].iter().for_each(|it| skill.note(it));
    // One hour of 24 is higher by 240, so the mean by 10.
    assert_eq!(bias(&skill), 0);
}

/// Whatever the air, with holes or without.
fn any_air() -> impl Strategy<Value = String> {
    let run = (prop_oneof![4 => 1..480_i32, 1 => Just(-1)], 1..30_usize);
    prop::collection::vec(run, 6..24).prop_map(|runs| {
        let run = |(ug_m3, hours): &(i32, usize)| match ug_m3 {
            -1 => format!("x*{hours}"),
            ug_m3 => format!("{ug_m3}*{hours}"),
        };
        runs.iter().map(run).collect::<Vec<_>>().join(" ")
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Who knows what comes neither misses nor cries wolf, on any air and however far it looks.
    #[test]
    fn hindsight_is_never_wrong(runs in any_air(), ahead_h in 24..150_i32) {
        let length = hours(&runs).len();
        let makers = ledger(&air(&runs).hindsight(ahead_h));
        let mut days = 0;
        for it in makers.iter().flat_map(|it| it.total.values()) {
            prop_assert_eq!((it.bias_sum_ug_m3, it.middle_bias_sum_halves), (0, 0));
            prop_assert_eq!((it.in_range, it.in_level), (it.days, it.days));
            for counts in it.events.values() {
                prop_assert_eq!((counts.misses, counts.false_alarms), (0, 0));
                prop_assert_eq!(counts.hits + counts.correct_negatives, it.days);
            }
            days += it.days;
        }
        prop_assert!(length < 48 || days > 0, "nothing was verified");
    }

    /// Each unit is counted once, in its jurisdiction and in the total, and every verified day is
    /// one of the four cases of each event.
    #[test]
    fn nothing_is_dropped(runs in any_air(), said in any_air(), issued in 1..30_i32) {
        let world = air(&runs).outlook(issued, 130_100, issued + 1, &said);
        let spoken = (issued + 1..).zip(hours(&said)).filter(|(_, it)| it.is_some());
        let days: BTreeSet<Date> = spoken.map(|(at, _)| world.hour(at).date()).collect();
        prop_assume!(usize::try_from(issued).unwrap() <= hours(&runs).len() && !days.is_empty());
        for maker in ledger(&world) {
            let of_city = &maker.jurisdictions[&Division(130_100)];
            prop_assert_eq!(of_city, &maker.total);
            let units: u64 = of_city.values().map(|it| it.days + it.not_verified()).sum();
            prop_assert_eq!(units, days.len() as u64);
            for it in of_city.values() {
                four_cases(it)?;
            }
        }
    }
}

fn four_cases(score: &Score) -> Result<(), TestCaseError> {
    for it in score.events.values() {
        let all = it.hits + it.misses + it.false_alarms + it.correct_negatives;
        prop_assert_eq!(all, score.days);
    }
    Ok(())
}
