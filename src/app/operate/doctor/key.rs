//! The key that signs the log.

use std::path::Path;

use crate::app::support::notes;
use crate::io::segments;
use crate::wire::trust::checkpoint::Checkpoint;
use crate::wire::trust::key::SignerKey;
use crate::wire::trust::note::Note;

use super::Subject;
use super::finding::Report;

/// What to do about a log with a checkpoint that cannot be read.
pub(super) const VERIFY: &str = "see `airshed log verify`";

/// The key of a log in a folder. That of a log in a topic is compared once the broker answers.
pub(super) fn check_folder(subject: &Subject, report: &Report) {
    let Some(folder) = subject.log_folder() else { return };
    if folder.exists() && !folder.is_dir() {
        return report.not_checked("key", "the place of the log is not a folder");
    }
    let stored = match segments::read_checkpoints(folder) {
        Ok(stored) => stored,
        Err(error) => return report.wrong("key", error.to_string(), VERIFY),
    };
    let newest = stored.readable().next_back().map(|it| it.1);
    let place = format!("the log in {}", folder.display());
    compare(subject.key.as_deref(), newest, &place, report);
}

/// Compares a key with the newest checkpoint of its log.
pub(super) fn compare(key: Option<&Path>, newest: Option<&Note>, place: &str, report: &Report) {
    let size = newest.and_then(|it| Checkpoint::of(it).ok()).map_or(0, |it| it.size);
    let Some(file) = key else {
        if newest.is_none() {
            return report.ok("key", "none: what serve writes is not signed (--key)");
        }
        let what = format!("{place} is signed, and no key is named");
        return report.wrong("key", what, "name the key of the log with --key FILE");
    };
    let Some(signer) = read(file, report) else { return };
    let (shown, name) = (file.display(), signer.name());
    match newest.map(|it| signer.verifier().verify(it)) {
        None => report.ok("key", format!("{shown} signs as {name}; {place} has no checkpoint yet")),
        Some(Ok(())) => {
            let what =
                format!("{shown} signs as {name}, and has signed {place} up to {size} records");
            report.ok("key", what);
        }
        Some(Err(error)) => {
            let what = format!("{shown} ({name}) has not signed {place}: {error}");
            report.wrong("key", what, "name the key that has signed it with --key FILE");
        }
    }
}

/// Checks a key of which the log is not reached.
pub(super) fn check_alone(key: Option<&Path>, report: &Report) {
    if key.is_none_or(|it| read(it, report).is_some()) {
        report.not_checked("key", "the log is in a topic, and the broker is not reached");
    }
}

/// Reads a key. One that cannot sign a log is reported.
fn read(file: &Path, report: &Report) -> Option<SignerKey> {
    let shown = file.display();
    match notes::signer(file) {
        Ok(signer) if signer.is_of_witness() => {
            let remedy = "name a key that was made without --witness";
            report.wrong("key", format!("{shown} is the key of a witness"), remedy);
            None
        }
        Ok(signer) => Some(signer),
        Err(error) => {
            let make = format!("`airshed key new {shown} --origin NAME` makes a key");
            let remedy = if file.exists() { "" } else { &make };
            report.wrong("key", error.to_string(), remedy);
            None
        }
    }
}
