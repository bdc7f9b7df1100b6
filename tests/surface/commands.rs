//! Commands of bodies from files: `play --commands` and `demo --commands`.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::{airshed, printed, told_off};

/// A line of a file of commands; given at a time of 2025-12-04.
pub(super) fn line(id: &str, who: &str, at: &str, command: &str, body: &Value) -> String {
    let (role, jurisdiction) = who.split_once(' ').unwrap();
    let day = if at.contains('T') { "" } else { "2025-12-04T" };
    json!({
        "id": id,
        "actor": {"jurisdiction": jurisdiction, "role": role, "name": "duty officer"},
        "given_at": format!("{day}{at}:00+08:00"),
        "status": "actual",
        "command": command,
        "body": body,
    })
    .to_string()
        + "\n"
}

fn tick(at: &str) -> String {
    format!("{{\"tick\":\"2025-12-04T{at}:00+08:00\"}}\n")
}

/// The records of some types.
pub(super) fn records(log: &str, types: &[&str]) -> Vec<Value> {
    let all = printed(&["log", "cat", log, "--json"]);
    let all = all.lines().map(|it| serde_json::from_str::<Value>(it).unwrap());
    all.filter(|it| types.contains(&it["type"].as_str().unwrap())).collect()
}

fn demo(place: &Path, name: &str, commands: &str) -> String {
    let file = place.join(format!("{name}.jsonl"));
    fs::write(&file, commands).unwrap();
    let log = place.join(name).to_str().unwrap().to_owned();
    printed(&["demo", "--json", "--log", &log, "--commands", file.to_str().unwrap()]);
    log
}

fn is_redecided(log: &str) {
    assert!(printed(&["replay", log, "--check"]).contains("every decision is what"));
}

const ANSWERS: [&str; 4] =
    ["command_given", "command_refused", "order_acknowledged", "input_refused"];

/// C01, C02 and C09 through the program.
#[test]
fn a_demo_takes_commands_and_refuses_the_bad_lines() {
    let place = tempfile::tempdir().unwrap();
    let given = line("a1", "officer 130100", "09:10", "acknowledge", &json!({"order": "1-130100"}));
    let other = line("a1", "officer 130100", "09:30", "acknowledge", &json!({"order": "1-130181"}));
    let text = [&*given, &tick("09:20"), &given, "{\"id\":\n", "\n", &other].concat();
    let log = demo(place.path(), "a", &text);
    let found = records(&log, &ANSWERS);
    let told: Vec<_> = found.iter().map(|it| (&it["type"], &it["body"]["at"])).collect();
    let at = |time: &str| json!(format!("2025-12-04T{time}:00+08:00"));
    let expected = [
        ("command_given", at("09:10")),
        ("order_acknowledged", at("09:10")),
        ("command_given", at("09:20")),
        ("command_refused", at("09:20")),
        ("input_refused", Value::Null),
        ("command_given", at("09:30")),
        ("command_refused", at("09:30")),
    ];
    let expected: Vec<_> = expected.into_iter().map(|(name, at)| (json!(name), at)).collect();
    for (found, expected) in told.iter().zip(&expected) {
        assert_eq!((found.0, found.1), (&expected.0, &expected.1));
    }
    let first = &found[0]["position"];
    assert_eq!(found[1]["causation"], *first);
    let acknowledged = json!({
        "at": "2025-12-04T09:10:00+08:00",
        "by": {"jurisdiction": "130100", "role": "officer", "name": "duty officer"},
        "order": "1-130100",
        "response": "130100-r1",
        "in_time": true,
    });
    assert_eq!(found[1]["body"].to_string(), acknowledged.to_string());
    assert_eq!(found[0]["source"], json!({"file": "a.jsonl", "line": 1}));
    assert_eq!(
        (&found[3]["body"]["reason"], &found[3]["body"]["first"]),
        (&json!("duplicate"), first)
    );
    assert_eq!(
        (&found[6]["body"]["reason"], &found[6]["body"]["first"]),
        (&json!("id_reused"), first)
    );
    let refused = &found[4]["body"];
    assert_eq!((&refused["reason"], &refused["count"]), (&json!("unreadable"), &json!(1)));
    assert_eq!(refused["source"], json!({"file": "a.jsonl", "line": 4}));
    let excerpt = refused["excerpt"].as_str().unwrap();
    assert!(excerpt.starts_with("no envelope of a command: EOF while"), "{excerpt}");
    is_redecided(&log);
}

/// Commands change no order, and without them nothing is asked of bodies.
#[test]
fn orders_are_those_of_a_demo_without_commands() {
    let place = tempfile::tempdir().unwrap();
    let plain = place.path().join("plain").to_str().unwrap().to_owned();
    printed(&["demo", "--json", "--log", &plain, "--answers", "off"]);
    let given = line("a1", "officer 130100", "09:10", "acknowledge", &json!({"order": "1-130100"}));
    let log = demo(place.path(), "a", &(tick("08:31") + &given + &tick("11:59")));
    // Where bodies are asked, an order says more.
    let more = ["track", "response", "measure_causes", "conclusion", "proposal"];
    let bodies = |log: &str, of: &str| -> Vec<Value> {
        let mut bodies: Vec<Value> =
            records(log, &[of]).into_iter().map(|it| it["body"].clone()).collect();
        for set in &mut bodies {
            set.as_object_mut().unwrap().retain(|name, _| !more.contains(&&**name));
            for order in set["orders"].as_array_mut().into_iter().flatten() {
                order.as_object_mut().unwrap().retain(|name, _| !more.contains(&&**name));
            }
        }
        bodies
    };
    for of in ["order_set_issued", "warning_issued", "warning_lifted"] {
        assert_eq!(bodies(&plain, of), bodies(&log, of), "{of}");
    }
    let asked = ["matter_overdue", "order_ended", "episode_opened", "consultation_missed"];
    assert!(records(&plain, &asked).is_empty());
    assert!(asked.iter().all(|it| !records(&log, &[it]).is_empty()));
}

#[test]
fn a_demo_goes_on_with_more_commands() {
    let place = tempfile::tempdir().unwrap();
    let first = line("a1", "officer 130100", "09:10", "acknowledge", &json!({"order": "1-130100"}));
    let late = line(
        "a2",
        "officer 130100",
        "2025-12-17T09:00",
        "acknowledge",
        &json!({"order": "19-130100"}),
    );
    let log = demo(place.path(), "a", &first);
    let before = printed(&["log", "cat", &log, "--json"]);
    assert_eq!(demo(place.path(), "a", &(first + &late)), log);
    let after = printed(&["log", "cat", &log, "--json"]);
    assert!(after.starts_with(&before));
    let [given, refused] = &records(&log, &["command_given", "command_refused"])[1..] else {
        panic!("{after}")
    };
    assert_eq!(
        (&given["source"]["line"], &refused["body"]["reason"]),
        (&json!(2), &json!("ended"))
    );
}

#[test]
fn a_file_of_commands_must_be_there_and_have_a_name_of_its_own() {
    let place = tempfile::tempdir().unwrap();
    let path = |name: &str| place.path().join(name).to_str().unwrap().to_owned();
    let log = path("log");
    let words = told_off(&["demo", "--log", &log, "--commands", &path("none.jsonl")]);
    assert!(words.contains("none.jsonl"), "{words}");
    fs::write(path("demo-1"), tick("09:00")).unwrap();
    let words = told_off(&["demo", "--log", &log, "--commands", &path("demo-1")]);
    assert!(words.contains("rename it"), "{words}");
    let (file, same) = (path("a.csv"), place.path().join("b/a.csv"));
    readings(Path::new(&file));
    fs::create_dir(place.path().join("b")).unwrap();
    fs::write(&same, tick("09:00")).unwrap();
    let words = told_off(&["play", &file, "--log", &log, "--commands", same.to_str().unwrap()]);
    assert!(words.contains("another file of this play has that name"), "{words}");
}

/// Four bad days in Shijiazhuang, 2025-12-04 to 07.
fn readings(path: &Path) {
    let mut text = "date,hour,type,1029A,1030A\n".to_owned();
    for day in 2..8 {
        let pm25 = if day < 4 { 20 } else { 260 };
        for hour in 0..24 {
            writeln!(text, "202512{day:02},{hour},PM2.5,{pm25},{pm25}").unwrap();
        }
    }
    fs::write(path, text).unwrap();
}

fn play(place: &Path, log: &str, readings: &str, commands: &str) -> (i32, String, String) {
    let file = place.join("commands.jsonl");
    fs::write(&file, commands).unwrap();
    airshed(&[
        "play",
        readings,
        "--quiet",
        "--log",
        log,
        "--outlook",
        "persistence:72",
        "--commands",
        file.to_str().unwrap(),
    ])
}

#[test]
fn a_play_goes_on_with_a_file_of_commands_that_has_grown_or_was_replaced() {
    let place = tempfile::tempdir().unwrap();
    let path = |name: &str| place.path().join(name).to_str().unwrap().to_owned();
    let file = path("a.csv");
    readings(Path::new(&file));
    let (whole, parts) = (path("whole"), path("parts"));
    let at = |id: &str, at: &str| {
        line(id, "officer 130100", at, "lock_vehicle", &json!({"vehicle": id, "evidence": []}))
    };
    let (first, second) = (at("a", "09:10"), at("b", "2025-12-09T00:00"));
    let third = at("c", "2025-12-09T09:00");
    let lines = [&*first, "no command\n", &second, &third].concat();
    let played = play(place.path(), &whole, &file, &lines);
    assert_eq!((played.0, &*played.2), (0, ""));
    let told: Vec<_> = records(&whole, &ANSWERS)
        .iter()
        .map(|it| (it["type"].as_str().unwrap().to_owned(), it["source"]["line"].clone()))
        .collect();
    let is = |name: &str, line: u64| (name.to_owned(), json!(line));
    let refused = ("command_refused".to_owned(), Value::Null);
    let given = |line| [is("command_given", line), refused.clone()];
    let expected =
        [given(1).to_vec(), vec![is("input_refused", 2)], given(3).into(), given(4).into()];
    assert_eq!(told, expected.concat());
    is_redecided(&whole);

    // The same in two plays: the second takes what is new.
    let part = [&*first, "no command\n"].concat();
    assert_eq!(play(place.path(), &parts, &file, &part).0, 0);
    let again = play(place.path(), &parts, &file, &lines);
    assert_eq!((again.0, &*again.2), (0, ""));
    assert_eq!(records(&parts, &ANSWERS).len(), expected.concat().len());
    let bodies = |log: &str| -> Vec<Value> {
        records(log, &ANSWERS).into_iter().map(|it| it["body"]["at"].clone()).collect()
    };
    assert_eq!(bodies(&parts), bodies(&whole));

    // Another line before the last one: what follows is read again, as another stream.
    let changed = [&*first, "no command\n", &at("d", "2025-12-08T10:00"), &second, &third].concat();
    let replaced = play(place.path(), &parts, &file, &changed);
    assert_eq!(replaced.0, 0);
    assert!(
        replaced.2.contains("commands.jsonl differs from what the log holds"),
        "{}",
        replaced.2
    );
    assert!(replaced.2.contains("as commands.jsonl@2"), "{}", replaced.2);
    let new = &records(&parts, &["command_refused"])[3..];
    let reasons: Vec<_> = new.iter().map(|it| &it["body"]["reason"]).collect();
    assert_eq!(reasons, ["role_not_allowed", "duplicate", "duplicate"]);
    let once_more = play(place.path(), &parts, &file, &changed);
    assert_eq!((once_more.0, &*once_more.2), (0, ""));
    assert_eq!(records(&parts, &["command_refused"]).len(), 6);
    is_redecided(&parts);
}
