//! Reads the token file again when it has changed.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use super::token_file::{FileError, read};
use crate::wire::identity::TokenStore;

/// How often it looks: so long after `airshed token revoke`, a token may still be let in.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Looks for changes until it is dropped.
#[derive(Debug)]
pub struct Changes {
    /// Dropped first, which ends the thread.
    end: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// What changes when a file is written or replaced: inode, size, and times of content and inode.
type Mark = Option<(u64, u64, (i64, i64), (i64, i64))>;

/// Reads a token file, and then again when it changes. A revocation holds within a second.
///
/// A file that cannot be read any more changes nothing: the credentials that were read last stay in
/// force, and one line of the log says so.
pub fn watch(path: &Path) -> Result<(TokenStore, Changes), FileError> {
    // Before the content: a change in between is seen as one.
    let mark = mark(path);
    let store = TokenStore::new(read(path)?);
    let (end, ended) = channel();
    let (path, shared) = (path.to_owned(), store.clone());
    let thread = std::thread::Builder::new()
        .name("tokens".to_owned())
        .spawn({
            let path = path.clone();
            move || look(&path, mark, &shared, &ended)
        })
        .map_err(|error| FileError::Io { what: "watch", path: PathBuf::from(&path), error })?;
    Ok((store, Changes { end: Some(end), thread: Some(thread) }))
}

fn look(path: &Path, mut seen: Mark, store: &TokenStore, ended: &Receiver<()>) {
    while ended.recv_timeout(LOOK_EVERY) == Err(RecvTimeoutError::Timeout) {
        look_once(path, &mut seen, store);
    }
}

fn look_once(path: &Path, seen: &mut Mark, store: &TokenStore) {
    let now = mark(path);
    if now == *seen {
        return;
    }
    *seen = now;
    match read(path) {
        Ok(tokens) => {
            tracing::info!(credentials = tokens.all().count(), "the token file was read again");
            store.replace(tokens);
        }
        Err(error) => tracing::error!(
            "the token file is wrong, and the tokens before its change stay in force: {error}"
        ),
    }
}

fn mark(path: &Path) -> Mark {
    let it = fs::metadata(path).ok()?;
    Some((it.ino(), it.size(), (it.mtime(), it.mtime_nsec()), (it.ctime(), it.ctime_nsec())))
}

impl Drop for Changes {
    fn drop(&mut self) {
        self.end = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread that reads the token file has panicked");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::identity::change;

    const TOKEN: &str = "[[token]]\nname = \"a\"\nbody = \"13\"\nrole = \"reader\"\n\
                         created = \"2026-01-01\"\nexpires = \"2027-01-01\"\nsha256 = ";

    #[test]
    fn a_change_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tokens.toml");
        let add = |number: usize| {
            change(&path, |text, _| Ok::<_, String>(format!("{text}{TOKEN}\"{number:064}\"\n")))
        };
        assert!(watch(&path).is_err());
        add(1).unwrap();
        let (store, changes) = watch(&path).unwrap();
        assert_eq!(store.tokens().all().count(), 1);
        add(2).unwrap();
        while store.tokens().all().count() != 2 {
            std::thread::yield_now();
        }
        drop(changes);
    }

    #[test]
    fn a_mistake_leaves_the_tokens_as_they_are() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tokens.toml");
        let right = format!("{TOKEN}\"{:064}\"\n", 1);
        fs::write(&path, &right).unwrap();
        let (store, mut seen) = (TokenStore::new(read(&path).unwrap()), mark(&path));
        for (text, count) in
            [("[[token]]", 1), ("", 0), ("[[token", 0), (&*right, 1), ("[[token]]", 1)]
        {
            fs::write(&path, text).unwrap();
            look_once(&path, &mut seen, &store);
            assert_eq!(store.tokens().all().count(), count, "{text}");
        }
        fs::remove_file(&path).unwrap();
        look_once(&path, &mut seen, &store);
        assert_eq!(store.tokens().all().count(), 1);
    }
}
