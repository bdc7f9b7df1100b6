//! Reads files with checkpoints and keys.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::io::files::key_file;
use crate::wire::cap::Received;
use crate::wire::trust::audit::ExternalCheckpoint;
use crate::wire::trust::checkpoint::Checkpoint;
use crate::wire::trust::key::{SignerKey, VerifierKey};
use crate::wire::trust::note::Note;

use super::{Failure, cap};

pub(in crate::app) use crate::wire::trust::base64::text as base64;

/// All checkpoints of a file; of a CAP message the one that it has.
pub(in crate::app) fn kept(file: &Path) -> Result<Vec<ExternalCheckpoint>, Failure> {
    let mut text = fs::read_to_string(file).map_err(|error| wrong(file, &error))?;
    if cap::is_message(&text) {
        let message = Received::parse(&text).map_err(|words| wrong(file, &words))?;
        let none = || wrong(file, &"the message has no checkpoint");
        message.checkpoint().ok_or_else(none)?.clone_into(&mut text);
    }
    let mut all = Vec::new();
    for (at, note) in Note::all(&text) {
        let note = note.map_err(|error| wrong(file, &error))?;
        Checkpoint::of(&note).map_err(|error| wrong(file, &error))?;
        all.push(ExternalCheckpoint { file: file.into(), byte: at as u64, note });
    }
    if all.is_empty() {
        return Err(wrong(file, &"the file has no checkpoint"));
    }
    Ok(all)
}

/// The newest checkpoint of a file.
pub(in crate::app) fn newest(file: &Path) -> Result<(Note, Checkpoint), Failure> {
    let note = kept(file)?
        .pop()
        .map(|it| it.note)
        .ok_or_else(|| wrong(file, &"the file has no checkpoint"))?;
    let checkpoint = Checkpoint::of(&note).map_err(|error| wrong(file, &error))?;
    Ok((note, checkpoint))
}

/// One note for each text, with the signatures of all copies, sorted by the size of the log.
pub(in crate::app) fn merged(
    kept: Vec<ExternalCheckpoint>,
) -> Result<Vec<(Note, Checkpoint)>, Failure> {
    let mut all: Vec<(Note, Checkpoint)> = Vec::new();
    let mut places = BTreeMap::new();
    for ExternalCheckpoint { file, note, .. } in kept {
        let checkpoint = Checkpoint::of(&note).map_err(|error| wrong(&file, &error))?;
        let place = *places.entry(note.text.clone()).or_insert(all.len());
        match all.get_mut(place) {
            None => all.push((note, checkpoint)),
            Some((known, _)) => {
                let new: Vec<_> = note
                    .signatures
                    .into_iter()
                    .filter(|it| !known.signatures.contains(it))
                    .collect();
                known.signatures.extend(new);
            }
        }
    }
    all.sort_by_key(|(_, checkpoint)| checkpoint.size);
    Ok(all)
}

/// Reads public keys.
pub(in crate::app) fn verifiers(files: &[PathBuf]) -> Result<Vec<VerifierKey>, Failure> {
    let key = |file: &PathBuf| {
        key_file::verifier(file).map_err(|error| Failure::Usage(error.to_string()))
    };
    files.iter().map(key).collect()
}

/// Reads a secret key.
pub(in crate::app) fn signer(file: &Path) -> Result<SignerKey, Failure> {
    key_file::signer(file).map_err(|error| Failure::Usage(error.to_string()))
}

fn wrong(file: &Path, why: &dyn std::fmt::Display) -> Failure {
    Failure::Usage(format!("{}: {why}", file.display()))
}
