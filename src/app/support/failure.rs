//! How a command fails.

/// What a command can fail with, and so with which exit code.
#[derive(Debug, thiserror::Error)]
pub(in crate::app) enum Failure {
    /// Wrong arguments or configuration: exit code 2.
    #[error("{0}")]
    Usage(String),
    /// A command of a body was refused: exit code 1.
    #[error("{0}")]
    Refused(String),
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
