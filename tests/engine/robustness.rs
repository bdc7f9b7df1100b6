//! Margins and possible grades are what trying everything out gives.

use airshed::domain::{AirEvent, Fact};
use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::sync::Arc;

use airshed::domain::*;
use airshed::engine::*;
use airshed::wire::rule_book;

use crate::brute::{BACK_H, HORIZON_H, day_mean, highest};
use crate::feed::Feed;
use crate::graded::{random_air, standards};
use crate::random::Dice;

/// No reading is higher here, so that trying everything takes little time.
const CEILING_UG_M3: i32 = 240;

struct Case {
    grader: Grader,
    standard: Standard,
    now: Hour,
    air: Vec<AirHour>,
}

/// Random series, cut off where nobody speaks any more.
fn cases(seed: u64, count: usize) -> impl Iterator<Item = (Case, Dice)> {
    let mut rules = rule_book::parse(rule_book::built_in()).unwrap().rules;
    rules.parameters.readings.ceiling_ug_m3 = CEILING_UG_M3;
    let standards = standards(&rules);
    let grader = Grader::new(&rules);
    let zero = Hour::of_beijing(Date::new(2019, 1, 20).unwrap(), 0).unwrap();
    let mut dice = Dice::new(seed);
    (0..count).map(move |_| {
        let mut air = random_air(&mut dice);
        let ahead = (at(BACK_H + 1)..air.len()).take(at(HORIZON_H));
        let end = ahead.take_while(|it| air[*it] != AirHour::Unspoken).last();
        air.truncate(end.unwrap_or(at(BACK_H)) + 1);
        let standard = standards[dice.place(&standards)].clone();
        let now = zero.plus(dice.below(24).cast_signed());
        (Case { grader: grader.clone(), standard, now, air }, dice.clone())
    })
}

fn at(hours: i32) -> usize {
    usize::try_from(hours).unwrap()
}

fn hour_of(place: usize) -> i32 {
    i32::try_from(place).unwrap() - BACK_H
}

impl Case {
    fn grade(&self, air: &[AirHour]) -> Grade {
        highest(air, &self.standard, self.now).grade
    }

    /// The first step that gives another grade, step by step.
    fn first(
        &self,
        steps: RangeInclusive<i32>,
        change: impl Fn(i32) -> Vec<AirHour>,
        is_other: impl Fn(Grade) -> bool,
    ) -> Option<Away> {
        let mut steps = steps.map(|by| Away { grade: self.grade(&change(by)), by });
        steps.find(|it| is_other(it.grade))
    }

    fn shifted(&self, by: i32) -> Vec<AirHour> {
        let shift = |it: &AirHour| match it {
            AirHour::Value(it) => {
                AirHour::Value(u16::try_from((i32::from(*it) + by).max(0)).unwrap())
            }
            other => *other,
        };
        self.air.iter().map(shift).collect()
    }

    fn clean_before(&self, last: i32, by: i32) -> Vec<AirHour> {
        let clean = |(place, it): (usize, &AirHour)| match it {
            AirHour::Value(_) if last - by < hour_of(place) && hour_of(place) <= last => {
                AirHour::Value(0)
            }
            other => *other,
        };
        self.air.iter().enumerate().map(clean).collect()
    }

    fn lasting(&self, last: i32, level: u16, by: i32) -> Vec<AirHour> {
        let mut air = self.air.clone();
        for place in at(last + BACK_H + 1)..=at(last + BACK_H + by) {
            match air.get_mut(place) {
                Some(AirHour::Value(it)) => *it = level.max(*it),
                Some(AirHour::Excluded) => {}
                Some(it) => *it = AirHour::Value(level),
                None => air.push(AirHour::Value(level)),
            }
        }
        air
    }

    /// Makes it a series of which a little more or less decides.
    fn move_to_the_edge(&mut self, dice: &mut Dice) {
        let first = self.now.plus(-BACK_H);
        let margin = self.grader.margin(&self.standard, self.now, first, &self.air);
        let rise = margin.to_next_ug_m3.map_or(0, |it| it.by - dice.below(2).cast_signed());
        self.air = self.shifted(rise);
    }

    /// Makes it days up to now, each at a bound, with an hour in some of them that decides whether
    /// the day is above it.
    fn days_at_bounds(&mut self, dice: &mut Dice) -> Vec<(Hour, RangeInclusive<u16>)> {
        let mut open = Vec::new();
        self.air.truncate(at(BACK_H) + 1);
        self.standard.window_phase = WindowPhase::Any;
        self.standard.duration_as = DurationAs::Chain;
        let highest = [116, 151, 251][at(dice.below(3).cast_signed())];
        for day in 0..5 {
            let low = [150, highest - 1][at(dice.below(2).cast_signed())];
            let is_open = dice.below(3) > 0 && open.len() < 3;
            let level = low + u16::from(!is_open);
            let last = at(BACK_H - 24 * day);
            self.air[last - 23..=last].fill(AirHour::Value(level));
            if is_open {
                let hour = at(dice.below(24).cast_signed());
                // The mean of the day is rounded up from 12 µg/m³ more in one hour on.
                let from = low + 8 + u16::try_from(dice.below(4)).unwrap();
                open.push((self.now.plus(hour_of(last - hour)), from..=from + 6));
            }
        }
        open
    }

    fn margin(&self) -> Margin {
        let now = highest(&self.air, &self.standard, self.now);
        let grade = now.grade;
        let higher = |it| it > grade;
        let (last, window) = now.last.unwrap_or((0, 0));
        let level = day_mean(&self.air, window).map(|it| u16::try_from(it).unwrap());
        let longest_h = 24 * self.standard.clauses.iter().map(|it| it.main.windows).max().unwrap();
        let longest_h = i32::from(longest_h).max(96);
        let to_next_h = level.and_then(|level| {
            self.first(1..=longest_h, |by| self.lasting(last, level, by), higher)
        });
        let lower = |it| it < grade;
        let is_graded = grade > Grade::None;
        Margin {
            grade,
            to_next_ug_m3: self.first(1..=CEILING_UG_M3, |by| self.shifted(by), higher),
            to_next_h,
            to_lower_ug_m3: is_graded
                .then(|| self.first(1..=1000, |by| self.shifted(-by), lower))
                .flatten(),
            to_lower_h: is_graded
                .then(|| self.first(1..=400, |by| self.clean_before(last, by), lower))
                .flatten(),
        }
    }
}

#[test]
fn margins_are_the_first_step_that_changes_the_grade() {
    let (mut next, mut lower) = ([0; 5], [0; 5]);
    let mut hours = [0; 2];
    for (case, _) in cases(7, 260) {
        let found = case.grader.margin(&case.standard, case.now, case.now.plus(-BACK_H), &case.air);
        let expected = case.margin();
        assert_eq!(found, expected, "{} {} {:?}", case.now, case.standard.id, case.air);
        assert_eq!(found.grade > Grade::None, found.to_lower_h.is_some());
        assert_eq!(found.grade > Grade::None, found.to_lower_ug_m3.is_some());
        next[found.grade as usize] += u32::from(found.to_next_ug_m3.is_some());
        lower[found.grade as usize] += u32::from(found.to_lower_ug_m3.is_some());
        hours[0] += u32::from(found.to_next_h.is_some());
        hours[1] += u32::from(found.to_next_h.is_some_and(|it| it.by > 24));
    }
    assert!(next[..4].iter().all(|it| *it > 5), "{next:?}");
    assert!(lower[1..].iter().all(|it| *it > 5), "{lower:?}");
    assert!(hours.iter().all(|it| *it > 5), "{hours:?}");
}

/// All choices of values, one after the other.
fn choices(open: &[(Hour, RangeInclusive<u16>)]) -> Vec<Vec<u16>> {
    let mut all = vec![Vec::new()];
    for (_, range) in open {
        let longer = |it: &Vec<u16>| {
            let it = it.clone();
            range.clone().map(move |value| it.iter().copied().chain([value]).collect())
        };
        all = all.iter().flat_map(longer).collect();
    }
    all
}

/// One hour that may be anything, or a few that may be one of some values each.
fn open_hours(case: &Case, dice: &mut Dice) -> Vec<(Hour, RangeInclusive<u16>)> {
    let (count, width) =
        [(1, 400), (1, 900), (2, 22), (3, 7), (5, 2)][at(dice.below(5).cast_signed())];
    let mut hours = BTreeSet::new();
    let from = case.air.len() - 6 - at(dice.below(72).cast_signed());
    for _ in 0..count {
        hours.insert(from + at(dice.below(6).cast_signed()));
    }
    let range = |place: usize| {
        let known = match case.air[place] {
            AirHour::Value(it) if width < 100 => it,
            _ => 0,
        };
        (case.now.plus(hour_of(place)), known..=known + width)
    };
    hours.into_iter().map(range).collect()
}

#[test]
fn possible_grades_are_those_that_some_values_give() {
    let (mut sizes, mut skipped) = ([0; 6], 0);
    for (mut case, mut dice) in cases(11, 240) {
        let open = if dice.below(2) == 0 {
            case.days_at_bounds(&mut dice)
        } else {
            case.move_to_the_edge(&mut dice);
            open_hours(&case, &mut dice)
        };
        let first = case.now.plus(-BACK_H);
        let found = case.grader.possible(&case.standard, case.now, first, &case.air, &open);
        let mut air = case.air.clone();
        let mut expected = BTreeSet::new();
        for choice in choices(&open) {
            for ((hour, _), value) in open.iter().zip(choice) {
                air[at(hour.0 - first.0)] = AirHour::Value(value);
            }
            expected.insert(case.grade(&air));
        }
        // With so few hours, halving always comes to its end.
        let expected: Vec<Grade> = expected.into_iter().collect();
        assert_eq!(found.grades, expected, "{open:?} {} {:?}", case.standard.id, case.air);
        assert_eq!(found.perhaps, []);
        sizes[expected.len()] += 1;
        let known = |it: &Grade| case.standard.clauses.iter().any(|clause| clause.grade == *it);
        let (low, high) = (expected[0], expected[expected.len() - 1]);
        let between = Grade::ALL.iter().filter(|it| low < **it && **it < high && known(it));
        skipped += i32::from(between.clone().any(|it| !expected.contains(it)));
    }
    // Worth trying: often more than one grade, and sometimes one between two is not possible.
    assert!(sizes[1] > 20 && sizes[2] > 20 && sizes[3] > 3 && skipped > 0, "{sizes:?} {skipped}");
}

/// The state before the last closing, and that closing.
fn before_the_last(records: &[Record]) -> (Airshed, HourClosed) {
    let is_closed = |it: &Record| matches!(it.event, Event::Air(AirEvent::HourClosed(_)));
    let last = records.iter().rposition(is_closed).unwrap();
    let Event::Air(AirEvent::HourClosed(closed)) = &records[last].event else { unreachable!() };
    let mut airshed = Airshed::default();
    records[..last].iter().for_each(|it| airshed.evolve(&it.event, it.position.0));
    (airshed, closed.clone())
}

fn robustness(feed: &Feed) -> Robustness {
    let (airshed, closed) = before_the_last(&feed.run());
    airshed.explanation(&closed, JurisdictionIndex(0)).unwrap().robustness.unwrap()
}

/// The highest grade of all clauses that hold at the last hour, as the closing itself saw them.
fn closed_as(feed: &Feed) -> Grade {
    let (airshed, closed) = before_the_last(&feed.run());
    let explanation = airshed.explanation(&closed, JurisdictionIndex(0)).unwrap();
    let holding = explanation.clauses.iter().filter(|it| it.holds);
    holding.map(|it| it.clause.grade).max().unwrap_or_default()
}

/// Puts readings where `?` stands, one after the other.
fn filled(feed: &Feed, values: &[String]) -> Feed {
    let mut parts = feed.told.split('?');
    let mut told = parts.next().unwrap().to_owned();
    let mut values = values.iter();
    for part in parts {
        told.push_str(values.next().map_or("x", String::as_str));
        told.push_str(part);
    }
    Feed { told, ..feed.clone() }
}

/// Tries every choice of a few values through the engine, from the first reading on.
#[track_caller]
fn check(feed: &Feed, values: &[&str], exactly: bool, stations: usize, hours: u32) -> Vec<Grade> {
    let open = feed.told.matches('?').count();
    let found = robustness(&filled(feed, &[]));
    let asked = (found.supposed.stations.len(), found.supposed.hours, found.supposed.readings);
    assert_eq!(asked, (stations, hours, u32::try_from(open).unwrap()));
    assert_eq!(found.supposed.kept_hours, 0);
    let places: Vec<_> =
        (0..open).map(|_| (Hour(0), 0..=u16::try_from(values.len() - 1).unwrap())).collect();
    let mut expected = BTreeSet::new();
    for choice in choices(&places) {
        let choice: Vec<String> =
            choice.iter().map(|it| values[usize::from(*it)].to_owned()).collect();
        expected.insert(closed_as(&filled(feed, &choice)));
    }
    let expected: Vec<Grade> = expected.into_iter().collect();
    let possible = &found.possible;
    assert_eq!(possible.grades.first(), expected.first(), "{possible:?}");
    assert_eq!(possible.grades.last(), expected.last(), "{possible:?}");
    assert!(
        expected.iter().all(|it| possible.grades.contains(it) || possible.perhaps.contains(it))
    );
    if exactly {
        assert_eq!(possible.grades, expected);
    }
    // What is narrower leaves no more open.
    assert!(found.like_the_others.grades.iter().all(|it| possible.grades.contains(it)));
    expected
}

fn told(hours: RangeInclusive<i32>, row: impl Fn(i32) -> String) -> String {
    hours.map(|hour| format!("{hour}: {}", row(hour))).collect::<Vec<_>>().join("\n")
}

fn world(standard: &str, told: &str) -> Feed {
    let feed = Feed::of(told).set("ceiling_ug_m3 = 600").set("closes_on = [\"PM2.5\"]");
    Feed { standard: standard.to_owned(), ..feed }
}

#[test]
fn one_missing_reading_is_tried_out_with_every_value() {
    // 49 hours near the bound of 150 µg/m³; B is silent in one of them.
    let row = |hour: i32| match hour {
        40 => "A=120 B=? C=130".to_owned(),
        _ => "A=151 B=151 C=151".to_owned(),
    };
    let values: Vec<String> =
        ["0.1".to_owned()].into_iter().chain((1..=600).map(|it| it.to_string())).collect();
    let values: Vec<&str> = values.iter().map(String::as_str).collect();
    let feed = world("BTH-2023", &told(1..=48, row));
    let grades = check(&feed, &values, true, 1, 1);
    assert!(grades.len() > 1, "{grades:?}");
}

#[test]
fn missing_readings_are_tried_out_through_the_engine() {
    let grid = ["0.1", "75", "150", "200", "290", "420", "600"];
    // An hour without any value, and one of two with one; an open hour at the decision itself.
    let row = |hour: i32| match hour {
        40 => "A=? B=? C=?".to_owned(),
        50 => "A=170 B=? C=180".to_owned(),
        _ => "A=151 B=152 C=151".to_owned(),
    };
    let grades = check(&world("BTH-2023", &told(1..=50, row)), &grid[..5], false, 3, 2);
    assert!(grades.len() > 1, "{grades:?}");
    // With persistence, what is supposed of the day goes on.
    let persistence =
        world("BTH-2023", &told(1..=50, row)).set("outlook_of_last_resort = \"persistence:36\"");
    check(&persistence, &grid[..5], false, 3, 2);
    // Suspicious values are left out, and stay so.
    let row = |hour: i32| match hour {
        50 => "A=150/100 B=? C=130".to_owned(),
        30 => "A=150/100 B=151 C=?".to_owned(),
        _ => "A=151/900 B=151/900 C=151/900".to_owned(),
    };
    check(&world("BTH-2023", &told(1..=50, row)).set("use_flagged = false"), &grid, false, 2, 2);
}

#[test]
fn what_no_reading_could_change_is_certain() {
    let check = |row: fn(i32) -> String, stations: usize, grades: &[Grade], others: &[Grade]| {
        let feed = world("BTH-2023", &told(1..=100, row)).set("ceiling_ug_m3 = 1500");
        let found = robustness(&feed);
        assert_eq!(found.supposed.stations.len(), stations);
        assert_eq!((&*found.possible.grades, &*found.like_the_others.grades), (grades, others));
        assert_eq!((&found.possible.perhaps, &found.like_the_others.perhaps), (&vec![], &vec![]));
    };
    let (none, red) = (Grade::None, Grade::Red);
    check(|_| "A=600 B=x C=600".into(), 1, &[red], &[red]);
    check(|_| "A=600 B=600 C=600".into(), 0, &[red], &[red]);
    check(|_| "A=20 B=20 C=20".into(), 0, &[none], &[none]);
    check(
        |_| "A=20 B=x C=20".into(),
        1,
        &[Grade::None, Grade::Yellow, Grade::Orange, Grade::Red],
        &[none],
    );
}

/// Hours before the log are not supposed, nor excluded ones; what other rules closed stays.
#[test]
fn not_every_hole_is_a_missing_reading() {
    let feed = world("BTH-2023", &told(1..=30, |_| "A=20 B=x C=20".into()));
    let found = robustness(&feed).supposed;
    assert_eq!((found.hours, found.readings), (30, 30));
    let records = feed.run();
    let (mut airshed, closed) = before_the_last(&records);
    let exclusion = Exclusion {
        jurisdiction: JurisdictionIndex(0),
        first: Feed::hour(11),
        last: Feed::hour(20),
        kind: ExclusionKind::Sand,
        evidence: "seen".to_owned(),
        source: None,
    };
    airshed.evolve(&Event::Fact(Fact::IntervalExcluded(exclusion)), 0);
    let found =
        airshed.explanation(&closed, JurisdictionIndex(0)).unwrap().robustness.unwrap().supposed;
    assert_eq!((found.hours, found.kept_hours), (20, 0));
    // Under other rules station C is gone: the closed means no longer follow from A alone.
    let row = |_| "A=20 B=x C=40".to_owned();
    let (mut airshed, closed) = before_the_last(&world("BTH-2023", &told(1..=30, row)).run());
    let fewer = world("BTH-2023", "").stations("A,0,,,\nB,0,,,").book();
    airshed.evolve(&Event::Fact(Fact::RuleBookAdopted(Arc::clone(&fewer))), 0);
    let found =
        airshed.explanation(&closed, JurisdictionIndex(0)).unwrap().robustness.unwrap().supposed;
    assert_eq!((found.hours, found.kept_hours), (1, 29));
}
