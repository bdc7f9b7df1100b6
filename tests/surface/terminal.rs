//! What a terminal, a pipe or a file gets: width, colours, and quiet ends.

use std::process::{Command, Stdio};

use super::airshed;

/// How many columns of a terminal a line takes: Chinese letters and signs take two.
fn width(line: &str) -> usize {
    let wide = |it: char| matches!(it, '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe6f}' | '\u{ff00}'..='\u{ff60}' | '\u{20000}'..='\u{3ffff}');
    line.chars().map(|it| if wide(it) { 2 } else { 1 }).sum()
}

fn told(arguments: &[&str], columns: &str) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_airshed"));
    let output = command.args(arguments).env("COLUMNS", columns).output().unwrap();
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {words}");
    String::from_utf8(output.stdout).unwrap()
}

/// The lines of the tables in a text: they begin and end with a line, or stand between two.
fn tables(text: &str) -> Vec<&str> {
    let mut within = false;
    let mut lines = Vec::new();
    for line in text.lines() {
        let is_edge = line.starts_with(['┌', '└', '─']);
        if within || is_edge {
            lines.push(line);
        }
        if line.starts_with('┌') || (is_edge && !within) {
            within = true;
        } else if is_edge {
            within = false;
        }
    }
    lines
}

#[test]
fn tables_fit_into_eighty_columns() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("winter");
    let log = folder.to_str().unwrap();
    let demo = told(&["demo", "--log", log], "80");
    let mut all = vec![("demo".to_owned(), demo)];
    for arguments in [
        &["skill", log, "--above", "100", "--above", "200"][..],
        &["what-if", log, "--standard", "BTH-2016"],
        &["standard", "list"],
        &["standard", "list", "--date", "2023-12-01"],
        &["standard", "show", "BTH-2016P"],
        &["standard", "show", "BTH-2023"],
        &["index", "--pm25", "151", "--pm10", "200", "--co", "1.2", "--o3", "160"],
    ] {
        all.push((arguments.join(" "), told(arguments, "80")));
    }
    // Decisions, too, each in one line or more.
    let decided: Vec<_> = all[0].1.lines().filter(|it| it.starts_with("2025-")).collect();
    assert!(decided.len() > 20, "{}", all[0].1);
    for line in decided {
        assert!(width(line) <= 80, "{} columns\n{line}", width(line));
    }
    for (command, text) in all {
        let lines = tables(&text);
        assert!(!lines.is_empty() || command.starts_with("index"), "{command}: {text}");
        for line in lines {
            assert!(width(line) <= 80, "{command}: {} columns\n{line}\n{text}", width(line));
        }
        // Nothing that has a meaning as a whole is broken.
        if command.starts_with("standard") {
            for part in ["CONFIRMED", "BTH-20"] {
                assert!(text.contains(part), "{command}: {text}");
            }
            assert!(!text.contains("INTERPRETATIO "), "{command}: {text}");
        }
    }
    let wide = told(&["standard", "list"], "");
    assert!(tables(&wide).iter().any(|it| width(it) > 80), "{wide}");
}

#[test]
fn warnings_and_errors_fit_into_eighty_columns() {
    let run = |columns: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_airshed"));
        let nowhere = ["log", "cat", "--brokers", "127.0.0.1:9", "--give-up-after", "1"];
        let output = command.args(nowhere).env("COLUMNS", columns).output().unwrap();
        String::from_utf8(output.stderr).unwrap()
    };
    let (narrow, wide) = (run("80"), run(""));
    for line in narrow.lines() {
        assert!(width(line) <= 80, "{} columns\n{line}", width(line));
    }
    // In a file each is one line.
    assert_eq!(wide.lines().count(), 2, "{wide}");
    let words = |text: &str| text.split_whitespace().skip(2).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(words(&narrow), words(&wide));
}

#[test]
fn nothing_is_coloured_where_no_terminal_is() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("winter");
    let log = folder.to_str().unwrap();
    for arguments in [
        &["--help"][..],
        &["play", "--help"],
        &["play"],
        &["nonsense"],
        &["demo", "--log", log],
        &["log", "cat", log],
        &["explain", log, "order-set", "1"],
        &["serve", "--config", "/there/is/none.toml"],
        &["play", "/there/is/none.csv", "--log", log],
    ] {
        let (_, out, err) = airshed(arguments);
        assert!(!out.contains('\u{1b}') && !err.contains('\u{1b}'), "{arguments:?}: {out}{err}");
    }
}

#[test]
fn a_reader_that_has_seen_enough_ends_a_command_quietly() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("winter");
    let log = folder.to_str().unwrap();
    told(&["demo", "--log", log], "80");
    for arguments in [
        &["completions", "bash"][..],
        &["completions", "zsh"],
        &["--help"],
        &["--version"],
        &["standard", "list"],
        &["standard", "measures"],
        &["index", "--pm25", "151"],
        &["log", "cat", log],
        &["log", "cat", log, "--json"],
        &["explain", log, "order-set", "1"],
        &["state", log],
        &["skill", log],
        &["replay", log],
        &["what-if", log, "--standard", "BTH-2016"],
        &["demo", "--log", log],
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut program = Command::new(env!("CARGO_BIN_EXE_airshed"));
        let command = program.args(arguments).stdout(Stdio::from(writer)).stderr(Stdio::piped());
        let output = command.spawn().unwrap().wait_with_output().unwrap();
        let words = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), &*words), (Some(0), ""), "{arguments:?}");
    }
}

#[test]
fn an_error_ends_a_command_with_its_code_where_no_one_reads_it() {
    for (arguments, code) in [(&["log", "cat", "/none"][..], 1), (&["standard", "show", "X"], 2)] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = Command::new(env!("CARGO_BIN_EXE_airshed"));
        let status = command.args(arguments).stderr(Stdio::from(writer)).status().unwrap();
        assert_eq!(status.code(), Some(code), "{arguments:?}");
    }
}

#[test]
fn errors_name_the_option_that_is_wrong() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("winter");
    let log = folder.to_str().unwrap();
    told(&["demo", "--log", log], "80");
    for (arguments, part) in [
        (["--set", "merge_gap=24"], "error: --set merge_gap: unknown key"),
        (["--set", "merge_gap_h=x"], "error: --set merge_gap_h: \"x\" is wrong"),
        (["--set", "merge_gap_h=-3"], "error: --set merge_gap_h: "),
        (["--set", "merge_gap_h"], "error: --set merge_gap_h: right is NAME=VALUE"),
    ] {
        let (code, _, err) = airshed(&[&["what-if", log], &arguments[..]].concat());
        assert_eq!(code, 2, "{err}");
        assert!(err.starts_with(part) && !err.contains("run.toml"), "{err}");
    }
}

#[test]
fn a_demo_suggests_another_demo_than_itself() {
    for (seed, next) in [("2", "demo --seed 3"), ("7", "demo --seed 8")] {
        let place = tempfile::tempdir().unwrap();
        let log = place.path().join("winter");
        let said = told(&["demo", "--seed", seed, "--log", log.to_str().unwrap()], "80");
        assert!(said.contains(next), "{said}");
    }
}
