//! From where: arguments, configuration, and the wiring of one run.

mod broker;
mod cli;
mod config;
mod console;
mod demo;
mod episode;
mod explain;
mod feed;
#[cfg(test)]
mod fixture;
mod index;
mod key;
mod log;
mod log_folder;
mod log_reader;
mod measures;
mod moment;
mod narrate;
mod notes;
mod onlooker;
mod orders;
mod output;
mod picture;
mod play;
mod progress;
mod replay;
mod rules;
mod serve;
mod signals;
mod skill;
mod standard;
mod state;
mod summary;
mod telemetry;
mod terminal;
mod verify_bundle;
mod what_if;
mod witness;

use std::process::ExitCode;

use clap::Parser as _;

/// The run went wrong.
const FAILED: u8 = 1;
/// The arguments or the configuration are wrong.
const WRONG_USAGE: u8 = 2;

/// What a command can fail with, and so with which exit code.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// Wrong arguments or configuration: exit code 2.
    #[error("{0}")]
    Usage(String),
    /// Ctrl-C or SIGTERM ended the run early: exit code 130 or 143.
    #[error("{words}")]
    Interrupted {
        /// What was done, and how to go on.
        words: String,
        /// The exit code of a program that a signal ended.
        exit_code: u8,
    },
    /// Anything else: exit code 1.
    #[error(transparent)]
    Run(#[from] anyhow::Error),
}

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
