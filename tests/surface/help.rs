//! Every example of every `--help`, run as it stands there.

use std::path::Path;
use std::process::{Command, Output};

use super::{cooperation, printed, skip};

/// These need a broker, and would find one that is not meant, or run until they are stopped: that
/// they are understood is tested where the command line is read.
const WITH_BROKER: [&str; 8] =
    ["serve", "look", "feed", "load", "log export", "log import", "topics create", "topics check"];

/// What must be there before the examples, as in a first session.
const BEFORE: [&str; 12] = [
    "printf '[hooks.targets.order-board]\nurl = \"http://127.0.0.1:9\"\nsecret_file = \"s\"\n' > hooks.toml",
    "printf '[http]\nlisten = \"127.0.0.1:0\"\n[log]\nkeep = \"segments\"\n' > serve.toml",
    "airshed key new bth.key --origin airshed.example/bth",
    "airshed key new w.key --origin witness.example --witness",
    "airshed token new --body 130100 --role reader --name \"order board\" --expires 2027-01-01",
    "airshed play readings.csv.gz --log january --outlook hindsight:120 --key bth.key --quiet",
    "airshed demo --seed 7 --json --log winter",
    "airshed demo --json --log may",
    "airshed log messages may --of orders --key bth.key > orders.json",
    "airshed cap january --to published",
    "airshed log checkpoint january > new.note",
    "airshed log consistency january new.note -o proof",
];

/// The commands below this one, by what its help lists.
pub(crate) fn commands(path: &str, found: &mut Vec<String>) {
    let arguments: Vec<&str> = path.split_whitespace().chain(["--help"]).collect();
    let help = printed(&arguments);
    let listed = help.lines().skip_while(|it| *it != "Commands:").skip(1);
    for line in listed.take_while(|it| !it.is_empty()) {
        let indented = line.strip_prefix("  ").filter(|it| !it.starts_with(' '));
        let Some(name) = indented.and_then(|it| it.split_whitespace().next()) else { continue };
        if name != "help" {
            let below = format!("{path} {name}").trim().to_owned();
            found.push(below.clone());
            commands(&below, found);
        }
    }
}

fn examples(path: &str) -> Vec<String> {
    let arguments: Vec<&str> = path.split_whitespace().chain(["--help"]).collect();
    let help = printed(&arguments);
    // A line that ends with a backslash goes on in the next one.
    let help = help.replace(" \\\n   ", "");
    // So does a quoted text that is longer than a line; such an example ends its help.
    let has_quotes = path.trim_start().starts_with("do ");
    let line = |it: &str| {
        if has_quotes { it.trim_end() } else { it.lines().next().unwrap_or_default() }.to_owned()
    };
    let lines: Vec<String> = help.split("Example: ").skip(1).map(line).collect();
    assert!(!lines.is_empty(), "{path} has no example: {help}");
    lines
}

/// The day of the example on which a token expires will come.
fn in_force(line: &str) -> String {
    line.replace("--expires 2027-01-01", "--expires 2999-01-01")
}

fn run(folder: &Path, line: &str) {
    let output = output(folder, line);
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{line}: {words}");
    assert!(!words.contains("error"), "{line}: {words}");
}

/// The example of a command of a body is understood. What it names is not in this log, or its time
/// is over.
fn is_understood(folder: &Path, line: &str) {
    let output = output(folder, line);
    let words = String::from_utf8_lossy(&output.stderr);
    let Some(refused) = words.lines().find_map(|it| it.strip_prefix("refused: ")) else {
        return assert!(output.status.success(), "{line}: {words}");
    };
    assert_eq!(output.status.code(), Some(1), "{line}: {words}");
    for reason in ["unknown_body", "unknown_role", "role_not_allowed", "not_open"] {
        assert!(!refused.starts_with(reason), "{line}: {words}");
    }
}

fn output(folder: &Path, line: &str) -> Output {
    let programs = Path::new(env!("CARGO_BIN_EXE_airshed")).parent().unwrap();
    let inherited = std::env::var_os("PATH").unwrap_or_default();
    let path = format!("{}:{}", programs.display(), inherited.display());
    let mut shell = Command::new("sh");
    shell.args(["-c", line]).current_dir(folder).env("PATH", path);
    shell.output().unwrap()
}

#[test]
fn every_example_of_every_help_can_be_run() {
    let name = "cnemc_bth_ring_ep_20190109_0116.csv.gz";
    let Some(readings) = skip::shared_data(name) else { return };
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    std::fs::copy(readings, folder.join("readings.csv.gz")).unwrap();
    for line in BEFORE {
        run(folder, &in_force(line));
    }
    cooperation::write(&folder.join("episode"), cooperation::OF_EACH);
    let mut all = Vec::new();
    commands("", &mut all);
    assert!(all.len() > 25, "{all:?}");
    // What makes a file stands before what reads it.
    let makers = ["airshed log checkpoint", "airshed log prove", "airshed log consistency"];
    let mut lines: Vec<String> = all
        .iter()
        .filter(|it| !WITH_BROKER.contains(&&***it))
        .flat_map(|it| examples(it))
        .collect();
    // A command and its only subcommand may share one.
    lines.sort();
    lines.dedup();
    lines.sort_by_key(|line| {
        makers.iter().position(|it| line.starts_with(it)).unwrap_or(makers.len())
    });
    for line in lines {
        // These make what is there already.
        let new = if line.starts_with("airshed key new") { "new" } else { "" };
        let line = line.replace("bth.key --origin", &format!("{new}bth.key --origin"));
        // The log is signed, and a play goes on only with its key.
        let line = match line.strip_prefix("airshed play ") {
            Some(rest) => format!("airshed play {}", rest.replace("january", "february")),
            None => line,
        };
        if line.starts_with("airshed do ") {
            is_understood(folder, &line);
        } else {
            run(folder, &in_force(&line));
        }
    }
}

#[test]
fn folders_have_one_name_in_every_help() {
    let mut all = Vec::new();
    commands("", &mut all);
    for path in all {
        let arguments: Vec<&str> = path.split_whitespace().chain(["--help"]).collect();
        let help = printed(&arguments);
        assert!(!help.contains("FOLDER"), "{path}: {help}");
    }
}
