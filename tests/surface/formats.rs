//! Logs that every version has written: they verify, replay and are decided anew for ever.

use super::json;

/// What is found of the log that a version has written: its records, and the digest of its state.
fn check(version: &str, records: u64, digest: &str) {
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden");
    let (log, key) = (format!("{golden}/played-{version}"), format!("{golden}/played.pub"));
    let whole = json(&["log", "verify", &log, "--key", &key, "--json"]);
    assert_eq!((&whole["whole"], &whole["signed"]), (&true.into(), &records.into()), "{version}");
    let replayed = json(&["replay", &log, "--check", "--json"]);
    assert_eq!(replayed["records"], records, "{version}");
    assert!(replayed["first_difference"].is_null(), "{version}: {replayed}");
    assert_eq!(replayed["digest"], digest, "{version}");
    // From the state beside the log, where there is one, it is the same.
    let quick = json(&["replay", &log, "--json"]);
    assert_eq!(quick["digest"], digest, "{version}: {}", quick["snapshot"]);
    assert_eq!(quick["readings"], replayed["readings"], "{version}");
}

#[test]
fn a_log_of_every_version_verifies_and_replays() {
    check("v1", 488, "5cf48ca9fd19ebc9a250d234c4cbc1f1f751b070f5b714c24bf204806e425f3f");
    check("v2", 544, "fa7172abce40b234304ccfd6e8eafc2a05e90e1e111f9cd0cba881a66362bdda");
}
