//! The tour of the README: its commands are run as they stand there, and print what stands there.

use std::path::Path;
use std::process::Command;

/// What stands for lines that are left out.
const LEFT_OUT: &str = "…";

/// A command of the tour, and the lines that the README shows of what it prints.
struct Step {
    command: Vec<String>,
    shown: Vec<String>,
}

/// The commands in the console blocks under a heading of the README.
fn steps(heading: &str) -> Vec<Step> {
    let text = include_str!("../../README.md");
    let section = text.split(&format!("## {heading}\n")).nth(1).unwrap();
    let section = section.split("\n## ").next().unwrap();
    let mut steps: Vec<Step> = Vec::new();
    for block in section.split("```console\n").skip(1) {
        for line in block.split("```").next().unwrap().lines() {
            if let Some(command) = line.strip_prefix("$ airshed ") {
                let command = words(command);
                steps.push(Step { command, shown: Vec::new() });
            } else {
                steps.last_mut().unwrap().shown.push(line.to_owned());
            }
        }
    }
    steps
}

/// The words of a shell line; quotes keep spaces.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (at, part) in line.split('"').enumerate() {
        if at % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    words
}

/// Whether a line is as it is shown; in it, too, a part may be left out.
fn is_shown(line: &str, shown: &str) -> bool {
    match shown.split_once(LEFT_OUT) {
        None => line == shown,
        Some((begin, end)) => line.starts_with(begin) && line.ends_with(end),
    }
}

/// Every shown line is printed, in this order, and where none is left out without another one
/// between.
fn check(step: &Step, printed: &str) {
    let (mut lines, mut may_skip) = (printed.lines(), false);
    for shown in &step.shown {
        if shown == LEFT_OUT {
            may_skip = true;
            continue;
        }
        let found = if may_skip {
            lines.any(|it| is_shown(it, shown))
        } else {
            lines.next().is_some_and(|it| is_shown(it, shown))
        };
        assert!(found, "{:?} does not print here: {shown}\n{printed}", step.command);
        may_skip = false;
    }
    let rest: Vec<&str> = lines.filter(|it| !it.is_empty()).collect();
    assert!(may_skip || rest.is_empty(), "{:?} prints more: {rest:#?}", step.command);
}

#[test]
fn the_tour_of_the_readme_prints_what_stands_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let place = tempfile::tempdir().unwrap();
    std::fs::create_dir(place.path().join("deploy")).unwrap();
    let commands = "deploy/answers.jsonl";
    std::fs::copy(root.join(commands), place.path().join(commands)).unwrap();
    let steps = steps("An episode in ten minutes");
    assert!(steps.len() >= 8, "the tour has {} commands", steps.len());
    for step in steps {
        let mut program = Command::new(env!("CARGO_BIN_EXE_airshed"));
        let output = program.args(&step.command).current_dir(place.path()).output().unwrap();
        let words = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{:?}: {words}", step.command);
        check(&step, &String::from_utf8(output.stdout).unwrap());
    }
}
