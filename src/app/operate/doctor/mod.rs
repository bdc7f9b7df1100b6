//! `airshed doctor`: is everything there that `serve` needs, and what is to be done?

mod certificates;
mod clock;
mod disk;
mod finding;
mod http;
mod kafka;
mod key;
mod registry;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use anyhow::anyhow;
use serde_json::{Value, json};

use crate::app::run::serve::{self, SettingsArgs};
use crate::app::support::config::{Config, Keep};
use crate::app::support::{Failure, output};
use crate::domain::{RuleBook, Timestamp};
use crate::io::kafka::ClientSettings;
use finding::{Finding, Report, State};

/// Arguments of `doctor`.
#[derive(Debug, clap::Args)]
pub(in crate::app) struct Args {
    #[command(flatten)]
    settings: SettingsArgs,
    /// Give up after so many seconds without an answer from any broker.
    #[arg(long, default_value_t = 10, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=600))]
    give_up_after: u64,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// What is checked.
struct Subject {
    config: Config,
    client: ClientSettings,
    key: Option<PathBuf>,
    /// None if the rule book is wrong.
    book: Option<Arc<RuleBook>>,
    give_up_after: Duration,
    now: Timestamp,
}

impl Subject {
    /// The folder of the log, unless the log is in a topic.
    fn log_folder(&self) -> Option<&PathBuf> {
        let log = &self.config.log;
        (log.keep == Keep::Segments).then_some(&log.folder)
    }
}

/// A part of the checks, in a thread of its own. The name is for one that does not end.
struct Part {
    name: &'static str,
    check: fn(&Subject, &Report),
}

const PARTS: [Part; 7] = [
    Part { name: "broker", check: kafka::check },
    Part { name: "registry", check: registry::check },
    Part { name: "clock", check: clock::check },
    Part { name: "disk", check: disk::check },
    Part { name: "key", check: key::check_folder },
    Part { name: "certificate", check: certificates::check },
    Part { name: "port", check: http::check },
];

/// What is printed first.
const ORDER: [&str; 12] = [
    "config",
    "rules",
    "broker",
    "topics",
    "registry",
    "clock",
    "disk",
    "key",
    "tokens",
    "certificate",
    "port",
    "webhooks",
];

/// Parts that take longer than a silent broker are given up. Their questions are bounded, but not
/// those of the system, for a name or a file of another machine.
const MARGIN: Duration = Duration::from_secs(20);

pub(in crate::app) fn run(args: &Args) -> Result<(), Failure> {
    let (config, client) = args.settings.read()?;
    let mut found = Vec::new();
    let file = args.settings.config.as_ref().map(|it| it.display().to_string());
    let file = file.unwrap_or("no file: defaults and environment".to_owned());
    found.push(Finding::ok("config", file));
    let book = rules(&config, &mut found);
    let subject = Subject {
        config,
        client,
        key: args.settings.key.clone(),
        book,
        give_up_after: Duration::from_secs(args.give_up_after),
        now: clock::now(),
    };
    found.extend(gather(&Arc::new(subject)));
    found.sort_by_key(|it| ORDER.iter().position(|check| *check == it.check));
    print(&found, args.json)?;
    match count(&found, State::Wrong) {
        0 => Ok(()),
        wrong => Err(anyhow!("{wrong} of {} checks found something wrong", found.len()).into()),
    }
}

/// The rule book, and the profile of warnings for others.
fn rules(config: &Config, found: &mut Vec<Finding>) -> Option<Arc<RuleBook>> {
    const REMEDY: &str = "deploy/bth is a rule book that is right; see its README.md";
    match serve::rule_book(config) {
        Ok(book) => {
            let rules = &book.rules;
            let (members, stations) = (rules.jurisdictions.len(), rules.stations.len());
            let folder = &config.rules.folder;
            let place = if folder.as_os_str().is_empty() {
                "built in".to_owned()
            } else {
                folder.display().to_string()
            };
            let what = format!(
                "{place}: airshed {}, {members} jurisdictions, {stations} stations",
                rules.airshed
            );
            found.push(Finding::ok("rules", what));
            if let Err(error) = config.cap.profile(&config.rules.folder) {
                found.push(Finding::wrong("rules", error.to_string(), "correct cap.folder"));
            }
            if let Err(words) = serve::check_hooks(config, &book) {
                found.push(Finding::wrong("webhooks", words, "see [hooks] in deploy/config.toml"));
            } else if !config.hooks.targets.is_empty() {
                let count = config.hooks.targets.len();
                found.push(Finding::ok("webhooks", format!("{count} targets, with their secrets")));
            }
            Some(book)
        }
        Err(error) => {
            found.push(Finding::wrong("rules", error.to_string(), REMEDY));
            None
        }
    }
}

/// Runs all parts at the same time, and waits for each, but not for ever.
fn gather(subject: &Arc<Subject>) -> Vec<Finding> {
    let running: Vec<_> = PARTS.iter().map(|it| (it.name, start(it, subject))).collect();
    let limit = subject.give_up_after + MARGIN;
    let clock = clock::Stopwatch::start();
    let mut found = Vec::new();
    for (name, findings) in running {
        loop {
            match findings.recv_timeout(limit.saturating_sub(clock.elapsed())) {
                Ok(finding) => found.push(finding),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    let what = format!("this check did not end within {} s", limit.as_secs());
                    let remedy = "look for a name server or a file system that does not answer";
                    found.push(Finding::wrong(name, what, remedy));
                    break;
                }
            }
        }
    }
    found
}

fn start(part: &Part, subject: &Arc<Subject>) -> Receiver<Finding> {
    let (sender, receiver) = channel();
    let (name, check, subject) = (part.name, part.check, Arc::clone(subject));
    let report = Report::new(sender.clone());
    let started = std::thread::Builder::new().spawn(move || check(&subject, &report));
    if let Err(error) = started {
        let what = format!("this check could not start: {error}");
        drop(sender.send(Finding::wrong(name, what, "end other programs of this machine")));
    }
    receiver
}

fn count(found: &[Finding], state: State) -> usize {
    found.iter().filter(|it| it.state == state).count()
}

fn print(found: &[Finding], as_json: bool) -> Result<(), Failure> {
    let [wrong, warnings] = [State::Wrong, State::Warning].map(|it| count(found, it));
    if as_json {
        let checks: Vec<Value> = found.iter().map(Finding::json).collect();
        return output::print_json(&json!({
            "ok": wrong == 0, "wrong": wrong, "warnings": warnings, "checks": checks,
        }));
    }
    let mut lines: Vec<String> = found.iter().flat_map(Finding::lines).collect();
    lines.push(format!("{} checks: {wrong} wrong, {warnings} warnings", found.len()));
    output::print(&lines.join("\n"))
}
