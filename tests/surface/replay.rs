//! `airshed replay`.

use serde_json::{Value, json};

use super::{airshed, json, printed};

#[test]
fn a_replay_tells_the_state_and_its_digest() {
    let place = tempfile::tempdir().unwrap();
    let logs = ["a", "b"].map(|it| place.path().join(it).to_str().unwrap().to_owned());
    for log in &logs {
        json(&["demo", "--json", "--log", log]);
    }
    let told = json(&["replay", &logs[0], "--json"]);
    let count = |name: &str| told[name].as_u64().unwrap();
    assert_eq!(count("head") + 1, count("records"));
    assert!(count("readings") > 10_000);
    let used = format!("used, at record {}", count("records"));
    assert_eq!(told["snapshot"], json!(used));
    assert_eq!(told["first_difference"], Value::Null);
    assert_eq!(told["digest"].as_str().unwrap().len(), 64);
    assert_eq!(json(&["replay", &logs[1], "--json"]), told, "equal logs, equal digests");
    let checked = json(&["replay", &logs[1], "--check", "--json"]);
    assert_eq!(checked["first_difference"], Value::Null);
    for same in ["digest", "records", "readings", "head"] {
        assert_eq!(checked[same], told[same], "{same}");
    }
    let text = printed(&["replay", &logs[0], "--check"]);
    for part in [told["digest"].as_str().unwrap(), "every decision is what its facts", "Epoch"] {
        assert!(text.contains(part), "{text}\ndoes not say {part}");
    }
}

/// A snapshot is only a cache: with it, without it, and whatever is wrong with it, a replay tells
/// the same, and says what it did.
#[test]
fn a_snapshot_makes_no_difference() {
    let place = tempfile::tempdir().unwrap();
    let log = place.path().join("log");
    let (folder, snapshot) = (log.to_str().unwrap(), log.join("snapshot"));
    json(&["demo", "--json", "--log", folder]);
    let mut told = json(&["replay", folder, "--json"]);
    told["snapshot"] = Value::Null;
    let check = |more: &[&str], expected: &str| {
        let mut again = json(&[&["replay", folder, "--json"], more].concat());
        let snapshot = again["snapshot"].take();
        assert!(snapshot.as_str().unwrap().starts_with(expected), "{snapshot}");
        assert_eq!(again, told);
        let text = printed(&[&["replay", folder], more].concat());
        assert!(text.contains(&format!("Snapshot   {expected}")), "{text}");
    };
    check(&[], "used, at record ");
    check(&["--no-snapshot"], "not used, because of --no-snapshot: folded from the start");
    let whole = std::fs::read(&snapshot).unwrap();
    std::fs::write(&snapshot, &whole[..whole.len() / 2]).unwrap();
    check(&[], "not used, its bytes are not those that were written: folded from the start");
    std::fs::remove_file(&snapshot).unwrap();
    check(&[], "none: folded from the start");
}

#[test]
fn no_log_no_replay() {
    let place = tempfile::tempdir().unwrap();
    let nowhere = place.path().join("nowhere");
    let (code, out, err) = airshed(&["replay", nowhere.to_str().unwrap()]);
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(err.contains("nowhere"), "{err}");
}
