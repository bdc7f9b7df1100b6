//! Grading by definition: every chain of every clause is written out, hour by hour, and joined
//! pair by pair. Slow and plain; it shares nothing with the program but the words of a standard.

use std::sync::Arc;

use airshed::domain::*;
use airshed::wire::rule_book;

use crate::random::Dice;

/// Hours before the decision hour that a series has here.
const BACK_H: i32 = 120;
/// No outlook reaches further.
const HORIZON_H: i32 = 120;

/// One way to read the rules; the numbers are those of the law.
#[derive(Clone, Copy, Debug)]
struct How {
    windows_as_edges: bool,
    merge_gap_h: i32,
}

/// Points of HJ 633-2012 for PM2.5: concentration and index.
const POINTS: [(f64, f64); 8] = [
    (0.0, 0.0),
    (35.0, 50.0),
    (75.0, 100.0),
    (115.0, 150.0),
    (150.0, 200.0),
    (250.0, 300.0),
    (350.0, 400.0),
    (500.0, 500.0),
];

/// The index of a whole concentration. The fractions have small denominators, so a double is far
/// nearer to them than they are to the next whole number.
fn index(ug_m3: u32) -> u32 {
    let c = f64::from(ug_m3);
    for pair in POINTS.windows(2) {
        let ((c0, i0), (c1, i1)) = (pair[0], pair[1]);
        if c >= c0 && c <= c1 {
            let exact = i0 + (i1 - i0) * (c - c0) / (c1 - c0);
            return (exact - 1e-9).ceil().max(0.0) as u32;
        }
    }
    500
}

/// A series around the decision hour 0: hour `h` is at `h + BACK_H`.
struct Air<'a> {
    hours: &'a [AirHour],
    /// The last hour that is spoken for without a gap.
    last: i32,
}

impl Air<'_> {
    fn at(&self, hour: i32) -> AirHour {
        if hour > self.last || hour < -BACK_H {
            return AirHour::Unspoken;
        }
        self.hours[(hour + BACK_H) as usize]
    }

    /// W(e), if it is known.
    fn window(&self, end: i32) -> Option<u32> {
        let day: Vec<AirHour> = (end - 23..=end).map(|hour| self.at(hour)).collect();
        let count = |kind: AirHour| day.iter().filter(|it| **it == kind).count();
        if count(AirHour::Unspoken) > 0 {
            return None;
        }
        let values: Vec<u32> = day.iter().filter_map(|it| value(*it)).collect();
        let (missing, excluded) = (count(AirHour::Missing), count(AirHour::Excluded));
        let known = match excluded {
            0 => values.len() >= 20,
            1.. => missing <= 4 && values.len() >= 12,
        };
        if known {
            let (sum, count) = (values.iter().sum::<u32>(), values.len() as u32);
            let (down, rest) = (sum / count, sum % count);
            let up = 2 * rest > count || (2 * rest == count && down % 2 == 1);
            return Some(index(down + u32::from(up)));
        }
        (excluded > 12 && missing <= 4).then_some(0)
    }

    fn own(&self, hour: i32) -> Option<u32> {
        value(self.at(hour)).map(index)
    }
}

fn value(hour: AirHour) -> Option<u32> {
    match hour {
        AirHour::Value(ug_m3) => Some(u32::from(ug_m3)),
        AirHour::Unspoken | AirHour::Missing | AirHour::Excluded => None,
    }
}

fn above(bound: Bound, index: u32) -> bool {
    match bound {
        Bound::Above(bound) => index > u32::from(bound),
        Bound::AtLeast(bound) => index >= u32::from(bound),
    }
}

/// What the engine says, and what the definition says.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Verdict {
    grade: Grade,
    begin: i32,
    end: i32,
    clause: Arc<str>,
    chain_end: i32,
}

/// One chain that counts.
#[derive(Clone, Debug)]
struct Chain {
    clause: usize,
    last_window: i32,
    begin: i32,
    end: i32,
}

struct ByDefinition<'a> {
    air: Air<'a>,
    /// W(e) for e from -BACK_H + 23 on.
    windows: Vec<Option<u32>>,
    standard: &'a Standard,
    how: How,
    zero: Hour,
}

impl ByDefinition<'_> {
    fn window(&self, end: i32) -> Option<u32> {
        let at = usize::try_from(end + BACK_H - 23).ok()?;
        self.windows.get(at).copied().flatten()
    }

    /// Whether a chain of k windows for a bound ends at e.
    fn holds(&self, condition: Condition, end: i32) -> bool {
        let midnight = (self.zero.0 + end + 8).rem_euclid(24) == 0;
        if self.standard.window_phase == WindowPhase::CalendarDay && !midnight {
            return false;
        }
        let k = i32::from(condition.windows);
        let ends: Vec<i32> = match self.standard.duration_as {
            DurationAs::Chain => (0..k).map(|it| end - 24 * it).collect(),
            DurationAs::Rolling => (0..=24 * (k - 1)).map(|it| end - it).collect(),
        };
        ends.iter().all(|end| self.window(*end).is_some_and(|it| above(condition.bound, it)))
    }

    fn chains(&self) -> Vec<Chain> {
        let mut chains = Vec::new();
        for (place, clause) in self.standard.clauses.iter().enumerate() {
            for end in 0..=self.air.last {
                let covered: Vec<i32> =
                    (end - 24 * i32::from(clause.main.windows) + 1..=end).collect();
                if !self.holds(clause.main, end) {
                    continue;
                }
                // Some chain of the second condition whose covered hours are all among these.
                let contains = |within: Condition| {
                    covered.iter().any(|last| {
                        let first = last - 24 * i32::from(within.windows) + 1;
                        first >= covered[0] && self.holds(within, *last)
                    })
                };
                if clause.within.is_some_and(|within| !contains(within)) {
                    continue;
                }
                let is_bad = |hour: &&i32| {
                    self.how.windows_as_edges
                        || self.air.own(**hour).is_some_and(|it| above(clause.main.bound, it))
                };
                let bad: Vec<i32> = covered.iter().filter(is_bad).copied().collect();
                let (Some(first), Some(last)) = (bad.first(), bad.last()) else { continue };
                if *last >= 0 {
                    let (begin, last) = (first - 1, *last);
                    chains.push(Chain { clause: place, last_window: end, begin, end: last });
                }
            }
        }
        chains
    }

    /// Two chains belong together when the later begin is near the earlier end; so do all that
    /// are connected by such pairs.
    fn episode(&self) -> Option<Verdict> {
        let chains = self.chains();
        let start = chains.iter().min_by_key(|it| it.begin)?;
        let (mut begin, mut end) = (start.begin, start.end);
        loop {
            let near = chains.iter().filter(|it| {
                let gap = it.begin.max(begin) - it.end.min(end);
                gap < self.how.merge_gap_h
            });
            let near: Vec<&Chain> = near.collect();
            let grown = (
                near.iter().map(|it| it.begin).min()?.min(begin),
                near.iter().map(|it| it.end).max()?.max(end),
            );
            if grown == (begin, end) {
                return self.verdict(&near, begin, end);
            }
            (begin, end) = grown;
        }
    }

    fn verdict(&self, chains: &[&Chain], begin: i32, end: i32) -> Option<Verdict> {
        let clause = |it: &Chain| &self.standard.clauses[it.clause];
        let grade = chains.iter().map(|it| clause(it).grade).max()?;
        let place =
            chains.iter().filter(|it| clause(it).grade == grade).map(|it| it.clause).min()?;
        let named = chains.iter().filter(|it| it.clause == place);
        let chain_end = named.map(|it| it.last_window).min()?;
        let clause = Arc::clone(&self.standard.clauses[place].id);
        Some(Verdict { grade, begin, end, clause, chain_end })
    }
}

/// A random series: runs of air between clean and terrible, with holes, exclusions and an end.
fn random_air(dice: &mut Dice) -> Vec<AirHour> {
    let ahead_h = match dice.below(6) {
        0 => 0,
        1 => dice.below(13),
        2 => dice.below(60),
        _ => 120 + dice.below(10),
    };
    let length = (BACK_H as u32 + 1 + ahead_h) as usize;
    let mut air = Vec::with_capacity(length);
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
        for _ in 0..1 + dice.below(50) {
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
        let (from, for_h) = (dice.below(length as u32) as usize, 1 + dice.below(14) as usize);
        air.iter_mut().skip(from).take(for_h).for_each(|it| *it = hole);
    }
    if dice.below(3) == 0 {
        for at in 0..length {
            if dice.below(12) == 0 {
                air[at] = AirHour::Missing;
            }
        }
    }
    // A gap that nobody speaks for, after the decision hour.
    if dice.below(8) == 0 && ahead_h > 0 {
        let gap = BACK_H as usize + 1 + dice.below(ahead_h) as usize;
        air[gap] = AirHour::Unspoken;
    }
    // A log that begins late.
    if dice.below(8) == 0 {
        let before = dice.below(BACK_H as u32) as usize;
        air.iter_mut().take(before).for_each(|it| *it = AirHour::Missing);
    }
    air
}

/// Every standard of the rule book, in both readings of a duration and of a day.
fn standards(rules: &Rules) -> Vec<Standard> {
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
fn the_engine_grades_as_the_definition_does() {
    let mut rules = rule_book::parse(rule_book::built_in()).unwrap().rules;
    let standards = standards(&rules);
    let zero = Hour::of_beijing(Date::new(2019, 1, 20).unwrap(), 0).unwrap();
    let mut dice = Dice::new(20_190_112);
    let (mut graded, mut compared) = ([0_u32; 5], 0);
    for way in 0..4 {
        let how = How { windows_as_edges: way == 2, merge_gap_h: if way == 3 { 12 } else { 36 } };
        rules.parameters.edges_as =
            if how.windows_as_edges { EdgesAs::Windows } else { EdgesAs::Hours };
        rules.parameters.merge_gap_h = how.merge_gap_h;
        let grader = Grader::new(&rules);
        for _ in 0..26_000 {
            let air = random_air(&mut dice);
            let standard = &standards[dice.below(standards.len() as u32) as usize];
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
            let expected = by_definition(&air, standard, how, now);
            assert_eq!(engine, expected, "{how:?} {now} {} {air:?}", standard.id);
            graded[expected.map_or(0, |it| it.grade as usize)] += 1;
            compared += 1;
        }
    }
    assert!(compared >= 100_000);
    // The series are worth comparing: every grade comes up often.
    assert!(graded.iter().all(|it| *it > 2_000), "{graded:?}");
}

fn by_definition(air: &[AirHour], standard: &Standard, how: How, zero: Hour) -> Option<Verdict> {
    let mut last = 0;
    while last < HORIZON_H
        && air.get((last + 1 + BACK_H) as usize).is_some_and(|it| *it != AirHour::Unspoken)
    {
        last += 1;
    }
    let air = Air { hours: air, last };
    let windows = (-BACK_H + 23..=last).map(|end| air.window(end)).collect();
    ByDefinition { air, windows, standard, how, zero }.episode()
}
