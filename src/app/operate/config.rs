//! `airshed config`: whether a configuration is right, and what each value is.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::app::run::serve;
use crate::app::support::broker::ClientArgs;
use crate::app::support::config::{Clock, Config};
use crate::app::support::origin::{Origin, Shown};
use crate::app::support::{Failure, output};

/// Arguments of `config`.
#[derive(Debug, clap::Args)]
pub(in crate::app) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Check a configuration and the rule book that it names. Exit code 2: something is wrong.
    #[command(after_help = "Example: airshed config check")]
    Check {
        /// Configuration of `serve`; without it, the defaults and the environment are checked.
        file: Option<PathBuf>,
    },
    /// Show each value, and where it comes from: default, file, environment or flag.
    ///
    /// Secrets are shown as ***. The flags are those of `serve`.
    #[command(after_help = "Example: airshed config show --clock sources")]
    Show(Show),
}

#[derive(Debug, clap::Args)]
struct Show {
    /// Configuration of `serve`; without it, the defaults and the environment are shown.
    file: Option<PathBuf>,
    /// The clock that closes the hours. Overrides rules.clock of the configuration.
    #[arg(long, value_name = "CLOCK")]
    clock: Option<Clock>,
    #[command(flatten)]
    client: ClientArgs,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(in crate::app) fn run(args: &Args) -> Result<(), Failure> {
    match &args.command {
        Command::Check { file } => {
            serve::check(&Config::read(file.as_deref())?)?;
            output::print(&format!(
                "{}: configuration and rule book are right",
                name(file.as_deref())
            ))
        }
        Command::Show(show) => shown(show),
    }
}

fn name(file: Option<&Path>) -> String {
    file.map_or("no file".to_owned(), |it| it.display().to_string())
}

fn shown(args: &Show) -> Result<(), Failure> {
    let mut effective = Config::read_with_origins(args.file.as_deref())?;
    if let Some(clock) = args.clock {
        effective.config.rules.clock = clock;
        effective.set("rules.clock", Origin::Flag("--clock"));
    }
    args.client.settings(&mut effective.config.kafka)?;
    for name in args.client.names() {
        effective.set_client(name, ClientArgs::FLAG);
    }
    let values = effective.shown()?;
    if args.json {
        return output::print_json(&json!({
            "file": args.file,
            "values": values.iter().map(as_json).collect::<Vec<_>>(),
        }));
    }
    output::print(&text(&values, &name(args.file.as_deref())))
}

fn as_json(it: &Shown) -> Value {
    let (from, line, name) = match &it.origin {
        Origin::Default => ("default", None, None),
        Origin::File(line) => ("file", Some(*line), None),
        Origin::Environment(name) => ("environment", None, Some(*name)),
        Origin::Flag(name) => ("flag", None, Some(*name)),
    };
    json!({ "key": it.key, "value": it.value, "from": from, "line": line, "name": name })
}

/// Lines that are TOML, with the origin as a comment.
fn text(values: &[Shown], file: &str) -> String {
    let line = |it: &Shown| {
        let (key, value) = (&it.key, &it.value);
        if value.is_null() { format!("# {key} is not set") } else { format!("{key} = {value}") }
    };
    let lines: Vec<String> = values.iter().map(line).collect();
    let width = lines.iter().map(|it| it.chars().count()).filter(|it| *it <= 48).max().unwrap_or(0);
    let mut text = String::new();
    for (line, it) in lines.iter().zip(values) {
        let origin = match &it.origin {
            Origin::Default => "default".to_owned(),
            Origin::File(at) => format!("{file}, line {at}"),
            Origin::Environment(name) | Origin::Flag(name) => (*name).to_owned(),
        };
        writeln!(text, "{line:width$}  # {origin}").unwrap_or_default();
    }
    text.trim_end().to_owned()
}
