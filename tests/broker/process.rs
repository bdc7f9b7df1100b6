//! A process of the program, and what a test does to it.

use std::io::Read as _;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus};
use std::time::Duration;

use crate::support::now;

/// The slowest machine needs less for anything that is waited for here.
pub(crate) const PATIENCE: Duration = Duration::from_secs(150);

/// A process of the program, killed when it is dropped.
pub(crate) struct Process {
    child: Child,
    words: PathBuf,
}

impl Process {
    /// Starts a program that writes its words to this file.
    pub(crate) fn start(command: &mut Command, words: PathBuf) -> Self {
        Self { child: command.spawn().unwrap(), words }
    }

    /// Returns when it has said something like this.
    pub(crate) fn await_words(&self, words: &str) {
        self.await_count(words, 1);
    }

    /// The same so many times.
    pub(crate) fn await_count(&self, words: &str, count: usize) {
        let begin = now();
        while self.words().matches(words).count() < count {
            assert!(begin.elapsed() < Duration::from_secs(60), "{}", self.words());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// The id of the process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to end, as a service manager does.
    pub(crate) fn ask_to_end(&self) {
        self.signal("-TERM");
    }

    /// Lets it do nothing at all until [`Self::wake`].
    pub(crate) fn stall(&self) {
        self.signal("-STOP");
    }

    pub(crate) fn wake(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
    }

    /// Ends it as a service manager does, so that what it has published does not change any more.
    pub(crate) fn end(&mut self) {
        self.ask_to_end();
        assert!(self.await_end().success(), "{}", self.words());
    }

    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().unwrap()
    }

    pub(crate) fn await_end(&mut self) -> ExitStatus {
        let begin = now();
        loop {
            if let Some(status) = self.ended() {
                return status;
            }
            assert!(begin.elapsed() < PATIENCE, "does not end: {}", self.words());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// What it has said on standard error.
    pub(crate) fn words(&self) -> String {
        let mut words = String::new();
        std::fs::File::open(&self.words).unwrap().read_to_string(&mut words).unwrap();
        words
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.ended().is_none() {
            self.kill();
        }
    }
}
