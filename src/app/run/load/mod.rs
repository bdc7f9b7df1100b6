//! `airshed load`: sends invented readings to a running `serve` at a given rate, measures how long
//! its orders take, and checks every one of them.

mod book;
mod comparison;
mod expected;
mod figures;
mod log_check;
mod plan;
mod process;
mod receiver;
mod report;
mod run;
mod schedule;
mod sender;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::anyhow;

use crate::app::support::broker::Broker;
use crate::app::support::rules::{self, Overrides};
use crate::app::support::{Failure, output, signals, telemetry};
use crate::domain::{RuleBook, StationIndex};
use crate::io::kafka::Stop;

use schedule::{Rate, parse_duration};

/// Arguments of `load`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = MEANING)]
pub(in crate::app) struct Args {
    #[command(flatten)]
    broker: Broker,
    /// First part of the names of all topics: `kafka.topic_prefix` of that `serve`.
    #[arg(long, default_value = "load", value_name = "NAME")]
    prefix: String,
    /// Stations that report each hour [default: all of the rule book].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=60_000))]
    stations: Option<u32>,
    /// Messages of readings a second, or max.
    #[arg(long, default_value = "1000", value_name = "R")]
    rate: Rate,
    /// Most readings in one message.
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pack: u32,
    /// How long to measure, such as 30s or 5m; with --ramp, each rate.
    #[arg(long = "for", default_value = "30s", value_name = "T", value_parser = parse_duration)]
    duration: Duration,
    /// How long to send before that, at the same rate, without measuring.
    #[arg(long, default_value = "5s", value_name = "T", value_parser = parse_duration)]
    warm_up: Duration,
    /// Raise the rate by a half, from --rate on, until p99 is above --p99.
    #[arg(long, requires = "p99")]
    ramp: bool,
    /// The bound of --ramp for the p99 of reading -> hour closed and of reading -> order received,
    /// in milliseconds.
    #[arg(long, value_name = "MS", requires = "ramp")]
    p99: Option<f64>,
    /// The run is void if p99.9 of intended -> sent is above so many milliseconds.
    #[arg(long, default_value_t = 10.0, value_name = "MS")]
    late: f64,
    /// Another seed gives other air.
    #[arg(long, default_value_t = 1, value_name = "N")]
    seed: u64,
    /// Folder of the rule book, the same as that of `serve`; without it, the built-in one.
    #[arg(long, value_name = "DIR")]
    airshed: Option<PathBuf>,
    /// Write a rule book with --stations invented stations into a new folder, and exit.
    #[arg(long, value_name = "DIR", requires = "stations")]
    write_rules: Option<PathBuf>,
    /// The public key of the log: checks that the last checkpoint proves each order.
    #[arg(long, value_name = "FILE")]
    log_key: Option<PathBuf>,
    /// The process of `serve`, to report its processor time and memory (Linux).
    #[arg(long, value_name = "PID")]
    serve_pid: Option<u32>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// How to use it, and what the numbers are.
const MEANING: &str = "\
Start a serve of its own first, with the clock of the sources and a topic prefix that no
run has used. load sends hours of invented air as fast as --rate allows, so the days of
an episode pass in seconds and warnings are issued, raised and lifted:

  printf '[kafka]\\ntopic_prefix = \"load\"\\n' > load.toml
  airshed serve --config load.toml --clock sources &

Message k is due at start + k/rate, whatever became of those before it; all latencies
count from there. An hour is complete with the last message of its stations:
  intended -> sent          how late the generator was; if too late, the run is void
  broker, sent -> received  a small message through a topic of its own, to a plain consumer
  reading -> hour closed    from the message that completes an hour to its first state in
                            the topic current
  reading -> order received from there to each order of that hour, read as committed

At the end every order is compared with those that the same engine computes from the same
inputs in memory: lost, doubled, wrong; early if its record was not yet committed to the
log when it came; unproven, with --log-key. Any of them: exit code 1.

More stations than the rule book has:
  airshed load --stations 1500 --write-rules many
and then [rules] folder = \"many\" for serve, and --airshed many for load.

Example: airshed load --prefix load --rate 1000 --for 30s --json";

/// Runs the load, or writes a rule book.
pub(in crate::app) fn run(args: &Args) -> Result<(), Failure> {
    let overrides = Overrides::default().set("clock", "\"sources\"");
    let book = rules::load_with_answers(args.airshed.as_deref(), &overrides)?;
    if let (Some(folder), Some(stations)) = (&args.write_rules, args.stations) {
        let own = |name: &str| name != crate::wire::rule_book::RUN_FILE;
        let files = book.files.iter().filter(|it| own(&it.0)).cloned().collect();
        return book::write(folder, (files, &book.rules), stations as usize);
    }
    let stations = stations(args, &book)?;
    telemetry::start_quiet()?;
    let stop = Stop::default();
    signals::listen(stop.clone())?;
    let connection = args.broker.connect(stop)?;
    let report = run::run(args, book, stations, &connection)?;
    if args.json {
        output::print_json(&report.json())?;
    } else {
        output::print(&report.text())?;
    }
    match report.faults.len() {
        0 => Ok(()),
        count => Err(Failure::Run(anyhow!("{count} faults in the orders; see the list above"))),
    }
}

fn stations(args: &Args, book: &Arc<RuleBook>) -> Result<Vec<StationIndex>, Failure> {
    plan::stations(&book.rules, args.stations.map(|it| it as usize)).map_err(|there| {
        Failure::Usage(format!(
            "--stations: the rule book has {there} that report; `airshed load --stations N \
             --write-rules DIR` writes one with more"
        ))
    })
}
