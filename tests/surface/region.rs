//! The commands of `deploy/README.md`, run by bash one after the other as they stand there.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use crate::skip;

/// These need docker, a broker or an hour.
const ELSEWHERE: [&str; 3] = ["docker ", "$AIRSHED_BROKERS", "cargo install "];

/// The blocks of commands, in their order.
fn blocks() -> Vec<&'static str> {
    let page = include_str!("../../deploy/README.md");
    page.split("```sh\n").skip(1).map(|it| it.split("```").next().unwrap()).collect()
}

#[test]
fn a_region_is_set_up_watched_backed_up_restored_and_upgraded_as_the_page_says() {
    for (program, package) in [("openssl", "openssl"), ("curl", "curl")] {
        if skip::program(program, package).is_none() {
            return;
        }
    }
    let (apart, here): (Vec<_>, Vec<_>) =
        blocks().into_iter().partition(|it| ELSEWHERE.iter().any(|word| it.contains(word)));
    assert!((5, 11) <= (apart.len(), here.len()), "{apart:?}");
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    // A fault ends it, and what still runs with it. The clock ticks each second, so that the first
    // hour closes soon.
    let script = here.join("\n").replace("8480", &port.to_string());
    let script = script.replace("[log]\n", "[rules]\ntick_s = 1\n\n[log]\n");
    let programs = Path::new(env!("CARGO_BIN_EXE_airshed")).parent().unwrap().display();
    let script = format!(
        "set -eu\nexport PATH='{programs}':\"$PATH\"\ntrap 'kill $(jobs -p) 2>&- || :' EXIT\n{script}"
    );
    let place = tempfile::tempdir().unwrap();
    let mut bash = Command::new("bash");
    bash.args(["-c", &script]).current_dir(place.path());
    let output = bash.env_remove("AIRSHED_BROKERS").env("NO_PROXY", "localhost").output().unwrap();
    let text = |it: &[u8]| String::from_utf8_lossy(it).into_owned();
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    let serving = fs::read_to_string(place.path().join("region/serve.log")).unwrap_or_default();
    assert!(output.status.success(), "{out}\n{err}\n{serving}");
    for part in [
        "\"ready\":true",
        "airshed_log_records ",
        "Revoked ",
        "every decision is what its facts and rules lead to",
    ] {
        assert!(out.contains(part), "no {part:?} in {out}\n{err}");
    }
    // Three starts, each of which has ended when it was asked to.
    assert_eq!(serving.matches(" ended").count(), 3, "{serving}");
}
