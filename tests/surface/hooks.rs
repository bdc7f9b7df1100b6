//! Webhooks of a real `serve`, with a receiver that does what the test says.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::sync::mpsc::{Receiver, Sender, channel};

use serde_json::Value;

use crate::serving::{AIRSHED, Serving, readings, whistle};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// A message as it has come.
struct Came {
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
    stream: TcpStream,
}

impl Came {
    fn id(&self) -> &str {
        &self.headers["webhook-id"]
    }

    fn record(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    fn answer(mut self, status: &str) {
        // The sender may have given up.
        write!(self.stream, "HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
            .ok();
    }
}

/// A receiver: each message that comes waits for its answer.
struct Hook {
    address: String,
    came: Receiver<Came>,
}

impl Hook {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}/hook?key=s3cret", listener.local_addr().unwrap());
        let (sender, came) = channel();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                read(stream, &sender);
            }
        });
        Self { address, came }
    }

    fn next(&self) -> Came {
        self.came.recv().unwrap()
    }

    fn answer(&self, status: &str) -> String {
        let came = self.next();
        let id = came.id().to_owned();
        came.answer(status);
        id
    }
}

fn read(stream: TcpStream, sender: &Sender<Came>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let (mut headers, mut line) = (BTreeMap::new(), String::new());
    loop {
        line.clear();
        if reader.read_line(&mut line).unwrap_or(0) <= 2 {
            break;
        }
        if let Some((name, value)) = line.split_once(": ") {
            headers.insert(name.to_lowercase(), value.trim().to_owned());
        }
    }
    let length = headers.get("content-length").and_then(|it| it.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    if length > 0 && reader.read_exact(&mut body).is_ok() {
        sender.send(Came { headers, body, stream }).ok();
    }
}

/// Settings that make waits short, and one target.
pub(crate) fn settings(folder: &Path, url: &str, more: &str) -> String {
    let secret = folder.join("hook.secret");
    std::fs::write(&secret, SECRET).unwrap();
    std::fs::set_permissions(&secret, PermissionsExt::from_mode(0o600)).unwrap();
    format!(
        "[hooks]\nfolder = \"{}\"\nfirst_wait_ms = 1\nlongest_wait_s = 1\n\
         {more}\n[hooks.targets.board]\nurl = \"{url}\"\nsecret_file = \"{}\"\nbegin = \"start\"\n",
        folder.join("hooks").display(),
        secret.display(),
    )
}

fn hooks(folder: &Path, arguments: &[&str]) -> (Option<i32>, Value) {
    let mut command = Command::new(AIRSHED);
    command.arg("hooks").args(arguments).arg("--json").arg("--config");
    let run = command.arg(folder.join("config.toml")).output().unwrap();
    (run.status.code(), serde_json::from_slice(&run.stdout).unwrap_or_default())
}

/// All records of the log as the event stream shows them.
fn records(serving: &Serving) -> Vec<Value> {
    let page: Value = serving.get("/v1/log/records").json().unwrap();
    page["records"].as_array().unwrap().clone()
}

#[test]
fn a_receiver_that_fails_in_every_way_misses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let hook = Hook::start();
    let text = settings(folder.path(), &hook.address, "timeout_ms = 1000");
    let mut serving = Serving::start(folder.path(), &text);
    for hour in 9..12 {
        serving.post("/v1/readings", &readings(hour, "1001A"));
    }
    let expected = records(&serving);
    assert!(expected.len() > 5);
    let first = hook.answer("500 Internal Server Error");
    // It hangs until the sender gives up.
    let hanging = hook.next();
    assert_eq!(hanging.id(), first);
    let failures = ["302 Found\r\nlocation: /other", "410 Gone", "404 Not Found"];
    for status in failures {
        assert_eq!(hook.answer(status), first, "{status}");
    }
    drop(hanging);
    let mut found = Vec::new();
    let mut ids = Vec::new();
    for nth in 0..expected.len() {
        // At least once: on a busy machine the sender may give up on a message that was taken.
        let mut came = hook.next();
        while ids.last().is_some_and(|it| it == came.id()) {
            came.answer("204 No Content");
            came = hook.next();
        }
        if nth == 3 {
            // Killed while a message is on its way: it comes again, with the same id.
            let id = came.id().to_owned();
            let log = serving.lines();
            assert!(!log.contains("s3cret") && !log.contains("MfKQ"), "{log}");
            drop(serving);
            drop(came);
            serving = Serving::start(folder.path(), &text);
            came = hook.next();
            assert_eq!(came.id(), id);
        }
        ids.push(came.id().to_owned());
        found.push(came.record());
        came.answer("204 No Content");
    }
    assert_eq!(found, expected);
    let numbers: Vec<usize> =
        ids.iter().map(|it| it.rsplit_once('-').unwrap().1.parse().unwrap()).collect();
    assert_eq!(numbers, (0..expected.len()).collect::<Vec<_>>());
    // What comes behind these, or once more, is taken too.
    std::thread::spawn(move || hook.came.iter().for_each(|it| it.answer("204 No Content")));
    let page = || serving.get("/metrics").text().unwrap();
    while !page().contains("airshed_hook_behind_records{target=\"board\"} 0") {
        std::thread::yield_now();
    }
    assert!(page().contains("airshed_hook_dead_letters{target=\"board\"} 0"));
    let log = serving.lines();
    assert!(!log.contains("s3cret") && !log.contains("MfKQ"), "{log}");
}

#[test]
fn what_fails_to_the_limit_is_dead_and_can_be_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    let hook = Hook::start();
    let text = settings(folder.path(), &hook.address, "tries_max = 2");
    let serving = Serving::start(folder.path(), &text);
    serving.post("/v1/readings", &readings(9, "1001A"));
    let dead = hook.answer("500 Internal Server Error");
    assert_eq!(hook.answer("500 Internal Server Error"), dead);
    // The next one follows.
    let next = hook.answer("200 OK");
    assert_ne!(next, dead);
    let (code, listed) = hooks(folder.path(), &["dead", "board"]);
    assert_eq!(code, Some(0));
    let letter = &listed["dead"][0];
    assert_eq!((&letter["position"], &letter["tries"]), (&0.into(), &2.into()), "{listed}");
    assert_eq!(letter["reason"], "status 500");
    assert_eq!(hooks(folder.path(), &["retry", "board", "7"]).0, Some(1));
    assert_eq!(hooks(folder.path(), &["retry", "other"]).0, Some(2));
    assert_eq!(hooks(folder.path(), &["retry", "board", "0"]).0, Some(0));
    loop {
        let came = hook.next();
        let id = came.id().to_owned();
        came.answer("200 OK");
        if id == dead {
            break;
        }
    }
    while hooks(folder.path(), &["list"]).1["targets"][0]["dead"] != 0 {
        std::thread::yield_now();
    }
    drop(serving);
}

#[test]
fn a_body_is_sent_what_it_may_see() {
    let folder = tempfile::tempdir().unwrap();
    let hook = Hook::start();
    let text = settings(folder.path(), &hook.address, "");
    let text = text + "as = \"120000\"\ntypes = [\"whistle_blown\"]\n";
    let serving = Serving::start(folder.path(), &text);
    serving.post("/v1/commands", &whistle("w1", "smoke"));
    let came = hook.next();
    // The view of the API may be behind the one of webhooks.
    let whole = loop {
        let found = records(&serving).into_iter().find(|it| it["type"] == "whistle_blown");
        if let Some(found) = found {
            break found;
        }
    };
    let shown = came.record();
    assert_eq!(shown["position"], whole["position"]);
    assert!(whole["body"]["by"]["name"].is_string(), "{whole}");
    assert!(shown["body"]["by"]["name"].is_null(), "{shown}");
    came.answer("200 OK");
}

#[test]
fn what_would_be_read_by_others_is_refused_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config.toml");
    let check = |text: &str, said: &str| {
        std::fs::write(&config, text).unwrap();
        let mut command = Command::new(AIRSHED);
        let run = command.args(["serve", "--check", "--config"]).arg(&config).output().unwrap();
        let words = String::from_utf8_lossy(&run.stderr).into_owned();
        assert_eq!(run.status.code(), Some(2), "{words}");
        assert!(words.contains(said) && !words.contains("MfKQ"), "{words}");
    };
    let right = settings(folder.path(), "http://127.0.0.1:9/", "");
    check(&right.replace("127.0.0.1", "receiver.example"), "hooks.targets.board.url");
    check(&format!("{right}as = \"999999\"\n"), "hooks.targets.board.as");
    check(&format!("{right}types = [\"weather\"]\n"), "hooks.targets.board.types: weather");
    check(&format!("{right}secret = \"{SECRET}\"\n"), "secret");
    let secret = folder.path().join("hook.secret");
    std::fs::set_permissions(&secret, PermissionsExt::from_mode(0o644)).unwrap();
    check(&right, "hooks.targets.board.secret_file");
    std::fs::set_permissions(&secret, PermissionsExt::from_mode(0o600)).unwrap();
    std::fs::write(&secret, "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
    check(&right, "whsec_");
}
