//! `log messages` and `verify-order`: what is sent is signed, and what was changed is found.

use std::fs;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::serving::Serving;
use crate::trust::Place;
use crate::{airshed, skip};

/// The signed messages of a kind, one on each line.
fn messages(place: &Place, kind: &str) -> String {
    place.printed(&["log", "messages", "@log", "--of", kind, "--key", "@bth.key"])
}

/// Exit code and words of a check of this text.
fn check(place: &Place, text: &str, more: &[&str]) -> (i32, String, String) {
    fs::write(place.path("messages.json"), text).unwrap();
    let base = ["verify-order", "@messages.json", "--key", "@bth.key.pub"];
    place.run(&[&base[..], more].concat(), airshed)
}

#[test]
fn what_is_sent_is_signed_by_the_key_of_the_log() {
    let place = Place::new();
    for kind in ["orders", "alerts", "matters"] {
        let sent = messages(&place, kind);
        let count = sent.lines().count();
        assert!(count > 10, "{kind}: {count}");
        let (code, out, err) = check(&place, &sent, &[]);
        assert_eq!((code, &*err, out.lines().count()), (0, "", count), "{out}");
        assert!(out.lines().all(|it| it.starts_with("right  ")), "{out}");
        assert!(out.contains("signed by bth"), "{out}");
    }
    // Without a key nothing is signed, and refusals never are.
    let plain = place.printed(&["log", "messages", "@log", "--of", "orders"]);
    assert!(!plain.contains("\"signature\""), "{plain}");
    assert_eq!(plain.lines().count(), messages(&place, "orders").lines().count());
    // To one receiver.
    let own = ["log", "messages", "@log", "--of", "orders", "--for", "130100"];
    let own = place.printed(&own);
    let is_own = |it: &str| it.contains("\"jurisdiction\":\"130100\"");
    assert!(own.lines().count() > 0 && own.lines().all(is_own), "{own}");
}

#[test]
fn a_changed_order_is_named_and_fails() {
    let place = Place::new();
    let sent = messages(&place, "orders");
    let first = sent.lines().next().unwrap();
    let order: Value = serde_json::from_str(first).unwrap();
    let id = order["order"].as_str().unwrap();
    // The first message, with another start.
    let text = sent.replacen("\"effective_at\":\"2025", "\"effective_at\":\"2026", 1);
    assert_ne!(text, sent);
    let (code, out, err) = check(&place, &text, &[]);
    assert_eq!(code, 1, "{out}");
    assert!(out.contains(&format!("WRONG  {id}, record ")), "{out}");
    assert!(err.starts_with("refused: 1 of "), "{err}");
    let (_, out, _) = check(&place, &text, &["--json"]);
    let found: Value = serde_json::from_str(out.lines().next().unwrap()).unwrap();
    assert_eq!((&found["proven"], &found["order"]), (&false.into(), &id.into()));
    // Another key, no key of a log, no message, no JSON.
    place.printed(&["key", "new", "@other.key", "--origin", "bth"]);
    fs::write(place.path("messages.json"), first).unwrap();
    let other = ["verify-order", "@messages.json", "--key", "@other.key.pub"];
    assert!(place.run(&other, airshed).1.contains("no signature of bth"));
    for (text, said) in [("", "has no message"), (first.trim_end_matches('}'), "has no JSON")] {
        let (code, _, err) = check(&place, text, &[]);
        assert!(code != 0 && err.contains(said), "{err}");
    }
}

#[test]
fn evidence_proves_that_the_log_has_the_order() {
    let place = Place::new();
    let plain = place.printed(&["log", "messages", "@log", "--of", "orders"]);
    let orders: Vec<Value> = plain.lines().map(|it| serde_json::from_str(it).unwrap()).collect();
    let last = orders.last().unwrap();
    let position = last["position"].to_string();
    place.printed(&["log", "prove", "@log", &position, "-o", "@evidence.json"]);
    let evidence = ["--evidence", "@evidence.json"];
    let own = orders.iter().filter(|it| it["position"] == last["position"]);
    let own: String = own.map(|it| it.to_string() + "\n").collect();
    // An order without a signature is proven by the evidence alone.
    let (code, out, err) = check(&place, &own, &evidence);
    assert_eq!((code, &*err), (0, ""), "{out}");
    assert!(out.contains("not signed, of bth, in the log of "), "{out}");
    let changed = own.replace("\"level\"", "\"lvel\"");
    let (code, out, _) = check(&place, &changed, &evidence);
    assert!(code == 1 && out.contains("do not say this"), "{out}");
    // One of another record, though it is signed.
    let signed = messages(&place, "orders");
    let first = signed.lines().next().unwrap();
    let (code, out, _) = check(&place, first, &evidence);
    assert!(code == 1 && out.contains("do not say this"), "{out}");
}

#[test]
fn the_api_gives_orders_as_they_are_sent() {
    let place = Place::new();
    let sent = messages(&place, "orders");
    let serving = Serving::start(&place.path("."), "");
    for line in sent.lines() {
        let order: Value = serde_json::from_str(line).unwrap();
        let path = format!("/v1/orders/{}", order["order"].as_str().unwrap());
        let answer: Value = serving.get(&path).json().unwrap();
        assert_eq!(answer["message"], order);
        assert_eq!(answer["record"], order["position"]);
        let shared = answer["order"].as_object().unwrap();
        assert!(shared.iter().all(|(name, it)| order[name] == *it), "{answer}");
    }
}

#[test]
fn a_program_that_knows_only_the_description_verifies_them() {
    let Some(python) = skip::outside("python/bin/python", "tests/outside/install") else { return };
    let place = Place::new();
    let run = |text: &str| {
        fs::write(place.path("messages.json"), text).unwrap();
        Command::new(&python)
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/outside/verify_order.py"))
            .arg(place.path("bth.key.pub"))
            .stdin(Stdio::from(fs::File::open(place.path("messages.json")).unwrap()))
            .output()
            .unwrap()
    };
    let sent = messages(&place, "orders") + &messages(&place, "alerts");
    let output = run(&sent);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let checked = String::from_utf8(output.stdout).unwrap();
    assert_eq!(checked.lines().count(), sent.lines().count());
    let changed = run(&sent.replacen("\"act\":\"impose\"", "\"act\":\"lift\"", 1));
    assert!(String::from_utf8_lossy(&changed.stderr).contains("InvalidSignature"));
}
