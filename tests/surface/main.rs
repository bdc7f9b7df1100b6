//! The program as its users meet it: arguments in, words and exit codes out.
#![expect(clippy::unwrap_used, reason = "A test may fail by panicking.")]

mod access;
mod amendments;
mod approval;
mod asyncapi;
mod cap;
mod commands;
mod compact_index;
mod config;
mod contract;
mod cooperation;
mod demo;
mod deployed;
mod doctor;
mod explain;
mod formats;
mod help;
mod hooks;
mod http;
mod index;
mod interrupted;
mod load;
mod log_cat;
mod look;
mod man;
mod openapi;
mod outside;
#[path = "../support/outside.rs"]
mod outside_tools;
mod page;
mod play;
mod proofs;
mod reach;
mod refused;
mod region;
mod replay;
#[path = "../support/rule_book.rs"]
mod rule_book_files;
mod serving;
mod skill;
#[path = "../support/skip.rs"]
mod skip;
mod skipped;
#[expect(dead_code, reason = "The scenarios of the engine use the rest of it.")]
#[expect(clippy::wildcard_enum_match_arm, reason = "A test picks the records that it is about.")]
#[path = "../engine/cooperation/stage.rs"]
mod stage;
mod standard;
mod terminal;
mod token;
mod tour;
mod trust;
mod verify_cap;
mod verify_order;
mod what_if;
mod witness;

use assert_cmd::Command;

/// Runs the program; gives back its exit code, what it printed, and what it complained about.
fn airshed(arguments: &[&str]) -> (i32, String, String) {
    let mut command = Command::cargo_bin("airshed").unwrap();
    let output = command.args(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

/// A run that must go well, and what it prints.
fn printed(arguments: &[&str]) -> String {
    let (code, out, err) = airshed(arguments);
    assert_eq!((code, err.as_str()), (0, ""), "{arguments:?}");
    out
}

/// A run that must be told off for its usage, and what it says.
fn told_off(arguments: &[&str]) -> String {
    let (code, out, err) = airshed(arguments);
    assert_eq!((code, out.as_str()), (2, ""), "{arguments:?}");
    err
}

/// What a run prints, as JSON.
fn json(arguments: &[&str]) -> serde_json::Value {
    serde_json::from_str(&printed(arguments)).unwrap()
}
