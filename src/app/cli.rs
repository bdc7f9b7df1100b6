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
