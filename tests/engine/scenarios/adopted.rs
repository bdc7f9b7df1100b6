//! Another rule book while a warning is open: jurisdictions and stations are numbered anew, and the
//! warning goes on as it was.

use std::sync::Arc;

use airshed::domain::{
    AirEvent, Command, Event, Fact, JurisdictionIndex, ResponseEvent, RuleBook, WarningEvent,
};
use airshed::engine::{Hindsight, Memory, OtherOutlook, Record, Redecision};
use airshed::wire::{rule_book, state};

use crate::play::Play;
use crate::world::{World, first_difference};

/// A bad week in one city; what comes next is taken to be like the last day.
pub(super) fn bad_week() -> World {
    World::new("BTH-2023")
        .set("outlook_of_last_resort = \"persistence:24\"")
        .air("130100: clean*24 180*30 severe*40 heavy*20 clean*60")
}

fn built_in(name: &str) -> String {
    let files = rule_book::built_in();
    files.into_iter().find(|it| &*it.0 == name).unwrap().1.to_string()
}

/// With one more city, before all others but two, and its station before all others.
pub(super) fn one_more(world: World) -> World {
    let airshed = built_in("airshed.toml");
    let more = "[[jurisdictions]]\ncode = \"125000\"\nname = \"More\"\nname_zh = \"多\"\n\n";
    let at = airshed.find("[[jurisdictions]]\ncode = \"130100\"").unwrap();
    let stations = built_in("stations.csv");
    let (head, rest) = stations.split_once('\n').unwrap();
    world
        .file("airshed.toml", &format!("{}{more}{}", &airshed[..at], &airshed[at..]))
        .file("stations.csv", &format!("{head}\n0001A,More,,125000,0,,,,,\n{rest}"))
}

/// All records of a world in which the other's rule book is adopted before an hour.
pub(super) fn changed(from: &World, to: &World, before: usize) -> Vec<Record> {
    let (old, new) = (from.book(), to.book());
    let mut commands = from.commands(&old.rules);
    commands.truncate(before - 1);
    commands.push(Command::Adopt(new.clone()));
    commands.extend(to.commands(&new.rules).into_iter().skip(before - 1));
    Play::new(&old, commands).goes_on().records()
}

/// What was ordered of whom, by the code of each, with every state on the way taken up again from
/// what is kept of it.
fn ordered(records: &[Record]) -> Vec<String> {
    let mut memory = Memory::default();
    let mut ordered = Vec::new();
    for record in records {
        memory.evolve(record).unwrap();
        let rules = memory.airshed.rules().unwrap();
        let code = |it: JurisdictionIndex| rules.jurisdictions[usize::from(it.0)].division;
        if let Event::Warning(WarningEvent::WarningDecided(act)) = &record.event {
            let (id, kind) = (act.warning, act.kind.record_type());
            let code = code(id.jurisdiction);
            ordered.push(format!("{:?} {code}-{} {kind} {}", act.hour, id.number, act.grade));
        } else if let Event::Response(ResponseEvent::OrderSetIssued(set)) = &record.event {
            for it in &set.orders {
                let (code, act) = (code(it.jurisdiction), it.act.name());
                ordered.push(format!("set {} {code} {act} {:?}", set.epoch, it.effective_at));
            }
        }
        if matches!(
            record.event,
            Event::Air(AirEvent::HourClosed(_)) | Event::Fact(Fact::RuleBookAdopted(_))
        ) {
            let (mut bytes, mut beside) = (Vec::new(), Vec::new());
            state::write(&memory, &mut bytes);
            state::write_undigested(&memory, &mut beside);
            let again = state::read(&bytes, &beside, memory.airshed.book()).unwrap();
            assert!(again == memory, "at record {}", record.position.0);
        }
    }
    ordered
}

#[test]
fn an_open_warning_goes_on_where_jurisdictions_are_numbered_anew() {
    let world = bad_week();
    let undisturbed = ordered(&world.run());
    assert!(undisturbed.len() > 4, "{undisturbed:?}");
    let more = one_more(world.clone());
    for (name, from, to) in [("one more", &world, &more), ("one less", &more, &world)] {
        for before in [20, 50, 60, 70, 100, 120, 140] {
            let records = changed(from, to, before);
            assert_eq!(first_difference(&records), None, "{name} before {before}");
            assert_eq!(ordered(&records), undisturbed, "{name} before {before}");
        }
    }
}

/// The same log, decided again by one who knows 120 hours ahead.
fn foreseen(records: &[Record]) -> Vec<String> {
    let same = || Box::new(|book: &Arc<RuleBook>| Ok(Arc::clone(book)));
    let hindsight = Hindsight::of_log(same(), 120, records.iter().cloned().map(Ok)).unwrap();
    let mut world = Redecision::new(same(), OtherOutlook::Hindsight(hindsight));
    let anew: Vec<_> = records.iter().flat_map(|it| world.take(it.clone()).unwrap()).collect();
    ordered(&anew)
}

#[test]
fn hindsight_speaks_of_the_same_city_whatever_its_number() {
    let world = bad_week();
    let undisturbed = foreseen(&world.run());
    assert_ne!(undisturbed, ordered(&world.run()));
    let more = one_more(world.clone());
    for (name, from, to) in [("one more", &world, &more), ("one less", &more, &world)] {
        for before in [2, 30, 60, 100, 140] {
            let records = changed(from, to, before);
            assert_eq!(foreseen(&records), undisturbed, "{name} before {before}");
        }
    }
}
