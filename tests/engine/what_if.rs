//! The facts of a log decided again: by its own rules, by others, and with other forecasts.

use airshed::domain::{AirEvent, ResponseEvent, WarningEvent};
use std::sync::Arc;

use airshed::domain::*;
use airshed::engine::*;
use airshed::wire::rule_book;

use crate::world::{World, first_difference};

/// A week with an episode in two cities.
fn week(standard: &str) -> World {
    World::new(standard).air("130100: clean*30 severe*60 clean*60\n130400: clean*40 330*70 40*40")
}

fn decisions(records: &[Record]) -> Vec<Event> {
    records.iter().map(|it| it.event.clone()).filter(|it| !it.is_fact()).collect()
}

fn other(records: &[Record], book: &Arc<RuleBook>, outlook: OtherOutlook) -> Vec<Record> {
    let book = Arc::clone(book);
    let mut world = Redecision::new(Box::new(move |_| Ok(Arc::clone(&book))), outlook);
    let each = records.iter().map(|it| world.take(it.clone()).unwrap());
    each.flatten().collect()
}

/// What-if on the log of one world must decide as the other world did when it was played.
#[track_caller]
fn check(recorded: &World, played: &World) {
    let (log, expected) = (recorded.run(), decisions(&played.run()));
    let book = played.book();
    let outlook = match played.hindsight_h {
        0 => OtherOutlook::AsRecorded,
        ahead_h => {
            let rules: OtherRules = {
                let book = Arc::clone(&book);
                Box::new(move |_| Ok(Arc::clone(&book)))
            };
            let records = log.iter().cloned().map(Ok);
            OtherOutlook::Hindsight(Hindsight::of_log(rules, ahead_h, records).unwrap())
        }
    };
    let found = decisions(&other(&log, &book, outlook));
    let sets = expected
        .iter()
        .filter(|it| matches!(it, Event::Response(ResponseEvent::OrderSetIssued(_))))
        .count();
    assert!(sets > 0, "a world without orders proves nothing");
    assert!(found == expected, "another world than the one that was played");
}

#[test]
fn another_standard_decides_as_if_it_had_been_in_force() {
    check(&week("BTH-2018"), &week("BTH-2018"));
    check(&week("BTH-2018"), &week("BTH-2023"));
    check(&week("BTH-2023"), &week("BJ-2013"));
}

#[test]
fn another_parameter_decides_as_if_it_had_been_set() {
    check(&week("BTH-2018"), &week("BTH-2018").set("merge_gap_h = 12"));
    check(&week("BTH-2018"), &week("BTH-2018").set("outlook_of_last_resort = \"persistence:48\""));
}

#[test]
fn hindsight_decides_as_if_it_had_been_there() {
    check(&week("BTH-2018"), &week("BTH-2018").hindsight(120));
    check(&week("BTH-2018"), &week("BTH-2023").hindsight(72));
}

#[test]
fn a_station_can_be_left_out_as_if_it_had_never_been() {
    let files = rule_book::built_in();
    let (_, list) = files.iter().find(|(name, _)| &**name == "stations.csv").unwrap();
    let left = list.lines().filter(|line| !line.starts_with("1036A"));
    let fewer = left.collect::<Vec<_>>().join("\n");
    assert!(fewer.len() < list.len());
    check(&week("BTH-2018"), &week("BTH-2018").file("stations.csv", &fewer));
    check(
        &week("BTH-2018").file("stations.csv", &fewer),
        &week("BTH-2018").file("stations.csv", &fewer),
    );
}

/// Whatever happens to one record, the first one that differs is named.
#[test]
fn a_log_that_is_not_what_its_facts_lead_to_is_found_out() {
    let records = week("BTH-2018").run();
    assert_eq!(first_difference(&records), None);
    let last =
        |wanted: fn(&Event) -> bool| records.iter().rposition(|it| wanted(&it.event)).unwrap();
    let set = last(|it| matches!(it, Event::Response(ResponseEvent::OrderSetIssued(_))));
    let act = last(|it| matches!(it, Event::Warning(WarningEvent::WarningDecided(_))));
    let hour = last(|it| matches!(it, Event::Air(AirEvent::HourClosed(_))));
    let position = |at: usize| Position(at as u64);
    let mut changed = records.clone();
    let Event::Response(ResponseEvent::OrderSetIssued(it)) = &mut changed[set].event else {
        unreachable!()
    };
    it.orders[0].effective_at = it.orders[0].effective_at.map(|it| it.plus(1));
    assert_eq!(first_difference(&changed).unwrap().position, position(set));
    let mut changed = records.clone();
    let Event::Warning(WarningEvent::WarningDecided(it)) = &mut changed[act].event else {
        unreachable!()
    };
    it.lead_time_h += 1;
    assert_eq!(first_difference(&changed).unwrap().position, position(act));
    let mut changed = records.clone();
    let Event::Air(AirEvent::HourClosed(it)) = &mut changed[hour].event else { unreachable!() };
    it.jurisdictions[0].pm25_ug_m3 = Some(1);
    assert_eq!(first_difference(&changed).unwrap().position, position(hour));
    let mut changed = records.clone();
    changed.remove(act);
    for (at, record) in changed.iter_mut().enumerate() {
        record.position = position(at);
    }
    let missing = first_difference(&changed).unwrap();
    assert_eq!(missing.position, position(act), "a decision that was taken out");
    assert!(missing.redecided.is_some_and(|it| it.event == records[act].event));
}

/// All ways in and out, by their types: facts go in one by one, records come out. There is no
/// place for an outbox, an inbox or a log.
#[test]
fn another_world_touches_nothing_outside() {
    type Make = fn(OtherRules, OtherOutlook) -> Redecision;
    type ByteReader = fn(&mut Redecision, Record) -> Result<Vec<Record>, PortError>;
    type TakeChecked = fn(&mut Check, Record) -> Result<(), PortError>;
    type Compare = fn(&OrderHistory, &OrderHistory) -> Vec<Compared>;
    let doors: (Make, ByteReader, TakeChecked, Compare) =
        (Redecision::new, Redecision::take, Check::take, compare_orders);
    std::hint::black_box(doors);
    let source = include_str!("../../src/engine/redecide.rs");
    for door in ["Outbox", "Inbox", "EventLog", "publish", "append("] {
        assert!(!source.contains(door), "{door}");
    }
}
