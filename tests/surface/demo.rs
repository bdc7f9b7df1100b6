//! `airshed demo` and `airshed picture`.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::{airshed, json, printed, told_off};

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn the_demo_shows_decisions_a_table_a_picture_and_where_to_go_on() {
    let place = tempfile::tempdir().unwrap();
    let log = place.path().join("winter");
    let told = printed(&["demo", "--log", text(&log)]);
    for part in [
        "orange issued    石家庄 Shijiazhuang with 辛集",
        "red    raised",
        "yellow issued    秦皇岛 Qinhuangdao",
        "red    lifted",
        "order set 2: impose 9 from 2025-12-05 19:00, raise 2 from 2025-12-05 08:00, region linked",
        " Jurisdiction ",
        "Xiong'an New Area",
        "refused (unknown_station 1, above_ceiling 1, late 1)",
        "312 hours closed",
        " log cat ",
        " standard show BTH-2023",
        " demo --seed 2",
    ] {
        assert!(told.contains(part), "{told}\ndoes not say {part}");
    }
    assert!(!told.contains('\u{1b}'), "colours where no terminal is");
    let picture = fs::read_to_string(log.join("episode.svg")).unwrap();
    assert!(picture.starts_with("<svg ") && picture.contains("石家庄"));
    let shown = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/episode.svg");
    assert!(
        fs::read_to_string(shown).unwrap() == picture,
        "deploy/episode.svg is not what `demo` draws: look at the new one and copy it there"
    );
    let again = place.path().join("again.svg");
    assert_eq!(printed(&["picture", text(&log), "-o", text(&again)]), "");
    assert_eq!(fs::read_to_string(again).unwrap(), picture);
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_a_second_play_adds_nothing() {
    let place = tempfile::tempdir().unwrap();
    let logs = ["a", "b", "c"].map(|it| place.path().join(it));
    let play =
        |log: &Path, seed: &str| json(&["demo", "--json", "--seed", seed, "--log", text(log)]);
    let told = [play(&logs[0], "7"), play(&logs[1], "7"), play(&logs[2], "8")];
    let bytes = |log: &Path| fs::read(log.join("00000000000000000000.avro")).unwrap();
    assert_eq!(bytes(&logs[0]), bytes(&logs[1]));
    assert_ne!(bytes(&logs[0]), bytes(&logs[2]));
    for key in ["records", "refused", "order_sets", "jurisdictions"] {
        assert_eq!(told[0][key], told[1][key], "{key}");
    }
    let again = play(&logs[0], "7");
    assert_eq!(again, told[0]);
    assert_eq!(bytes(&logs[0]), bytes(&logs[1]));
}

#[test]
fn json_names_each_jurisdiction() {
    let place = tempfile::tempdir().unwrap();
    let told = json(&["demo", "--json", "--log", text(place.path())]);
    let all = told["jurisdictions"].as_array().unwrap();
    assert_eq!(all.len(), 16);
    let highest = |code: &str| {
        let found = all.iter().find(|it| it["jurisdiction"] == code).unwrap();
        found["highest_grade"].clone()
    };
    let expected = [("130400", "red"), ("110000", "orange"), ("130800", "none")];
    for (code, grade) in expected {
        assert_eq!(highest(code), Value::from(grade), "{code}");
    }
}

#[test]
fn wrong_usage_is_told_with_what_to_do() {
    let place = tempfile::tempdir().unwrap();
    let log = text(place.path());
    printed(&["demo", "--log", log]);
    let told = told_off(&["demo", "--log", log, "--seed", "2"]);
    assert!(told.contains("choose another --log"), "{told}");
    let told = told_off(&["demo", "--seed", "many"]);
    assert!(told.contains("--seed"), "{told}");
    told_off(&["picture", log]);
}

#[test]
fn a_folder_without_a_log_cannot_be_drawn() {
    let place = tempfile::tempdir().unwrap();
    let drawn = place.path().join("picture.svg");
    let nowhere = place.path().join("nowhere");
    let (code, out, err) = airshed(&["picture", text(&nowhere), "-o", text(&drawn)]);
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(err.contains("nowhere"), "{err}");
    assert!(!nowhere.exists() && !drawn.exists());
}

/// One is late and its order is escalated, one objects; a consultation with dissent, a whistle and
/// a joint inspection. No command is refused, and the orders are those of a demo without answers.
#[test]
fn the_bureaus_answer() {
    let place = tempfile::tempdir().unwrap();
    let path = |name: &str| place.path().join(name).to_str().unwrap().to_owned();
    let (log, off) = (path("asked"), path("off"));
    let told = printed(&["demo", "--log", &log]);
    printed(&["demo", "--json", "--log", &off, "--answers", "off"]);
    let count = |log: &str, kind: &str| {
        let all = printed(&["log", "cat", log, "--json", "--type", kind]);
        all.lines().map(|it| serde_json::from_str(it).unwrap()).collect::<Vec<Value>>()
    };
    for (kind, number) in [
        ("command_refused", 0),
        ("matter_overdue", 1),
        ("matter_escalated", 1),
        ("order_objected", 1),
        ("objection_decided", 1),
        ("whistle_met", 1),
        ("response_closed", 14),
    ] {
        assert_eq!(count(&log, kind).len(), number, "{kind}");
        assert!(count(&off, kind).is_empty(), "{kind}");
    }
    let signed = count(&log, "consultation_signed");
    assert!(!signed[0]["body"]["dissent"].as_array().unwrap().is_empty(), "{}", signed[0]);
    let cases = count(&log, "case_moved");
    assert!(cases.iter().any(|it| it["body"]["kind"] == "joint"));
    assert_eq!(cases.last().unwrap()["body"]["to"], "closed");
    for part in ["Acknowledged in time", "Overdue", "Verified", "47 of 48"] {
        assert!(told.contains(part), "{told}\ndoes not say {part}");
    }
    let sets = |log: &str| {
        let all = count(log, "order_set_issued");
        let orders = all.iter().flat_map(|it| it["body"]["orders"].as_array().unwrap().clone());
        let named = ["order", "act", "grade", "effective_at", "measures", "acknowledge_by"];
        orders.map(|it| named.map(|name| it[name].clone())).collect::<Vec<_>>()
    };
    assert_eq!(sets(&log), sets(&off));
    let picture = |log: &str| fs::read_to_string(Path::new(log).join("episode.svg")).unwrap();
    // Each acknowledgement is a tick on its row, the escalation a triangle; both are in the legend.
    let drawn = picture(&log);
    assert!(drawn.contains("escalated to the body above"), "the legend");
    assert_eq!(drawn.matches("<polygon").count(), 2);
    assert!(!picture(&off).contains("acknowledged"), "where no body is asked");
    let acknowledged = count(&log, "order_acknowledged").len();
    assert_eq!(acknowledged, sets(&log).len());
    assert!(printed(&["replay", &log, "--check"]).contains("every decision is what"));
    // A second demo adds nothing, with or without answers.
    for log in [&log, &off] {
        let before = printed(&["log", "cat", log]);
        printed(&["demo", "--json", "--log", log]);
        assert_eq!(printed(&["log", "cat", log]), before);
    }
}
