//! `airshed log cat`.

use std::io::Read as _;
use std::process::{Command, Stdio};

use serde_json::Value;

use super::{airshed, printed, told_off};

fn lines(arguments: &[&str]) -> Vec<Value> {
    printed(arguments).lines().map(|it| serde_json::from_str(it).unwrap()).collect()
}

#[test]
fn records_are_printed_as_lines_or_as_json_all_or_some() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("winter");
    let log = folder.to_str().unwrap();
    printed(&["demo", "--json", "--log", log]);

    let all = lines(&["log", "cat", log, "--json"]);
    assert!(all.iter().zip(0_u64..).all(|(it, at)| it["position"] == at));
    assert_eq!(all[0]["type"], "rule_book_adopted");
    // A record is a line; what the orders of a set demand stands below it.
    let lines_of_records = |it: &&str| !it.trim_start().starts_with('-');
    assert_eq!(printed(&["log", "cat", log]).lines().filter(lines_of_records).count(), all.len());

    let sets = lines(&["log", "cat", log, "--json", "--type", "order_set_issued"]);
    assert!(!sets.is_empty());
    for (set, epoch) in sets.iter().zip(1_u64..) {
        let order = &set["body"]["orders"][0];
        let jurisdiction = order["jurisdiction"].as_str().unwrap();
        assert_eq!(jurisdiction.len(), 6);
        assert_eq!(order["order"], format!("{epoch}-{jurisdiction}"));
    }
    let two = ["--type", "hour_closed", "--type", "order_set_issued"];
    let both = lines(&[&["log", "cat", log, "--json"], &two[..]].concat());
    let closed = all.iter().filter(|it| it["type"] == "hour_closed").count();
    assert_eq!(both.len(), sets.len() + closed);

    let some = printed(&["log", "cat", log, "--from", "3", "--to", "5"]);
    let positions = some.lines().map(|it| it.split_whitespace().next().unwrap());
    assert_eq!(positions.collect::<Vec<_>>(), ["3", "4", "5"]);
}

#[test]
fn wrong_types_and_folders_are_told() {
    let told = told_off(&["log", "cat", "nowhere", "--type", "order"]);
    assert!(told.contains("no record type order") && told.contains("order_set_issued"), "{told}");
    let place = tempfile::tempdir().unwrap();
    let (code, _, told) = airshed(&["log", "cat", place.path().to_str().unwrap()]);
    assert_eq!(code, 1);
    assert!(told.contains("there is no log in"), "{told}");
}

#[test]
fn a_closed_pipe_is_no_error() {
    let place = tempfile::tempdir().unwrap();
    let log = place.path().join("winter");
    printed(&["demo", "--json", "--log", log.to_str().unwrap()]);
    let mut command = Command::new(env!("CARGO_BIN_EXE_airshed"));
    let cat = command.args(["log", "cat", "--json"]).arg(&log);
    let mut running = cat.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut first = [0; 10];
    running.stdout.take().unwrap().read_exact(&mut first).unwrap();
    let ended = running.wait_with_output().unwrap();
    assert_eq!(String::from_utf8(ended.stderr).unwrap(), "");
    assert_eq!(ended.status.code(), Some(0));
}

#[test]
fn an_order_set_says_whom_it_binds_by_which_clause_and_what_is_to_be_done() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("winter");
    let log = folder.to_str().unwrap();
    printed(&["demo", "--json", "--log", log]);
    let told = printed(&["log", "cat", log, "--type", "order_set_issued"]);
    for part in [
        "- 130500 邢台市 Xingtai: impose red from 2025-12-05T08:00:00+08:00, by BTH-2023 red-1",
        "- health-tip: Publish the warning and its health advice 发布预警信息和健康防护提示 (all)",
        "- outdoor-activity-stop: Schools and kindergartens stop outdoor activity 中小学",
    ] {
        assert!(told.contains(part), "{told}\ndoes not say {part}");
    }
}
