//! The rule book that a command works by: the built-in one, or a folder's.

use std::path::Path;

use crate::domain::RuleBook;
use crate::io::files::rule_book_dir;
use crate::wire::rule_book::{built_in, parse};

use super::Failure;

/// Reads the folder, or what the program carries; a mistake in it is one of configuration.
pub(super) fn load(folder: Option<&Path>) -> Result<RuleBook, Failure> {
    let Some(folder) = folder else {
        return parse(built_in()).map_err(|error| Failure::Usage(error.to_string()));
    };
    let files = rule_book_dir::read(folder).map_err(|error| Failure::Usage(error.to_string()))?;
    let within = |error| Failure::Usage(format!("{}/{error}", folder.display()));
    parse(files).map_err(within)
}
