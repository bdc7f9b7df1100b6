//! What a command prints. A reader that closes the pipe early is no error.

use std::io::{ErrorKind, Write as _};

use anyhow::Context as _;
use comfy_table::{ContentArrangement, Table};

use super::{Failure, terminal};

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
    say(&format!("note: {text}"));
}

/// Prints how a run ended to standard error. If that is closed, only the exit code remains.
pub(in crate::app) fn say(text: &str) {
    let written = terminal::Lines.write_all(format!("{text}\n").as_bytes());
    drop(written);
}

/// Fits a table to the terminal. In a file or a pipe it takes the width that it needs, unless
/// `COLUMNS` limits it.
pub(in crate::app) fn fitted(mut table: Table) -> Table {
    match terminal::columns() {
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

/// Whether the reader has closed the pipe, which is no failure.
pub(in crate::app) fn is_closed_pipe(error: &anyhow::Error) -> bool {
    let cause = error.root_cause().downcast_ref::<std::io::Error>();
    cause.is_some_and(|it| it.kind() == ErrorKind::BrokenPipe)
}
