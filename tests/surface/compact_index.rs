//! `airshed log compact-index`.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::{airshed, json, printed};

/// The records of a log, byte for byte.
fn records(log: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(log).unwrap().map(|it| it.unwrap().path());
    let segments = entries.filter(|it| it.extension().is_some_and(|it| it == "avro"));
    segments.map(|it| (it.display().to_string(), fs::read(&it).unwrap())).collect()
}

#[test]
fn what_is_missing_or_wrong_beside_the_records_is_made_again() {
    let place = tempfile::tempdir().unwrap();
    let log = place.path().join("log");
    let folder = log.to_str().unwrap();
    json(&["demo", "--json", "--log", folder]);
    let (before, told) = (records(&log), json(&["replay", folder, "--json"]));
    let (tree, snapshot) = (log.join("tree"), log.join("snapshot"));
    let whole = [&tree, &snapshot].map(|it| fs::read(it).unwrap());
    fs::remove_file(&tree).unwrap();
    fs::write(&snapshot, "nonsense").unwrap();
    fs::write(log.join("snapshot.new"), "half").unwrap();
    let compacted = json(&["log", "compact-index", folder, "--json"]);
    let expected = json!({
        "records": told["records"],
        "root": compacted["root"],
        "digest": told["digest"],
        "tree": "made",
        "snapshot": "made_again",
        "removed": ["snapshot.new"],
        "torn_bytes": 0,
    });
    assert_eq!(compacted, expected);
    assert!(records(&log) == before, "records were touched");
    assert_eq!([&tree, &snapshot].map(|it| fs::read(it).unwrap()), whole);
    let verified = json(&["log", "verify", folder, "--json"]);
    assert_eq!((&verified["whole"], &verified["root"]), (&Value::Bool(true), &compacted["root"]));
    assert_eq!(json(&["replay", folder, "--json"]), told);
    let text = printed(&["log", "compact-index", folder]);
    assert!(text.contains("Tree         is right and unchanged"), "{text}");
}

#[test]
fn no_log_nothing_to_make() {
    let place = tempfile::tempdir().unwrap();
    let (code, out, err) = airshed(&["log", "compact-index", place.path().to_str().unwrap()]);
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(err.contains("there is no log"), "{err}");
}
