//! `airshed log`: prints, checks, proves, copies and repairs logs.

mod compact_index;
mod export;
mod import;
mod messages;
mod transfer;

use clap::Subcommand;

use super::read::cat;
use super::support::Failure;
use super::trust::{checkpoint, consistency, prove, verify};

/// Arguments of `log`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Print the records of a log, one on each line.
    #[command(after_help = "Example: airshed log cat january --type ticked --json")]
    Cat(cat::Args),
    /// Print what is sent of a log: orders, alerts, what bodies do, refused inputs.
    Messages(messages::Args),
    /// Write a bundle of evidence for one record, to be checked without the log.
    #[command(after_help = "Example: airshed log prove january 103 -o order.json")]
    Prove(prove::Args),
    /// Print the newest checkpoint of a log. Store it where the writer of the log has no access.
    #[command(after_help = "Example: airshed log checkpoint january > seen.note")]
    Checkpoint(checkpoint::Args),
    /// Prove to a witness that a log at one checkpoint continues the log at an older one.
    #[command(after_help = "Example: airshed log consistency january seen.note -o proof")]
    Consistency(consistency::Args),
    /// Hash a whole log again and compare it with its tree, checkpoints and snapshot.
    ///
    /// Exit code 0: every record is intact and no signed record is missing. Hashes that could not
    /// be written because of a kill or a full disk are counted and are no fault. Exit code 1: there
    /// is a fault; the first one is printed, with file and byte. A damaged snapshot is a fault too,
    /// even if all records are intact.
    #[command(after_help = "Example: airshed log verify january --key bth.key.pub")]
    Verify(verify::Args),
    /// Rebuild the derived files of a log (hashes, snapshot) from its records.
    ///
    /// Records and checkpoints are only read. Derived files that are missing, outdated or wrong are
    /// rebuilt, and leftovers of a crash are removed.
    #[command(after_help = "Example: airshed log compact-index january")]
    CompactIndex(compact_index::Args),
    /// Copy a log from a folder to a Kafka topic, byte for byte, with its checkpoints.
    #[command(
        after_help = "Example: airshed log export january --brokers localhost:9092 --topic january.log"
    )]
    Export(export::Args),
    /// Copy a log from a Kafka topic to a folder, byte for byte, with its checkpoints.
    #[command(
        after_help = "Example: airshed log import --brokers localhost:9092 --topic january.log january"
    )]
    Import(import::Args),
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    match &args.command {
        Command::Cat(args) => cat::run(args),
        Command::Messages(args) => messages::run(args),
        Command::Prove(args) => prove::run(args),
        Command::Checkpoint(args) => checkpoint::run(args),
        Command::Consistency(args) => consistency::run(args),
        Command::Verify(args) => verify::run(args),
        Command::CompactIndex(args) => compact_index::run(args),
        Command::Export(args) => export::run(args),
        Command::Import(args) => import::run(args),
    }
}
