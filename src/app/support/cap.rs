//! The profile of CAP messages.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::Failure;
use crate::wire::cap::{AREAS_FILE, FOLDER, PROFILE_FILE, Profile};

/// The section `[cap]`. See deploy/config.toml.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::app) struct Cap {
    pub(in crate::app) folder: PathBuf,
}

impl Cap {
    /// The profile that it names, or that of the rule book's folder, or the built-in one.
    pub(in crate::app) fn profile(&self, rule_book: &Path) -> Result<Profile, Failure> {
        if !self.folder.as_os_str().is_empty() {
            return read(&self.folder);
        }
        let own = rule_book.join(FOLDER);
        if !rule_book.as_os_str().is_empty() && own.is_dir() {
            return read(&own);
        }
        Ok(Profile::built_in())
    }
}

/// Whether a text is a CAP message rather than JSON or notes.
pub(in crate::app) fn is_message(text: &str) -> bool {
    text.trim_start_matches('\u{feff}').trim_start().starts_with('<')
}

/// The profile in a folder, or the built-in one.
pub(in crate::app) fn read_or_built_in(folder: Option<&Path>) -> Result<Profile, Failure> {
    folder.map_or_else(|| Ok(Profile::built_in()), read)
}

/// Reads the profile in a folder. It may be without areas.
pub(in crate::app) fn read(folder: &Path) -> Result<Profile, Failure> {
    let wrong = |file: &str, error: &dyn std::fmt::Display| {
        Failure::Usage(format!("{}: {error}", folder.join(file).display()))
    };
    let text = std::fs::read_to_string(folder.join(PROFILE_FILE));
    let text = text.map_err(|error| wrong(PROFILE_FILE, &error))?;
    let areas = match std::fs::read_to_string(folder.join(AREAS_FILE)) {
        Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
        found => found.map_err(|error| wrong(AREAS_FILE, &error))?,
    };
    let parsed = Profile::parse(&text, &areas);
    parsed.map_err(|words| Failure::Usage(format!("{}/{words}", folder.display())))
}
