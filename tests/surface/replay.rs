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
    assert_eq!(told["snapshot"], json!("none: folded from the start"));
    assert_eq!(told["first_difference"], Value::Null);
    assert_eq!(told["digest"].as_str().unwrap().len(), 64);
    assert_eq!(json(&["replay", &logs[1], "--json"]), told, "equal logs, equal digests");
    let checked = json(&["replay", &logs[1], "--check", "--json"]);
    assert_eq!(checked["first_difference"], Value::Null);
    assert_eq!(checked["digest"], told["digest"]);
    let text = printed(&["replay", &logs[0], "--check"]);
    for part in [told["digest"].as_str().unwrap(), "every decision is what its facts", "Epoch"] {
        assert!(text.contains(part), "{text}\ndoes not say {part}");
    }
}

#[test]
fn no_log_no_replay() {
    let place = tempfile::tempdir().unwrap();
    let nowhere = place.path().join("nowhere");
    let (code, out, err) = airshed(&["replay", nowhere.to_str().unwrap()]);
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(err.contains("nowhere"), "{err}");
}
