//! Keys on disk: the secret half, readable by its owner only, and the public half in a second file.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::wire::trust::TrustError;
use crate::wire::trust::key::{SignerKey, VerifierKey};

/// What can be wrong with a key file.
#[derive(Debug, Error)]
pub enum KeyFileError {
    /// The system refuses.
    #[error("cannot {what} {}: {error}", path.display())]
    Io {
        /// What was to be done.
        what: &'static str,
        /// With which file.
        path: PathBuf,
        /// Why it cannot be.
        error: io::Error,
    },
    /// A key is never written over.
    #[error("{} is there already: a key that is written over is lost", path.display())]
    Exists {
        /// Which file.
        path: PathBuf,
    },
    /// Others can read the secret half.
    #[error("{0} can be read by others (mode {mode:04o}): run `chmod 600 {0}`, and make a new \
             key if it may have been read", path.display())]
    Open {
        /// Which file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// What it holds is no key.
    #[error("{}: {error}", path.display())]
    NoKey {
        /// Which file.
        path: PathBuf,
        /// Why.
        error: TrustError,
    },
}

/// Writes both halves of a new key, the secret one readable by its owner alone.
pub fn write(path: &Path, key: &SignerKey) -> Result<PathBuf, KeyFileError> {
    let public = public(path);
    let mut secret_options = OpenOptions::new();
    secret_options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut secret_options, 0o600);
    let mut public_options = OpenOptions::new();
    public_options.write(true).create_new(true);
    put(path, &secret_options, &key.secret_text())?;
    put(&public, &public_options, &key.verifier().to_string())?;
    Ok(public)
}

/// The secret half, unless others can read it.
pub fn signer(path: &Path) -> Result<SignerKey, KeyFileError> {
    #[cfg(unix)]
    {
        let found = fs::metadata(path).map_err(|error| io_error("read", path, error))?;
        let mode = std::os::unix::fs::MetadataExt::mode(&found) & 0o777;
        if mode & 0o077 != 0 {
            return Err(KeyFileError::Open { path: path.into(), mode });
        }
    }
    read(path)
}

/// The half that everybody may have.
pub fn verifier(path: &Path) -> Result<VerifierKey, KeyFileError> {
    read(path)
}

/// Where the other half of a key lies.
fn public(path: &Path) -> PathBuf {
    let mut public = path.as_os_str().to_owned();
    public.push(".pub");
    public.into()
}

fn put(path: &Path, options: &OpenOptions, text: &str) -> Result<(), KeyFileError> {
    let mut file: File = options.open(path).map_err(|error| {
        if error.kind() == io::ErrorKind::AlreadyExists {
            return KeyFileError::Exists { path: path.into() };
        }
        io_error("make", path, error)
    })?;
    let written = writeln!(file, "{text}").and_then(|()| file.sync_all());
    written.map_err(|error| io_error("write", path, error))
}

fn read<T: std::str::FromStr<Err = TrustError>>(path: &Path) -> Result<T, KeyFileError> {
    let text = fs::read_to_string(path).map_err(|error| io_error("read", path, error))?;
    text.parse().map_err(|error| KeyFileError::NoKey { path: path.into(), error })
}

fn io_error(what: &'static str, path: &Path, error: io::Error) -> KeyFileError {
    KeyFileError::Io { what, path: path.into(), error }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_kept_from_others_and_never_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bth.key");
        let key = SignerKey::new("bth", [7; 32], false).unwrap();
        let public = write(&path, &key).unwrap();
        assert_eq!(signer(&path).unwrap().verifier(), key.verifier());
        assert_eq!(verifier(&public).unwrap(), key.verifier());
        assert!(matches!(write(&path, &key), Err(KeyFileError::Exists { .. })));
        assert!(matches!(signer(&public), Err(KeyFileError::Open { mode: 0o644, .. })));
        assert!(matches!(verifier(&path), Err(KeyFileError::NoKey { .. })));
    }
}
