//! Logs that every version has written: they verify, replay and are decided again for ever.

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
    check("v1", 488, "4d1e4c40a80acc365eecfd4e8aa1d722368ea98fa2782115dc650d86e27e46dc");
    check("v2", 544, "b570dd54d9e791609d08385817adc75039fce63172a22a9729c3ce878cd40876");
}
