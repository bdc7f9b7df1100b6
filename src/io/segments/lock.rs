//! One writer at a time.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::Path;

use super::SegmentError;
use super::error::Doing as _;

const FILE: &str = "lock";

/// The lock is held until this value is dropped. The system releases it when the process ends,
/// however it ends.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock of a folder. If another process holds it, the error names that process.
    pub(super) fn take(folder: &Path) -> Result<Self, SegmentError> {
        let path = folder.join(FILE);
        let mut options = OpenOptions::new();
        let options = options.read(true).write(true).create(true).truncate(false);
        let mut file = options.open(&path).doing("open", &path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut process = String::new();
                file.read_to_string(&mut process).doing("read", &path)?;
                let process = process.trim().into();
                return Err(SegmentError::Locked { folder: folder.into(), process });
            }
            Err(TryLockError::Error(error)) => return Err(error).doing("lock", &path),
        }
        file.set_len(0).doing("write", &path)?;
        file.rewind().doing("write", &path)?;
        // Only the message to a second writer needs the number, so a full disk may refuse it.
        if let Err(error) = writeln!(file, "{}", std::process::id()) {
            tracing::debug!(path = %path.display(), %error, "the lock does not name its process");
        }
        Ok(Self { _file: file })
    }

    /// Whether a process holds the lock of a folder.
    pub(super) fn is_held(folder: &Path) -> bool {
        let tried = File::open(folder.join(FILE)).map(|it| it.try_lock_shared());
        matches!(tried, Ok(Err(TryLockError::WouldBlock)))
    }
}
