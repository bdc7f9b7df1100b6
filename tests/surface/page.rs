//! The live page in a real browser: `tests/page` drives Chromium against a real `serve` and `look`.

use std::path::PathBuf;
use std::process::Command;

use crate::serving::AIRSHED;
use crate::skip;

/// What the driver of the browser needs; Debian 12 has 18.
const NODE_MIN: u32 = 20;

/// Node in a version that can drive a browser. Without it the test is skipped.
fn node() -> Option<PathBuf> {
    let node = skip::program("node", "nodejs")?;
    let output = Command::new(&node).arg("--version").output().unwrap();
    let version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    let major = version.trim_start_matches('v').split('.').next().and_then(|it| it.parse().ok());
    if major.is_none_or(|it: u32| it < NODE_MIN) {
        skip::skip(&format!("needs node {NODE_MIN} or newer; {} is {version}", node.display()));
        return None;
    }
    Some(node)
}

/// Runs a file of `tests/page`. Each of its tests is named in what is printed when one fails.
fn run(file: &str) {
    let Some(node) = node() else { return };
    let Some(packages) = skip::outside("page/node_modules", "npm") else { return };
    let Some(chromium) = skip::program("chromium", "chromium") else { return };
    let script = format!("{}/tests/page/{file}", env!("CARGO_MANIFEST_DIR"));
    let output = Command::new(node)
        .args(["--test", "--test-reporter=spec", &script])
        .env("AIRSHED_PROGRAM", AIRSHED)
        .env("AIRSHED_PAGE_TOOLS", packages.parent().unwrap())
        .env("AIRSHED_CHROMIUM", chromium)
        // A proxy of the machine is not for addresses of this machine.
        .env("NO_PROXY", "127.0.0.1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("fail 0") && !said.contains("pass 0"), "{said}");
}

#[test]
fn an_episode_can_be_read_at_any_time_in_two_languages_on_desk_and_phone() {
    run("episode.test.mjs");
}

#[test]
fn an_officer_answers_from_the_page_and_a_restart_loses_nothing() {
    run("live.test.mjs");
}
