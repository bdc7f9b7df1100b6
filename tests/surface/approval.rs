//! Approval, through the program: a rule book with tables `[[approval]]`, and governments that
//! answer.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::{airshed, printed, rule_book_files};

/// The orange and red of Handan need its government, and silence approves; those of Xingtai too,
/// and silence rejects.
const TABLES: &str = r#"
[[approval]]
jurisdictions = ["130400"]
mode = "role"
body = "self"
role = "government"
within_min = 120
on_silence = "approved"

[[approval]]
jurisdictions = ["130500"]
mode = "role"
body = "self"
role = "government"
within_min = 90
on_silence = "rejected"
"#;

/// The shipped rule book with these tables.
fn rule_book(folder: &Path, tables: &str) -> String {
    rule_book_files::with_tables(folder, tables);
    folder.to_str().unwrap().to_owned()
}

fn give(id: &str, (body, role): (&str, &str), at: &str, command: &str, fields: &Value) -> String {
    let actor = json!({"jurisdiction": body, "role": role, "name": "duty"});
    let at = format!("2025-12-04T{at}:00+08:00");
    json!({"id": id, "actor": actor, "given_at": at, "status": "actual", "command": command, "body": fields})
        .to_string()
}

/// The log of a winter in which two governments decide, in this folder.
pub(super) fn decided(place: &Path) -> String {
    let path = |name: &str| place.join(name).to_str().unwrap().to_owned();
    let book = rule_book(&place.join("book"), TABLES);
    let approve = json!({"proposal": "p1"});
    let both = json!({"proposal": "p1", "jurisdictions": ["130400", "130500"]});
    let lines = [
        give("a", ("130400", "command"), "09:00", "approve", &approve),
        give("b", ("130400", "inspector"), "09:00", "approve", &approve),
        give("c", ("130400", "government"), "09:10", "approve", &both),
        give("d", ("130400", "government"), "09:40", "approve", &approve),
        give("e", ("130400", "government"), "09:50", "approve", &approve),
        give(
            "f",
            ("130500", "government"),
            "10:00",
            "reject",
            &json!({"proposal": "p1", "reason": "r"}),
        ),
    ];
    let (commands, log) = (path("commands.jsonl"), path("log"));
    fs::write(&commands, lines.join("\n")).unwrap();
    printed(&["demo", "--json", "--airshed", &book, "--commands", &commands, "--log", &log]);
    log
}

#[test]
fn a_decision_waits_for_its_governments_and_becomes_one_set() {
    let place = tempfile::tempdir().unwrap();
    let log = decided(place.path());
    let kinds = [
        "command_refused",
        "warning_proposed",
        "proposal_item_decided",
        "proposal_settled",
        "order_set_issued",
    ];
    let types = kinds.iter().flat_map(|it| ["--type", it]);
    let arguments: Vec<&str> = ["log", "cat", &log, "--json"].into_iter().chain(types).collect();
    let all = printed(&arguments);
    let first = all.lines().take(10).map(|line| {
        let record: Value = serde_json::from_str(line).unwrap();
        let body = &record["body"];
        let at = &record["recorded_at"].as_str().unwrap()[11..16];
        let kind = record["type"].as_str().unwrap();
        let what = match kind {
            "command_refused" => format!("{} {}", body["id"], body["reason"]),
            "warning_proposed" => format!("{}", body["items"].as_array().unwrap().len()),
            "proposal_item_decided" => {
                format!("{} {} {}", body["jurisdiction"], body["outcome"], body["how"])
            }
            "proposal_settled" => {
                format!("{} {} {}", body["approved"], body["rejected"], body["fallen"])
            }
            _ => {
                let orders = body["orders"].as_array().unwrap();
                let orders = orders.iter().map(|it| {
                    format!(
                        "{} by {}",
                        it["order"],
                        &it["acknowledge_by"].as_str().unwrap()[11..16]
                    )
                });
                let orders = orders.collect::<Vec<_>>().join(", ");
                format!("{} {}: {orders}", body["epoch"], body["effective_at"])
            }
        };
        format!("{at} {kind} {what}").replace('"', "")
    });
    let first: Vec<String> = first.collect();
    let expected = [
        "08:30 warning_proposed 4",
        "09:00 command_refused a not_yours",
        "09:00 command_refused b role_not_allowed",
        "09:10 command_refused c not_yours",
        "09:40 proposal_item_decided 130400 approved command",
        "09:50 command_refused e already_decided",
        "10:00 proposal_item_decided 130500 rejected silence",
        "10:00 proposal_settled [130100,130181,130400] [130500] []",
        "10:00 order_set_issued 1 2025-12-05T08:00:00+08:00: 1-130100 by 14:00, 1-130181 by 14:00, \
         1-130400 by 12:00",
        "10:00 command_refused f already_settled",
    ];
    assert_eq!(first, expected);
    assert!(printed(&["replay", &log, "--check"]).contains("every decision is what"));
}

#[test]
fn wrong_tables_end_the_start_with_file_table_and_key() {
    let place = tempfile::tempdir().unwrap();
    let log = place.path().join("log");
    let without = TABLES.replacen("on_silence = \"approved\"\n", "", 1);
    let too_long = TABLES.replace("120", "181");
    for (name, tables, key) in [
        ("a", &without, "approval[0].on_silence: is missing"),
        ("b", &too_long, "approval[0].within_min"),
    ] {
        let book = rule_book(&place.path().join(name), tables);
        let (code, _, err) = airshed(&["demo", "--airshed", &book, "--log", log.to_str().unwrap()]);
        assert!(code == 2 && err.contains(key), "{code}: {err}");
    }
}
