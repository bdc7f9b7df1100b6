//! Each reason for which a command is refused, through the program.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;

use serde_json::{Value, json};

use super::{airshed, printed};
use crate::commands::records;

/// Reasons of parts that do not exist yet, of approval (`approval.rs`), and the one of a log without
/// answers.
const ELSEWHERE: [&str; 8] = [
    "already_decided",
    "already_done",
    "already_excluded",
    "already_settled",
    "bad_header",
    "not_open",
    "objection_pending",
    "old_version",
];

/// `09:10`, `05T10:00` and `10-01T00:00`; January to March are of the next year.
fn moment(text: &str) -> String {
    let (day, time) = text.split_once('T').unwrap_or(("04", text));
    let (month, day) = day.split_once('-').unwrap_or(("12", day));
    let year = if month < "04" { 2026 } else { 2025 };
    format!("{year}-{month}-{day}T{time}:00+08:00")
}

/// The lines of the file of commands, and what each leads to.
fn script() -> (String, Vec<(String, String)>) {
    let (mut lines, mut expected) = (String::new(), Vec::new());
    let script = include_str!("refusals.txt").lines().filter(|it| !it.starts_with('#'));
    for (number, line) in script.enumerate() {
        let (line, outcome) = line.rsplit_once(" = ").unwrap();
        let mut options: BTreeMap<&str, &str> = BTreeMap::new();
        let mut rest = line;
        while let Some((option, after)) = rest.split_once(' ').filter(|it| it.0.contains('=')) {
            options.extend(option.split_once('='));
            rest = after;
        }
        let words: Vec<&str> = rest.splitn(5, ' ').collect();
        let [time, role, jurisdiction, command, body] = words[..] else { panic!("{line}") };
        let body = body.replace("EV", r#"[{"kind":"onsite","ref":"r1"}]"#);
        let body: Value = serde_json::from_str(&body).unwrap_or_else(|it| panic!("{line}: {it}"));
        let own_id = format!("c{number}");
        let envelope = json!({
            "id": options.get("id").map_or(own_id, |it| it.replace('~', " ")),
            "actor": {"jurisdiction": jurisdiction, "role": role, "name": "duty officer"},
            "given_at": moment(options.get("given").unwrap_or(&time)),
            "status": options.get("status").unwrap_or(&"actual"),
            "command": command,
            "body": body,
        });
        writeln!(lines, "{}\n{envelope}", json!({"tick": moment(time)})).unwrap();
        expected.push((line.to_owned(), outcome.to_owned()));
    }
    (lines, expected)
}

#[test]
fn every_reason_comes_through_the_program() {
    let place = tempfile::tempdir().unwrap();
    let (file, log) = (place.path().join("all.jsonl"), place.path().join("log"));
    let log = log.to_str().unwrap();
    let (lines, expected) = script();
    fs::write(&file, lines).unwrap();
    printed(&["demo", "--json", "--log", log, "--commands", file.to_str().unwrap()]);
    let all = printed(&["log", "cat", log, "--json"]);
    let all: Vec<Value> = all.lines().map(|it| serde_json::from_str(it).unwrap()).collect();
    let outcomes = all.iter().filter(|it| it["type"] == "command_given").map(|given| {
        let caused = all.iter().find(|it| it["causation"] == given["position"]).unwrap();
        match (&caused["body"]["reason"], &caused["body"]["detail"], &caused["type"]) {
            (Value::String(reason), Value::String(detail), kind) if kind == "command_refused" => {
                format!("{reason} {detail}")
            }
            (Value::String(reason), _, kind) if kind == "command_refused" => reason.clone(),
            (_, _, kind) => kind.as_str().unwrap().to_owned(),
        }
    });
    let outcomes: Vec<String> = outcomes.collect();
    assert_eq!(outcomes.len(), expected.len());
    let mut seen = BTreeSet::new();
    for (found, (line, expected)) in outcomes.iter().zip(&expected) {
        let is_it = found == expected || found.split(' ').next() == Some(expected);
        assert!(is_it, "{line}: {found}, not {expected}");
        seen.extend(found.split(' ').next().map(str::to_owned));
    }
    let schema: Value = serde_json::from_str(include_str!("../../schemas/record.avsc")).unwrap();
    let text = schema.to_string();
    let symbols = text.split_once(r#""name":"refused_because""#).unwrap().1;
    let symbols = symbols.split_once(r#""symbols":["#).unwrap().1.split_once(']').unwrap().0;
    for reason in symbols.split(',').map(|it| it.trim_matches('"')) {
        let is_elsewhere = ELSEWHERE.contains(&reason);
        assert_ne!(seen.contains(reason), is_elsewhere, "{reason}");
    }
    assert!(printed(&["replay", log, "--check"]).contains("every decision is what"));
}

const ACKNOWLEDGE: [&str; 8] =
    ["do", "acknowledge", "--as", "130400", "--role", "officer", "--by", "duty officer"];

fn acknowledge<'a>(more: &[&'a str]) -> (i32, String, String) {
    let arguments: Vec<&'a str> = ACKNOWLEDGE.iter().chain(more).copied().collect();
    airshed(&arguments)
}

/// A log with the clock of its sources, on which nothing comes behind set 1.
fn world(place: &std::path::Path) -> String {
    let (file, log) = (place.join("none.jsonl"), place.join("log"));
    fs::write(&file, "").unwrap();
    let log = log.to_str().unwrap().to_owned();
    printed(&["demo", "--json", "--log", &log, "--commands", file.to_str().unwrap()]);
    log
}

#[test]
fn do_says_what_became_of_a_command_and_what_would_be_right() {
    let place = tempfile::tempdir().unwrap();
    let log = world(place.path());
    let clock = json(&log);
    let lift = "22-130400";
    // Taken, by either form of the first field.
    let (code, out, err) = acknowledge(&[lift, "--log", &log]);
    assert_eq!((code, &*err), (0, ""), "{out}");
    assert!(out.starts_with("taken: order_acknowledged: "), "{out}");
    let found = records(&log, &["command_given", "order_acknowledged"]);
    let [given, acknowledged] = &found[..] else { panic!("{found:?}") };
    assert_eq!(given["source"], json!({"file": "do", "line": 1}));
    let time: String = clock.trim_end_matches("+08:00").replace(['-', ':'], "");
    assert_eq!(given["body"]["id"], format!("130400-acknowledge-{time}.000"));
    assert_eq!(given["body"]["given_at"], clock);
    assert_eq!(acknowledged["causation"], given["position"]);
    let by_name = ["--order", lift, "--id", "b", "--log", &log];
    let (code, out, err) = acknowledge(&by_name);
    assert_eq!((code, &*out), (1, ""));
    assert!(err.starts_with("refused: already_acknowledged: the order is acknowledged."), "{err}");
    // As JSON: the records.
    let (code, out, err) =
        acknowledge(&["--order", "1-130400", "--id", "c", "--log", &log, "--json"]);
    assert_eq!(code, 1);
    assert!(err.starts_with("refused: superseded (22-130400): there is a newer order"), "{err}");
    let lines: Vec<Value> = out.lines().map(|it| serde_json::from_str(it).unwrap()).collect();
    assert_eq!(
        lines.iter().map(|it| &it["type"]).collect::<Vec<_>>(),
        ["command_given", "command_refused"]
    );
    assert_eq!(records(&log, &["command_refused"]).last(), lines.last());
    // Later by --given: the clock of the log goes there first.
    let later = ["--order", "9-1", "--id", "d", "--given", "2025-12-18T09:00", "--log", &log];
    assert_eq!(acknowledge(&later).0, 1);
    let tick = records(&log, &["ticked"]).pop().unwrap();
    assert_eq!(tick["body"]["at"], "2025-12-18T09:00:00+08:00");
    assert_eq!(tick["source"], json!({"file": "do", "line": 4}));
    assert!(printed(&["replay", &log, "--check"]).contains("every decision is what"));
    assert!(printed(&["log", "verify", &log]).contains("The log is whole"));
}

/// The clock of a log.
fn json(log: &str) -> String {
    let ticks = records(log, &["ticked"]);
    ticks.last().unwrap()["body"]["at"].as_str().unwrap().to_owned()
}

#[test]
fn wrong_usage_is_no_command() {
    let place = tempfile::tempdir().unwrap();
    let log = place.path().join("plain").to_str().unwrap().to_owned();
    printed(&["demo", "--json", "--log", &log, "--answers", "off"]);
    let before = printed(&["log", "cat", &log]);
    let none = place.path().join("none").to_str().unwrap().to_owned();
    for (more, words) in [
        (vec!["--log", &*log], "required"),
        (vec!["1-130400", "--order", "1-130400", "--log", &log], "cannot be used with"),
        (vec!["1-130400", "--given", "noon", "--log", &log], "is no time"),
        (vec!["1-130400", "--note", "n", "--log", &log], "unexpected argument"),
        (vec!["1-130400", "--log", &none], "there is no log in"),
        (vec!["1-130400"], "--log"),
    ] {
        let (code, out, err) = acknowledge(&more);
        assert_eq!((code, &*out), (2, ""), "{more:?}: {err}");
        assert!(err.contains(words), "{more:?}: {err}");
    }
    assert!(!place.path().join("none").exists());
    assert_eq!(printed(&["log", "cat", &log]), before);
    let (code, _, err) = acknowledge(&["1-130400", "--log", &log]);
    assert_eq!(code, 1);
    assert!(err.starts_with("refused: not_open: this log asks bodies for no answers."), "{err}");
}

#[test]
fn a_log_that_is_being_written_names_the_other_way() {
    let place = tempfile::tempdir().unwrap();
    let log = place.path().join("log").to_str().unwrap().to_owned();
    printed(&["demo", "--json", "--log", &log]);
    let lock = fs::File::open(place.path().join("log/lock")).unwrap();
    lock.lock().unwrap();
    let (code, _, err) = acknowledge(&["1-130400", "--log", &log]);
    assert_eq!(code, 1);
    assert!(err.contains("already writes to the log") && err.contains("--brokers"), "{err}");
}
