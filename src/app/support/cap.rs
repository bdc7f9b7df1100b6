//! The profile of CAP messages, and the checkpoints that they carry.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::log_reader::LogLocation;
use super::{Failure, output};
use crate::wire::cap::{AREAS_FILE, FOLDER, PROFILE_FILE, Profile};
use crate::wire::trust::checkpoint::Checkpoint;

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
        let beside = rule_book.join(FOLDER);
        if !rule_book.as_os_str().is_empty() && beside.is_dir() {
            return read(&beside);
        }
        Ok(Profile::built_in())
    }
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

/// The checkpoints of a log, as signed notes by their sizes.
#[derive(Clone, Debug, Default)]
pub(in crate::app) struct Checkpoints(BTreeMap<u64, String>);

impl Checkpoints {
    /// Those stored with a log. One that cannot be read is left out: `log verify` reports it.
    pub(in crate::app) fn of(log: &LogLocation) -> Result<Self, Failure> {
        let notes = log.notes()?.notes;
        let mut all = BTreeMap::new();
        for note in notes.into_iter().filter_map(|(_, note)| note.ok()) {
            match Checkpoint::of(&note) {
                Ok(checkpoint) => {
                    all.insert(checkpoint.size, note.to_string());
                }
                Err(error) => output::note(&format!("{error}: see `airshed log verify`")),
            }
        }
        Ok(Self(all))
    }

    /// The oldest one that covers the record at a position. It stays the same as the log grows.
    pub(in crate::app) fn covering(&self, position: u64) -> Option<&str> {
        self.0.range(position + 1..).next().map(|it| it.1.as_str())
    }
}
