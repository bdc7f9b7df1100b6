//! `airshed index`.

use serde_json::json;

use super::{json, printed, told_off};

const OLD: &str = "HJ 633-2012";

#[test]
fn the_working_is_shown_step_by_step() {
    let text = printed(&["index", "--standard", OLD, "--pm25", "150.5", "--co", "2.05"]);
    for part in [
        "HJ 633-2012",
        "CONFIRMED",
        "PM2.5, 24h",
        "150.5 µg/m³, rounded half to even: 150",
        "(300 - 200) / (250 - 150) × (150 - 150) + 200 = 200",
        "2.05 mg/m³, rounded half to even: 2.0",
        "AQI 200, primary pollutant PM2.5",
    ] {
        assert!(text.contains(part), "{text}\ndoes not say {part}");
    }
}

#[test]
fn indexes_are_those_of_the_standard() {
    let check = |arguments: &[&str], index: u16, primary: &[&str]| {
        let answer = json(&[&["index", "--json"], arguments].concat());
        assert_eq!((&answer["index"], &answer["primary"]), (&json!(index), &json!(primary)));
    };
    check(&["--standard", OLD, "--pm25", "151"], 201, &["PM2.5"]);
    check(&["--standard", OLD, "--pm25", "75"], 100, &["PM2.5"]);
    check(&["--standard", "HJ 633-2026", "--pm25", "60"], 100, &["PM2.5"]);
    check(&["--pm25", "60"], 100, &["PM2.5"]);
    check(&["--standard", OLD, "--pm25", "75", "--pm10", "150"], 100, &["PM2.5", "PM10"]);
    check(&["--pm25", "35", "--so2", "/"], 50, &[]);
    check(&["--pm25", "0"], 0, &[]);
    for mark in ["NaN", "null", "None", "-", "N/A", "—", " "] {
        check(&["--pm25", "35", "--so2", mark], 50, &[]);
    }
    check(&["--o3", "160"], 100, &["O3"]);
    check(&["--averaging", "1h", "--o3", "160"], 50, &[]);
    check(&["--averaging", "8h", "--o3", "900"], 300, &["O3"]);
    check(&["--averaging", "1h", "--so2", "900"], 200, &["SO2"]);
    check(&["--pm25", "9000"], 500, &["PM2.5"]);
}

#[test]
fn wrong_usage_is_told_with_what_would_be_right() {
    let check = |arguments: &[&str], expected: &[&str]| {
        let told = told_off(&[&["index"], arguments].concat());
        for part in expected {
            assert!(told.contains(part), "{told}\ndoes not say {part}");
        }
    };
    check(&["--standard", "HJ 633", "--pm25", "1"], &["\"HJ 633-2012\", \"HJ 633-2026\""]);
    check(&[], &["--pm25 151"]);
    check(&["--pm25", "NA"], &["--pm25 151"]);
    check(&["--pm25=-1"], &["PM2.5", "\"-1\"", "below 0"]);
    check(&["--co=-0.00001"], &["CO", "below 0"]);
    for wrong in ["inf", "1e400", "0x10", "1e3", "+1"] {
        check(&["--pm25", wrong], &["PM2.5", wrong, "is not a concentration"]);
    }
    check(&["--pm25", "much"], &["PM2.5", "\"much\"", "µg/m³"]);
    check(&["--co", "1,2"], &["CO", "\"1,2\"", "mg/m³"]);
    check(&["--averaging", "8h", "--pm25", "1"], &["no scale for PM2.5 over 8h; it has 24h, 1h"]);
    check(&["--averaging", "2h", "--pm25", "1"], &["1h, 8h, 24h"]);
}
