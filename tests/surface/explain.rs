//! `airshed explain` and `airshed state`.

use serde_json::{Value, json};

use super::{airshed, json, printed, told_off};

fn demo() -> (tempfile::TempDir, String) {
    let place = tempfile::tempdir().unwrap();
    let log = place.path().to_str().unwrap().to_owned();
    json(&["demo", "--json", "--log", &log]);
    (place, log)
}

fn list(value: &Value) -> &Vec<Value> {
    value.as_array().unwrap()
}

#[test]
fn an_order_set_rests_on_clauses_windows_stations_and_sources() {
    let (_place, log) = demo();
    let tree = json(&["explain", &log, "order-set", "2", "--json"]);
    let cat = ["log", "cat", &log, "--type", "order_set_issued", "--json"];
    let set: Value = serde_json::from_str(printed(&cat).lines().nth(1).unwrap()).unwrap();
    let decisions = list(&tree["decisions"]);
    assert_eq!(decisions.len(), list(&set["body"]["orders"]).len());
    for (decision, order) in decisions.iter().zip(list(&set["body"]["orders"])) {
        for name in ["act", "grade", "effective_at", "expected_end", "measures", "order"] {
            assert_eq!(decision["order"][name], order[name], "{name}");
        }
        assert!(list(&decision["conditions"]).iter().all(|it| it["holds"] == true), "{decision}");
        let clause = &decision["warning"]["clause"];
        let named = list(&decision["clauses"]).iter().find(|it| it["clause"] == *clause).unwrap();
        assert_eq!(named["holds"], true, "the clause of the warning is satisfied");
        // The windows of the record are found again.
        let windows = &named["conditions"][0]["windows"];
        assert_eq!(windows, &decision["warning"]["windows"], "{}", decision["jurisdiction"]);
        let used = list(&decision["stations"]).iter().filter(|it| it["used"] == true);
        for station in used {
            assert!(!list(&station["readings"]).is_empty(), "{station}");
            assert_eq!(station["readings"][0]["source"]["file"], "demo-1");
        }
        assert_eq!(decision["outlooks"][0]["maker"], "demo");
    }
    let text = printed(&["explain", &log, "order-set", "2"]);
    for part in [
        "110000 Beijing 北京市",
        "measure outdoor-activity-stop: Schools and kindergartens stop outdoor activity 中小学",
        "环大气〔2024〕6号 [CONFIRMED]",
        "yes: orange orange-1: > 200 for 48 h",
        "no:  red red-1",
        "left out: control_point",
        "taken, record",
        "µg/m³ higher",
        "forecast by demo",
    ] {
        assert!(text.contains(part), "{text}\ndoes not say {part}");
    }
    assert!(!text.contains("not_live"), "stations of other years are left out: {text}");
}

#[test]
fn a_warning_is_told_from_its_issue_to_its_lift() {
    let (_place, log) = demo();
    let tree = json(&["explain", &log, "warning", "130100-1", "--json"]);
    let acts: Vec<_> = list(&tree["decisions"]).iter().map(|it| &it["warning"]["act"]).collect();
    assert_eq!(acts, ["issued", "raised", "extended", "lifted"]);
    let follower = json(&["explain", &log, "warning", "130181-1", "--json"]);
    let first = &follower["decisions"][0];
    assert_eq!(first["follows"], "130100");
    assert!(first["conditions"][0]["text"].as_str().unwrap().contains("follows 130100"));
}

#[test]
fn an_hour_without_a_decision_can_be_asked_for() {
    let (_place, log) = demo();
    let tree = json(&["explain", &log, "hour", "130800", "2025-12-04T20:00", "--json"]);
    let hour = &tree["decisions"][0];
    assert_eq!((&hour["jurisdiction"], &hour["warning"]), (&json!("130800"), &Value::Null));
    assert!(hour["margin"]["up"]["rise_ug_m3"].as_u64().unwrap() > 0);
    assert!(hour["margin"]["down"].is_null());
    for (what, name) in [
        (["order-set", "999"].as_slice(), "order set 999"),
        (&["warning", "130100-99"], "warning 130100-99"),
        (&["hour", "130100", "1999-01-01T00:00"], "hour 1999-01-01T00:00:00+08:00 of 130100"),
    ] {
        let (code, _, err) = airshed(&[&["explain", &log], what].concat());
        assert!(code == 1 && err.contains(name), "{err}");
    }
    assert!(told_off(&["explain", &log, "hour", "130100", "noon"]).contains("2019-01-12T16:00"));
}

#[test]
fn stations_that_do_not_live_at_the_hour_are_left_out() {
    let (_place, log) = demo();
    for division in ["110000", "130100", "120000"] {
        let tree = json(&["explain", &log, "hour", division, "2025-12-04T20:00", "--json"]);
        let stations = list(&tree["decisions"][0]["stations"]);
        assert!(!stations.is_empty());
        for station in stations {
            assert_ne!(station["left_out"], "not_live", "{station}");
        }
        let text = printed(&["explain", &log, "hour", division, "2025-12-04T20:00"]);
        assert!(!text.contains("not_live"), "{text}");
    }
}

#[test]
fn every_grade_says_how_firmly_it_stands() {
    let (_place, log) = demo();
    let names = |it: &Value| -> Vec<String> {
        list(it).iter().map(|it| it.as_str().unwrap().to_owned()).collect()
    };
    let set = json(&["explain", &log, "order-set", "2", "--json"]);
    for decision in list(&set["decisions"]) {
        let (margin, grade) = (&decision["margin"], &decision["episode"]["grade"]);
        assert_eq!(margin["grade"], *grade, "{}", decision["jurisdiction"]);
        // Red is the end.
        assert_eq!(margin["to_next_grade_ug_m3"].is_null(), grade == "red", "{margin}");
        assert!(margin["to_lower_grade_ug_m3"].as_u64().unwrap() > 0, "{margin}");
        assert!(margin["to_lower_grade_h"].as_u64().unwrap() > 0, "{margin}");
        assert!(!margin["lower_grade_by_h"].is_null(), "{margin}");
        assert_eq!(names(&decision["possible_grades"]), [grade.as_str().unwrap()]);
        assert_eq!(names(&decision["grades_not_excluded"]), [""; 0]);
        let supposed = &decision["supposed"];
        assert_eq!(json!(list(&supposed["codes"]).len()), supposed["stations"]);
        assert_eq!(
            (&supposed["lowest_ug_m3"], &supposed["highest_ug_m3"]),
            (&json!(0.1), &json!(1500))
        );
    }
    let text = printed(&["explain", &log, "order-set", "2"]);
    for part in [
        "and 2 more silent stations read (5 missing readings in 5 hours)",
        "orange whatever 1070A and 2919A read",
        "margin: orange; red if every hour were 83 µg/m³ higher; yellow if every hour were 24 µg/m³ lower",
    ] {
        assert!(text.contains(part), "{text}\ndoes not say {part}");
    }
    // When the air has just cleared, what was not read could still have been the old air.
    let tree = json(&["explain", &log, "hour", "130600", "2025-12-13T15:00", "--json"]);
    let hour = &tree["decisions"][0];
    let possible = names(&hour["possible_grades"]);
    assert_eq!((possible[0].as_str(), possible[possible.len() - 1].as_str()), ("none", "red"));
    assert_eq!(names(&hour["like_the_others"]["possible_grades"]), ["none"]);
    assert_eq!(hour["margin"]["to_next_grade_h"], 1);
    assert!(hour["margin"]["to_lower_grade_h"].is_null());
    let told = hour["robustness"].as_str().unwrap();
    assert!(told.contains(" and 3 more silent stations would have read"), "{told}");
    let three = list(&hour["supposed"]["codes"])
        .iter()
        .take(3)
        .map(|it| it.as_str().unwrap())
        .collect::<Vec<_>>()
        .join(", ");
    assert!(told.contains(&format!("by what {three} and 3 more")), "{told}");
    assert!(told.ends_with("none if they read like the city's other stations"), "{told}");
    let follower = json(&["explain", &log, "hour", "130682", "2025-12-13T15:00", "--json"]);
    assert_eq!(follower["decisions"][0]["robustness"], hour["robustness"]);
}

#[test]
fn what_was_known_later_is_not_known_before() {
    let (_place, log) = demo();
    let state = |happened: &str, known: &str| -> Value {
        json(&["state", &log, "--happened-at", happened, "--known-at", known, "--json"])
    };
    let of = |state: &Value, code: &str| -> Value {
        list(&state["jurisdictions"]).iter().find(|it| it["jurisdiction"] == code).unwrap().clone()
    };
    let check = |happened: &str, known: &str, head: &str, grade: &str, orders: usize| {
        let beijing = of(&state(happened, known), "110000");
        let hour = beijing["head"]["hour"].as_str().unwrap_or_default();
        assert!(hour.starts_with(head), "{happened} {known}: {beijing}");
        assert_eq!(beijing["warning"]["grade"].as_str().unwrap_or("none"), grade, "{beijing}");
        assert_eq!(list(&beijing["orders"]).len(), orders, "{beijing}");
    };
    // The order set of 2025-12-04T20:00 was decided at 20:30.
    check("2025-12-04T20:00", "2025-12-04T20:00", "2025-12-04T19:00", "none", 0);
    check("2025-12-04T20:00", "2025-12-04T20:30", "2025-12-04T20:00", "orange", 1);
    check("2025-12-04T19:00", "2025-12-31T00:00", "2025-12-04T19:00", "none", 0);
    check("2025-12-31T00:00", "2025-12-31T00:00", "2025-12-16T00:00", "none", 0);
    let announced = of(&state("2025-12-04T20:00", "2025-12-04T20:30"), "110000");
    assert_eq!(announced["orders"][0]["in_force"], false);
    let begun = of(&state("2025-12-05T19:00", "2025-12-05T20:30"), "110000");
    assert_eq!(begun["orders"][0]["in_force"], true);
    assert_eq!(begun["warning"]["in_force"], true);
    let text = printed(&["state", &log, "--happened-at", "2025-12-05T19:00"]);
    assert!(text.contains("order 2-110000: impose orange"), "{text}");
}
