//! The engine grades as the definition does, on a hundred thousand random series, by all standards
//! and in both readings of a duration.

use airshed::domain::*;
use airshed::wire::rule_book;

use crate::brute::{BACK_H, How, LAW, Unknown, Verdict, by_definition};
use crate::random::Dice;

/// A random series: runs of air between clean and terrible, with holes, exclusions and an end.
pub(crate) fn random_air(dice: &mut Dice) -> Vec<AirHour> {
    let ahead_h = match dice.below(6) {
        0 => 0,
        1 => dice.below(13),
        2 => dice.below(60),
        _ => 120 + dice.below(10),
    };
    let length = BACK_H.unsigned_abs() + 1 + ahead_h;
    let mut air = Vec::new();
    let length = at(length);
    let (spread, level_of) = (dice.below(3), dice.below(4));
    while air.len() < length {
        let level = match dice.below(if level_of == 0 { 9 } else { 7 }) {
            0 | 1 => 20 + dice.below(80),
            // Near the bounds of 150, 200, 300, where neighbours differ.
            2 => 111 + dice.below(10),
            3 => 146 + dice.below(10),
            4 => 246 + dice.below(10),
            5 => 150 + dice.below(120),
            6 => 100 + dice.below(60),
            7 => 490 + dice.below(20),
            _ => 250 + dice.below(300),
        };
        for _ in 0..=dice.below(50) {
            let noise = match spread {
                0 => 0,
                1 => dice.below(7),
                _ => dice.below(60),
            };
            air.push(AirHour::Value(u16::try_from(level + noise).unwrap()));
        }
    }
    air.truncate(length);
    for _ in 0..dice.below(5) {
        let hole = if dice.below(3) == 0 { AirHour::Excluded } else { AirHour::Missing };
        let (from, for_h) = (dice.place(&air), 1 + at(dice.below(14)));
        air.iter_mut().skip(from).take(for_h).for_each(|it| *it = hole);
    }
    if dice.below(3) == 0 {
        for hour in &mut air {
            if dice.below(12) == 0 {
                *hour = AirHour::Missing;
            }
        }
    }
    // A gap that nobody speaks for, after the decision hour.
    if dice.below(8) == 0 && ahead_h > 0 {
        let gap = at(BACK_H.unsigned_abs() + 1 + dice.below(ahead_h));
        air[gap] = AirHour::Unspoken;
    }
    // A log that begins late.
    if dice.below(8) == 0 {
        let before = at(dice.below(BACK_H.unsigned_abs()));
        air.iter_mut().take(before).for_each(|it| *it = AirHour::Missing);
    }
    air
}

fn at(number: u32) -> usize {
    usize::try_from(number).unwrap()
}

/// Every standard of the rule book, in both readings of a duration and of a day.
pub(crate) fn standards(rules: &Rules) -> Vec<Standard> {
    let mut all = Vec::new();
    for standard in &rules.standards {
        for duration_as in DurationAs::ALL {
            for window_phase in WindowPhase::ALL {
                // A run of windows that all end at midnight is a chain: only one reading.
                if (duration_as, window_phase) != (DurationAs::Rolling, WindowPhase::CalendarDay) {
                    all.push(Standard { duration_as, window_phase, ..standard.clone() });
                }
            }
        }
    }
    all
}

#[test]
fn graded_as_defined() {
    compare(1, LAW);
}

#[test]
fn graded_as_defined_again() {
    compare(2, LAW);
}

#[test]
fn graded_as_defined_with_windows_as_edges() {
    compare(3, How { windows_as_edges: true, ..LAW });
}

#[test]
fn graded_as_defined_with_another_gap() {
    compare(4, How { merge_gap_h: 12, ..LAW });
}

/// A quarter of the hundred thousand.
#[track_caller]
fn compare(seed: u64, how: How) {
    let mut rules = rule_book::parse(rule_book::built_in()).unwrap().rules;
    let standards = standards(&rules);
    let zero = Hour::of_beijing(Date::new(2019, 1, 20).unwrap(), 0).unwrap();
    rules.parameters.episodes.edges_as =
        if how.windows_as_edges { EdgesAs::Windows } else { EdgesAs::Hours };
    rules.parameters.episodes.merge_gap_h = how.merge_gap_h;
    let grader = Grader::new(&rules);
    let mut dice = Dice::new(seed);
    let mut graded = [0_u32; 5];
    for _ in 0..26_000 {
        let air = random_air(&mut dice);
        let standard = &standards[dice.place(&standards)];
        // Decisions fall at any hour of the day.
        let now = zero.plus(dice.below(24).cast_signed());
        let engine = grader.grade(standard, now, now.plus(-BACK_H), &air);
        let engine = engine.map(|it| Verdict {
            grade: it.grade,
            begin: it.begin.0 - now.0,
            end: it.end.0 - now.0,
            clause: it.clause.unwrap(),
            chain_end: it.chain_end.0 - now.0,
        });
        let expected = by_definition(&air, standard, how, Unknown::Nothing, now);
        assert_eq!(engine, expected, "{how:?} {now} {} {air:?}", standard.id);
        graded[expected.map_or(0, |it| it.grade as usize)] += 1;
    }
    // The series are worth comparing: every grade comes up often.
    assert!(graded.iter().all(|it| *it > 500), "{graded:?}");
}
