//! The worked examples of joint control as whole logs: the bytes of the log, what becomes of each
//! command and deadline, and what replay, what-if, the order board and explanations say of it.
//!
//! An example is a file of commands in `examples`, and tables for the rule book where it has some;
//! its log is what `demo` writes with them. After a
//! change of records on purpose: `AIRSHED_ACCEPT=1 cargo test --test golden examples`, and read the
//! difference.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use sha2::{Digest as _, Sha256};

macro_rules! examples {
    ($($name:ident: $file:literal about $about:expr, asks $asks:expr;)*) => {
        $(#[test] fn $name() { check($file, &$about, &$asks); })*
    };
}

// Whose records are shown: those that name one of these; and further questions to the log.
examples! {
    example_3: "3" about ["1-130400"], asks [
        &["explain", "matter", "1-130400/acknowledge"],
        &["explain", "order", "1-130400"],
    ];
    example_4: "4" about ["1-130500", "130500-r1"], asks [
        &["explain", "order", "1-130500"],
        &["explain", "response", "130500-r1"],
        &["matters", "--as", "130500"],
    ];
    example_5: "5" about ["\"p1\"", "1-130400"], asks [
        &["explain", "proposal", "p1"],
        &["explain", "order", "1-130400"],
    ];
    example_6: "6" about ["region-c1"], asks [&["explain", "consultation", "region-c1"]];
    example_9: "9" about ["120111-w1", "131000-e1", "110000-v1", "vehicle_locked"], asks [
        &["explain", "whistle", "120111-w1"],
        &["explain", "case", "131000-e1"],
    ];
    example_12: "12" about ["ep1", "1-130100", "1-130400"], asks [
        &["score", "--from", "2025-12-04", "--to", "2025-12-15"],
        &["score", "--from", "2025-12-04", "--to", "2025-12-15", "--as", "130400"],
    ];
}

fn place(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)
}

#[track_caller]
fn check(example: &str, about: &[&str], asks: &[&[&str]]) {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let commands = place(&format!("examples/{example}.jsonl"));
    let demo = ["demo", "--seed", "1", "--log", of(&log), "--commands", of(&commands)];
    let book = rule_book(example, folder.path());
    airshed(
        &[&demo[..], &book.iter().flat_map(|it| ["--airshed", it]).collect::<Vec<_>>()].concat(),
    );
    let mut found = String::new();
    for segment in segments(&log) {
        let (name, bytes) = (segment.file_name().unwrap().display(), fs::read(&segment).unwrap());
        let mut digest = String::new();
        for byte in Sha256::digest(&bytes) {
            write!(digest, "{byte:02x}").unwrap();
        }
        writeln!(found, "{name}: {} bytes, SHA-256 {digest}", bytes.len()).unwrap();
    }
    let cat = airshed(&["log", "cat", of(&log), "--json"]);
    for record in cat.lines().filter(|it| about.iter().any(|about| it.contains(about))) {
        found.extend(line(&serde_json::from_str(record).unwrap()));
    }
    let replayed: Value =
        serde_json::from_str(&airshed(&["replay", of(&log), "--check", "--json"])).unwrap();
    for name in ["records", "digest", "first_difference"] {
        writeln!(found, "replay: {name} {}", replayed[name]).unwrap();
    }
    let other = ["what-if", of(&log), "--standard", "BTH-2018"];
    for ask in std::iter::once(&other[..]).chain(asks.iter().copied()) {
        let asked: Vec<&str> = match ask {
            ["what-if", ..] => ask.to_vec(),
            [command, rest @ ..] => [&[*command, of(&log)], rest].concat(),
            [] => unreachable!("a question has a command"),
        };
        let shown: Vec<&str> = asked.iter().copied().filter(|it| *it != of(&log)).collect();
        let answer = airshed(&asked).replace(of(&log), "LOG");
        write!(found, "\n$ airshed {}\n{answer}", shown.join(" ")).unwrap();
    }
    compare(&place(&format!("outcomes/example_{example}.txt")), &found);
}

/// The shipped rule book with the tables of an example; none where it has none.
fn rule_book(example: &str, folder: &Path) -> Option<String> {
    let tables = fs::read_to_string(place(&format!("examples/{example}.toml"))).ok()?;
    let book = folder.join("book");
    crate::rule_book_files::with_tables(&book, &tables);
    Some(of(&book).to_owned())
}

fn of(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// The files of records, in their order.
fn segments(log: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(log).unwrap().map(|it| it.unwrap().path());
    let mut segments: Vec<PathBuf> =
        files.filter(|it| it.extension().is_some_and(|it| it == "avro")).collect();
    segments.sort();
    segments
}

/// A record of what bodies do; others are in the goldens of the air.
fn line(record: &Value) -> Option<String> {
    let kind = record["type"].as_str()?;
    let of_air = ["hour_closed", "order_set_issued", "readings_received", "forecast_received"];
    let is_act = kind.starts_with("warning_") && kind != "warning_proposed";
    if of_air.contains(&kind) || is_act {
        return None;
    }
    let (position, at) = (&record["position"], record["happened_at"].as_str()?);
    Some(format!("{position} {at} {kind} {}\n", record["body"]))
}

fn airshed(arguments: &[&str]) -> String {
    let mut program = Command::new(env!("CARGO_BIN_EXE_airshed"));
    let output = program.args(arguments).output().unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {complaint}");
    String::from_utf8(output.stdout).unwrap()
}

#[track_caller]
fn compare(kept: &Path, found: &str) {
    if std::env::var_os("AIRSHED_ACCEPT").is_some() {
        fs::write(kept, found).unwrap();
    }
    let expected = fs::read_to_string(kept).unwrap_or_default();
    let differs = expected.lines().zip(found.lines()).find(|(a, b)| a != b);
    assert!(expected == found, "{} differs, first at {differs:#?}", kept.display());
}
