//! Makes files and their names survive a power cut.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write as _};
use std::path::Path;

use crate::wire::record::ParseRules;

use super::active::Active;
use super::error::Doing as _;
use super::lock::Lock;
use super::{EXTENSION, SegmentError, first_of, segments, snapshot, tree};

/// Files have this extension until they are whole and synced.
const UNNAMED: &str = "new";

/// Creates a file with these bytes and syncs it; leaves nothing behind if that fails.
pub(super) fn create(path: &Path, bytes: &[u8]) -> io::Result<File> {
    let written = File::create(path).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()?;
        Ok(file)
    });
    written.inspect_err(|_| drop(fs::remove_file(path)))
}

/// Syncs the names of the files in a folder.
pub(super) fn names_in(folder: &Path) -> Result<(), SegmentError> {
    File::open(folder).and_then(|it| it.sync_all()).doing("sync", folder)
}

/// Syncs the name of a folder, and of every folder above it: any of them may be new.
///
/// Folders that this user may not open, or that cannot be synced, are left out: another user made
/// them.
pub(super) fn name_of(folder: &Path) -> Result<(), SegmentError> {
    let folder = folder.canonicalize().doing("find", folder)?;
    for above in folder.ancestors().skip(1) {
        let synced = File::open(above).and_then(|it| it.sync_all());
        let Err(error) = synced else { continue };
        let others = [
            ErrorKind::PermissionDenied,
            ErrorKind::InvalidInput,
            ErrorKind::Unsupported,
            ErrorKind::ReadOnlyFilesystem,
        ];
        if !others.contains(&error.kind()) {
            return Err(error).doing("sync", above);
        }
    }
    Ok(())
}

/// Makes sure that every record in a folder is on the disk, so that it can be sent elsewhere.
///
/// A process may have died between writing an append and syncing it. While another process writes,
/// nothing is done: that one makes sure itself.
pub fn settle(folder: &Path, parse: ParseRules) -> Result<(), SegmentError> {
    if segments(folder)?.is_empty() {
        return Ok(());
    }
    let _lock = match Lock::take(folder) {
        Ok(lock) => lock,
        Err(SegmentError::Locked { .. }) => return Ok(()),
        // What cannot be written has nothing that waits to be written.
        Err(SegmentError::Io { error, .. })
            if matches!(
                error.kind(),
                ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem
            ) =>
        {
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    settle_locked(folder, parse)
}

/// The same for the holder of the lock.
pub(super) fn settle_locked(folder: &Path, parse: ParseRules) -> Result<(), SegmentError> {
    names_in(folder)?;
    let last = segments(folder)?.pop();
    last.map_or(Ok(()), |(first, path)| Active::settle(&path, first, parse))
}

/// Removes files of ours that never got their names, and says which.
pub(super) fn tidy(folder: &Path) -> Result<Vec<String>, SegmentError> {
    let mut removed = Vec::new();
    for entry in fs::read_dir(folder).doing("list", folder)? {
        let path = entry.doing("list", folder)?.path();
        let named = path.with_extension(EXTENSION);
        let ours = path.with_extension("") == tree::path(folder)
            || path.with_extension("") == snapshot::path(folder)
            || first_of(&named).is_some();
        if ours && path.extension().is_some_and(|it| it == UNNAMED) {
            fs::remove_file(&path).doing("remove", &path)?;
            removed.extend(path.file_name().map(|it| it.to_string_lossy().into_owned()));
        }
    }
    removed.sort();
    Ok(removed)
}
