//! The state of targets on disk: `NAME.json` has the position, `NAME.dead.jsonl` the dead letters,
//! and `NAME.retry` is a folder with an empty file for each one that is to be tried again.
//!
//! A file is replaced as a whole, and synced. So after a crash at any moment the old or the new
//! state is there. Only the thread of the target writes the first two; `airshed hooks retry` makes
//! the empty files.

use std::collections::BTreeSet;
use std::fs::{self, File, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::wire::hooks::{DeadLetters, HookError, Queue};

/// What can be wrong with the files of a target.
#[derive(Debug, Error)]
pub enum StoreError {
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
    /// A file is damaged.
    #[error("{}: {error}; without the file, the target begins anew", path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// Why.
        error: HookError,
    },
}

/// The files of one target.
#[derive(Clone, Debug)]
pub struct Store {
    folder: PathBuf,
    name: String,
}

/// The one process that sends to a target.
#[derive(Debug)]
pub(super) struct Held(#[expect(dead_code, reason = "It is held until it is dropped.")] File);

impl Store {
    /// The files of a target; the folder is made when something is written.
    pub fn new(folder: &Path, name: &str) -> Self {
        Self { folder: folder.into(), name: name.to_owned() }
    }

    fn file(&self, end: &str) -> PathBuf {
        self.folder.join(format!("{}.{end}", self.name))
    }

    /// The queue; none before the first start.
    pub fn queue(&self) -> Result<Option<Queue>, StoreError> {
        let path = self.file("json");
        let text = read(&path)?;
        let queue = text.map(|it| Queue::parse(&it)).transpose();
        queue.map_err(|error| StoreError::Damaged { path, error })
    }

    /// Stores the queue.
    pub fn set_queue(&self, queue: &Queue) -> Result<(), StoreError> {
        self.replace(&self.file("json"), &queue.to_text())
    }

    /// The dead letters.
    pub fn dead(&self) -> Result<DeadLetters, StoreError> {
        let path = self.file("dead.jsonl");
        let dead = DeadLetters::parse(&read(&path)?.unwrap_or_default());
        dead.map_err(|error| StoreError::Damaged { path, error })
    }

    /// Stores the dead letters.
    pub fn set_dead(&self, dead: &DeadLetters) -> Result<(), StoreError> {
        self.replace(&self.file("dead.jsonl"), &dead.to_text())
    }

    /// Asks for a dead letter to be tried again.
    pub fn ask(&self, position: u64) -> Result<(), StoreError> {
        let folder = self.file("retry");
        fs::create_dir_all(&folder).map_err(failed("make", &folder))?;
        let path = folder.join(position.to_string());
        File::create(&path).map_err(failed("make", &path))?;
        sync(&folder)
    }

    /// The dead letters that are to be tried again.
    pub fn asked(&self) -> BTreeSet<u64> {
        let Ok(entries) = fs::read_dir(self.file("retry")) else { return BTreeSet::new() };
        let name = |it: io::Result<fs::DirEntry>| it.ok()?.file_name().to_str()?.parse().ok();
        entries.filter_map(name).collect()
    }

    /// Notes that one was tried again.
    pub fn done(&self, position: u64) -> Result<(), StoreError> {
        let path = self.file("retry").join(position.to_string());
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(failed("remove", &path)(error))
            }
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Becomes the one process that sends to the target; none while another one is.
    pub(super) fn hold(&self) -> Result<Option<Held>, StoreError> {
        let path = self.file("lock");
        fs::create_dir_all(&self.folder).map_err(failed("make", &self.folder))?;
        let file = File::create(&path).map_err(failed("make", &path))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Held(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(failed("lock", &path)(error)),
        }
    }

    fn replace(&self, path: &Path, text: &str) -> Result<(), StoreError> {
        fs::create_dir_all(&self.folder).map_err(failed("make", &self.folder))?;
        let new = path.with_extension("new");
        let mut file = File::create(&new).map_err(failed("make", &new))?;
        let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
        written.map_err(failed("write", &new))?;
        fs::rename(&new, path).map_err(failed("replace", path))?;
        sync(&self.folder)
    }
}

fn sync(folder: &Path) -> Result<(), StoreError> {
    File::open(folder).and_then(|it| it.sync_all()).map_err(failed("sync", folder))
}

fn read(path: &Path) -> Result<Option<String>, StoreError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed("read", path)(error)),
    }
}

fn failed(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> StoreError {
    let path = path.to_owned();
    move |error| StoreError::Io { what, path, error }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::hooks::Failing;

    #[test]
    fn what_is_stored_is_there_after_a_restart() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("hooks");
        let store = Store::new(&folder, "a");
        assert_eq!(store.queue().unwrap(), None);
        assert_eq!(store.dead().unwrap(), DeadLetters::default());
        store.set_queue(&Queue::new(7)).unwrap();
        store.set_queue(&Queue::new(8)).unwrap();
        let mut dead = DeadLetters::default();
        dead.add(Failing { position: 3, tries: 2, reason: "status 500".to_owned() });
        store.set_dead(&dead).unwrap();
        let again = Store::new(&folder, "a");
        assert_eq!((again.queue().unwrap(), again.dead().unwrap()), (Some(Queue::new(8)), dead));
        // Another target has its own files.
        assert_eq!(Store::new(&folder, "b").queue().unwrap(), None);
        fs::write(folder.join("a.json"), "{\"next\":").unwrap();
        let words = store.queue().unwrap_err().to_string();
        assert!(words.contains("a.json") && words.contains("begins anew"), "{words}");
    }

    #[test]
    fn what_is_asked_for_is_done_once() {
        let place = tempfile::tempdir().unwrap();
        let store = Store::new(&place.path().join("hooks"), "a");
        assert_eq!(store.asked(), BTreeSet::new());
        for position in [9, 4, 9] {
            store.ask(position).unwrap();
        }
        assert_eq!(store.asked(), BTreeSet::from([4, 9]));
        store.done(4).unwrap();
        store.done(4).unwrap();
        assert_eq!(store.asked(), BTreeSet::from([9]));
    }

    #[test]
    fn one_process_sends_to_a_target() {
        let place = tempfile::tempdir().unwrap();
        let store = Store::new(place.path(), "a");
        let held = store.hold().unwrap();
        assert!(held.is_some() && store.hold().unwrap().is_none());
        assert!(Store::new(place.path(), "b").hold().unwrap().is_some());
        drop(held);
        assert!(store.hold().unwrap().is_some());
    }
}
