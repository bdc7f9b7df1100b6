//! Checkpoints, proofs and evidence over HTTP, checked by the commands that check them offline.

use std::fs;

use serde_json::Value;

use crate::serving::{Serving, check_problem, readings, whistle};
use crate::trust::Place;

/// The key `bth.key` of the folder signs.
fn serve(place: &Place) -> Serving {
    Serving::start(&place.path(""), "")
}

fn text(serving: &Serving, path: &str) -> String {
    let answer = serving.get(path);
    assert_eq!(answer.status(), 200, "{path}");
    answer.text().unwrap()
}

#[test]
fn evidence_is_what_the_command_writes_and_is_verified_offline() {
    let place = Place::new();
    let serving = serve(&place);
    let sets: Value = serde_json::from_str(&text(&serving, "/v1/order-sets")).unwrap();
    let position = sets["order_sets"][0]["position"].to_string();
    let bundle = text(&serving, &format!("/v1/evidence/{position}"));
    assert_eq!(bundle, place.printed(&["log", "prove", "@log", &position]));
    fs::write(place.path("order.json"), &bundle).unwrap();
    let check = ["verify-bundle", "@order.json", "--key", "@bth.key.pub"];
    assert!(place.printed(&check).contains("are in the log bth"));
    let small = text(&serving, &format!("/v1/evidence/{position}?without_readings=true"));
    assert!(small.len() < bundle.len());
    check_problem(serving.get("/v1/evidence/99999"), 404, "no record 99999");
    // With the first record of a new append there is evidence when it is signed.
    let answer: Value = serving.post("/v1/readings", &readings(9, "no-such")).json().unwrap();
    let newest = answer["position"].as_u64().unwrap();
    while
        serving.get(&format!("/v1/log/records?after={newest}")).json::<Value>().unwrap()["records"]
            .as_array()
            .is_none_or(Vec::is_empty)
    {
        std::thread::yield_now();
    }
    let unsigned = serving.get(&format!("/v1/evidence/{newest}"));
    check_problem(unsigned, 404, &format!("not record {newest}"));
}

#[test]
fn checkpoints_are_those_of_the_log_and_proofs_hold_for_a_witness() {
    let place = Place::new();
    let all = fs::read_to_string(place.path("log/checkpoints")).unwrap();
    let serving = serve(&place);
    let newest = text(&serving, "/v1/log/checkpoint");
    assert_eq!(newest, place.printed(&["log", "checkpoint", "@log"]));
    assert_eq!(text(&serving, "/v1/log/checkpoints?limit=1000"), all);
    let sizes: Vec<u64> = all.lines().filter_map(|it| it.parse().ok()).collect();
    let (old, new) = (sizes[20], *sizes.last().unwrap());
    let later = text(&serving, &format!("/v1/log/checkpoints?after={old}&limit=1"));
    assert!(later.starts_with(&format!("bth\n{}\n", sizes[21])), "{later}");

    let proof = text(&serving, &format!("/v1/log/consistency?old={old}"));
    let proof: Value = serde_json::from_str(&proof).unwrap();
    let seen = all.split_inclusive("\nbth\n").take(21).collect::<String>();
    fs::write(place.path("old"), seen.strip_suffix("bth\n").unwrap()).unwrap();
    fs::write(place.path("new"), &newest).unwrap();
    fs::write(place.path("proof"), proof["request"].as_str().unwrap()).unwrap();
    place.printed(&["key", "new", "@hebei.key", "--witness"]);
    let cosign = |more: &[&'static str]| {
        let witness =
            ["witness", "--key", "@hebei.key", "--state", "@seen", "--log-key", "@bth.key.pub"];
        place.printed(&[&witness[..], more].concat())
    };
    cosign(&["@old"]);
    cosign(&["@new", "--proof", "@proof"]);
    let root = newest.lines().nth(2).unwrap();
    assert_eq!((&proof["new"], &proof["new_root"]), (&new.into(), &root.into()));

    for position in [0, old - 1, new - 1] {
        let path = format!("/v1/log/proof?position={position}");
        let proof: Value = serde_json::from_str(&text(&serving, &path)).unwrap();
        assert_eq!((&proof["size"], &proof["root"]), (&new.into(), &root.into()));
        assert_eq!(folded(&proof), root, "{position}");
    }
    // New records are added to the hashes that are known.
    serving.post("/v1/readings", &readings(9, "no-such"));
    let records = || serving.get("/v1/status").json::<Value>().unwrap()["records"].as_u64();
    while records() == Some(new) {
        std::thread::yield_now();
    }
    let path = format!("/v1/log/proof?position=3&size={}", new + 1);
    let grown: Value = serde_json::from_str(&text(&serving, &path)).unwrap();
    assert_eq!(folded(&grown), grown["root"].as_str().unwrap());
    let path = format!("/v1/log/consistency?old={new}&new={}", new + 1);
    let grown: Value = serde_json::from_str(&text(&serving, &path)).unwrap();
    assert_eq!((&grown["old_root"], &grown["request"]), (&root.into(), &Value::Null));
    check_problem(serving.get("/v1/log/proof?position=0&size=99999"), 404, "size=99999");
    check_problem(serving.get(&format!("/v1/log/proof?position={new}&size={new}")), 404, "record");
    check_problem(serving.get("/v1/log/consistency?old=9&new=8"), 404, "old=9");
    check_problem(serving.get("/v1/log/proof"), 400, "position");
}

#[test]
fn a_log_that_is_not_signed_has_no_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    let serving = Serving::start(folder.path(), "");
    for path in ["log/checkpoint", "log/checkpoints", "log/proof?position=0", "evidence/0"] {
        check_problem(serving.get(&format!("/v1/{path}")), 404, "airshed key new");
    }
    let proof: Value = serving.get("/v1/log/proof?position=0&size=1").json().unwrap();
    assert_eq!(proof["root"], proof["leaf"]);
}

/// The root to which a proof leads, by the rule of RFC 9162, section 2.1.3.2.
fn folded(proof: &Value) -> String {
    use base64::Engine as _;
    use sha2::{Digest as _, Sha256};
    let base64 = base64::engine::general_purpose::STANDARD;
    let bytes = |it: &Value| base64.decode(it.as_str().unwrap()).unwrap();
    let number = |name: &str| proof[name].as_u64().unwrap();
    let (mut at, mut last) = (number("position"), number("size") - 1);
    let mut hash = bytes(&proof["leaf"]);
    let node = |left: &[u8], right: &[u8]| {
        Sha256::new_with_prefix([1]).chain_update(left).chain_update(right).finalize().to_vec()
    };
    for other in proof["proof"].as_array().unwrap() {
        let other = bytes(other);
        if at % 2 == 1 || at == last {
            hash = node(&other, &hash);
            while at % 2 == 0 && at != 0 {
                (at, last) = (at / 2, last / 2);
            }
        } else {
            hash = node(&hash, &other);
        }
        (at, last) = (at / 2, last / 2);
    }
    assert_eq!(last, 0);
    base64.encode(hash)
}

#[test]
fn a_command_has_a_receipt_that_its_body_can_keep() {
    let place = Place::new();
    let tokens = |body: &str| {
        let file = place.path("tokens.toml").display().to_string();
        let made = ["token", "new", "--json", "--file", &file, "--expires", "2999-01-01", "--name"];
        let of = ["duty officer", "--role", "officer", "--body", body];
        crate::json(&[&made[..], &of].concat())["token"].as_str().unwrap().to_owned()
    };
    let (own, other) = (tokens("110000"), tokens("120000"));
    let settings = format!("tokens = \"{}\"", place.path("tokens.toml").display());
    let serving = Serving::start(&place.path(""), &settings);
    let request = serving.client.post(serving.url("/v1/commands")).bearer_auth(&own);
    let mut command = whistle("w1", "smoke");
    command["given_at"] = "2025-12-16T00:00:00+08:00".into();
    let answer: Value = request.json(&command).send().unwrap().json().unwrap();
    assert_eq!(answer["outcome"][0]["type"], "whistle_blown", "{answer}");
    let receipt = answer["receipt"].as_str().unwrap();
    let get = |token| serving.client.get(serving.url(receipt)).bearer_auth(token).send().unwrap();
    // The API follows the log a moment later.
    while get(&own).status() == 404 {
        std::thread::yield_now();
    }
    fs::write(place.path("receipt.json"), get(&own).text().unwrap()).unwrap();
    let check = ["verify-bundle", "@receipt.json", "--key", "@bth.key.pub", "--json"];
    let proven = place.json(&check);
    let outcome = proven["records"].as_array().unwrap().iter().find(|it| it["role"] == "asked");
    assert_eq!(outcome.unwrap()["record"], answer["outcome"][0], "{proven}");
    check_problem(get(&other), 403, "110000");
    // Without a key there is none.
    drop(serving);
    let folder = tempfile::tempdir().unwrap();
    let serving = Serving::start(folder.path(), "");
    serving.post("/v1/readings", &readings(9, "1001A"));
    let answer: Value = serving.post("/v1/commands", &whistle("w1", "smoke")).json().unwrap();
    assert!(answer["receipt"].is_null() && answer["outcome"][0].is_object(), "{answer}");
}
