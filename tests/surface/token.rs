//! `airshed token`: what is printed once, what is stored, and what is refused.

use std::fs;
use std::path::Path;

use super::{airshed, json, printed, told_off};

const LATER: &str = "2999-01-01";

/// Arguments of `token new` with the file of a test.
fn new<'a>(file: &'a Path, body: &'a str, role: &'a str, expires: &'a str) -> Vec<&'a str> {
    let start = ["token", "new", "--name", "duty officer", "--json"];
    let given = ["--body", body, "--role", role, "--expires", expires, "--file"];
    start.into_iter().chain(given).chain([file.to_str().unwrap()]).collect()
}

#[test]
fn a_token_is_printed_once_and_only_its_hash_is_stored() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tokens.toml");
    let made = json(&new(&file, "12", "officer", LATER));
    let token = made["token"].as_str().unwrap();
    assert!(token.starts_with("airshed_120000_"), "{made}");
    assert_eq!(made["body"], "120000");
    let at = file.to_str().unwrap();
    let stored = fs::read_to_string(&file).unwrap() + &printed(&["token", "list", "--file", at]);
    assert!(!stored.contains(&token[15..]) && stored.contains("duty officer"), "{stored}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        assert_eq!(fs::metadata(&file).unwrap().mode() & 0o777, 0o600);
    }
    let id = made["id"].as_str().unwrap();
    json(&new(&file, "130100", "operator", LATER));
    let several = told_off(&["token", "revoke", "duty officer", "--file", at]);
    assert!(several.contains("names several") && several.contains(id), "{several}");
    let revoked = json(&["token", "revoke", id, "--json", "--file", at]);
    assert!(revoked["revoked"].is_string(), "{revoked}");
    let again = told_off(&["token", "revoke", id, "--file", at]);
    assert!(again.contains("is revoked already"), "{again}");
    let listed = json(&["token", "list", "--json", "--file", at]);
    let states: Vec<bool> =
        listed.as_array().unwrap().iter().map(|it| it["revoked"].is_null()).collect();
    assert_eq!(states, [false, true]);
}

#[test]
fn a_mistake_says_what_would_be_right() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tokens.toml");
    let check = |body: &str, role: &str, expires: &str, said: &[&str]| {
        let (code, out, words) = airshed(&new(&file, body, role, expires));
        assert_eq!((code, &*out), (2, ""), "{words}");
        for part in said {
            assert!(words.contains(part), "no {part:?} in {words}");
        }
        assert!(!file.exists());
    };
    check("140105", "officer", LATER, &["--body 140105", "right is one of 110000", "region"]);
    check("130100", "boss", LATER, &["right is one of officer", "reader, operator"]);
    check("130100", "officer", "2020-01-01", &["--expires", "is over"]);
    check("130100", "officer", "soon", &["--expires", "2027-01-01"]);
    let at = file.to_str().unwrap();
    assert!(told_off(&["token", "list", "--file", at]).contains("cannot read"));
    assert!(told_off(&["token", "revoke", "x", "--file", at]).contains("no such file"));
    fs::write(&file, "[[token]]\nnme = 1\n").unwrap();
    let wrong = told_off(&["token", "list", "--file", at]);
    assert!(wrong.contains("tokens.toml:2: nme: unknown field"), "{wrong}");
}
