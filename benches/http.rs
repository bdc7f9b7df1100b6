//! The HTTP API of a real `serve` without a broker.
//!
//! `cargo bench --bench http`: reads of the current state, against an axum handler that answers
//! with the same bytes and does nothing else; and what 1,000 open event streams cost the engine.
//! Times are of the processor, as Linux counts them for each process and thread.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "A bench may fail by panicking.")]
#![expect(clippy::print_stdout, reason = "A bench prints what it measured.")]
#![expect(clippy::disallowed_methods, reason = "A bench measures time.")]
#![expect(clippy::cast_precision_loss, reason = "Ratios need no more than a float has.")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// Clients that read at the same time.
const CLIENTS: usize = 8;
const READS_PER_CLIENT: usize = 5_000;
const ROUNDS: usize = 3;
const STREAMS: usize = 1_000;
/// Hours whose readings are given while streams are open, and while none is.
const HOURS: u32 = 200;
/// Hours that are there before reads are measured.
const HOURS_BEFORE: u32 = 96;
/// Between two hours: far more often than an hour, and slow enough for one core.
const PAUSE: Duration = Duration::from_millis(100);
/// The argument by which the bench starts the baseline as a process of its own.
const BARE: &str = "--bare";

fn main() {
    if std::env::args().any(|it| it == BARE) {
        return serve_bare();
    }
    let folder = tempfile::tempdir().unwrap();
    let serving = Serving::start(folder.path());
    let mut hour = 0;
    serving.give_hours(&mut hour, HOURS_BEFORE, Duration::ZERO);
    reads(&serving);
    streams(&serving, &mut hour);
}

/// Reads a second of one core, and the ratio to the baseline.
fn reads(serving: &Serving) {
    println!("{:<28} {:>10} {:>14} {:>14} {:>7}", "GET", "bytes", "reads/core s", "bare", "ratio");
    for path in ["/v1/jurisdictions", "/v1/jurisdictions/130100", "/v1/status", "/v1/matters"] {
        let body = get_body(&serving.address, path);
        let bare = Serving::bare(&body);
        let (mut ours, mut baseline) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            ours.push(rate(serving, path));
            baseline.push(rate(&bare, "/"));
        }
        let (ours, baseline) = (best(&ours), best(&baseline));
        println!(
            "{path:<28} {:>10} {ours:>14.0} {baseline:>14.0} {:>7.2}",
            body.len(),
            ours / baseline
        );
    }
}

fn best(rates: &[f64]) -> f64 {
    rates.iter().copied().fold(0.0, f64::max)
}

/// Reads for each second that the processor works for the server.
fn rate(server: &Serving, path: &str) -> f64 {
    let before = server.cpu_s(None);
    std::thread::scope(|scope| {
        for _ in 0..CLIENTS {
            scope.spawn(|| {
                let mut client = HttpClient::connect(&server.address);
                for _ in 0..READS_PER_CLIENT {
                    client.get(path);
                }
            });
        }
    });
    (CLIENTS * READS_PER_CLIENT) as f64 / (server.cpu_s(None) - before)
}

/// What hours cost the engine's thread without a stream, and with many.
fn streams(serving: &Serving, hour: &mut u32) {
    let (mut alone, mut followed) = (Vec::new(), Vec::new());
    let (mut events, mut sending_s) = (0, 0.0);
    for _ in 0..ROUNDS {
        let (engine, all) = serving.cost(|| serving.give_hours(hour, HOURS, PAUSE));
        alone.push(engine);
        let open = Streams::open(&serving.address);
        let (engine_followed, all_followed) = serving.cost(|| {
            serving.give_hours(hour, HOURS, PAUSE);
            open.await_record(serving.records() - 1);
        });
        followed.push(engine_followed);
        events += open.events();
        sending_s += (all_followed - engine_followed) - (all - engine);
    }
    let least = |all: &[f64]| all.iter().copied().fold(f64::MAX, f64::min);
    let (alone, followed) = (least(&alone), least(&followed));
    let per_hour = |seconds: f64| seconds * 1e6 / f64::from(HOURS);
    println!();
    println!(
        "{STREAMS} streams: the engine's thread {:.0} µs an hour, without streams {:.0} µs, ratio \
         {:.2}",
        per_hour(followed),
        per_hour(alone),
        followed / alone
    );
    println!(
        "{events} events sent, {:.1} µs of the processor each",
        sending_s * 1e6 / events as f64
    );
}

/// A server that is another process.
struct Serving {
    process: Child,
    address: String,
}

impl Serving {
    fn start(folder: &Path) -> Self {
        let config = folder.join("config.toml");
        let text = format!(
            "[http]\nlisten = \"127.0.0.1:0\"\nrequests_per_s = 1000000\nstreams_max = 10000\n\
             [log]\nkeep = \"segments\"\nfolder = \"{}\"\n[rules]\nclock = \"sources\"\n",
            folder.join("log").display()
        );
        std::fs::write(&config, text).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_airshed"));
        command.args(["serve", "--config"]).arg(config).env_remove("AIRSHED_BROKERS");
        let process = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut serving = Self { process, address: String::new() };
        let mut lines = BufReader::new(serving.process.stderr.take().unwrap()).lines();
        let line = lines.by_ref().map(Result::unwrap).find(|it| it.contains("answering at "));
        let origin = line.as_ref().and_then(|it| it.split_once("answering at ")).unwrap().1;
        let origin = origin.split_whitespace().next().unwrap();
        origin.trim_start_matches("http://").clone_into(&mut serving.address);
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
        while !HttpClient::connect(&serving.address).get("/ready").0.contains("200") {
            std::thread::sleep(Duration::from_millis(10));
        }
        serving
    }

    /// A server of which each answer has this body.
    fn bare(body: &[u8]) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.arg(BARE).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().unwrap();
        process.stdin.take().unwrap().write_all(body).unwrap();
        let mut address = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut address).unwrap();
        Self { process, address: address.trim().to_owned() }
    }

    /// Seconds of the processor: of one thread, or of all.
    fn cpu_s(&self, thread: Option<u32>) -> f64 {
        let id = self.process.id();
        let path = match thread {
            None => format!("/proc/{id}/stat"),
            Some(thread) => format!("/proc/{id}/task/{thread}/stat"),
        };
        let stat = std::fs::read_to_string(path).unwrap();
        // Behind the name, which may have spaces: the 12th and 13th field are ticks of 10 ms.
        let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
        let ticks: u32 = fields[11..13].iter().map(|it| it.parse::<u32>().unwrap()).sum();
        f64::from(ticks) / 100.0
    }

    /// Seconds of the processor that something costs: of the engine's thread, and of all.
    fn cost(&self, act: impl FnOnce()) -> (f64, f64) {
        let read = || (self.cpu_s(Some(self.process.id())), self.cpu_s(None));
        let before = read();
        act();
        let after = read();
        (after.0 - before.0, after.1 - before.1)
    }

    /// Gives the readings of all stations for some hours.
    fn give_hours(&self, next: &mut u32, count: u32, pause: Duration) {
        let mut client = HttpClient::connect(&self.address);
        for hour in *next..*next + count {
            let begin = Instant::now();
            let (status, body) = client.post("/v1/readings", &hour_json(hour));
            assert!(status.contains("201"), "{status} {}", String::from_utf8_lossy(&body));
            std::thread::sleep(pause.saturating_sub(begin.elapsed()));
        }
        *next += count;
    }

    fn records(&self) -> u64 {
        let status: Value = serde_json::from_slice(&get_body(&self.address, "/v1/status")).unwrap();
        status["records"].as_u64().unwrap()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

/// One hour of all stations, bad air for some days and clean air for some.
fn hour_json(offset: u32) -> Value {
    let stations = include_str!("../deploy/bth/stations.csv").lines().skip(1);
    let codes = stations.map(|it| it.split(',').next().unwrap());
    let base = 30 + 12 * (i64::from(offset) % 240 - 120).abs();
    let readings: Vec<Value> = codes
        .zip(0..)
        .flat_map(|(station, nth)| {
            let tenths = base + nth * 7 % 90;
            ["PM25", "PM10"].map(|pollutant| {
                json!({"station": station, "pollutant": pollutant, "value_tenths_ug_m3": tenths})
            })
        })
        .collect();
    let start = chrono::DateTime::parse_from_rfc3339("2025-11-01T01:00:00+08:00").unwrap();
    let hour = start + chrono::Duration::hours(offset.into());
    json!({"hours": [{"hour": hour.to_rfc3339(), "readings": readings}]})
}

fn get_body(address: &str, path: &str) -> Vec<u8> {
    HttpClient::connect(address).get(path).1
}

/// A client of one connection, which costs as little as possible.
struct HttpClient(BufReader<TcpStream>);

impl HttpClient {
    fn connect(address: &str) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        Self(BufReader::with_capacity(1 << 16, stream))
    }

    fn get(&mut self, path: &str) -> (String, Vec<u8>) {
        self.send(&format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n"))
    }

    fn post(&mut self, path: &str, body: &Value) -> (String, Vec<u8>) {
        let body = body.to_string();
        let length = body.len();
        self.send(&format!(
            "POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
             content-length: {length}\r\n\r\n{body}"
        ))
    }

    /// The line of the status, and the body.
    fn send(&mut self, request: &str) -> (String, Vec<u8>) {
        self.0.get_mut().write_all(request.as_bytes()).unwrap();
        let (mut status, mut line, mut length) = (String::new(), String::new(), 0);
        self.0.read_line(&mut status).unwrap();
        loop {
            line.clear();
            self.0.read_line(&mut line).unwrap();
            if line.trim().is_empty() {
                break;
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
        }
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).unwrap();
        (status, body)
    }
}

/// Many open streams, read by one thread.
struct Streams {
    events: Arc<AtomicU64>,
    /// Streams that have received a record with this position, summed up.
    newest: Arc<Vec<AtomicU64>>,
    runtime: Option<tokio::runtime::Runtime>,
}

impl Streams {
    fn open(address: &str) -> Self {
        let runtime = runtime(1);
        let newest: Arc<Vec<AtomicU64>> = Arc::new((0..STREAMS).map(|_| 0.into()).collect());
        let (events, ready) = (Arc::<AtomicU64>::default(), Arc::<AtomicU64>::default());
        for nth in 0..STREAMS {
            let (address, events) = (address.to_owned(), Arc::clone(&events));
            let (ready, newest) = (Arc::clone(&ready), Arc::clone(&newest));
            runtime.spawn(async move {
                let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
                let request = b"GET /v1/events HTTP/1.1\r\nhost: localhost\r\n\r\n";
                stream.write_all(request).await.unwrap();
                let (mut buffer, mut line) = (vec![0; 1 << 14], Vec::new());
                let mut is_open = false;
                while let Ok(length @ 1..) = stream.read(&mut buffer).await {
                    if !is_open {
                        is_open = true;
                        ready.fetch_add(1, Ordering::Relaxed);
                    }
                    // Only short lines are of interest; the data of an event is a long one.
                    for byte in &buffer[..length] {
                        if *byte != b'\n' {
                            if line.len() < 32 {
                                line.push(*byte);
                            }
                            continue;
                        }
                        if let Some(id) = line.strip_prefix(b"id: ") {
                            let id = std::str::from_utf8(id).unwrap().parse().unwrap();
                            newest[nth].store(id, Ordering::Relaxed);
                            events.fetch_add(1, Ordering::Relaxed);
                        }
                        line.clear();
                    }
                }
            });
        }
        while ready.load(Ordering::Relaxed) < STREAMS as u64 {
            std::thread::sleep(Duration::from_millis(10));
        }
        Self { events, newest, runtime: Some(runtime) }
    }

    /// Returns when each stream has received this record.
    fn await_record(&self, position: u64) {
        let begin = Instant::now();
        while self.newest.iter().any(|it| it.load(Ordering::Relaxed) < position) {
            assert!(begin.elapsed() < Duration::from_secs(300), "a stream does not catch up");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn events(&self) -> u64 {
        self.events.load(Ordering::Relaxed)
    }
}

impl Drop for Streams {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// The baseline: answers with what it reads from standard input.
fn serve_bare() {
    let mut body = Vec::new();
    std::io::stdin().read_to_end(&mut body).unwrap();
    let body = axum::body::Bytes::from(body);
    runtime(2).block_on(async {
        let answer = move || async move { ([(CONTENT_TYPE, "application/json")], body) };
        let router = Router::new().route("/", get(answer));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        println!("{}", listener.local_addr().unwrap());
        axum::serve(listener, router).await.unwrap();
    });
}

fn runtime(threads: usize) -> tokio::runtime::Runtime {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(threads).enable_all().build().unwrap()
}
