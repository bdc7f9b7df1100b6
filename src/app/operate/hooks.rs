//! `airshed hooks`: how far webhooks have come, what is dead, and trying it again.

use std::fmt::Write as _;
use std::path::PathBuf;

use serde_json::json;

use crate::app::support::config::Config;
use crate::app::support::{Failure, output};
use crate::io::hooks::{Store, StoreError};
use crate::wire::hooks::DeadLetters;

/// Arguments of `hooks`.
#[derive(Debug, clap::Args)]
pub(in crate::app) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// List the targets: the position up to which each has come, what fails, what is dead.
    #[command(after_help = "Example: airshed hooks list --config hooks.toml")]
    List(Where),
    /// List the dead letters of a target, or of all: position, tries and reason.
    #[command(after_help = "Example: airshed hooks dead order-board --config hooks.toml")]
    Dead {
        /// The name of the target; without it, all.
        target: Option<String>,
        #[command(flatten)]
        place: Where,
    },
    /// Have dead letters tried again by the running `serve`, or when it starts.
    ///
    /// Each is tried once. Exit code 1: there is no such dead letter.
    #[command(after_help = "Example: airshed hooks retry order-board --config hooks.toml")]
    Retry {
        /// The name of the target.
        target: String,
        /// The position of the record; without it, all that are dead.
        position: Option<u64>,
        #[command(flatten)]
        place: Where,
    },
}

#[derive(Debug, clap::Args)]
struct Where {
    /// Configuration of `serve`.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(in crate::app) fn run(args: &Args) -> Result<(), Failure> {
    match &args.command {
        Command::List(place) => list(place),
        Command::Dead { target, place } => dead(target.as_deref(), place),
        Command::Retry { target, position, place } => retry(target, *position, place),
    }
}

/// The files of each target, or of one.
fn stores(place: &Where, target: Option<&str>) -> Result<Vec<(String, Store)>, Failure> {
    let hooks = Config::read(Some(&place.config))?.hooks;
    let names = hooks.targets.keys();
    let wanted = names.filter(|it| target.is_none_or(|name| name == *it));
    let found: Vec<_> = wanted.map(|it| (it.clone(), Store::new(&hooks.folder, it))).collect();
    match target {
        Some(name) if found.is_empty() => {
            let all: Vec<&str> = hooks.targets.keys().map(String::as_str).collect();
            let all = if all.is_empty() { "none".to_owned() } else { all.join(", ") };
            Err(Failure::Usage(format!("there is no target {name}; there are: {all}")))
        }
        _ => Ok(found),
    }
}

fn failed(error: StoreError) -> Failure {
    anyhow::Error::new(error).into()
}

fn list(place: &Where) -> Result<(), Failure> {
    let (mut text, mut all) = (String::new(), Vec::new());
    for (name, store) in stores(place, None)? {
        let queue = store.queue().map_err(failed)?;
        let dead = store.dead().map_err(failed)?.count();
        let next = queue.as_ref().map(|it| it.next);
        let failing = queue.and_then(|it| it.failing);
        let shown = next.map_or("not started".to_owned(), |it| format!("next is record {it}"));
        write!(text, "{name}  {shown}, {dead} dead").unwrap_or_default();
        if let Some(it) = &failing {
            write!(text, ", failing after {} tries: {}", it.tries, it.reason).unwrap_or_default();
        }
        text.push('\n');
        all.push(json!({"target": name, "next": next, "failing": failing, "dead": dead}));
    }
    if place.json {
        return output::print_json(&json!({ "targets": all }));
    }
    output::print(if text.is_empty() { "no targets" } else { text.trim_end() })
}

fn dead(target: Option<&str>, place: &Where) -> Result<(), Failure> {
    let (mut text, mut all) = (String::new(), Vec::new());
    for (name, store) in stores(place, target)? {
        for it in store.dead().map_err(failed)?.iter() {
            let (position, tries, reason) = (it.position, it.tries, &it.reason);
            writeln!(text, "{name}  record {position}, {tries} tries: {reason}")
                .unwrap_or_default();
            all.push(json!({
                "target": name, "position": position, "tries": tries, "reason": reason,
            }));
        }
    }
    if place.json {
        return output::print_json(&json!({ "dead": all }));
    }
    output::print(if text.is_empty() { "no dead letters" } else { text.trim_end() })
}

fn retry(target: &str, position: Option<u64>, place: &Where) -> Result<(), Failure> {
    let mut asked = Vec::new();
    for (_, store) in stores(place, Some(target))? {
        let dead: DeadLetters = store.dead().map_err(failed)?;
        let wanted = dead.iter().map(|it| it.position);
        for it in wanted.filter(|it| position.is_none_or(|wanted| wanted == *it)) {
            store.ask(it).map_err(failed)?;
            asked.push(it);
        }
    }
    if let Some(position) = position.filter(|_| asked.is_empty()) {
        let words = format!("{target} has no dead letter of record {position}");
        return Err(anyhow::anyhow!(words).into());
    }
    if place.json {
        return output::print_json(&json!({ "target": target, "asked": asked }));
    }
    output::print(&format!("asked for {} to be tried again", asked.len()))
}
