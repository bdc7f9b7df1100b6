//! `airshed look`: the page and the API of a log on disk, read-only.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use reqwest::blocking::Client;
use serde_json::{Value, json};

use crate::serving::{AIRSHED, use_ring};
use crate::skip;

/// A log that is looked at; the process ends with it.
struct Looking {
    process: Child,
    address: String,
    client: Client,
}

impl Looking {
    fn start(log: &Path) -> Self {
        Self::start_with(log, &[])
    }

    fn start_with(log: &Path, more: &[&str]) -> Self {
        use_ring();
        let mut process = Command::new(AIRSHED)
            .arg("look")
            .arg(log)
            .arg("--no-browser")
            .args(more)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.split_once("http://").unwrap_or_else(|| panic!("{line}")).1;
        let address = format!("http://{}", address.trim().trim_end_matches('/'));
        let looking = Self { process, address, client: Client::new() };
        while looking.get("/ready").status() != 200 {
            std::thread::yield_now();
        }
        looking
    }

    fn get(&self, path: &str) -> reqwest::blocking::Response {
        self.client.get(format!("{}{path}", self.address)).send().unwrap()
    }
}

impl Drop for Looking {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

#[test]
fn a_log_on_disk_is_shown_with_the_same_page_and_api_and_cannot_be_written() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("winter");
    let demo = Command::new(AIRSHED).args(["demo", "--log"]).arg(&log).output().unwrap();
    let said = String::from_utf8(demo.stdout).unwrap();
    let last = said.trim_end().lines().last().unwrap();
    assert!(last.ends_with(&format!("look {}", log.display())), "{last}");

    let looking = Looking::start(&log);
    let page = looking.get("/");
    assert_eq!(page.headers()["content-type"], "text/html; charset=utf-8");
    let policy = page.headers()["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'self';"), "{policy}");
    assert_eq!(page.headers()["x-content-type-options"], "nosniff");
    let text = page.text().unwrap();
    // Every file that the page names is there, and is not sent twice.
    let named = text.split(['"', '\'']).filter(|it| it.starts_with("/page/"));
    for path in named {
        let file = looking.get(path);
        assert_eq!(file.status(), 200, "{path}");
        let again = looking.client.get(format!("{}{path}", looking.address));
        let again = again.header("If-None-Match", &file.headers()["etag"]).send().unwrap();
        assert_eq!(again.status(), 304, "{path}");
    }
    let status: Value = looking.get("/v1/status").json().unwrap();
    assert!(status["records"].as_u64() > Some(1_000), "{status}");

    let command = json!({"id": "a", "command": "acknowledge", "body": {"order": "1-130100"},
        "actor": {"jurisdiction": "130100", "role": "officer", "name": "li"},
        "given_at": "2025-12-16T00:00:00+08:00", "status": "actual"});
    let reading = json!({"station": "1001A", "pollutant": "PM25", "value_tenths_ug_m3": 1});
    let reading = json!({"hours": [{"hour": "2025-12-16T02:00:00+08:00", "readings": [reading]}]});
    for (path, body) in [("/v1/commands", command), ("/v1/readings", reading)] {
        let url = format!("{}{path}", looking.address);
        let refused = looking.client.post(url).json(&body).send().unwrap();
        assert_eq!(refused.status(), 403, "{path}");
        let problem: Value = refused.json().unwrap();
        assert!(problem["detail"].as_str().unwrap().contains("airshed serve"), "{problem}");
    }
    let after: Value = looking.get("/v1/status").json().unwrap();
    assert_eq!(after["records"], status["records"]);
    let caller: Value = looking.get("/v1/caller").json().unwrap();
    assert_eq!(caller["gives_commands"], false, "{caller}");
}

#[test]
fn the_history_is_the_log_without_readings_ticks_and_commands() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("winter");
    Command::new(AIRSHED).args(["demo", "--json", "--log"]).arg(&log).output().unwrap();
    let looking = Looking::start(&log);
    let all = Command::new(AIRSHED).args(["log", "cat"]).arg(&log).arg("--json").output().unwrap();
    let all = String::from_utf8(all.stdout).unwrap();
    let noise = ["readings_received", "ticked", "command_given", "streams_joined"];
    let all = all.lines().map(|it| serde_json::from_str::<Value>(it).unwrap());
    let expected = all.filter(|it| !noise.contains(&it["type"].as_str().unwrap()));
    let expected: Vec<Value> = expected
        .map(|mut it| {
            // The text of a rule book is not repeated.
            if let Some(body) = it["body"].as_object_mut() {
                body.remove("files");
            }
            it
        })
        .collect();
    let (mut found, mut from) = (Vec::new(), json!(0));
    while !from.is_null() {
        let part: Value =
            looking.get(&format!("/v1/history?after={from}&limit=300")).json().unwrap();
        assert_eq!(
            (&part["first"], part["records"].as_array().unwrap().len() <= 300),
            (&json!(0), true)
        );
        found.extend(part["records"].as_array().unwrap().clone());
        from = part["next"].clone();
    }
    assert_eq!(found, expected);
    let refused = looking.get("/v1/history?limit=0");
    assert_eq!(refused.status(), 400);
}

#[test]
fn a_log_that_does_not_exist_ends_it() {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(AIRSHED)
        .args(["look", "--no-browser"])
        .arg(folder.path().join("none"))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("there is no log in"), "{said}");
}

/// The page folds records by itself: what it shows must be what the API answers.
#[test]
fn the_fold_of_the_page_is_the_answer_of_the_api() {
    let Some(node) = skip::program("node", "nodejs") else { return };
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("winter");
    Command::new(AIRSHED).args(["demo", "--json", "--log"]).arg(&log).output().unwrap();
    let looking = Looking::start(&log);
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/page/fold.mjs");
    let output = Command::new(node).arg(script).arg(&looking.address).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn warnings_are_published_by_the_profile_that_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let text = std::fs::read_to_string("deploy/bth/cap/profile.toml").unwrap();
    let text = text.replace("sender = \"airshed.example\"", "sender = \"office.example\"");
    std::fs::write(folder.path().join("profile.toml"), text).unwrap();
    let profile = ["--cap-profile", folder.path().to_str().unwrap()];
    let log = Path::new("tests/golden/played-v2");
    for (more, sender) in [(&[][..], "airshed.example"), (&profile[..], "office.example")] {
        let feed = Looking::start_with(log, more).get("/v1/cap/feed").text().unwrap();
        assert!(feed.contains(&format!("tag:{sender},2026:")), "{feed}");
    }
    let wrong = Command::new(AIRSHED).args(["look", "winter", "--cap-profile", "none"]).output();
    let wrong = wrong.unwrap();
    let words = String::from_utf8_lossy(&wrong.stderr);
    assert!(wrong.status.code() == Some(2) && words.contains("none/profile.toml"), "{words}");
}
