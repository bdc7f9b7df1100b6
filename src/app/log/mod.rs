//! `airshed log`: looks into a log.

mod compact_index;
mod export;
mod import;
mod transfer;

use clap::Subcommand;

use super::read::cat;
use super::support::Failure;
use super::trust::{checkpoint, consistency, prove, verify};

/// What to do with the log.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Print the records of a log, one a line.
    #[command(after_help = "Example: airshed log cat january --type ticked --json")]
    Cat(cat::Args),
    /// Write a bundle of evidence for one record, which anybody can check without the log.
    #[command(after_help = "Example: airshed log prove january 103 -o order.json")]
    Prove(prove::Args),
    /// Print the newest checkpoint of a log: keep it where nobody who writes the log can reach it.
    #[command(after_help = "Example: airshed log checkpoint january > seen.note")]
    Checkpoint(checkpoint::Args),
    /// Prove that one checkpoint of a log goes on from another, for a witness.
    #[command(after_help = "Example: airshed log consistency january seen.note -o proof")]
    Consistency(consistency::Args),
    /// Re-hash a whole log, and hold it against its tree, its checkpoints and its snapshot.
    ///
    /// Exit code 0: every record is whole and nothing that was signed is missing. Hashes that a
    /// kill or a full disk kept from being written are counted, and are no fault. Exit code 1: the
    /// first fault, with file and byte; also for a damaged snapshot beside whole records.
    #[command(after_help = "Example: airshed log verify january --key bth.key.pub")]
    Verify(verify::Args),
    /// Make what lies beside the records (hashes, state) anew from them, and nothing else.
    ///
    /// Records and checkpoints are only read. Whatever is missing, old or wrong beside them is
    /// made again, and what a crash has left is taken away.
    #[command(after_help = "Example: airshed log compact-index january")]
    CompactIndex(compact_index::Args),
    /// Carry a log in a folder into a Kafka topic, byte by byte, with its checkpoints.
    #[command(
        after_help = "Example: airshed log export january --brokers localhost:9092 --topic january.log"
    )]
    Export(export::Args),
    /// Carry a log in a Kafka topic into a folder, byte by byte, with its checkpoints.
    #[command(
        after_help = "Example: airshed log import --brokers localhost:9092 --topic january.log january"
    )]
    Import(import::Args),
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    match &args.command {
        Command::Cat(args) => cat::run(args),
        Command::Prove(args) => prove::run(args),
        Command::Checkpoint(args) => checkpoint::run(args),
        Command::Consistency(args) => consistency::run(args),
        Command::Verify(args) => verify::run(args),
        Command::CompactIndex(args) => compact_index::run(args),
        Command::Export(args) => export::run(args),
        Command::Import(args) => import::run(args),
    }
}
