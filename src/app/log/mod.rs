//! `airshed log`: looks into a log.

mod cat;
mod verify;

use clap::Subcommand;

use super::Failure;

/// What to do with the log.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Print the records of a log, one a line.
    ///
    /// Example: airshed log cat january --type `order_set_issued` --json
    Cat(cat::Args),
    /// Re-hash a whole log, and hold it against its tree and its checkpoints.
    ///
    /// Example: airshed log verify january --key bth.key.pub
    Verify(verify::Args),
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    match &args.command {
        Command::Cat(args) => cat::run(args),
        Command::Verify(args) => verify::run(args),
    }
}
