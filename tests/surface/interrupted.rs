//! Runs that end early, and what `log verify` says of the log that they leave.
#![cfg(unix)]

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use super::{airshed, json, printed};
use crate::serving::{self, AIRSHED, use_ring};

/// Many days in Shijiazhuang, so that a play takes its time: each tenth one is bad for four days.
fn readings(path: &Path) {
    let mut text = "date,hour,type,1029A,1030A\n".to_owned();
    for day in 0..112 {
        let pm25 = if day % 10 < 4 { 260 } else { 20 };
        let (year, month, of_month) = (2017 + day / 336, 1 + day % 336 / 28, 1 + day % 28);
        for hour in 0..24 {
            writeln!(text, "{year}{month:02}{of_month:02},{hour},PM2.5,{pm25},{pm25}").unwrap();
        }
    }
    fs::write(path, text).unwrap();
}

fn records(log: &str) -> String {
    printed(&["log", "cat", log, "--json"])
}

#[test]
fn a_play_that_is_interrupted_leaves_a_log_that_verifies_and_goes_on() {
    let place = tempfile::tempdir().unwrap();
    let path = |name: &str| place.path().join(name).to_str().unwrap().to_owned();
    let (file, key) = (path("readings.csv"), path("bth.key"));
    readings(Path::new(&file));
    printed(&["key", "new", &key, "--origin", "bth"]);
    let play = |log: &str| ["play", &file, "--log", log, "--key", &key].map(str::to_owned);
    let whole = path("whole");
    let arguments = play(&whole);
    printed(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    for (signal, expected) in [("INT", 130), ("TERM", 143)] {
        let log = path(signal);
        let mut command = Command::new(assert_cmd::cargo::cargo_bin("airshed"));
        command.args(play(&log)).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut playing = command.spawn().unwrap();
        // Its first decision: most of the file is to come.
        let mut out = BufReader::new(playing.stdout.take().unwrap());
        out.read_line(&mut String::new()).unwrap();
        let id = playing.id().to_string();
        assert!(Command::new("kill").args(["-s", signal, &id]).status().unwrap().success());
        let rest = std::io::copy(&mut out, &mut std::io::sink());
        let ended = playing.wait_with_output().unwrap();
        let err = String::from_utf8(ended.stderr).unwrap();
        assert!(rest.is_ok() && ended.status.code() == Some(expected), "{:?} {err}", ended.status);
        for part in ["interrupted: ", &*log, "is whole", "the same command goes on"] {
            assert!(err.contains(part), "{err}\ndoes not say {part}");
        }
        let pub_key = format!("{key}.pub");
        let verified = json(&["log", "verify", &log, "--key", &pub_key, "--json"]);
        assert_eq!((&verified["whole"], &verified["unhashed"]), (&Value::from(true), &0.into()));
        let (part, all) = (records(&log), records(&whole));
        assert!(all.starts_with(&part) && part.len() < all.len(), "{}", part.len());
        let arguments = play(&log);
        printed(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(records(&log), all);
    }
}

#[test]
fn log_verify_says_what_is_missing_beside_whole_records() {
    let place = tempfile::tempdir().unwrap();
    let log = place.path().join("log").to_str().unwrap().to_owned();
    json(&["demo", "--json", "--log", &log]);
    let verify = ["log", "verify", &log];
    let tree = Path::new(&log).join("tree");
    let hashes = fs::read(&tree).unwrap();
    fs::write(&tree, &hashes[..hashes.len() / 2]).unwrap();
    let words = printed(&verify);
    for part in ["The log is whole", "the hashes of the last", "are missing", "log compact-index"] {
        assert!(words.contains(part), "{words}\ndoes not say {part}");
    }
    let told = json(&["log", "verify", &log, "--json"]);
    assert!(told["whole"] == true && told["unhashed"].as_u64() > Some(100), "{told}");
    printed(&["log", "compact-index", &log]);
    assert!(printed(&verify).contains("Tree         intact\n"));

    let snapshot = Path::new(&log).join("snapshot");
    let whole = fs::read(&snapshot).unwrap();
    for at in [0, 10, 17, 18, 19, whole.len() / 2, whole.len() - 1] {
        let mut changed = whole.clone();
        changed[at] ^= 1;
        fs::write(&snapshot, changed).unwrap();
        let (code, out, err) = airshed(&verify);
        assert_eq!((code, &*out), (1, ""), "{err}");
        for part in ["snapshot is damaged", "records are whole", "delete it", "compact-index"] {
            assert!(err.contains(part) && !err.contains("not whole"), "{err}\ndoes not say {part}");
        }
        let (code, out, _) = airshed(&["log", "verify", &log, "--json"]);
        let told: Value = serde_json::from_str(&out).unwrap();
        assert!(code == 1 && told["file"].as_str().unwrap().ends_with("/snapshot"), "{told}");
    }
    printed(&["log", "compact-index", &log]);
    printed(&verify);
}

/// What reads the lines of a `serve` may end before it, as `| head` does. It goes on all the same,
/// and a signal ends it.
#[test]
fn a_serve_with_a_closed_standard_error_takes_readings_and_ends_when_asked() {
    let place = tempfile::tempdir().unwrap();
    let (config, log) = (place.path().join("config.toml"), place.path().join("log"));
    let text = format!(
        "[http]\nlisten = \"127.0.0.1:0\"\nrequests_per_s = 10000\n[log]\nkeep = \"segments\"\nfolder = {log:?}\n[rules]\n\
         clock = \"sources\"\n"
    );
    fs::write(&config, text).unwrap();
    let mut command = Command::new(AIRSHED);
    command.args(["serve", "--config"]).arg(&config).env_remove("AIRSHED_BROKERS");
    let mut process = command.stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(process.stderr.take().unwrap()).lines().map(Result::unwrap);
    let line = lines.find(|it| it.contains("answering at ")).unwrap();
    drop(lines);
    let origin = line.split_once("answering at ").unwrap().1.split(' ').next().unwrap();
    use_ring();
    let client = reqwest::blocking::Client::new();
    while client.get(format!("{origin}/ready")).send().unwrap().status() != 200 {
        std::thread::yield_now();
    }
    for hour in 9..12 {
        let body = serving::readings(hour, "1001A");
        let answer = client.post(format!("{origin}/v1/readings")).json(&body).send().unwrap();
        assert_eq!(answer.status(), 201);
    }
    let id = process.id().to_string();
    assert!(Command::new("kill").args(["-s", "TERM", &id]).status().unwrap().success());
    assert!(process.wait().unwrap().success());
    printed(&["log", "verify", log.to_str().unwrap()]);
}
