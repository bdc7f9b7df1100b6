//! The command line: one variant a subcommand, one file a subcommand.

use clap::{CommandFactory as _, Parser, Subcommand};

use super::Failure;

/// One warning standard and one synchronized order for every jurisdiction that breathes the
/// same air.
#[derive(Debug, Parser)]
#[command(name = "airshed", version, arg_required_else_help = true)]
pub(super) struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Play an invented winter episode into a log: no broker, no server, nothing to set up.
    ///
    /// Example: airshed demo --seed 7 --log winter
    Demo(super::demo::Args),
    /// Play real files of readings into a log, in event time.
    ///
    /// Example: airshed play readings.csv.gz --log january --outlook hindsight:120
    Play(super::play::Args),
    /// Draw the episode of a log: one row a jurisdiction, warnings as bars, order sets as lines.
    ///
    /// Example: airshed picture winter -o winter.svg
    Picture(super::picture::Args),
    /// Fold a log to its last state, and decide it anew from its own facts.
    ///
    /// Example: airshed replay january --check
    Replay(super::replay::Args),
    /// Decide the facts of a log by other rules, and compare the orders. Nothing is sent.
    ///
    /// Example: airshed what-if january --standard BTH-2016 --set `merge_gap_h=24`
    WhatIf(super::what_if::Args),
    /// The state of things at one time, as it was known at another.
    ///
    /// Example: airshed state january --happened-at 2019-01-12T16:00 --known-at 2019-01-12T18:00
    State(super::state::Args),
    /// On what an order set, a warning or an hour rests.
    ///
    /// Example: airshed explain january order-set 1
    Explain(super::explain::Args),
    /// How good the forecasts in a log were: hits, misses, false alarms, bias and accuracy.
    ///
    /// Example: airshed skill may --above 100
    Skill(super::skill::Args),
    /// Look into a log.
    ///
    /// Example: airshed log cat january --json | head
    Log(super::log::Args),
    /// Make keys that sign the checkpoints of a log.
    ///
    /// Example: airshed key new bth.key --origin airshed.example/bth
    Key(super::key::Args),
    /// Check a bundle of evidence: needs neither the log nor a network.
    ///
    /// Example: airshed verify-bundle order.json --key bth.key.pub
    VerifyBundle(super::verify_bundle::Args),
    /// Co-sign a checkpoint, if the log goes on from the last one seen.
    ///
    /// Example: airshed witness --key hebei.key --state seen.note new.note --proof proof.txt
    Witness(super::witness::Args),
    Index(super::index::Args),
    Standard(super::standard::Args),
    /// Take readings from Kafka, keep the log, and send orders, for as long as it runs.
    ///
    /// Example: `airshed serve --config deploy/config.toml`
    Serve(super::serve::Args),
    /// Send files of readings into the topics, with their own clock.
    ///
    /// A feed that was interrupted, even by kill -9, goes on where it was: start it again with the
    /// same files and options. What is in the topics is compared with the files first, and left
    /// out where it is the same. Files that have grown at their end are sent from there on.
    ///
    /// Example: airshed feed january.csv --brokers localhost:9092 --pack 100 --outlook
    /// hindsight:120
    Feed(super::feed::Args),
    /// Print shell completions.
    ///
    /// Example: airshed completions bash > /`etc/bash_completion.d/airshed`
    Completions {
        /// Which shell.
        shell: clap_complete::Shell,
    },
}

pub(super) fn run(cli: Cli) -> Result<(), Failure> {
    match cli.command {
        Command::Demo(args) => super::demo::run(&args),
        Command::Play(args) => super::play::run(&args),
        Command::Picture(args) => super::picture::run(&args),
        Command::Replay(args) => super::replay::run(&args),
        Command::WhatIf(args) => super::what_if::run(&args),
        Command::State(args) => super::state::run(&args),
        Command::Explain(args) => super::explain::run(&args),
        Command::Skill(args) => super::skill::run(&args),
        Command::Log(args) => super::log::run(&args),
        Command::Key(args) => super::key::run(&args),
        Command::VerifyBundle(args) => super::verify_bundle::run(&args),
        Command::Witness(args) => super::witness::run(&args),
        Command::Index(args) => super::index::run(&args),
        Command::Standard(args) => super::standard::run(&args),
        Command::Serve(args) => super::serve::run(&args),
        Command::Feed(args) => super::feed::run(&args),
        Command::Completions { shell } => {
            let mut command = Cli::command();
            clap_complete::generate(shell, &mut command, "airshed", &mut std::io::stdout());
            Ok(())
        }
    }
}
