//! Values that come late: `play`, `log cat`, `explain` and `state` tell what they change.

use std::fmt::Write as _;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::{json, printed};

/// Two stations of Shijiazhuang, an hour a row: a bad day with a hole of six hours. Two of the
/// missing hours come after the row of hour `late_after`.
fn log(late_after: i32) -> (TempDir, String) {
    let place = tempfile::tempdir().unwrap();
    let path = |name: &str| place.path().join(name).to_str().unwrap().to_owned();
    let mut text = "date,hour,type,1029A,1030A\n".to_owned();
    let mut row = |hour: i32, value: &str| {
        let (day, of_day) = (10 + hour / 24, hour % 24);
        writeln!(text, "201901{day:02},{of_day},PM2.5,{value},{value}").unwrap();
        writeln!(text, "201901{day:02},{of_day},PM10,400,400").unwrap();
    };
    for hour in 1..=80 {
        match hour {
            25..=40 | 47..=50 => row(hour, "160"),
            41..=46 => row(hour, ""),
            _ => row(hour, "30"),
        }
        if hour == late_after {
            row(41, "160");
            row(42, "160");
        }
    }
    let (file, log) = (path("readings.csv"), path("log"));
    std::fs::write(&file, text).unwrap();
    let outlook = ["--standard", "BTH-2023", "--quiet"];
    printed(&[&["play", &file, "--log", &log], outlook.as_slice()].concat());
    (place, log)
}

fn records(log: &str, kind: &str) -> Vec<Value> {
    let told = printed(&["log", "cat", log, "--json", "--type", kind]);
    told.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn an_order_that_follows_from_late_values_names_them_as_its_cause() {
    let (_place, log) = log(50);
    let amended = records(&log, "hour_amended");
    let hours: Vec<_> = amended.iter().map(|it| it["body"]["hour"].as_str().unwrap()).collect();
    assert_eq!(hours, ["2019-01-11T17:00:00+08:00", "2019-01-11T18:00:00+08:00"]);
    for it in &amended {
        let body = &it["body"];
        assert_eq!(body["jurisdiction"], "130100");
        assert_eq!((&body["old_ug_m3"], &body["new_ug_m3"]), (&Value::Null, &json!(160)));
        assert_eq!(body["effect"], "order_amended");
        assert_eq!(body["decision_hour"], "2019-01-12T02:00:00+08:00");
        assert_eq!(body["otherwise"]["decision_hour"], "2019-01-11T23:00:00+08:00");
        assert_eq!(body["otherwise"]["would_be"]["act"], "warning_issued");
        assert_eq!(body["stations"], json!(["1029A", "1030A"]));
    }
    let set = &records(&log, "order_set_issued")[0];
    assert_eq!(set["causation"], amended[0]["position"]);
    assert_eq!(set["body"]["orders"][0]["causes"], json!(["amendment"]));
    let order = &records(&log, "order_amended")[0]["body"];
    assert_eq!((&order["order"], &order["without"]), (&json!("1-130100"), &Value::Null));
    // The closed hour stands as it was recorded.
    let closed = records(&log, "hour_closed");
    let then = closed.iter().find(|it| it["body"]["hour"] == hours[0]).unwrap();
    let city = then["body"]["jurisdictions"]
        .as_array()
        .unwrap()
        .iter()
        .find(|it| it["jurisdiction"] == "130100")
        .unwrap();
    assert_eq!(city["pm25_ug_m3"], Value::Null);
    // The refusals tell where the late values stood.
    let refused = records(&log, "input_refused");
    let late: Vec<_> = refused.iter().filter(|it| it["body"]["reason"] == "late").collect();
    assert_eq!(late.len(), 2);
    assert!(late[0]["source"]["line"].as_u64() == Some(102), "{}", late[0]["source"]);
    let check = json(&["replay", &log, "--check", "--json"]);
    assert_eq!(check["first_difference"], Value::Null);
}

#[test]
fn what_became_of_an_hour_and_why_an_order_is_another_one_is_explained() {
    let (_place, log) = log(51);
    let tree = json(&["explain", &log, "hour", "130100", "2019-01-11T17:00", "--json"]);
    let later = &tree["decisions"][0]["later"][0];
    assert_eq!(later["type"], "hour_amended");
    assert_eq!(later["body"]["effect"], "would_have_been_ordered");
    let text = printed(&["explain", &log, "hour", "130100", "2019-01-11T17:00"]);
    let told = "later: hour_amended 130100 2019-01-11 17:00: missing to 160 µg/m³, \
                would_have_been_ordered: 2019-01-11 23:00 warning_issued yellow from \
                2019-01-12 01:00, was nothing";
    assert!(text.contains(told), "{text}");
    let text = printed(&["explain", &log, "hour", "130100", "2019-01-12T03:00"]);
    assert!(text.contains("also: hour_amended 130100 2019-01-11 18:00"), "{text}");
    assert!(records(&log, "order_set_issued").is_empty(), "nothing is ordered for the past");
}

/// What was known of the day at its end, and what is known of it now.
#[test]
fn what_was_known_then_and_what_is_known_now_are_two_answers() {
    let (_place, log) = log(51);
    let city_at = |happened_at: &str, known_at: &str| -> Value {
        let asked = ["state", &log, "--happened-at", happened_at, "--known-at", known_at];
        let told = json(&[asked.as_slice(), &["--json"]].concat());
        let all = told["jurisdictions"].as_array().unwrap();
        all.iter().find(|it| it["jurisdiction"] == "130100").unwrap()["head"].clone()
    };
    // How many stations are in an amended value is not recorded.
    let own = city_at("2019-01-11T17:00", "2019-01-20T00:00");
    assert_eq!((&own["pm25_ug_m3"], &own["stations_reporting"]), (&json!(160), &Value::Null));
    let own = city_at("2019-01-11T16:00", "2019-01-20T00:00");
    assert_eq!(own["stations_reporting"], 2);
    let city = |known_at: &str| city_at("2019-01-12T01:00", known_at);
    let (then, now) = (city("2019-01-12T02:30"), city("2019-01-20T00:00"));
    assert_eq!((&then["hour"], &now["hour"]), (&now["hour"], &json!("2019-01-12T01:00:00+08:00")));
    assert_eq!((&then["valid_hours"], &then["mean_24h_ug_m3"]), (&json!(18), &Value::Null));
    assert_eq!((&now["valid_hours"], &now["mean_24h_ug_m3"]), (&json!(20), &json!(160)));
    assert!(now["amended_by"].as_u64().is_some(), "{now}");
}
