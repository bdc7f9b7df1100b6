//! A target, and its secrets from a file.

use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::wire::hooks::{Backoff, Secrets};

/// A receiver and how it is sent to.
#[derive(Clone, Debug)]
pub struct Target {
    /// Its name in the configuration, files and metrics.
    pub name: String,
    /// Its address. It may hold a secret, and is in no line of the log.
    pub url: String,
    /// What signs its messages.
    pub secrets: Secrets,
    /// When a message that has failed is tried again.
    pub backoff: Backoff,
    /// The longest time of one try.
    pub timeout: Duration,
}

/// Reads secrets from a file that only its owner can read.
pub fn read_secrets(path: &Path) -> Result<Secrets, String> {
    let shown = path.display();
    let text = fs::read_to_string(path).map_err(|error| format!("cannot read {shown}: {error}"))?;
    #[cfg(unix)]
    {
        let found = fs::metadata(path).map_err(|error| format!("cannot read {shown}: {error}"))?;
        let mode = std::os::unix::fs::MetadataExt::mode(&found) & 0o777;
        if mode & 0o077 != 0 {
            return Err(format!(
                "{shown} can be read by others (mode {mode:04o}): run `chmod 600 {shown}`"
            ));
        }
    }
    Secrets::parse(&text).map_err(|error| format!("{shown}: {error}"))
}
