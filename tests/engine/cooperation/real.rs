//! Joint control in the decisions of whole hours: what waits for approval is passed over, and a
//! signed conclusion is an outlook.

use std::sync::Arc;

use airshed::domain::cooperation::{Actor, Body};
use airshed::domain::{Command, CommandGiven, Event, Rules, Status, Timestamp, WarningEvent};
use airshed::engine::{OtherOutlook, Record, Redecision};
use airshed::wire::record::json;
use airshed::wire::rule_book::built_in_with_answers;
use serde_json::{Value, json};

use crate::world::World;

/// A world in which bodies answer, with these lines at the end of `cooperation.toml`.
fn world(lines: &str) -> World {
    let files = built_in_with_answers();
    let own = files.iter().find(|it| &*it.0 == "cooperation.toml").unwrap();
    World::in_force("2025-12-01").file("cooperation.toml", &format!("{}\n{lines}", own.1))
}

/// A command that is given half an hour after the hour before this one.
fn give(world: World, before: i32, who: (&str, &str), command: &str, fields: Value) -> World {
    let given_at = world.hour(before - 1).end().plus_minutes(30);
    let given = CommandGiven {
        at: Timestamp::default(),
        id: format!("{command}-{before}-{}", world.inputs.len()),
        actor: Actor { body: Body::new(who.1), role: who.0.to_owned(), name: "n".to_owned() },
        given_at,
        status: Status::Actual,
        command: command.into(),
        fields: fields.into(),
        source: None,
    };
    world.input(before, Command::Give(Box::new(given)))
}

/// Records of warnings, orders and proposals, as `hour type` with some fields.
fn story(world: &World, records: &[Record], rules: &Rules) -> Vec<String> {
    let shown = records.iter().filter_map(|record| {
        let of_interest = matches!(record.event, Event::Cooperation(_))
            || matches!(record.event, Event::Warning(WarningEvent::WarningDecided(_)))
            || record.event.record_type() == "order_set_issued";
        let found = json::record(record, Some(rules));
        let body = &found["body"];
        let at = if body["at"].is_null() { &body["decided_at"] } else { &body["at"] };
        let at = Timestamp::parse(at.as_str()?)?.hour_at_or_before().0 - world.hour(0).0;
        let fields = ["proposal", "jurisdiction", "grade", "makers", "outcome", "epoch", "reason"];
        let fields = fields.iter().filter(|it| !body[**it].is_null());
        let fields = fields.map(|it| format!(" {it}={}", body[*it].to_string().replace('"', "")));
        let line = format!("{at} {}{}", record.event.record_type(), fields.collect::<String>());
        of_interest.then_some(line)
    });
    shown.collect()
}

fn played(world: &World) -> Vec<String> {
    story(world, &world.run(), &world.book().rules)
}

const ROLE: &str = r#"
[[approval]]
jurisdictions = ["130400"]
mode = "role"
role = "government"
within_min = 150
on_silence = "approved"
"#;

/// The commands and days by which the region concludes what it expects of a city.
fn concluded(mut world: World, days: &Value) -> World {
    let city = "130100";
    let opinions_by = world.hour(32).end().to_string();
    let convened = json!({"kind": "episode", "participants": ["region", "13"], "title": "t",
        "jurisdictions": [city], "opinions_by": opinions_by});
    world = give(world, 31, ("forecaster", "region"), "convene", convened);
    for body in ["region", "13"] {
        let says = json!([{"jurisdiction": city, "date": "2025-12-03", "lower_ug_m3": 200,
            "upper_ug_m3": 300, "grade": "orange"}]);
        let opinion = json!({"consultation": "region-c1", "says": says, "text": "t"});
        world = give(world, 31, ("forecaster", body), "opine", opinion);
    }
    let concludes = json!([{"jurisdiction": city, "days": days, "grade": "orange",
        "start": "2025-12-03T00:00:00+08:00", "end": "2025-12-05T00:00:00+08:00",
        "binding": false}]);
    let conclusion = json!({"consultation": "region-c1", "concludes": concludes, "text": "t"});
    world = give(world, 31, ("forecaster", "region"), "conclude", conclusion);
    give(world, 31, ("command", "region"), "sign", json!({"consultation": "region-c1"}))
}

/// A04: while the proposal waits, the others decide as ever, and 130400 is passed over.
#[test]
fn what_waits_for_approval_is_passed_over_by_later_decisions() {
    let air = "130400: clean*40 heavy*60 clean*60\n130200: clean*42 heavy*60 clean*58\n";
    let at_once = played(&world("").air(air).hindsight(120));
    let issued = |lines: &[String], city: &str| {
        let is_it = |it: &&String| it.contains(&format!("jurisdiction={city} grade"));
        lines.iter().find(is_it).cloned().unwrap_or_default()
    };
    let first = issued(&at_once, "130400");
    let waits = played(&world(ROLE).air(air).hindsight(120));
    assert!(first.contains("warning_issued"), "{at_once:#?}");
    let hour: i32 = first.split(' ').next().unwrap().parse().unwrap();
    let found = issued(&waits, "130400");
    // Two and a half hours later; nothing of it was decided in between.
    assert!(found.starts_with(&format!("{} warning_issued", hour + 3)), "{found}: {waits:#?}");
    let proposals = waits.iter().filter(|it| it.contains("warning_proposed")).count();
    assert_eq!(proposals, 1, "{waits:#?}");
}

/// A rejected act is passed over for twelve decisions, also when it would be pulled in.
#[test]
fn what_was_rejected_is_passed_over_for_some_decisions() {
    let world = world(&ROLE.replace("\"approved\"", "\"rejected\""))
        .air("130400: clean*40 heavy*60 clean*60\n")
        .hindsight(120);
    let played = played(&world);
    let hours = |kind: &str| -> Vec<i32> {
        let lines = played.iter().filter(|it| it.contains(kind));
        lines.map(|it| it.split(' ').next().unwrap().parse().unwrap()).collect()
    };
    let (proposed, settled) = (hours("warning_proposed"), hours("proposal_settled"));
    assert!(proposed.len() > 1, "{played:#?}");
    // The decision of the settlement's own hour may be the first of the twelve.
    let gap = proposed[1] - settled[0];
    assert!((12..=13).contains(&gap), "{proposed:?} {settled:?}");
}

/// Past decisions that late values ask about are taken as if nothing needed approval.
#[test]
fn late_values_find_the_same_past_with_and_without_approval() {
    let amended = |lines: &str| -> Vec<String> {
        let world = world(lines).air("130400: clean*40 heavy*60 clean*60\n").hindsight(120);
        let world = world.late(30, 130_400, 24, (10, 1)).late(33, 130_400, 25, (12, 1));
        let rules = world.book();
        let records = world.run();
        let amended = records.iter().filter(|it| it.event.record_type() == "hour_amended");
        amended.map(|it| json::record(it, Some(&rules.rules))["body"].to_string()).collect()
    };
    let (automatic, approved) = (amended(""), amended(ROLE));
    assert_eq!(automatic.len(), 2, "{automatic:#?}");
    assert_eq!(automatic, approved);
    let rejected = amended(&ROLE.replace("\"approved\"", "\"rejected\""));
    assert_eq!(rejected.len(), 2, "{rejected:#?}");
}

/// K08: a signed conclusion is the newest outlook, and acts that rest on it name it.
#[test]
fn a_signed_conclusion_is_an_outlook() {
    let days = json!([
        {"date": "2025-12-03", "lower_ug_m3": 180, "upper_ug_m3": 260},
        {"date": "2025-12-04", "lower_ug_m3": 200, "upper_ug_m3": 280},
    ]);
    let quiet = world("").air("130100: clean*60");
    assert!(!played(&quiet).iter().any(|it| it.contains("warning_issued")));
    let played = played(&concluded(quiet, &days));
    let issued: Vec<&String> = played.iter().filter(|it| it.contains("warning_issued")).collect();
    let makers = "makers=[consultation:region-c1]";
    assert!(issued.iter().any(|it| it.contains(makers)), "{played:#?}");
}

/// The log of a world decided again by the rules of another one: its story, and how many commands
/// were not taken along.
fn what_if(recorded: &World, other: &World) -> (Vec<String>, u64) {
    let book = other.book();
    let rules = Arc::clone(&book);
    let as_recorded = OtherOutlook::AsRecorded;
    let mut redecision = Redecision::new(Box::new(move |_| Ok(Arc::clone(&book))), as_recorded);
    let records = recorded.run().into_iter().flat_map(|it| redecision.take(it).unwrap());
    let records: Vec<Record> = records.collect();
    (story(other, &records, &rules.rules), redecision.without_object())
}

/// D04: an order of another grade is not what the command was about; a consultation is taken along.
#[test]
fn what_if_counts_commands_without_an_object() {
    let at = |standard: &str| {
        let air = "130100: clean*40 severe*60 clean*60\n";
        let mut world = world("").air(air).hindsight(120);
        world.only = Some(standard.to_owned());
        let played = played(&world);
        let issued = played.iter().find(|it| it.contains("warning_issued jurisdiction=130100"));
        let issued = issued.unwrap_or_else(|| panic!("{played:#?}"));
        let grade = issued.rsplit_once("grade=").unwrap().1.split(' ').next().unwrap().to_owned();
        let hour: i32 = issued.split(' ').next().unwrap().parse().unwrap();
        let acknowledge = json!({"order": "1-130100"});
        let world = give(world, hour + 2, ("officer", "130100"), "acknowledge", acknowledge);
        let opinions_by = world.hour(hour + 4).end().to_string();
        let convene = json!({"kind": "routine", "participants": ["region", "13"], "title": "t",
            "jurisdictions": ["130100"], "opinions_by": opinions_by});
        (give(world, hour + 2, ("forecaster", "region"), "convene", convene), grade)
    };
    let (recorded, grade) = at("BTH-2018");
    let (same, nothing) = what_if(&recorded, &recorded);
    let has = |story: &[String], kind: &str| story.iter().any(|it| it.contains(kind));
    assert!(has(&same, "order_acknowledged"), "{same:#?}");
    assert_eq!(nothing, 0);
    let others = ["BJ-2013", "BJ-2015", "BTH-2016", "BTH-2017", "BTH-2023"].map(at);
    let (other, _) = others.iter().find(|it| it.1 != grade).unwrap();
    let (story, count) = what_if(&recorded, other);
    assert_eq!(count, 1);
    assert!(!has(&story, "order_acknowledged") && !has(&story, "command_refused"), "{story:#?}");
    assert!(has(&story, "consultation_convened"), "{story:#?}");
}

/// D04: nothing waits for approval in a what-if.
#[test]
fn what_if_needs_no_approval() {
    let world = world(ROLE).air("130400: clean*40 heavy*60 clean*60\n").hindsight(120);
    let played = played(&world);
    let proposed = played.iter().find(|it| it.contains("warning_proposed")).unwrap();
    let hour: i32 = proposed.split(' ').next().unwrap().parse().unwrap();
    let approve = json!({"proposal": "p1"});
    let world = give(world, hour + 2, ("government", "130400"), "approve", approve);
    let (story, count) = what_if(&world, &world);
    assert_eq!(count, 1);
    assert!(!story.iter().any(|it| it.contains("proposal")), "{story:#?}");
    assert!(story.iter().any(|it| it.starts_with(&format!("{hour} warning_issued"))), "{story:#?}");
}
