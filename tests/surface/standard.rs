//! `airshed standard`.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::{json, printed, told_off};

/// The standard of each jurisdiction on a day.
fn on(date: &str) -> Vec<(String, Value)> {
    let answer = json(&["standard", "list", "--date", date, "--json"]);
    let rows = answer.as_array().unwrap().clone();
    let row = |it: Value| (it["jurisdiction"].as_str().unwrap().to_owned(), it["standard"].clone());
    rows.into_iter().map(row).collect()
}

#[test]
fn on_one_day_two_jurisdictions_can_have_two_standards() {
    let day = on("2023-12-01");
    assert_eq!(day.len(), 16);
    for (code, standard) in day {
        let new = ["110000", "120000"].contains(&code.as_str());
        assert_eq!(standard, json!(if new { "BTH-2023" } else { "BTH-2018" }), "{code}");
    }
    assert!(on("2013-01-01").iter().all(|(_, standard)| standard.is_null()));
    assert!(on("2019-01-12").iter().all(|(_, standard)| *standard == json!("BTH-2018")));
}

#[test]
fn lists_are_for_people_too() {
    let all = printed(&["standard", "list"]);
    for part in ["BJ-2013", "2013-10-22", "Hengshui", "环办应急函〔2016〕225号", "INTERPRETATION"]
    {
        assert!(all.contains(part), "{all}\ndoes not say {part}");
    }
    let day = printed(&["standard", "list", "--date", "2016-05-01"]);
    for part in ["130181", "Xinji (as Shijiazhuang)", "none", "BJ-2015"] {
        assert!(day.contains(part), "{day}\ndoes not say {part}");
    }
}

#[test]
fn a_standard_is_shown_with_clauses_dates_and_sources() {
    let text = printed(&["standard", "show", "BTH-2023"]);
    for part in [
        "BTH-2023",
        "环大气〔2024〕6号",
        "CONFIRMED",
        "> 150 for 72 h",
        "> 300 for 24 h",
        "2024-03-07",
    ] {
        assert!(text.contains(part), "{text}\ndoes not say {part}");
    }
    let shown = json(&["standard", "show", "BTH-2018", "--json"]);
    assert_eq!(shown["clauses"][2]["main"], json!({ "above": 200, "hours": 96 }));
    assert_eq!(shown["clauses"][2]["within"], json!({ "above": 300, "hours": 48 }));
    assert_eq!(shown["clauses"][3]["main"], json!({ "at_least": 500, "hours": 24 }));
    assert_eq!(shown["in_force"][1]["until"], json!("2023-10-31"));
}

#[test]
fn wrong_usage_is_told_with_what_would_be_right() {
    assert!(told_off(&["standard", "show", "BTH-1999"]).contains("known are BJ-2013, BJ-2015"));
    assert!(told_off(&["standard", "list", "--date", "12.1.2019"]).contains("2019-01-12"));
    assert!(
        told_off(&["standard", "list", "--airshed", "no-such-folder"]).contains("no-such-folder")
    );
}

#[test]
fn a_folder_s_own_rule_book_is_read_and_its_mistakes_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/bth");
    for part in ["", "standards", "index"] {
        fs::create_dir_all(folder.path().join(part)).unwrap();
        for entry in fs::read_dir(source.join(part)).unwrap().map(Result::unwrap) {
            if entry.path().is_file() {
                fs::copy(entry.path(), folder.path().join(part).join(entry.file_name())).unwrap();
            }
        }
    }
    let path = folder.path().join("standards/BTH-2023.toml");
    let text = fs::read_to_string(&path).unwrap();
    let arguments = ["standard", "show", "BTH-2023", "--airshed", folder.path().to_str().unwrap()];
    fs::write(&path, text.replacen("above = 200, hours = 24", "above = 180, hours = 24", 1))
        .unwrap();
    assert!(printed(&arguments).contains("> 180 for 24 h"));
    fs::write(&path, text.replacen("above = 200, hours = 24", "above = 200, hour = 24", 1))
        .unwrap();
    let told = told_off(&arguments);
    assert!(
        told.contains("standards/BTH-2023.toml:13: clauses[0].main.hours: is missing"),
        "{told}"
    );
}

#[test]
fn measures_are_told_in_both_languages() {
    let due = ["--jurisdiction", "110000", "--grade", "red", "--on", "2023-12-01"];
    let told = printed(&[&["standard", "measures"], &due[..]].concat());
    for part in [
        "odd-even  traffic, red [CONFIRMED]",
        "Odd and even plates on alternate days, 03:00 to 24:00",
        "3时至24时机动车单双号行驶",
        "北京 Beijing, from 2023-10-25",
        "industry-by-performance-grade  industry, from yellow on [INTERPRETATION]",
        "VOCs 30 % in red [INTERPRETATION]",
    ] {
        assert!(told.contains(part), "{told}\ndoes not say {part}");
    }
    for part in ["odd-even-hebei", "school-stop-suggested", "outdoor-activity-less", "20 %"] {
        assert!(!told.contains(part), "{told}\nsays {part}");
    }
    let of = |jurisdiction: &str| {
        json(&["standard", "measures", "--jurisdiction", jurisdiction, "--json"])
    };
    let beijing = of("110000");
    for name in ["Beijing", "beijing", "北京", "北京市"] {
        assert_eq!(of(name), beijing, "{name}");
    }
    let listed = json(&["standard", "measures", "--json"]);
    let all = listed["measures"].as_array().unwrap();
    assert!(all.len() > 20);
    for measure in all {
        let zh = measure["text_zh"].as_str().unwrap();
        assert!(zh.chars().any(|it| it >= '\u{4e00}'), "{measure}");
    }
    let none = printed(&["standard", "measures", "--on", "1999-01-01", "--grade", "yellow"]);
    assert!(none.contains("health-tip") && !none.contains("SO2"), "{none}");
    for (arguments, word) in [
        (["--jurisdiction", "Atlantis"], "no jurisdiction \"Atlantis\"; known are 110000 Beijing"),
        (["--grade", "purple"], "there are blue, yellow, orange and red"),
        (["--on", "yesterday"], "is not a date such as"),
    ] {
        let told = told_off(&[&["standard", "measures"], &arguments[..]].concat());
        assert!(told.contains(word), "{told}");
    }
}
