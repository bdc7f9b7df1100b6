//! From where: arguments, configuration, and the wiring of one run.

mod cli;
mod law;
mod log;
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

/// The run went wrong.
const FAILED: u8 = 1;
/// The arguments or the configuration are wrong.
const WRONG_USAGE: u8 = 2;

/// Parses, runs, and turns the result into an exit code.
pub fn main() -> ExitCode {
    match cli::run(cli::Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Usage(words)) => {
            output::say(&format!("error: {words}"));
            ExitCode::from(WRONG_USAGE)
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
