//! `airshed what-if`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
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

/// Days of December 2025 in Beijing and Shijiazhuang with one value each.
fn days(days: &[u32]) -> String {
    let mut text = "date,hour,type,1001A,1029A\n".to_owned();
    for (day, pm25) in (1..).zip(days) {
        for hour in 0..24 {
            for (pollutant, value) in [("PM2.5", *pm25), ("PM10", pm25 + 50)] {
                writeln!(text, "202512{day:02},{hour},{pollutant},{value},{value}").unwrap();
            }
        }
    }
    text
}

/// A copy of the shipped rule book in which two measures carry costs.
fn with_costs(place: &Path) -> String {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/bth");
    let to = place.join("bth");
    for folder in ["", "standards", "index"] {
        fs::create_dir_all(to.join(folder)).unwrap();
        for entry in fs::read_dir(from.join(folder)).unwrap().map(Result::unwrap) {
            if entry.path().extension().is_some_and(|it| it == "toml" || it == "csv") {
                fs::copy(entry.path(), to.join(folder).join(entry.file_name())).unwrap();
            }
        }
    }
    let measures = fs::read_to_string(to.join("measures.toml")).unwrap();
    let cost = |id: &str, per_hour: u32, unit: &str| {
        let id = format!("id = \"{id}\"\n");
        let cost = format!(
            "{id}cost_per_hour = {per_hour}\ncost_unit = \"{unit}\"\n\
             cost_reference = \"made up\"\ncost_certainty = \"INTERPRETATION\"\n"
        );
        (id, cost)
    };
    let mut changed = measures;
    for (id, cost) in [cost("health-tip", 3, "people"), cost("odd-even", 50, "10000 CNY")] {
        assert!(changed.contains(&id), "{id}");
        changed = changed.replacen(&id, &cost, 1);
    }
    fs::write(to.join("measures.toml"), changed).unwrap();
    to.to_str().unwrap().to_owned()
}

#[test]
fn costs_of_measures_are_told_where_they_are_known() {
    let place = tempfile::tempdir().unwrap();
    let (plain, costly) = (place.path().join("plain"), place.path().join("costly"));
    let (plain, costly) = (plain.to_str().unwrap(), costly.to_str().unwrap());
    let file = place.path().join("days.csv");
    fs::write(&file, days(&[20, 20, 260, 260, 260, 20, 20, 20])).unwrap();
    let play = |log: &str, more: &[&str]| {
        let play = ["play", file.to_str().unwrap(), "--log", log, "--outlook", "hindsight:120"];
        printed(&[&play[..], more].concat());
    };
    play(plain, &["--quiet"]);
    let without = ["what-if", plain, "--standard", "BTH-2016"];
    assert_eq!(json(&[&without[..], &["--json"]].concat())["costs"], serde_json::json!([]));
    assert!(!printed(&without).contains("Cost"));

    play(costly, &["--quiet", "--airshed", &with_costs(place.path())]);
    let told = json(&["what-if", costly, "--standard", "BTH-2016", "--json"]);
    let hours = |grades: &[&str], side: &str, city: &str| -> i64 {
        let all = told["hours_under_order"].as_array().unwrap().iter();
        let own = all.filter(|it| it["jurisdiction"] == city);
        let asked = own.filter(|it| grades.iter().any(|grade| it["grade"] == *grade));
        asked.map(|it| it[side].as_i64().unwrap()).sum()
    };
    let all = ["blue", "yellow", "orange", "red"];
    let cost = |unit: &str, side: &str, city: &str| {
        let mut costs = told["costs"].as_array().unwrap().iter();
        let own = costs.find(|it| it["jurisdiction"] == city && it["unit"] == unit);
        own.map_or(0, |it| it[side].as_i64().unwrap())
    };
    for side in ["recorded", "what_if"] {
        for city in ["110000", "130100", "130181"] {
            assert_eq!(cost("people", side, city), 3 * hours(&all, side, city), "{city}");
        }
    }
    let spent = |side| cost("10000 CNY", side, "110000");
    assert_eq!(spent("recorded"), 50 * hours(&["red"], "recorded", "110000"));
    assert!(spent("recorded") > 0 && spent("what_if") == 0, "the older standard calls no red");
    assert!(cost("people", "recorded", "130181") > 0, "who follows pays too");
    let text = printed(&["what-if", costly, "--standard", "BTH-2016"]);
    assert!(text.contains("Cost as recorded") && text.contains("10000 CNY"), "{text}");
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
