//! Keys, `log verify`, `log prove`, `verify-bundle`, `log consistency` and `witness`.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{airshed, json, printed, told_off};

/// A folder with a key and a signed log.
struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let place = Self { folder: tempfile::tempdir().unwrap() };
        place.printed(&["key", "new", "@bth.key", "--origin", "bth"]);
        place.printed(&["demo", "--json", "--log", "@log", "--key", "@bth.key"]);
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What begins with @ lies in the folder.
    fn arguments(&self, arguments: &[&str]) -> Vec<String> {
        let path = |name: &str| self.path(name).to_str().unwrap().to_owned();
        let argument = |it: &&str| it.strip_prefix('@').map_or((*it).to_owned(), path);
        arguments.iter().map(argument).collect()
    }

    fn run<T>(&self, arguments: &[&str], run: impl Fn(&[&str]) -> T) -> T {
        let arguments = self.arguments(arguments);
        run(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
    }

    fn printed(&self, arguments: &[&str]) -> String {
        self.run(arguments, printed)
    }

    fn json(&self, arguments: &[&str]) -> Value {
        self.run(arguments, json)
    }

    /// A run that must end with exit code 1, and what it says.
    fn fails(&self, arguments: &[&str]) -> (String, String) {
        let (code, out, err) = self.run(arguments, airshed);
        assert_eq!(code, 1, "{arguments:?}: {out}{err}");
        (out, err)
    }
}

/// Changes one byte of a file.
fn change(path: &Path, at: usize) {
    let mut bytes = fs::read(path).unwrap();
    bytes[at] ^= 1;
    fs::write(path, bytes).unwrap();
}

#[test]
fn a_signed_log_is_verified_and_its_first_fault_is_named() {
    let place = Place::new();
    let words = place.printed(&["log", "verify", "@log", "--key", "@bth.key.pub"]);
    for part in ["The log is whole", "their signatures fit", "only found against a checkpoint"] {
        assert!(words.contains(part), "{words}\ndoes not say {part}");
    }
    let whole = place.json(&["log", "verify", "@log", "--json", "--key", "@bth.key.pub"]);
    assert_eq!((&whole["whole"], &whole["size"]), (&Value::from(true), &whole["records"]));
    assert_eq!(whole["signed"], whole["records"]);
    fs::copy(place.path("log/checkpoints"), place.path("kept")).unwrap();
    let words = place.printed(&["log", "verify", "@log", "--against", "@kept"]);
    assert!(words.contains("It goes on from every checkpoint"), "{words}");
    change(&place.path("log/00000000000000000000.avro"), 300_000);
    let (out, err) = place.fails(&["log", "verify", "@log", "--json"]);
    let fault: Value = serde_json::from_str(&out).unwrap();
    let keys: Vec<&String> = fault.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["file", "byte", "position", "what"]);
    assert!(fault["position"].as_u64().unwrap() > 0, "{fault}");
    assert!(err.contains("the log is not whole"), "{err}");
}

#[test]
fn a_key_is_refused_that_others_can_read_and_a_signed_log_without_its_key() {
    let place = Place::new();
    let told = place.run(&["demo", "--log", "@log"], told_off);
    assert!(told.contains("name its key with --key"), "{told}");
    let told = place.run(&["key", "new", "@bth.key"], told_off);
    assert!(told.contains("is there already"), "{told}");
    let told = place.run(&["demo", "--log", "@other", "--key", "@bth.key.pub"], told_off);
    assert!(told.contains("chmod 600"), "{told}");
}

#[test]
fn an_order_set_is_proven_to_somebody_who_has_only_the_key() {
    let place = Place::new();
    let sets = place.printed(&["log", "cat", "@log", "--json", "--type", "order_set_issued"]);
    let set: Value = serde_json::from_str(sets.lines().next().unwrap()).unwrap();
    let position = set["position"].to_string();
    place.printed(&["log", "prove", "@log", &position, "-o", "@order.json"]);
    let check = ["verify-bundle", "@order.json", "--key", "@bth.key.pub"];
    let words = place.printed(&check);
    assert!(words.contains("asked") && words.contains("are in the log bth"), "{words}");
    let proven = place.json(&[&check[..], &["--json"]].concat());
    let count = |role: &str| {
        let records = proven["records"].as_array().unwrap();
        records.iter().filter(|it| it["role"] == role).count()
    };
    assert_eq!((count("asked"), count("rule_book")), (1, 1));
    assert!(count("warning") > 0 && count("hour") >= 24, "{words}");
    let asked = proven["records"].as_array().unwrap().iter().find(|it| it["role"] == "asked");
    assert_eq!(asked.unwrap()["record"], set);
    let text = fs::read_to_string(place.path("order.json")).unwrap();
    let changes = [
        ("\"grade\": \"orange\"", "\"grade\": \"yellow\"", "is not what its bytes say"),
        ("\"role\": \"hour\"", "\"role\": \"warning\"", "it is not the warning of this"),
        ("\"checkpoint\": \"bth", "\"checkpoint\": \"bht", "no signature of bht"),
        ("AAAA", "AAAB", "proves nothing"),
    ];
    for (from, to, what) in changes {
        assert!(text.contains(from), "{from}");
        fs::write(place.path("order.json"), text.replacen(from, to, 1)).unwrap();
        let (_, told) = place.fails(&check);
        assert!(told.contains(what), "{told}");
    }
}

#[test]
fn a_witness_cosigns_only_what_goes_on_from_what_it_saw() {
    let place = Place::new();
    place.printed(&["key", "new", "@hebei.key", "--witness"]);
    let all = fs::read_to_string(place.path("log/checkpoints")).unwrap();
    let first = all.match_indices("\nbth\n").nth(20).unwrap().0 + 1;
    fs::write(place.path("old"), &all[..first]).unwrap();
    fs::write(place.path("new"), &all).unwrap();
    let cosign =
        ["witness", "--key", "@hebei.key", "--state", "@seen", "--log-key", "@bth.key.pub"];
    let with = |more: &[&'static str]| [&cosign[..], more].concat();
    place.printed(&with(&["@old"]));
    let (_, told) = place.fails(&with(&["@new"]));
    assert!(told.contains("it needs a proof that it goes on from"), "{told}");
    place.printed(&["log", "consistency", "@log", "@seen", "@new", "-o", "@proof"]);
    place.printed(&with(&["@new", "--proof", "@proof", "-o", "@cosigned"]));
    let (_, told) = place.fails(&with(&["@old"]));
    assert!(told.contains("the last one seen"), "{told}");
    let prove = ["log", "prove", "@log", "9", "-o", "@nine", "--checkpoint", "@cosigned"];
    place.printed(&prove);
    let check = ["verify-bundle", "@nine", "--key", "@bth.key.pub", "--witness", "@hebei.key.pub"];
    let words = place.printed(&check);
    assert!(words.contains("Witness     hebei"), "{words}");
    place.printed(&["log", "prove", "@log", "9", "-o", "@nine"]);
    let (_, told) = place.fails(&check);
    assert!(told.contains("no signature of hebei"), "{told}");
}
