//! The program from outside: arguments in, words and exit codes out.

use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

/// Runs the program; gives back its exit code, what it printed, and what it complained about.
pub(crate) fn airshed(arguments: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_airshed")).args(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

/// A run that must go well, and what it prints.
pub(crate) fn printed(arguments: &[&str]) -> String {
    let (code, out, err) = airshed(arguments);
    assert_eq!(code, 0, "{arguments:?}: {out}{err}");
    out
}

/// The same for one that prints JSON.
pub(crate) fn json(arguments: &[&str]) -> Value {
    serde_json::from_str(&printed(arguments)).unwrap()
}

/// A run that must fail, and what it says.
pub(crate) fn fails(arguments: &[&str]) -> (String, String) {
    let (code, out, err) = airshed(arguments);
    assert_eq!(code, 1, "{arguments:?}: {out}{err}");
    (out, err)
}

/// A folder of a test.
pub(crate) struct Folder(tempfile::TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// Something in it, as an argument.
    pub(crate) fn of(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_owned()
    }

    /// The only segment of the log of that name.
    pub(crate) fn segment(&self, log: &str) -> PathBuf {
        self.0.path().join(log).join("00000000000000000000.avro")
    }

    /// A new key of this name; its public half has `.pub` behind.
    pub(crate) fn key(&self, name: &str) -> String {
        let key = self.of(name);
        printed(&["key", "new", &key, "--origin", "bth"]);
        key
    }

    /// The log of an invented winter, signed.
    pub(crate) fn winter(&self, name: &str, seed: &str, key: &str) -> String {
        let log = self.of(name);
        printed(&["demo", "--json", "--seed", seed, "--log", &log, "--key", key]);
        log
    }
}
