//! A real `serve` without a broker.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, Once, PoisonError};
use std::thread::JoinHandle;

use reqwest::blocking::{Client, Response};
use serde_json::{Value, json};

pub(crate) const AIRSHED: &str = env!("CARGO_BIN_EXE_airshed");

/// A process that serves; it is killed at the end of a test.
pub(crate) struct Serving {
    pub(crate) process: Child,
    /// Such as `http://127.0.0.1:40001`.
    origin: String,
    pub(crate) client: Client,
    /// What it has written on standard error so far.
    lines: Arc<Mutex<String>>,
    /// Reads the rest of it.
    reader: Option<JoinHandle<()>>,
}

impl Serving {
    pub(crate) fn start(folder: &Path, more: &str) -> Self {
        Self::start_with(folder, more, &[])
    }

    /// With more arguments.
    pub(crate) fn start_with(folder: &Path, more: &str, arguments: &[&str]) -> Self {
        let config = folder.join("config.toml");
        let log = folder.join("log");
        let text = format!(
            "[http]\nlisten = \"127.0.0.1:0\"\nrequests_per_s = 10000\n{more}\n[log]\nkeep = \
             \"segments\"\nfolder = \"{}\"\n[rules]\nclock = \"sources\"\n",
            log.display()
        );
        std::fs::write(&config, text).unwrap();
        use_ring();
        Self::started(&config, arguments, Client::new())
    }

    pub(crate) fn start_as_it_is(config: &Path) -> Self {
        use_ring();
        Self::start_for(config, Client::new())
    }

    /// For a client of its own, such as one that trusts an authority. A key `bth.key` beside the
    /// configuration signs.
    pub(crate) fn start_for(config: &Path, client: Client) -> Self {
        Self::started(config, &[], client)
    }

    fn started(config: &Path, arguments: &[&str], client: Client) -> Self {
        let mut command = Command::new(AIRSHED);
        command.args(["serve", "--config"]).arg(config).args(arguments);
        let key = config.with_file_name("bth.key");
        if arguments.is_empty() && key.exists() {
            command.arg("--key").arg(key);
        }
        let mut process =
            command.env_remove("AIRSHED_BROKERS").stderr(Stdio::piped()).spawn().unwrap();
        let mut stderr = BufReader::new(process.stderr.take().unwrap()).lines();
        let (lines, mut before) = (Arc::<Mutex<String>>::default(), String::new());
        let origin = loop {
            let line =
                stderr.next().unwrap_or_else(|| panic!("serve has ended: {before}")).unwrap();
            before.push_str(&line);
            if let Some((_, rest)) = line.split_once("answering at ") {
                break rest.split_whitespace().next().unwrap().replace("0.0.0.0", "127.0.0.1");
            }
        };
        // The rest is read, so that the process never waits for a reader.
        lines.lock().unwrap().push_str(&before);
        let shared = Arc::clone(&lines);
        let reader = std::thread::spawn(move || {
            for line in stderr.map_while(Result::ok) {
                let mut lines = shared.lock().unwrap_or_else(PoisonError::into_inner);
                lines.push_str(&line);
                lines.push('\n');
            }
        });
        let serving = Self { process, origin, client, lines, reader: Some(reader) };
        while serving.get("/ready").status() != 200 {
            std::thread::yield_now();
        }
        serving
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    pub(crate) fn get(&self, path: &str) -> Response {
        self.client.get(self.url(path)).send().unwrap()
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Response {
        self.client.post(self.url(path)).json(body).send().unwrap()
    }

    /// What it has written on standard error so far.
    pub(crate) fn lines(&self) -> String {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Kills it; returns everything that it has written on standard error.
    pub(crate) fn end(mut self) -> String {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        if let Some(reader) = self.reader.take() {
            reader.join().unwrap();
        }
        self.lines()
    }

    /// The events from a position on, as id and type; so many.
    pub(crate) fn events(
        &self,
        query: &str,
        last: Option<u64>,
        count: usize,
    ) -> Vec<(u64, String)> {
        let mut request = self.client.get(self.url(&format!("/v1/events{query}")));
        if let Some(last) = last {
            request = request.header("Last-Event-ID", last.to_string());
        }
        let lines = BufReader::new(request.send().unwrap()).lines().map(Result::unwrap);
        let (mut found, mut id) = (Vec::new(), 0);
        for line in lines {
            if let Some(rest) = line.strip_prefix("id: ") {
                id = rest.parse().unwrap();
            } else if let Some(rest) = line.strip_prefix("event: ") {
                found.push((id, rest.to_owned()));
            }
            if found.len() == count {
                break;
            }
        }
        found
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

/// The cryptography of the client, once for all tests.
pub(crate) fn use_ring() {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        rustls::crypto::ring::default_provider().install_default().unwrap();
    });
}

/// One hour of one station; its value makes the clock go on.
pub(crate) fn readings(hour: u32, station: &str) -> Value {
    let reading = json!({"station": station, "pollutant": "PM25", "value_tenths_ug_m3": 754});
    let time = format!("2025-12-04T{hour:02}:00:00+08:00");
    json!({"hours": [{"hour": time, "readings": [reading]}]})
}

pub(crate) fn whistle(id: &str, text: &str) -> Value {
    json!({
        "id": id,
        "actor": {"jurisdiction": "110000", "role": "officer", "name": "duty officer"},
        "given_at": "2025-12-04T10:10:00+08:00",
        "status": "actual",
        "command": "whistle",
        "body": {"place": "110000", "summons": ["120000"], "text": text},
    })
}

/// The answer must be a problem of this kind.
pub(crate) fn check_problem(answer: Response, status: u16, said: &str) -> Value {
    let (found, kind) = (answer.status().as_u16(), answer.headers()["content-type"].clone());
    let problem: Value = answer.json().unwrap();
    assert_eq!((found, kind.to_str().unwrap()), (status, "application/problem+json"), "{problem}");
    assert_eq!(problem["status"], status);
    assert!(problem["type"].as_str().unwrap().starts_with("/problems/"), "{problem}");
    assert!(problem["detail"].as_str().unwrap().contains(said), "{problem}");
    problem
}
