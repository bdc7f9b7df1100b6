//! Orders, commands and movements of the clock in any order: whatever comes first, no thing leaves
//! the table of its states.

use std::collections::BTreeMap;

use airshed::domain::{Command, Grade, Timestamp};

use super::stage::Stage;
use crate::answers;
use crate::simulation::bureaus::Bureaus;
use crate::simulation::dice::Dice;

/// Jurisdictions that are given orders.
const MEMBERS: [&str; 5] = ["110000", "130100", "130181", "130400", "130500"];
/// Rules that a world may differ in.
const RULES: [&[&str]; 4] = [
    &[],
    &["objection_stops_clock = false", "command_memory_d = 1", "offer_within_min = 30"],
    &["hole_min = 20", "hole_grace_min = 240", "summary_within_h = 2"],
    &[
        "hole_min = 1000000",
        "lift_expires_h = 1",
        "ladder_min = { red = [1, 1], orange = [1, 1], yellow = [1, 1], blue = [1, 1], day = [30, 30] }",
    ],
];

#[test]
fn whatever_comes_first_the_table_of_states_is_never_left() {
    let mut longest = 0;
    for seed in 0..160_u64 {
        let stage = play(seed);
        let records: Vec<_> = stage.log.iter().map(|it| it.record.clone()).collect();
        answers::check(&records, &stage.book.rules, stage.airshed.clock())
            .unwrap_or_else(|it| panic!("seed {seed}: {it}"));
        stage.is_read_back();
        longest = longest.max(records.len());
    }
    assert!(longest > 300, "{longest}");
}

fn play(seed: u64) -> Stage<'static> {
    let mut dice = Dice::new(seed).other(1);
    let mut stage = Stage::new("interleavings", dice.one_of(&RULES), true);
    let mut bureaus = Bureaus::new(dice.other(2), &stage.book);
    let mut levels = BTreeMap::new();
    let mut waiting: Vec<Command> = Vec::new();
    let mut epoch = 0;
    stage.tick(Timestamp::parse("2025-12-04T08:29:00+08:00").unwrap());
    for _ in 0..120 {
        let now = stage.airshed.clock().unwrap();
        match dice.below(8) {
            0 => {
                let orders = orders(&mut dice, now, &mut levels);
                epoch += 1;
                stage.set(&format!("{epoch} {} {orders}", short(now.plus_minutes(1))));
            }
            1 => {
                let minutes = dice.one_of(&[0, 1, 7, 40, 70, 130, 500, 1_500]);
                stage.tick(now.plus_minutes(minutes));
            }
            2..4 => stage.pass_minutes(dice.between(1, 40)),
            _ => {
                let news: Vec<_> =
                    stage.log[bureaus.read..].iter().map(|it| it.record.clone()).collect();
                waiting.extend(bureaus.act(&news, now, now));
                // In another order than they were given in.
                for _ in 0..dice.below(waiting.len() + 1) {
                    let next = waiting.swap_remove(dice.below(waiting.len()));
                    if let Command::Give(given) = next {
                        stage.submit(*given);
                    }
                }
            }
        }
        stage.records.clear();
    }
    stage
}

/// Orders of one set, each such that it may follow what is in force.
fn orders(dice: &mut Dice, now: Timestamp, levels: &mut BTreeMap<&'static str, Grade>) -> String {
    let start = now.plus_minutes(60).hour_at_or_before().plus(dice.between(1, 24)).end();
    let mut orders = Vec::new();
    for member in MEMBERS {
        if !orders.is_empty() && dice.chance(500) {
            continue;
        }
        let level = levels.entry(member).or_default();
        let grade = dice.one_of(&[Grade::Blue, Grade::Yellow, Grade::Orange, Grade::Red]);
        let (act, grade) = match (*level, grade) {
            (Grade::None, grade) => ("impose", grade),
            (level, _) if dice.chance(300) => ("lift", level),
            (level, grade) if grade > level => ("raise", grade),
            (level, grade) if grade < level => ("lower", grade),
            (level, _) => ("extend", level),
        };
        *level = if act == "lift" { Grade::None } else { grade };
        // What starts, starts at one hour; the others each at their own.
        let from = if act == "impose" { start } else { start.plus_hours(dice.between(0, 5)) };
        orders.push(format!("{member} {act} {} {}", grade.name(), short(from)));
    }
    orders.join("; ")
}

/// `12-05T08:00`.
fn short(at: Timestamp) -> String {
    at.to_string()[5..16].to_owned()
}
