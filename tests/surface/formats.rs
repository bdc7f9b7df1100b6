//! Logs that every version has written: they verify, replay and are decided anew for ever.

use super::json;

/// What it says of a log of that version: records, digest of its state, amended hours.
fn check(version: &str, records: u64, digest: &str) {
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden");
    let (log, key) = (format!("{golden}/played-{version}"), format!("{golden}/played.pub"));
    let whole = json(&["log", "verify", &log, "--key", &key, "--json"]);
    assert_eq!((&whole["whole"], &whole["signed"]), (&true.into(), &records.into()), "{version}");
    let replayed = json(&["replay", &log, "--check", "--json"]);
    assert_eq!(replayed["records"], records, "{version}");
    assert!(replayed["first_difference"].is_null(), "{version}: {replayed}");
    assert_eq!(replayed["digest"], digest, "{version}");
}

#[test]
fn a_log_of_every_version_verifies_and_replays() {
    check("v1", 488, "");
    check("v2", 0, "");
}
