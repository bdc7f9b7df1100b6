//! `airshed what-if`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;

use super::{json, printed, told_off};

const CHANGES: [&str; 7] = ["new", "gone", "earlier", "later", "stricter", "milder", "same"];

fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
    entries
        .map(|it| (it.file_name().into_string().unwrap(), fs::read(it.path()).unwrap()))
        .collect()
}

fn count(told: &Value, change: &str) -> usize {
    told["orders"][change].as_array().unwrap().len()
}

#[test]
fn orders_are_compared_and_nothing_outside_is_touched() {
    let place = tempfile::tempdir().unwrap();
    let log = place.path().to_str().unwrap();
    json(&["demo", "--json", "--log", log]);
    let before = files(place.path());
    let set = ["log", "cat", log, "--type", "order_set_issued", "--json"];
    let orders: usize = printed(&set)
        .lines()
        .map(|it| serde_json::from_str::<Value>(it).unwrap())
        .map(|it| it["body"]["orders"].as_array().unwrap().len())
        .sum();

    let same = json(&["what-if", log, "--json"]);
    assert_eq!(count(&same, "same"), orders);
    assert_eq!(CHANGES.map(|it| count(&same, it)).iter().sum::<usize>(), orders);
    for it in same["hours_under_order"].as_array().unwrap() {
        assert_eq!(it["recorded"], it["what_if"], "{it}");
    }

    let other = json(&["what-if", log, "--standard", "BTH-2016", "--json"]);
    let sides = |side: &str| {
        let lists = CHANGES.iter().flat_map(|it| other["orders"][it].as_array().unwrap());
        lists.filter(|it| !it[side].is_null()).count()
    };
    assert_eq!(sides("from"), orders, "each recorded order stands in one list");
    assert!(count(&other, "milder") > 0 && count(&other, "new") > 0 && sides("to") > 0);
    let milder = &other["orders"]["milder"][0];
    for name in ["act", "grade", "effective_at", "expected_end"] {
        assert!(milder["from"].get(name).is_some() && milder["to"].get(name).is_some(), "{name}");
    }
    let red = |side: &str| -> i64 {
        let hours = other["hours_under_order"].as_array().unwrap().iter();
        hours.filter(|it| it["grade"] == "red").map(|it| it[side].as_i64().unwrap()).sum()
    };
    assert!(red("what_if") < red("recorded"), "the older standard calls red later");

    let blind = json(&["what-if", log, "--outlook", "none", "--json"]);
    assert!(count(&blind, "later") > 0, "without an outlook orders come later");
    let fewer =
        json(&["what-if", log, "--without-station", "1036A", "--set", "merge_gap_h=24", "--json"]);
    assert!(count(&fewer, "same") < orders);
    assert_eq!(files(place.path()), before, "the log is as it was");
}

#[test]
fn both_worlds_are_drawn_side_by_side() {
    let place = tempfile::tempdir().unwrap();
    let (log, drawn) = (place.path().join("log"), place.path().join("worlds.svg"));
    let (log, file) = (log.to_str().unwrap(), drawn.to_str().unwrap());
    json(&["demo", "--json", "--log", log]);
    let told = printed(&["what-if", log, "--standard", "BTH-2018", "--picture", file]);
    assert!(told.contains("Hours what if") && told.contains("22 order sets as recorded"), "{told}");
    let picture = fs::read_to_string(drawn).unwrap();
    assert_eq!(picture.matches("<svg ").count(), 3);
    assert_eq!(picture.matches("</svg>").count(), 3);
    assert!(picture.contains("BTH-2023") && picture.contains("BTH-2018"));
}

#[test]
fn wrong_usage_is_told_with_what_would_be_right() {
    let place = tempfile::tempdir().unwrap();
    let log = place.path().to_str().unwrap();
    json(&["demo", "--json", "--log", log]);
    let check = |arguments: &[&str], part: &str| {
        let told = told_off(&[&["what-if", log], arguments].concat());
        assert!(told.contains(part), "{told}\ndoes not say {part}");
    };
    check(&["--standard", "BTH-1999"], "BTH-2018");
    check(&["--set", "merge_gap=24"], "merge_gap_h");
    check(&["--set", "merge_gap_h"], "NAME=VALUE");
    check(&["--without-station", "9999A"], "no station 9999A");
    check(&["--outlook", "hindsight"], "hindsight:120");
}
