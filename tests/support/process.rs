//! A process of the program, and what a test does to it.

use std::io::Read as _;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

/// Now, for what takes how long.
#[expect(clippy::disallowed_methods, reason = "A test may look at the clock.")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// A process of the program, killed when it is dropped.
pub(crate) struct Process {
    child: Child,
    words: PathBuf,
    /// The longest wait for its end.
    patience: Duration,
}

impl Process {
    /// Starts a program that writes its words to this file.
    pub(crate) fn start(command: &mut Command, words: PathBuf, patience: Duration) -> Self {
        Self { child: command.spawn().unwrap(), words, patience }
    }

    /// The id of the process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Sends a signal, such as STOP, CONT or TERM.
    pub(crate) fn signal(&self, name: &str) {
        let (name, id) = (format!("-{name}"), self.id().to_string());
        assert!(Command::new("kill").args([name, id]).status().unwrap().success());
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
            assert!(begin.elapsed() < self.patience, "does not end: {}", self.words());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// What it has written to standard error.
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
