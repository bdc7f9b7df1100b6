//! What a command prints: whole texts, and no complaint when the reader has seen enough.

use std::io::{ErrorKind, Write as _};

use anyhow::Context as _;

use super::Failure;

/// Prints a text and a line end.
pub(super) fn print(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    match writeln!(out, "{}", text.trim_end()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        result => Ok(result.context("cannot print")?),
    }
}

/// Tells something beside what was asked for. Whether anybody hears it makes no difference.
pub(super) fn note(text: &str) {
    let told = writeln!(std::io::stderr(), "note: {text}");
    drop(told);
}

/// Prints a value as JSON.
pub(super) fn print_json(value: &serde_json::Value) -> Result<(), Failure> {
    print(&format!("{value:#}"))
}
