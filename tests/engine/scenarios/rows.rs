//! Section 7 as it is explained: each row of the table of acts shows its conditions, and a
//! condition that does not hold is shown as not holding.

use std::collections::BTreeSet;

use airshed::domain::*;
use airshed::engine::Record;

use super::foresight;
use crate::world::World;

/// One decision of one city.
struct At(World, i32, u32);

/// A row, decisions in which it is done, and for each condition decisions in which that one does
/// not hold.
struct Case {
    row: ActRow,
    done: Vec<At>,
    not: Vec<(&'static str, At)>,
}

const CITY: u32 = 130_100;

fn at(hour: i32, world: World) -> At {
    At(world, hour, CITY)
}

/// One bad day from hour 41 on.
fn day() -> World {
    foresight("BTH-2023").set("act_hours = [16]").air("130100: clean*40 heavy*24 clean*60")
}

/// A bad day, `clean` hours, and then two more bad days. At 65 the first is over.
fn two_episodes(clean: i32) -> World {
    foresight("BTH-2023").air(&format!("130100: clean*40 heavy*24 clean*{clean} heavy*48 clean*60"))
}

fn apart() -> At {
    at(65, two_episodes(37))
}

/// Bad from 49 on; what is known at 1, and at a later hour.
fn seen(air: &str, first: &str, then_at: i32, then: &str) -> World {
    let world = World::new("BTH-2023").air(&format!("130100: {air}"));
    world.outlook(1, CITY, 2, first).outlook(then_at, CITY, then_at + 1, then)
}

/// Announced from 49 on; at 30 the start is said to be this hour.
fn begins_at(begin: i32) -> World {
    let bad = 79 - begin;
    let air = format!("clean*{begin} heavy*{bad} clean*60");
    seen(
        &air,
        "clean*48 heavy*30 clean*90",
        30,
        &format!("clean*{} heavy*{bad} clean*90", begin - 30),
    )
    .set("act_hours = [1, 6]")
}

/// The same, but the hour itself is bad before anybody knew.
fn bad_already_at(hour: i32) -> World {
    let (clean, bad) = (hour - 1, 80 - hour);
    let air = format!("clean*{clean} heavy*{bad} clean*60");
    let then = format!("heavy*{} clean*90", bad - 1);
    seen(&air, "clean*48 heavy*30 clean*90", hour, &then).set("advance_step_h = 0")
}

/// Announced from 49 to 79 (or to 91); from 40 on the end is known.
fn ends_at(announced: i32, end: i32) -> World {
    let (bad, said) = (end - 49, announced - 49);
    let first = format!("clean*48 heavy*{said} clean*{}", 90 - said);
    let then = format!("clean*9 heavy*{bad} clean*90");
    seen(&format!("clean*49 heavy*{bad} clean*60"), &first, 40, &then).set("act_hours = [1, 7, 16]")
}

/// Two bad days are announced; from 60 on it is known that it will be 31 hours.
fn milder() -> World {
    let air = "clean*49 heavy*31 clean*60";
    seen(air, "clean*48 heavy*48 clean*50", 60, "heavy*20 clean*90").set("act_hours = [1, 23]")
}

/// Six hours are missing; it will be 23 bad hours and not 48.
fn hole(first_missing: i32) -> World {
    let (clean, after) = (first_missing - 1, 54 - first_missing);
    World::new("BTH-2023")
        .air(&format!("130100: clean*{clean} x*6 clean*{after} heavy*23 clean*60"))
        .outlook(42, CITY, 43, "clean*17 heavy*48 clean*60")
        .outlook(60, CITY, 61, "heavy*22 clean*90")
}

/// Bad until 79; then `after`, and an outlook for so many clear hours.
fn clears(after: &str, clear_h: i32) -> World {
    let air = format!("130100: clean*49 heavy*30 {after} clean*60");
    let outlook = format!("clean*48 heavy*30 clean*{clear_h}");
    World::new("BTH-2023").air(&air).outlook(1, CITY, 2, &outlook)
}

/// Two bad days, six silent hours, four clear ones, and an outlook of one more bad day.
fn silent_between() -> World {
    World::new("BTH-2018")
        .air("130100: clean*49 heavy*48 x*6 clean*4 heavy*24 clean*60")
        .outlook(1, CITY, 2, "clean*48 heavy*48")
        .outlook(104, CITY, 105, "clean*3 heavy*24 clean*60")
}

/// Silent hours, and very bad ones after them: were the first bad too, a chain would have ended.
fn silent_before() -> World {
    let air = "130100: clean*40 heavy*48 clean*11 x*5 clean*8 900*6 clean*67";
    World::new("BTH-2018").hindsight(30).air(air)
}

/// Silent from 81 to 140 while a warning is open, and no outlook.
fn silence() -> World {
    World::new("BTH-2023").air("130100: clean*40 heavy*40 x*60 clean*60")
}

fn neighbours(behind: i32) -> World {
    foresight("BTH-2023").air(&format!(
        "130100: clean*40 heavy*24 clean*100
         130200: clean*{} heavy*24 clean*{}",
        40 + behind,
        100 - behind
    ))
}

/// Four cities with two bad days, and a fifth with one day so many hours later.
fn region(behind: i32) -> World {
    let (clean, after) = (40 + behind, 124 - behind);
    let orange = "clean*40 heavy*48 clean*100";
    foresight("BTH-2023").air(&format!(
        "130100: {orange}\n130200: {orange}\n130400: {orange}\n130500: {orange}
         130300: clean*{clean} heavy*24 clean*{after}"
    ))
}

/// Only the last hours of the neighbour's bad day are seen.
fn over_at_the_shared_start() -> World {
    World::new("BTH-2023")
        .air("130100: clean*70 heavy*24 clean*90\n130200: clean*40 heavy*23 clean*100")
        .outlook(61, CITY, 62, "clean*9 heavy*24 clean*90")
        .outlook(61, 130_200, 62, "heavy*2 clean*120")
}

fn follower(hour: i32) -> At {
    At(foresight("BTH-2023").air("130600: clean*40 heavy*24 clean*60"), hour, 130_682)
}

fn begun() -> Vec<Case> {
    let issue = Case {
        row: ActRow::Issue,
        done: vec![at(16, day())],
        not: vec![
            ("NoWarning", at(17, day().set("act_hours = []"))),
            ("BeginsSoon", at(16, day().set("notice_h = 23"))),
            ("EndsAfterStart", at(16, day().set("min_notice_h = 47"))),
            ("HourOfDay", at(16, day().set("act_hours = [15]"))),
        ],
    };
    let raise = Case {
        row: ActRow::Raise,
        done: vec![at(65, two_episodes(36))],
        not: vec![
            ("Joined", apart()),
            (
                "EpisodeGrade",
                at(
                    65,
                    foresight("BTH-2023")
                        .air("130100: clean*40 heavy*24 clean*36 heavy*24 clean*60"),
                ),
            ),
        ],
    };
    let advance = Case {
        row: ActRow::Advance,
        done: vec![at(30, begins_at(45)), at(46, bad_already_at(46))],
        not: vec![
            ("Joined", apart()),
            ("NotStarted", at(47, bad_already_at(47))),
            ("BeginsEarlier", at(30, begins_at(46))),
            ("HourOfDay", at(30, begins_at(45).set("act_hours = [1, 7]"))),
        ],
    };
    vec![issue, raise, advance]
}

fn changed() -> Vec<Case> {
    let no_outlook = || {
        let world = World::new("BTH-2023").air("130100: clean*40 heavy*40 clean*60");
        at(71, world.outlook(30, CITY, 31, "clean*10 heavy*30"))
    };
    let extend = Case {
        row: ActRow::Extend,
        done: vec![at(55, ends_at(79, 91))],
        not: vec![
            ("Joined", apart()),
            ("EpisodeGrade", at(60, milder())),
            ("HasOutlook", no_outlook()),
            ("EndsSoon", at(55, ends_at(79, 91).set("extend_before_h = 23"))),
            ("EndsLater", at(55, ends_at(79, 90))),
            ("HourOfDay", at(55, ends_at(79, 91).set("act_hours = [1]"))),
        ],
    };
    let shorten = Case {
        row: ActRow::Shorten,
        done: vec![at(40, ends_at(91, 79))],
        not: vec![
            ("Joined", apart()),
            ("EpisodeGrade", at(60, milder())),
            ("HasOutlook", no_outlook()),
            ("EndsEarlier", at(40, ends_at(91, 80))),
            ("HourOfDay", at(40, ends_at(91, 79).set("act_hours = [1]"))),
        ],
    };
    let lower = Case {
        row: ActRow::Lower,
        done: vec![at(71, milder()), at(71, hole(26))],
        not: vec![
            ("Joined", apart()),
            ("EpisodeGrade", at(59, milder())),
            ("BelowFor", at(71, milder().set("lower_hold_h = 13"))),
            ("BelowAtWorst", at(71, hole(36))),
            ("HourOfDay", at(71, milder().set("act_hours = [1, 22]"))),
        ],
    };
    vec![extend, shorten, lower]
}

fn lifted() -> Vec<Case> {
    let unknown_ahead = || {
        let world = World::new("BTH-2023").air("130100: clean*49 heavy*30 x*6 clean*60");
        world.outlook(1, CITY, 2, "clean*48 heavy*30").outlook(86, CITY, 87, "clean*60")
    };
    let missing_ahead = World::new("BTH-2023").hindsight(20);
    let missing_ahead = missing_ahead.air("130100: clean*40 heavy*24 clean*26 x*6 clean*60");
    let hours = "act_hours = [1, 8]";
    let lift = Case {
        row: ActRow::Lift,
        done: vec![
            at(80, clears("", 37).set(hours)),
            at(91, clears("", 36)),
            at(86, unknown_ahead()),
            at(130, silent_before()),
            at(104, silent_between().set("lift_unknown_as = \"nothing\"")),
        ],
        not: vec![
            ("NoneJoined", at(79, clears("", 37))),
            ("Clear", at(80, clears("116*3", 37))),
            ("Clear", at(80, clears("x*5", 37))),
            ("KnownAhead", at(86, unknown_ahead().set("lift_from_h = 1"))),
            ("ObservedClear", at(90, clears("", 36))),
            ("ObservedClear", at(92, silence())),
            ("ObservedClear", at(76, missing_ahead)),
            ("ObservedClear", at(129, silent_before())),
            ("NoneJoinedAtWorst", at(104, silent_between())),
            ("HourOfDay", at(80, clears("", 37).set("act_hours = [1]"))),
        ],
    };
    let review = Case {
        row: ActRow::Review,
        done: vec![at(115, silence())],
        not: vec![("UnknownFor", at(115, silence().set("silence_review_h = 25")))],
    };
    vec![lift, review]
}

fn followed() -> Vec<Case> {
    let second = |hour: i32, world: World| At(world, hour, 130_200);
    let warned = "130100: clean*40 heavy*24 clean*60\n130200: heavy*124";
    let synchrony = Case {
        row: ActRow::Synchrony,
        done: vec![second(16, neighbours(11)), At(region(35), 16, 130_300)],
        not: vec![
            ("NoWarning", second(16, foresight("BTH-2023").air(warned))),
            ("NearStart", second(16, neighbours(12))),
            ("NearStart", At(region(36), 16, 130_300)),
            ("EndsAfterStart", second(61, over_at_the_shared_start())),
        ],
    };
    let follow = Case {
        row: ActRow::Follow,
        done: vec![follower(16)],
        not: vec![("Follows", follower(17))],
    };
    vec![synchrony, follow]
}

fn table() -> Vec<Case> {
    [begun(), changed(), lifted(), followed()].into_iter().flatten().collect()
}

#[test]
fn a_row_that_is_done_shows_that_each_of_its_conditions_holds() {
    for case in table() {
        for it in case.done {
            let (rows, done) = it.decided();
            let row = only(&rows, case.row);
            assert_eq!((done, row.holds()), (Some(case.row), true), "at {}: {row:#?}", it.1);
        }
    }
}

#[test]
fn a_condition_that_does_not_hold_is_shown_as_not_holding() {
    for case in table() {
        for (name, it) in case.not {
            let (rows, done) = it.decided();
            let row = only(&rows, case.row);
            let condition = row.conditions.iter().find(|it| name_of(it) == name);
            let answer = condition.map(ActCondition::answer);
            let what = format!("{name} at {}: {row:#?}", it.1);
            assert!(matches!(answer, Some(Answer::No | Answer::Unknown)), "{what}");
            assert!(!row.holds() && done != Some(case.row), "{what}");
        }
    }
}

/// No condition of a row is always true: the table above has a decision in which it is not.
#[test]
fn no_condition_is_left_out() {
    for case in table() {
        let shown = case.done.iter().flat_map(|it| only(&it.decided().0, case.row).conditions);
        let shown: BTreeSet<String> = shown.map(|it| name_of(&it)).collect();
        let not: BTreeSet<String> = case.not.iter().map(|it| it.0.to_owned()).collect();
        assert_eq!(shown, not, "{:?}", case.row);
    }
}

/// In every decision of a world the first row that holds is the one that was done.
#[test]
fn the_first_row_that_holds_is_done() {
    for world in [two_episodes(36), milder(), hole(36), silent_between(), silence()] {
        let records = world.run();
        for hour in 1..=world.length() {
            let (rows, done) = decided(&world, &records, hour, CITY);
            let first = rows.iter().find(|it| it.holds()).map(|it| it.row);
            assert_eq!(first, done, "at {hour}: {rows:#?}");
        }
    }
}

impl At {
    fn decided(&self) -> (Vec<ShownRow>, Option<ActRow>) {
        decided(&self.0, &self.0.run(), self.1, self.2)
    }
}

/// The rows that are shown for a decision, and the row that was done according to the log.
fn decided(
    world: &World,
    records: &[Record],
    hour: i32,
    city: u32,
) -> (Vec<ShownRow>, Option<ActRow>) {
    let (jurisdiction, hour) = (world.jurisdiction(city), world.hour(hour));
    let mut airshed = Airshed::default();
    let (mut rows, mut done) = (Vec::new(), None);
    for record in records {
        match &record.event {
            Event::Air(AirEvent::HourClosed(closed)) if closed.hour == hour => {
                rows = airshed.explanation(closed, jurisdiction).unwrap().rows;
            }
            Event::Warning(WarningEvent::WarningDecided(act))
                if act.hour == hour && act.warning.jurisdiction == jurisdiction =>
            {
                done = Some(row_of(act));
            }
            Event::Warning(WarningEvent::ReviewDue(review))
                if review.hour == hour && review.warning.jurisdiction == jurisdiction =>
            {
                done = Some(ActRow::Review);
            }
            _ => {}
        }
        airshed.evolve(&record.event, record.position.0);
    }
    (rows, done)
}

fn row_of(act: &WarningAct) -> ActRow {
    match (act.cause, act.kind) {
        (Cause::Synchrony | Cause::Linkage, _) => ActRow::Synchrony,
        (Cause::Follows, _) => ActRow::Follow,
        (_, ActKind::Issue) => ActRow::Issue,
        (_, ActKind::Raise) => ActRow::Raise,
        (_, ActKind::Advance) => ActRow::Advance,
        (_, ActKind::Extend) => ActRow::Extend,
        (_, ActKind::Shorten) => ActRow::Shorten,
        (_, ActKind::Lower) => ActRow::Lower,
        (_, ActKind::Lift) => ActRow::Lift,
    }
}

#[track_caller]
fn only(rows: &[ShownRow], row: ActRow) -> ShownRow {
    let mut own = rows.iter().filter(|it| it.row == row);
    let found = own.next().unwrap_or_else(|| panic!("{row:?} is not among {rows:#?}"));
    assert!(own.next().is_none(), "{row:?} is shown twice");
    found.clone()
}

/// The name of the variant.
fn name_of(condition: &ActCondition) -> String {
    let words = format!("{condition:?}");
    words.split([' ', '(']).next().unwrap_or_default().to_owned()
}
