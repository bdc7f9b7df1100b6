//! `airshed skill`.

use std::fmt::Write as _;
use std::fs;

use serde_json::{Value, json};

use super::{airshed, json, printed, told_off};

/// Days of January 2019 in Shijiazhuang with one value each, played with these forecasts.
fn play(place: &tempfile::TempDir, days: &[u32], forecasts: &str) -> String {
    let mut text = "date,hour,type,1029A\n".to_owned();
    for (day, pm25) in (1..).zip(days) {
        for hour in 0..24 {
            for (pollutant, value) in [("PM2.5", *pm25), ("PM10", pm25 + 50)] {
                writeln!(text, "201901{day:02},{hour},{pollutant},{value}").unwrap();
            }
        }
    }
    let path = |name: &str| place.path().join(name).to_str().unwrap().to_owned();
    let (file, said, log) = (path("days.csv"), path("said.csv"), path("log"));
    fs::write(&file, text).unwrap();
    let header = "issued_at,source,jurisdiction,date,pm25_lower,pm25_upper\n";
    fs::write(&said, format!("{header}{forecasts}")).unwrap();
    printed(&["play", &file, "--log", &log, "--outlook", &said, "--quiet"]);
    log
}

#[test]
fn makers_are_told_by_jurisdiction_lead_day_and_grade() {
    let place = tempfile::tempdir().unwrap();
    // The label 00:00 belongs to the day before: each day has one hour of the next one's value.
    let log = play(
        &place,
        &[30, 260, 30, 30],
        "2019-01-01T16:00:00+08:00,B,130100,2019-01-02,240,300\n\
         2019-01-01T16:00:00+08:00,B,130100,2019-01-03,20,170\n\
         2019-01-01T16:00:00+08:00,A,130100,2019-01-02,20,30\n\
         2019-01-03T16:00:00+08:00,A,130100,2019-01-03,20,30\n",
    );
    let told = json(&["skill", &log, "--above", "100", "--json"]);
    let makers: Vec<_> = told["sources"].as_array().unwrap().iter().collect();
    assert_eq!(makers.iter().map(|it| &it["maker"]).collect::<Vec<_>>(), ["A", "B"]);
    let late = makers.iter().map(|it| it["hours_too_late"].as_u64().unwrap());
    assert_eq!(late.collect::<Vec<_>>(), [16, 0], "01:00 to 16:00 of the third day");
    let of = |maker: usize, lead_day: u64| {
        let city = &makers[maker]["jurisdictions"][0];
        assert_eq!(city["jurisdiction"], "130100");
        let mut leads = city["lead_days"].as_array().unwrap().iter();
        leads.find(|it| it["lead_day"] == lead_day).unwrap().clone()
    };
    let hit = of(1, 1);
    let event = |grade: &str, from: u16, counts: [u64; 4], derived: [Option<f64>; 3]| {
        json!({
            "grade": grade, "index_from": [from],
            "hits": counts[0], "misses": counts[1], "false_alarms": counts[2],
            "correct_negatives": counts[3], "probability_of_detection": derived[0],
            "false_alarm_ratio": derived[1], "threat_score": derived[2],
        })
    };
    let perfect = [Some(1.0), Some(0.0), Some(1.0)];
    // Observed: 23 hours of 260 and one of 30, so 250; its index is 300, not above.
    let red = event("red", 301, [0, 0, 1, 0], [None, Some(1.0), Some(0.0)]);
    let expected = [
        event("yellow", 201, [1, 0, 0, 0], perfect),
        event("orange", 201, [1, 0, 0, 0], perfect),
        red,
    ];
    assert_eq!(hit["grades"], json!(expected));
    for (name, expected) in [
        ("days", json!(1)),
        ("not_verified", json!(0)),
        ("bias_ug_m3", json!(50.0)),
        ("bias_sum_ug_m3", json!(50)),
        ("middle_bias_ug_m3", json!(20.0)),
        ("range_accuracy", json!(1.0)),
        ("level_accuracy", json!(0.0)),
    ] {
        assert_eq!(hit[name], expected, "{name}");
    }
    let miss = &of(0, 1)["grades"][0];
    assert_eq!((&miss["misses"], &miss["false_alarm_ratio"]), (&json!(1), &Value::Null));
    assert_eq!(of(1, 2)["above"][0]["false_alarms"], 1);
    assert_eq!(makers[1]["total"]["lead_days"], makers[1]["jurisdictions"][0]["lead_days"]);

    let text = printed(&["skill", &log]);
    for part in
        ["Shijiazhuang", "+50.0", "1 0 0 0", "16 hours were forecast too late", "Not verified"]
    {
        assert!(text.contains(part), "{text}\ndoes not say {part}");
    }
    assert!(printed(&["skill", "--help"]).contains("of each clause of the"));
}

#[test]
fn a_log_without_forecasts_says_so() {
    let place = tempfile::tempdir().unwrap();
    let log = play(&place, &[30], "");
    assert_eq!(json(&["skill", &log, "--json"]), json!({"sources": []}));
    assert!(printed(&["skill", &log]).contains("This log has no forecasts"));
    assert!(told_off(&["skill", &log, "--above", "500"]).contains("500 is not in 0..500"));
}

/// The numbers come from a program of its own, in another language, that read the raw files: the
/// rounded means of the eleven stations that count, hour by hour, of the air and of each seed.
#[test]
fn the_forecasts_of_may_2018_are_as_good_as_they_were() {
    let names = ["beijing35_ep_201805.csv.gz", "kdd18_forecasts_may2018_beijing35.csv.xz"];
    let [Some(air), Some(said)] = names.map(crate::skip::shared_data) else { return };
    let place = tempfile::tempdir().unwrap();
    let log = place.path().to_str().unwrap();
    let [air, said] = [&air, &said].map(|it| it.to_str().unwrap());
    let (code, _, err) = airshed(&["play", air, "--log", log, "--outlook", said, "--quiet"]);
    // The city's own stations are not in the national list.
    assert!(code == 0 && err.starts_with("note: 23 stations are not in the list"), "{err}");
    let told = json(&["skill", log, "--above", "75", "--above", "100", "--json"]);
    let source = &told["sources"][0];
    assert_eq!((&source["maker"], &source["hours_too_late"]), (&json!("KDD Cup 2018"), &json!(0)));
    let lead_days = source["jurisdictions"][0]["lead_days"].as_array().unwrap();
    let line = |it: &Value| {
        let numbers = |of: &Value, names: &[&str]| {
            names.iter().map(|name| of[name].to_string()).collect::<Vec<_>>().join(" ")
        };
        let four = ["hits", "misses", "false_alarms", "correct_negatives"];
        let above = it["above"].as_array().unwrap().iter();
        let above = above.map(|it| format!("{} {}", it["above"], numbers(it, &four)));
        for grade in it["grades"].as_array().unwrap() {
            assert_eq!(numbers(grade, &four), "0 0 0 26", "no day of that May was that bad");
        }
        let days = ["days", "too_few_observed", "too_few_said"];
        let sums = ["bias_sum_ug_m3", "middle_bias_sum_ug_m3", "range_days", "level_days"];
        let above = above.collect::<Vec<_>>().join(", ");
        format!("{}: {}; {}; {above}", it["lead_day"], numbers(it, &days), numbers(it, &sums))
    };
    let lines: Vec<_> = lead_days.iter().map(line).collect();
    assert_eq!(
        lines,
        [
            "0: 26 2 0; 43 -37.0 4 15; 75 12 2 8 4, 100 3 4 1 18",
            "1: 26 2 0; 86 -32.0 7 14; 75 11 1 13 1, 100 0 7 1 18",
            "2: 0 3 25; 0 0.0 0 0; ",
        ]
    );
}
