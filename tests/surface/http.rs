//! The HTTP API of a real `serve` without a broker.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::serving::{AIRSHED, Serving, check_problem, readings, whistle};

#[test]
fn readings_and_commands_come_over_http_and_are_durable_before_the_answer() {
    let folder = tempfile::tempdir().unwrap();
    let serving = Serving::start(folder.path(), "");
    let answer = serving.post("/v1/readings", &readings(9, "1001A"));
    assert_eq!(answer.status(), 201);
    assert_eq!(answer.json::<Value>().unwrap()["received"], 1);
    let answer = serving.post("/v1/readings", &readings(10, "no-such"));
    let shown: Value = answer.json().unwrap();
    assert_eq!(shown["received"], 0, "{shown}");
    assert_eq!(shown["refused"][0]["body"]["reason"], "unknown_station", "{shown}");

    let given = serving.post("/v1/commands", &whistle("w1", "smoke"));
    assert_eq!(given.status(), 201);
    let taken: Value = given.json().unwrap();
    assert_eq!(taken["outcome"][0]["type"], "whistle_blown", "{taken}");
    // Killed without a chance to write anything more.
    drop(serving);
    let serving = Serving::start(folder.path(), "");
    let again = serving.post("/v1/commands", &whistle("w1", "smoke"));
    assert_eq!(again.status(), 200);
    assert_eq!(again.json::<Value>().unwrap(), taken);
    let other = serving.post("/v1/commands", &whistle("w1", "no smoke"));
    let problem = check_problem(other, 409, "id_reused");
    assert!(problem["position"].as_u64() > taken["position"].as_u64(), "{problem}");
    let refused = serving.post("/v1/commands", &whistle("w 1", "smoke"));
    assert_eq!(check_problem(refused, 422, "bad_id")["reason"], "bad_id");
    let board: Value = serving.get("/v1/matters").json().unwrap();
    assert_eq!(board["matters"].as_array().map(Vec::len), Some(1), "{board}");
    // The summoned body sees the matter; a city that has no part in it does not.
    let seen = |body: &str| {
        let board: Value = serving.get(&format!("/v1/matters?as={body}")).json().unwrap();
        board["matters"].as_array().map(Vec::len)
    };
    assert_eq!((seen("120000"), seen("130400")), (Some(1), Some(0)));
    check_problem(serving.get("/v1/matters?as=999999"), 404, "as=999999");
}

#[test]
fn every_error_is_a_problem() {
    let folder = tempfile::tempdir().unwrap();
    let serving = Serving::start(folder.path(), "body_bytes_max = 2048");
    check_problem(serving.get("/v1/nothing"), 404, "/openapi.json");
    check_problem(serving.get("/v1/order-sets/1"), 404, "order set 1");
    check_problem(serving.get("/v1/orders/x"), 404, "order x");
    check_problem(serving.get("/v1/warnings/130100-1"), 404, "130100-1");
    check_problem(serving.get("/v1/jurisdictions/1"), 404, "jurisdiction 1");
    check_problem(serving.get("/v1/order-sets/one"), 400, "one");
    check_problem(serving.get("/v1/order-sets?limit=0"), 400, "1 to 1000");
    check_problem(serving.get("/v1/order-sets?lmit=1"), 400, "lmit");
    check_problem(serving.get("/v1/events?after=99"), 400, "none at 99");
    let post = serving.client.post(serving.url("/v1/status")).send().unwrap();
    assert_eq!(post.headers()["allow"], "GET,HEAD");
    check_problem(post, 405, "Allow");
    let plain = serving.client.post(serving.url("/v1/commands")).body("{}").send().unwrap();
    check_problem(plain, 415, "Content-Type");
    for (content, status) in [
        ("application/cloudevents+json", 415),
        ("application/jsonl", 415),
        ("Application/JSON ; charset=utf-8", 400),
    ] {
        let request = serving.client.post(serving.url("/v1/commands")).body("{}");
        let answer = request.header("Content-Type", content).send().unwrap();
        check_problem(answer, status, "");
    }
    check_problem(serving.post("/v1/commands", &json!({})), 400, "missing field");
    check_problem(serving.post("/v1/readings", &json!({"hours": []})), 400, "empty");
    let large = json!({"text": "x".repeat(3_000)});
    check_problem(serving.post("/v1/commands", &large), 413, "body_bytes_max");
}

#[test]
fn a_client_that_asks_too_often_waits() {
    let folder = tempfile::tempdir().unwrap();
    let serving = Serving::start(folder.path(), "");
    drop(serving);
    let config = folder.path().join("config.toml");
    let text = std::fs::read_to_string(&config).unwrap().replace("10000", "5");
    std::fs::write(&config, text).unwrap();
    let serving = Serving::start_as_it_is(&config);
    let refused = (0..100).map(|_| serving.get("/live")).find(|it| it.status() != 200).unwrap();
    assert_eq!(refused.headers()["retry-after"], "1");
    check_problem(refused, 429, "ask again in");
}

#[test]
fn a_state_has_the_position_of_the_log_as_its_etag() {
    let folder = tempfile::tempdir().unwrap();
    let serving = Serving::start(folder.path(), "");
    let first = serving.get("/v1/status");
    let tag = first.headers()["etag"].clone();
    let same = |tag: &reqwest::header::HeaderValue| {
        let request = serving.client.get(serving.url("/v1/status")).header("If-None-Match", tag);
        request.send().unwrap().status().as_u16()
    };
    assert_eq!(same(&tag), 304);
    let records = first.json::<Value>().unwrap()["records"].as_u64().unwrap();
    assert_eq!(tag, format!("\"{records}\""));
    serving.post("/v1/readings", &readings(9, "1001A"));
    // The view follows the engine; a client that waits for a position asks again.
    while serving.get("/v1/status").headers()["etag"] == tag {
        std::thread::yield_now();
    }
    assert_eq!(same(&tag), 200);
}

#[test]
fn a_stream_misses_nothing_and_repeats_nothing_across_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let serving = Serving::start(folder.path(), "");
    for hour in 9..12 {
        serving.post("/v1/readings", &readings(hour, "1001A"));
    }
    let records: Value = serving.get("/v1/log/records").json().unwrap();
    let all = records["records"].as_array().unwrap();
    let expected: Vec<(u64, String)> = all
        .iter()
        .map(|it| (it["position"].as_u64().unwrap(), it["type"].as_str().unwrap().to_owned()))
        .collect();
    assert!(expected.len() > 4 && records["next"].is_null(), "{expected:?}");
    let first = serving.events("?from_start=true", None, 2);
    drop(serving);
    let serving = Serving::start(folder.path(), "");
    let rest = serving.events("", Some(first[1].0), expected.len() - 2);
    assert_eq!([first, rest].concat(), expected);
    // Only some types.
    let taken = serving.events("?from_start=true&type=readings_received", None, 3);
    assert!(taken.iter().all(|it| it.1 == "readings_received"), "{taken:?}");
}

#[test]
fn a_stop_does_not_wait_for_open_streams() {
    let folder = tempfile::tempdir().unwrap();
    let mut serving = Serving::start(folder.path(), "");
    let request = serving.client.get(serving.url("/v1/events"));
    let stream = request.send().unwrap();
    let pid = serving.process.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    assert!(serving.process.wait().unwrap().success());
    // The stream has ended as a whole, not in the middle of an event.
    assert!(stream.text().is_ok());
}

#[test]
fn the_document_is_the_committed_one() {
    let printed = Command::new(AIRSHED).arg("openapi").output().unwrap();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/schemas/openapi.json");
    if std::env::var_os("AIRSHED_ACCEPT").is_some() {
        std::fs::write(path, &printed.stdout).unwrap();
    }
    assert_eq!(String::from_utf8_lossy(&printed.stdout), std::fs::read_to_string(path).unwrap());
    let folder = tempfile::tempdir().unwrap();
    let serving = Serving::start(folder.path(), "");
    let served: Value = serving.get("/openapi.json").json().unwrap();
    assert_eq!(served, serde_json::from_slice::<Value>(&printed.stdout).unwrap());
    assert_eq!(served["openapi"], "3.1.0");
}

#[test]
fn a_wrong_address_is_refused_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config.toml");
    let refused = |text: &str, said: &str| {
        std::fs::write(&config, text).unwrap();
        let run = Command::new(AIRSHED).args(["serve", "--config"]).arg(&config).output().unwrap();
        let words = String::from_utf8_lossy(&run.stderr).into_owned();
        assert_eq!(run.status.code(), Some(2), "{words}");
        assert!(words.contains(said), "{words}");
    };
    refused("[http]\nlisten = \"0.0.0.0:8480\"\n", "http.certificate");
    refused("[http]\nlisten = \"127.0.0.1:8480\"\n", "log.keep");
}

/// A log with warnings, order sets, answers, consultations, cases and whistles.
fn demo(folder: &Path) -> std::path::PathBuf {
    let log = folder.join("log");
    let run = Command::new(AIRSHED).args(["demo", "--json", "--log"]).arg(&log).output().unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    log
}

fn printed(log: &Path, before: &[&str], after: &[&str]) -> Value {
    let run = Command::new(AIRSHED).args(before).arg(log).args(after).output().unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    serde_json::from_slice(&run.stdout).unwrap()
}

#[test]
fn an_explanation_is_the_one_of_the_command() {
    let folder = tempfile::tempdir().unwrap();
    let log = demo(folder.path());
    let serving = Serving::start(folder.path(), "");
    let same = |path: &str, subject: &[&str]| {
        let answer = serving.get(&format!("/v1/explain/{path}"));
        assert_eq!(answer.status(), 200, "{path}: {}", answer.text().unwrap());
        let after = [subject, &["--json"]].concat();
        assert_eq!(answer.json::<Value>().unwrap(), printed(&log, &["explain"], &after), "{path}");
    };
    same("decisions/order-set/2", &["order-set", "2"]);
    same("decisions/warning/130100-1", &["warning", "130100-1"]);
    same("hours/130800/2025-12-04T20:00", &["hour", "130800", "2025-12-04T20:00"]);
    same("order/1-130400", &["order", "1-130400"]);
    same("matter/1-130400%2Facknowledge", &["matter", "1-130400/acknowledge"]);
    same("response/130400-r1", &["response", "130400-r1"]);
    same("consultation/region-c1", &["consultation", "region-c1"]);
    for (path, said) in [
        ("decisions/order-set/99", "order set 99"),
        ("decisions/order-set/x", "order set x"),
        ("decisions/warning/130100-9", "warning 130100-9"),
        ("hours/130800/1999-12-04T20:00", "hour 1999-12-04T20:00:00+08:00 of 130800"),
        ("order/9-130400", "order 9-130400"),
        ("case/131000-e9", "case 131000-e9"),
    ] {
        check_problem(serving.get(&format!("/v1/explain/{path}")), 404, said);
    }
    check_problem(serving.get("/v1/explain/weather/1"), 400, "weather");
    check_problem(serving.get("/v1/explain/hours/130800/noon"), 404, "is no time");
    // The owner sees the whole story; another member does not see who acknowledged by name.
    let seen = |path: &str, body: &str| -> Value {
        serving.get(&format!("/v1/explain/{path}?as={body}")).json().unwrap()
    };
    let (own, other) = (seen("order/1-130400", "130400"), seen("order/1-130400", "110000"));
    let by = |story: &Value| {
        let all = story["records"].as_array().unwrap();
        all.iter().find(|it| it["type"] == "execution_reported").unwrap()["body"]["by"].clone()
    };
    assert!(own["now"]["state"].is_string() && by(&own)["name"].is_string(), "{own}");
    assert!(by(&other)["name"].is_null() && by(&other)["role"].is_string(), "{other}");
    assert!(other["now"].is_null() && !other["records"].as_array().unwrap().is_empty(), "{other}");
    assert!(other["records"].as_array().unwrap().iter().all(|it| it["command"].is_null()));
    check_problem(serving.get("/v1/explain/order/1-130400?as=nowhere"), 404, "as=nowhere");
}

#[test]
fn consultations_cases_and_whistles_are_shown_to_bodies_that_have_a_part_in_them() {
    let folder = tempfile::tempdir().unwrap();
    demo(folder.path());
    let serving = Serving::start(folder.path(), "");
    let json = |path: &str| -> Value {
        let answer = serving.get(path);
        assert_eq!(answer.status(), 200, "{path}");
        answer.json().unwrap()
    };
    for (list, one) in
        [("consultations", "consultation"), ("cases", "case"), ("whistles", "whistle")]
    {
        let all = json(&format!("/v1/{list}"));
        let all = all[list].as_array().unwrap();
        assert!(!all.is_empty(), "{list}");
        for shown in all {
            let id = shown[one].as_str().unwrap();
            let whole = json(&format!("/v1/{list}/{id}"));
            let story = json(&format!("/v1/explain/{one}/{id}"));
            assert_eq!((&whole["now"], &shown["now"]), (&story["now"], &story["now"]), "{id}");
            let positions = |of: &Value, name: &str| -> Vec<Value> {
                of["records"].as_array().unwrap().iter().map(|it| it[name].clone()).collect()
            };
            assert_eq!(positions(&whole, "position"), positions(&story, "record"), "{id}");
            assert_eq!(&shown["last"], whole["records"].as_array().unwrap().last().unwrap());
        }
        let first = &json(&format!("/v1/{list}?limit=1"));
        assert_eq!(first["next"].as_u64(), (all.len() > 1).then_some(1), "{first}");
        check_problem(serving.get(&format!("/v1/{list}/nothing")), 404, one);
        check_problem(serving.get(&format!("/v1/{list}?as=nowhere")), 404, "as=nowhere");
    }
    // A participant sees all of it; a body that is none sees what was signed, or nothing.
    let whole = json("/v1/consultations/region-c1");
    let participants = whole["now"]["participants"].as_str().unwrap();
    for body in json("/v1/jurisdictions")["jurisdictions"].as_array().unwrap() {
        let code = body["jurisdiction"].as_str().unwrap();
        let seen = serving.get(&format!("/v1/consultations/region-c1?as={code}"));
        if participants.contains(code) {
            assert_eq!(seen.json::<Value>().unwrap()["now"], whole["now"], "{code}");
        } else if seen.status() == 200 {
            let seen: Value = seen.json().unwrap();
            let all = seen["records"].as_array().unwrap();
            assert!(seen["now"].is_null() && all[0]["type"] == "consultation_signed", "{seen}");
        } else {
            check_problem(seen, 404, "region-c1");
        }
    }
}

#[test]
fn a_jurisdiction_has_its_forecast_and_the_bounds_of_each_grade() {
    let folder = tempfile::tempdir().unwrap();
    demo(folder.path());
    let serving = Serving::start(folder.path(), "");
    let shown: Value = serving.get("/v1/jurisdictions/130181").json().unwrap();
    // It has no air of its own, and is judged by that of 130100.
    let leader: Value = serving.get("/v1/jurisdictions/130100").json().unwrap();
    let last = leader["hours"].as_array().unwrap().last().unwrap()["hour"].as_str().unwrap();
    let path = format!("/v1/explain/hours/130181/{}", last.replace('+', "%2B"));
    let tree: Value = serving.get(&path).json().unwrap();
    let decision = &tree["decisions"][0];
    let series = decision["series"].as_array().unwrap();
    let expected = series.iter().filter(|it| it["from"] == "forecast");
    let expected: Vec<_> = expected.map(|it| [&it["hour"], &it["ug_m3"], &it["maker"]]).collect();
    let forecast = shown["forecast"].as_array().unwrap().iter();
    let forecast: Vec<_> =
        forecast.map(|it| [&it["hour"], &it["upper_ug_m3"], &it["maker"]]).collect();
    assert!(expected.len() > 24 && forecast == expected, "{forecast:?}\n{expected:?}");
    assert_eq!(shown["forecast"], leader["forecast"]);
    assert_eq!(shown["standard"]["id"], decision["standard"]["id"]);
    let bounds = |clauses: &Value| -> Vec<(Value, Value)> {
        let conditions = |it: &Value| it["conditions"].as_array().unwrap().clone();
        let all = clauses.as_array().unwrap().iter().flat_map(conditions);
        all.map(|it| (it["hours"].clone(), it["exceeds_from_ug_m3"].clone())).collect()
    };
    assert_eq!(bounds(&shown["standard"]["clauses"]), bounds(&decision["clauses"]));
}

#[test]
fn the_stations_have_the_values_of_the_newest_closed_hour_or_of_another() {
    let folder = tempfile::tempdir().unwrap();
    let serving = Serving::start(folder.path(), "");
    let stations =
        |query: &str| -> Value { serving.get(&format!("/v1/stations{query}")).json().unwrap() };
    assert_eq!(stations("")["hour"], Value::Null);
    let hours = |value: u32| {
        json!([{"station": "1001A", "pollutant": "PM25", "value_tenths_ug_m3": value},
        {"station": "1001A", "pollutant": "PM10", "value_tenths_ug_m3": 990}])
    };
    let time = |hour: u32| format!("2025-12-04T{hour:02}:00:00+08:00");
    let give = |of: u32, value: u32| {
        let body = json!({"hours": [{"hour": time(of), "readings": hours(value)}]});
        assert_eq!(serving.post("/v1/readings", &body).status(), 201);
    };
    for (hour, value) in [(9, 754), (10, 800), (11, 0), (12, 810)] {
        give(hour, value);
    }
    let newest = || stations("")["hour"].as_str().unwrap_or_default().to_owned();
    while newest() != time(11) {
        std::thread::yield_now();
    }
    let of = |query: &str| {
        let shown = stations(query);
        let all = shown["stations"].as_array().unwrap().clone();
        assert!(all.len() > 100, "{}", all.len());
        let silent = all.iter().filter(|it| it["silent"] == true).count();
        let known: Vec<Value> = all.into_iter().filter(|it| !it["pm25_ug_m3"].is_null()).collect();
        (known, silent)
    };
    let (known, _) = of("?hour=2025-12-04T09:00:00%2B08:00");
    assert_eq!(known.len(), 1);
    let (code, name) = (&known[0]["jurisdiction"], &known[0]["name"]);
    assert_eq!(
        (&known[0]["pm25_ug_m3"], code, name.is_string()),
        (&json!(75.4), &json!("110000"), true)
    );
    assert_eq!(of("?hour=2025-12-04T10:00").0[0]["pm25_ug_m3"], 80);
    // The value of 11:00 was not positive.
    assert_eq!(of("").0.len(), 0);
    // A value that comes late is shown; what is silent is named as in the status.
    give(11, 333);
    while of("").0.is_empty() {
        std::thread::yield_now();
    }
    assert_eq!(of("").0[0]["pm25_ug_m3"], 33.3);
    let status: Value = serving.get("/v1/status").json().unwrap();
    assert_eq!(of("").1, status["silent_stations"].as_array().unwrap().len());
    check_problem(serving.get("/v1/stations?hour=2025-12-04T10:30"), 404, "whole hour");
    let tag = serving.get("/v1/stations").headers()["etag"].clone();
    let same = serving.client.get(serving.url("/v1/stations")).header("If-None-Match", tag);
    assert_eq!(same.send().unwrap().status(), 304);
}
