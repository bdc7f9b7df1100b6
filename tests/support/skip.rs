//! Skipping a test that lacks something, so that the run counts it and names it.
//!
//! The standard harness knows no way to say "skipped" from inside a test: a test that returns early
//! counts as passed. So a test that cannot run calls one of these functions and returns:
//!
//! ```ignore
//! #[path = "../support/skip.rs"] // once, in the root of the test target
//! mod skip;
//!
//! let Some(file) = skip::shared_data("cnemc_bth_ring_20180101.csv.gz") else { return };
//! let Some(bootstrap) = skip::brokers() else { return };
//! if !is_root() {
//!     return skip::skip("needs root, to make network namespaces");
//! }
//! ```
//!
//! Each prints `skipped: TARGET::TEST: REASON` to standard error, past the capturing of the
//! harness, and appends the same line to the file that `AIRSHED_SKIPPED` names. `tests/run` reads
//! that file: a test in it is counted as skipped and not as passed, however often it says so.
//!
//! In CI, where the variable `CI` is set, all of them panic instead: nothing is left out there.
//! Unit tests of the library reach this file as `crate::skip`. What tests look for outside of the
//! project is named here and nowhere else; `tests/architecture` checks that.
#![allow(dead_code, reason = "Each target that includes this file needs some of it.")]

use std::env;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Where measured data is expected, beside the project.
const SHARED_DATA: &str = "../shared/data";

/// A file of measured data. Without it the test is skipped.
pub(crate) fn shared_data(name: &str) -> Option<PathBuf> {
    let path = shared_data_folder()?.join(name);
    if path.exists() {
        return Some(path);
    }
    skip(&format!("{} is missing", path.display()));
    None
}

/// The folder of all measured data. Without it the test is skipped.
pub(crate) fn shared_data_folder() -> Option<PathBuf> {
    let folder = match env::var_os("AIRSHED_TEST_DATA") {
        Some(folder) => PathBuf::from(folder),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join(SHARED_DATA),
    };
    if folder.is_dir() {
        return Some(folder);
    }
    skip(&format!("the folder {} is missing", folder.display()));
    None
}

/// The brokers that `AIRSHED_TEST_BROKERS` names. Without them the test is skipped.
pub(crate) fn brokers() -> Option<String> {
    let brokers = env::var_os("AIRSHED_TEST_BROKERS").filter(|it| !it.is_empty());
    if brokers.is_none() {
        skip("needs a broker; AIRSHED_TEST_BROKERS names none");
    }
    brokers.map(|it| it.into_string().expect("AIRSHED_TEST_BROKERS is not UTF-8"))
}

/// The folder that `AIRSHED_TEST_CLUSTER` names, for a cluster that the test may start. Without it
/// the test is skipped.
pub(crate) fn cluster_folder() -> Option<PathBuf> {
    let folder = env::var_os("AIRSHED_TEST_CLUSTER").filter(|it| !it.is_empty());
    if folder.is_none() {
        skip("needs a cluster; AIRSHED_TEST_CLUSTER names no folder for one");
    }
    folder.map(PathBuf::from)
}

/// A program of the system that checks what airshed writes, such as `promtool` of the Debian package
/// `prometheus`. Without it the test is skipped.
pub(crate) fn program(name: &str, package: &str) -> Option<PathBuf> {
    let folders = env::var_os("PATH").unwrap_or_default();
    let found = env::split_paths(&folders).map(|it| it.join(name)).find(|it| it.is_file());
    if found.is_none() {
        skip(&format!("needs the program {name}, of the package {package}"));
    }
    found
}

/// A folder of foreign tools that `tests/run` has installed, below the one that `AIRSHED_TEST_OUTSIDE`
/// names. Without it the test is skipped.
pub(crate) fn outside(name: &str, installed_by: &str) -> Option<PathBuf> {
    let folder = env::var_os("AIRSHED_TEST_OUTSIDE").filter(|it| !it.is_empty());
    let path = folder.map(|it| PathBuf::from(it).join(name)).filter(|it| it.exists());
    if path.is_none() {
        skip(&format!("needs {name}, installed by {installed_by}; tests/run does it"));
    }
    path
}

/// Counts the test that calls this as skipped. The test has to return. In CI it fails.
#[track_caller]
pub(crate) fn skip(reason: &str) {
    assert!(!is_ci(), "this test cannot be skipped in CI: {reason}");
    skip_even_in_ci(reason);
}

/// The same for what no setting gives a machine, such as another kernel or other rights. In CI the
/// test is counted as skipped, too.
#[track_caller]
pub(crate) fn skip_even_in_ci(reason: &str) {
    let line = format!("skipped: {}::{}: {}\n", target(), test(), reason.replace('\n', " "));
    // Not `eprint`: the harness captures that, and shows it only for a test that fails.
    std::io::stderr().write_all(line.as_bytes()).expect("standard error is closed");
    if let Some(path) = env::var_os("AIRSHED_SKIPPED") {
        let file = OpenOptions::new().create(true).append(true).open(path);
        // One write: tests of one target skip at the same time, from several threads.
        file.and_then(|mut it| it.write_all(line.as_bytes())).expect("AIRSHED_SKIPPED");
    }
}

/// Whether nothing may be skipped.
fn is_ci() -> bool {
    env::var_os("CI").is_some_and(|it| !it.is_empty() && it != "false" && it != "0")
}

/// The target that this test was compiled into: the name of the program without its hash.
fn target() -> String {
    let program = env::current_exe().expect("a program knows its name");
    let name = program.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    name.rsplit_once('-').map_or(name.clone(), |(target, _)| target.to_owned())
}

/// The test that is running: the harness names its thread after it. A thread that the test itself has
/// started has no name; then the place of the call stands for the test.
#[track_caller]
fn test() -> String {
    let caller = std::panic::Location::caller().to_string();
    std::thread::current().name().map_or(caller, str::to_owned)
}
