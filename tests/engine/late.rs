//! Late values in any number and any order: what is told of the past is what would have happened,
//! and the order in which they come makes no difference.

use airshed::domain::{AirEvent, WarningEvent};
use std::collections::BTreeMap;

use airshed::domain::*;
use airshed::engine::Record;

use crate::random::Dice;
use crate::world::{World, first_difference};

/// A jurisdiction's values by hour, from hour 1 on; none is missing.
type Air = BTreeMap<u32, Vec<Option<i32>>>;

/// Said of a city and hour: before which row, the value and its revision.
#[derive(Clone, Copy, Debug)]
struct Late {
    before: i32,
    city: u32,
    hour: i32,
    said: (i32, u16),
}

const CITIES: [u32; 4] = [110_000, 120_000, 130_100, 130_600];
const HOURS: i32 = 110;

fn weather(dice: &mut Dice) -> Air {
    let city = |dice: &mut Dice| {
        let mut hours = Vec::new();
        while hours.len() < usize::try_from(HOURS).unwrap() {
            let level = [30, 60, 140, 149, 152, 156, 210, 260, 330][dice.below(9) as usize];
            let length = 4 + dice.below(26);
            hours.extend((0..length).map(|_| {
                (dice.below(9) > 0).then(|| level + i32::try_from(dice.below(7)).unwrap())
            }));
        }
        hours.truncate(usize::try_from(HOURS).unwrap());
        hours
    };
    CITIES.into_iter().map(|code| (code, city(dice))).collect()
}

/// A few values that come between two decisions, some of them more than once.
fn late(dice: &mut Dice, before: i32) -> Vec<Late> {
    let mut said = Vec::new();
    let city = CITIES[dice.place(&CITIES)];
    let first = (before - 2 - i32::try_from(dice.below(60)).unwrap()).max(1);
    for hour in first..(first + 1 + i32::try_from(dice.below(9)).unwrap()).min(before - 1) {
        for _ in 0..=dice.below(2) {
            let value = [20, 100, 152, 158, 260, 400][dice.below(6) as usize];
            let revision = u16::try_from(dice.below(3)).unwrap();
            said.push(Late { before, city, hour, said: (value, revision) });
        }
    }
    said
}

fn world(air: &Air, late: &[Late], dice: &mut Dice) -> World {
    let line = |(code, hours): (&u32, &Vec<Option<i32>>)| {
        let hour = |it: &Option<i32>| it.map_or("x".to_owned(), |it| it.to_string());
        format!("{code}: {}", hours.iter().map(hour).collect::<Vec<_>>().join(" "))
    };
    let text = air.iter().map(line).collect::<Vec<_>>().join("\n");
    let standard = ["BTH-2018", "BTH-2023"][dice.below(2) as usize];
    let mut world = World::new(standard).air(&text);
    if dice.below(3) == 0 {
        // Then late values make others suspicious, or clear them.
        world = world.set("use_flagged = false").set("stuck_after_h = 3");
    }
    if dice.below(2) == 0 {
        world = world.set("outlook_of_last_resort = \"persistence:12\"");
    }
    for city in CITIES {
        for issued in (0..HOURS).step_by(24).skip(1) {
            if dice.below(3) > 0 {
                let level = [40, 155, 170, 280][dice.below(4) as usize];
                world = world.outlook(issued, city, issued + 1, &format!("{level}*48"));
            }
        }
    }
    late.iter().fold(world, |world, it| world.late(it.before, it.city, it.hour, it.said))
}

/// What the highest revision, and of those the highest value, makes of the air.
fn in_time(air: &Air, late: &[Late]) -> Air {
    let mut best: BTreeMap<(u32, i32), (u16, i32)> = BTreeMap::new();
    for it in late {
        let at = usize::try_from(it.hour - 1).unwrap();
        let stood = air[&it.city][at].map_or((0, i32::MIN), |value| (0, value));
        let best = best.entry((it.city, it.hour)).or_insert(stood);
        *best = (*best).max((it.said.1, it.said.0));
    }
    let mut air = air.clone();
    for ((city, hour), (_, value)) in best {
        let at = usize::try_from(hour - 1).unwrap();
        air.get_mut(&city).unwrap()[at] = (value > i32::MIN).then_some(value);
    }
    air
}

/// What each jurisdiction was ordered, by decision.
fn orders(records: &[Record]) -> Orders {
    let acts = records.iter().filter_map(|it| match &it.event {
        Event::Warning(WarningEvent::WarningDecided(act)) if act.kind != ActKind::Shorten => {
            let WarningAct { kind, grade, start, end, .. } = *act;
            let done = ActSummary { kind, grade, start, end };
            Some(((act.warning.jurisdiction, act.hour), done))
        }
        _ => None,
    });
    acts.collect()
}

fn amended(records: &[Record]) -> Vec<HourAmended> {
    let amended = records.iter().filter_map(|it| match &it.event {
        Event::Air(AirEvent::HourAmended(it)) => Some(it.clone()),
        _ => None,
    });
    amended.collect()
}

/// Other worlds, in which the same values came in time, say when what would have been ordered.
#[test]
fn what_would_have_been_ordered_is_what_is_ordered_when_the_values_come_in_time() {
    let mut seen: BTreeMap<&str, u32> = BTreeMap::new();
    for seed in 0..120 {
        let mut dice = Dice::new(seed);
        let air = weather(&mut dice);
        let before = 40 + i32::try_from(dice.below(50)).unwrap();
        let mut all = late(&mut dice, before);
        if dice.below(2) == 0 {
            let again = before + 1 + i32::try_from(dice.below(9)).unwrap();
            all.extend(late(&mut dice, again));
        }
        let same = dice.clone();
        let records = world(&air, &all, &mut dice).run();
        assert_eq!(first_difference(&records), None, "seed {seed}");
        let (was, amended) = (orders(&records), amended(&records));
        for of_decision in amended.chunk_by(|a, b| a.decision_hour == b.decision_hour) {
            let decision_hour = of_decision[0].decision_hour;
            let zero = world(&air, &[], &mut same.clone()).hour(0).0;
            let known = all.iter().filter(|it| it.before <= decision_hour.0 - zero + 1);
            let known: Vec<Late> = known.copied().collect();
            let in_time = world(&in_time(&air, &known), &[], &mut same.clone()).run();
            check_against(of_decision, &was, &orders(&in_time), seed);
        }
        for it in amended {
            *seen.entry(it.effect.name()).or_default() += 1;
        }
    }
    for effect in AmendmentEffect::ALL {
        assert!(seen.contains_key(effect.name()), "{} is never seen: {seen:?}", effect.name());
    }
}

type Orders = BTreeMap<(JurisdictionIndex, Hour), ActSummary>;

fn check_against(amended: &[HourAmended], was: &Orders, would_be: &Orders, seed: u64) {
    let moved = amended.iter().filter(|it| it.old_ug_m3 != it.new_ug_m3);
    let from = moved.map(|it| it.hour).min();
    for it in amended {
        let of_city = |key: &&(JurisdictionIndex, Hour)| {
            key.0 == it.jurisdiction
                && from.is_some_and(|from| from <= key.1)
                && key.1 < it.decision_hour
        };
        let mut hours: Vec<_> = was.keys().chain(would_be.keys()).filter(of_city).collect();
        hours.sort_unstable();
        let differs = hours.into_iter().find(|at| was.get(at) != would_be.get(at));
        let expected = differs.map(|at| Otherwise {
            decision_hour: at.1,
            was: was.get(at).copied(),
            would_be: would_be.get(at).copied(),
        });
        assert_eq!(it.otherwise, expected, "seed {seed}: {it:?}");
    }
}

/// The records from the amendments on, and what is known in the end.
#[test]
fn the_order_of_late_values_makes_no_difference() {
    for seed in 0..60 {
        let mut dice = Dice::new(1_000 + seed);
        let air = weather(&mut dice);
        let mut said: Vec<Late> = Vec::new();
        for _ in 0..=dice.below(4) {
            let before = 40 + i32::try_from(dice.below(60)).unwrap();
            said.extend(late(&mut dice, before));
        }
        let of_world = dice.clone();
        let decided = |said: &[Late]| {
            let mut same = of_world.clone();
            let records = world(&air, said, &mut same).run();
            let decisions = records.into_iter().filter(|it| !it.event.is_fact());
            decisions.map(|it| it.event).collect::<Vec<_>>()
        };
        let expected = decided(&said);
        let mut other = said.clone();
        for place in (1..other.len()).rev() {
            other.swap(place, dice.place(&said[..=place]));
        }
        assert_eq!(decided(&other), expected, "seed {seed}");
        // What is said twice is said once.
        other.extend_from_slice(&said);
        assert_eq!(decided(&other), expected, "seed {seed}, twice");
    }
}
