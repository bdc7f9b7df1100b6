//! What a command prints. A reader that closes the pipe early is no error.

use std::io::{ErrorKind, Write as _};

use anyhow::Context as _;
use comfy_table::{ContentArrangement, Table};

use super::Failure;

/// Prints a text and a line break.
pub(in crate::app) fn print(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    match writeln!(out, "{}", text.trim_end()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        result => Ok(result.context("cannot print")?),
    }
}

/// Prints a note to standard error. A failure to write it is ignored.
pub(in crate::app) fn note(text: &str) {
    let told = writeln!(std::io::stderr(), "note: {text}");
    drop(told);
}

/// Prints how a run ended to standard error. If that is closed, only the exit code remains.
pub(in crate::app) fn say(text: &str) {
    let told = writeln!(std::io::stderr(), "{text}");
    drop(told);
}

/// Fits a table to the terminal. In a file or a pipe it takes the width that it needs, unless
/// `COLUMNS` limits it.
pub(in crate::app) fn fitted(mut table: Table) -> Table {
    let columns = std::env::var_os("COLUMNS");
    let said = columns.and_then(|it| it.to_str()?.parse().ok());
    let terminal = || Table::new().width();
    match said.or_else(terminal) {
        Some(width) => {
            table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
        }
        None => {
            table.set_content_arrangement(ContentArrangement::Disabled);
        }
    }
    table
}

/// Prints a value as JSON.
pub(in crate::app) fn print_json(value: &serde_json::Value) -> Result<(), Failure> {
    print(&format!("{value:#}"))
}
