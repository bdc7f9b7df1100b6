//! The token file on disk. A change replaces it as a whole, and two changes wait for one another.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _, fchown};
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::wire::identity::file::parse;
use crate::wire::identity::{TokenFileError, Tokens};

/// What can be wrong with a token file.
#[derive(Debug, Error)]
pub enum FileError {
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
    /// Others could add tokens.
    #[error("{0} can be written by others (mode {mode:04o}): run `chmod 600 {0}`, and look for \
             tokens that you do not know", path.display())]
    Writable {
        /// Which file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// It is no token file.
    #[error(transparent)]
    Wrong(#[from] TokenFileError),
}

/// Why a token file was not changed.
#[derive(Debug, Error)]
pub enum ChangeError<E> {
    /// The file cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The change itself cannot be made.
    #[error("{0}")]
    Refused(E),
}

/// Reads a token file.
pub fn read(path: &Path) -> Result<Tokens, FileError> {
    let found = fs::metadata(path).map_err(|error| io_error("read", path, error))?;
    let mode = found.mode() & 0o777;
    if mode & 0o022 != 0 {
        return Err(FileError::Writable { path: path.into(), mode });
    }
    let text = fs::read_to_string(path).map_err(|error| io_error("read", path, error))?;
    Ok(parse(&path.display().to_string(), &text)?)
}

/// Changes a token file: the function gets its text and its credentials, and returns the new text.
/// A file that is missing is made, with an empty text before.
///
/// The new text is durable before its file takes the place of the old one, so a reader finds either
/// of them, whole. Another change waits until this one is done.
pub fn change<E>(
    path: &Path,
    change: impl FnOnce(&str, &Tokens) -> Result<String, E>,
) -> Result<(), ChangeError<E>> {
    // Behind a link, the file is replaced and the link stays.
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let _lock = lock(&beside(&target, "lock"))?;
    let (text, tokens) = match read(&target) {
        Ok(tokens) => {
            let text = fs::read_to_string(&target);
            (text.map_err(|error| io_error("read", &target, error))?, tokens)
        }
        Err(FileError::Io { error, .. }) if error.kind() == io::ErrorKind::NotFound => {
            (String::new(), Tokens::default())
        }
        Err(error) => return Err(error.into()),
    };
    let new = change(&text, &tokens).map_err(ChangeError::Refused)?;
    // What cannot be read must not be written.
    parse(&target.display().to_string(), &new).map_err(FileError::from)?;
    Ok(replace(&target, &new)?)
}

fn lock(path: &Path) -> Result<File, FileError> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false).mode(0o600);
    let file = options.open(path).map_err(|error| io_error("make", path, error))?;
    file.lock().map_err(|error| io_error("lock", path, error))?;
    Ok(file)
}

/// Writes a new file with the owner and the mode of the old one, and puts it in its place.
fn replace(target: &Path, text: &str) -> Result<(), FileError> {
    let path = beside(target, "new");
    let wrong = |what| {
        let path = path.clone();
        move |error| io_error(what, &path, error)
    };
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    let mut file = options.open(&path).map_err(wrong("make"))?;
    let made = file.metadata().map_err(wrong("read"))?;
    let mode = match fs::metadata(target) {
        Ok(old) => {
            if (old.uid(), old.gid()) != (made.uid(), made.gid()) {
                fchown(&file, Some(old.uid()), Some(old.gid()))
                    .map_err(wrong("give the owner of the token file to"))?;
            }
            old.mode() & 0o755
        }
        Err(_) => 0o600,
    };
    file.set_permissions(Permissions::from_mode(mode)).map_err(wrong("set the mode of"))?;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    written.map_err(wrong("write"))?;
    fs::rename(&path, target).map_err(|error| io_error("replace", target, error))?;
    let folder = match target.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let synced = File::open(folder).and_then(|it| it.sync_all());
    synced.map_err(|error| io_error("sync", folder, error))
}

/// `tokens.toml.lock` of `tokens.toml`.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    name.into()
}

fn io_error(what: &'static str, path: &Path, error: io::Error) -> FileError {
    FileError::Io { what, path: path.into(), error }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(number: usize) -> String {
        format!(
            "[[token]]\nname = \"{number}\"\nbody = \"13\"\nrole = \"reader\"\nsha256 = \
             \"{number:064}\"\ncreated = \"2026-01-01\"\nexpires = \"2027-01-01\"\n"
        )
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().mode() & 0o777
    }

    fn add(path: &Path, number: usize) -> Result<(), ChangeError<String>> {
        change(path, |text, _| Ok(text.to_owned() + &token(number)))
    }

    #[test]
    fn changes_at_the_same_time_lose_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tokens.toml");
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let path = &path;
                scope.spawn(move || {
                    (0..10).for_each(|it| add(path, 10 * thread + it).unwrap());
                });
            }
        });
        assert_eq!(read(&path).unwrap().all().count(), 40);
        assert_eq!(mode(&path), 0o600);
    }

    #[test]
    fn a_file_keeps_its_mode_and_its_link() {
        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (folder.path().join("tokens.toml"), folder.path().join("link"));
        add(&path, 1).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
        std::os::unix::fs::symlink(&path, &link).unwrap();
        add(&link, 2).unwrap();
        assert_eq!((mode(&path), read(&path).unwrap().all().count()), (0o640, 2));
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    }

    #[test]
    fn what_others_can_write_or_what_is_wrong_is_not_touched() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tokens.toml");
        assert!(matches!(read(&path), Err(FileError::Io { .. })));
        add(&path, 1).unwrap();
        let before = fs::read_to_string(&path).unwrap();
        let refused = change(&path, |_, _| Err::<String, _>("no"));
        assert!(matches!(refused, Err(ChangeError::Refused("no"))));
        let wrong = change(&path, |_, _| Ok::<_, String>("[[token]]".to_owned()));
        assert!(matches!(wrong, Err(ChangeError::File(FileError::Wrong(_)))));
        fs::set_permissions(&path, Permissions::from_mode(0o620)).unwrap();
        let open = read(&path).unwrap_err().to_string();
        assert!(open.contains("(mode 0620): run `chmod 600 "), "{open}");
        assert!(add(&path, 2).is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), before);
    }
}
