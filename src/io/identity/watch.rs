//! Reads the token file, and the files of TLS, again when they have changed.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use rustls::ServerConfig;

use super::tls::{TlsError, server_config};
use super::token_file::{FileError, read};
use crate::wire::identity::{TlsFiles, TokenStore};

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
    let seen = Seen::new(vec![path.to_owned()]);
    let store = TokenStore::new(read(path)?);
    let (of_thread, shared) = (path.to_owned(), store.clone());
    let changes = seen.look("tokens", move || read_again(&of_thread, &shared));
    let failed = |error| FileError::Io { what: "watch", path: path.to_owned(), error };
    Ok((store, changes.map_err(failed)?))
}

/// Reads the files of TLS again when one of them changes, and gives the new settings to `replace`.
/// Files that are wrong, or of which only one has been replaced, change nothing.
pub fn watch_tls(
    files: &TlsFiles,
    replace: impl Fn(Arc<ServerConfig>) + Send + 'static,
) -> Result<Changes, TlsError> {
    let mut paths = vec![files.certificate.clone(), files.key.clone()];
    paths.extend(files.client_ca.clone());
    let of_thread = files.clone();
    let changed = move || match server_config(&of_thread) {
        Ok(config) => {
            tracing::info!("the files of TLS were read again");
            replace(config);
        }
        Err(error) => tracing::error!("the TLS settings before stay in force: {error}"),
    };
    Seen::new(paths).look("tls", changed).map_err(|error| TlsError {
        key: "http.certificate",
        path: files.certificate.clone(),
        problem: format!("cannot be watched: {error}"),
        remedy: "start again",
    })
}

/// Files as they were last seen.
struct Seen {
    paths: Vec<PathBuf>,
    marks: Vec<Mark>,
}

impl Seen {
    fn new(paths: Vec<PathBuf>) -> Self {
        let marks = paths.iter().map(|it| mark(it)).collect();
        Self { paths, marks }
    }

    /// Whether a file has changed since the last call.
    fn have_changed(&mut self) -> bool {
        let now: Vec<Mark> = self.paths.iter().map(|it| mark(it)).collect();
        let before = std::mem::replace(&mut self.marks, now);
        before != self.marks
    }

    /// Calls the function after each change, in a thread of its own.
    fn look(mut self, name: &str, changed: impl Fn() + Send + 'static) -> io::Result<Changes> {
        let (end, ended) = channel();
        let run = move || {
            while ended.recv_timeout(LOOK_EVERY) == Err(RecvTimeoutError::Timeout) {
                if self.have_changed() {
                    changed();
                }
            }
        };
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn(run)?;
        Ok(Changes { end: Some(end), thread: Some(thread) })
    }
}

fn read_again(path: &Path, store: &TokenStore) {
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
            tracing::error!("a thread that looks for changes of files has panicked");
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
        let mut seen = Seen::new(vec![path.clone()]);
        let store = TokenStore::new(read(&path).unwrap());
        let mut look = || {
            if seen.have_changed() {
                read_again(&path, &store);
            }
        };
        for (text, count) in
            [("[[token]]", 1), ("", 0), ("[[token", 0), (&*right, 1), ("[[token]]", 1)]
        {
            fs::write(&path, text).unwrap();
            look();
            assert_eq!(store.tokens().all().count(), count, "{text}");
        }
        fs::remove_file(&path).unwrap();
        look();
        assert_eq!(store.tokens().all().count(), 1);
    }
    #[test]
    fn tls_files_are_used_when_both_have_been_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let of = |name: &str| folder.path().join(name);
        let given = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/io/identity/tls/files");
        let copy = |from: &str, to: &str| {
            fs::copy(given.join(from), of(to)).unwrap();
        };
        copy("server.pem", "c.pem");
        copy("server.key", "k.pem");
        let files = TlsFiles { certificate: of("c.pem"), key: of("k.pem"), client_ca: None };
        let (sender, replaced) = channel();
        let changes = watch_tls(&files, move |_| sender.send(()).unwrap()).unwrap();
        // The key of another certificate is refused, and the settings before stay in force.
        copy("client.pem", "c.pem");
        let mut seen = Seen::new(vec![of("c.pem"), of("k.pem")]);
        assert!(server_config(&files).is_err());
        copy("client.key", "k.pem");
        assert!(seen.have_changed() && !seen.have_changed());
        replaced.recv().unwrap();
        drop(changes);
        assert!(replaced.recv().is_err());
    }
}
