//! The command line: arguments, configuration, and the wiring of each command.

mod answer;
mod api;
mod cli;
mod law;
mod log;
mod operate;
mod page;
mod read;
mod report;
mod run;
mod support;
#[cfg(test)]
mod tests;
mod trust;

use std::process::ExitCode;

use clap::Parser as _;

use support::{Failure, output};

/// Exit code of a run that failed.
const FAILED: u8 = 1;
/// Exit code for wrong arguments or a wrong configuration.
const WRONG_USAGE: u8 = 2;

/// Parses the arguments, runs the command, and returns its exit code.
pub fn main() -> ExitCode {
    match cli::run(cli::Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Usage(words)) => {
            output::say(&format!("error: {words}"));
            ExitCode::from(WRONG_USAGE)
        }
        Err(Failure::Refused(words)) => {
            output::say(&format!("refused: {words}"));
            ExitCode::from(FAILED)
        }
        Err(Failure::Interrupted { words, exit_code }) => {
            output::say(&format!("interrupted: {words}"));
            ExitCode::from(exit_code)
        }
        Err(Failure::Run(error)) => {
            output::say(&format!("error: {error:#}"));
            ExitCode::from(FAILED)
        }
    }
}
