//! Programs of other people, in `tests/outside`: each knows only what is published of airshed.
#![allow(dead_code, reason = "Each target that includes this file needs some of it.")]

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::skip;

/// Python with the packages of `tests/outside/requirements.txt`.
pub(crate) struct Python(PathBuf);

impl Python {
    /// Without them the test is skipped.
    pub(crate) fn of_test() -> Option<Self> {
        skip::outside("python/bin/python", "pip").map(Self)
    }

    /// A script, not yet started.
    pub(crate) fn script(&self, name: &str, arguments: &[&str]) -> Command {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/outside/");
        let mut command = self.program(&[&format!("{script}{name}")]);
        command.args(arguments);
        command
    }

    /// Python with these arguments, not yet started.
    pub(crate) fn program(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.0);
        // A proxy of the machine is not for addresses of this machine.
        command.args(arguments).env("NO_PROXY", "127.0.0.1");
        command
    }

    /// Runs a script that must go well, and gives what it prints.
    #[track_caller]
    pub(crate) fn run(&self, name: &str, arguments: &[&str]) -> String {
        finish(self.script(name, arguments), "")
    }

    /// The same with text on its standard input.
    #[track_caller]
    pub(crate) fn run_with(&self, name: &str, arguments: &[&str], input: &str) -> String {
        finish(self.script(name, arguments), input)
    }

    /// A script that prints one JSON object.
    #[track_caller]
    pub(crate) fn json(&self, name: &str, arguments: &[&str]) -> Value {
        let printed = self.run(name, arguments);
        serde_json::from_str(&printed).unwrap_or_else(|it| panic!("{name}: {it}: {printed}"))
    }
}

/// Runs a command that must go well, and gives what it prints.
#[track_caller]
pub(crate) fn finish(mut command: Command, input: &str) -> String {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let (mut stdin, input) = (child.stdin.take().unwrap(), input.to_owned());
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = child.wait_with_output().unwrap();
    drop(writer.join());
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{command:?}: {out}{err}");
    out
}
