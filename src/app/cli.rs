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
    Index(super::index::Args),
    Standard(super::standard::Args),
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
        Command::Index(args) => super::index::run(&args),
        Command::Standard(args) => super::standard::run(&args),
        Command::Completions { shell } => {
            let mut command = Cli::command();
            clap_complete::generate(shell, &mut command, "airshed", &mut std::io::stdout());
            Ok(())
        }
    }
}
