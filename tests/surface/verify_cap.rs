//! `verify-order` of CAP messages: what a log says is proven, and what was changed is named.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::airshed;
use crate::serving::{Serving, check_problem};
use crate::trust::Place;

/// A signed log, and its warnings as files, the oldest first.
struct Published {
    place: Place,
    files: Vec<PathBuf>,
}

impl Published {
    fn new() -> Self {
        let place = Place::new();
        place.printed(&["cap", "@log", "--to", "@warnings"]);
        let listed = place.json(&["cap", "@log", "--json"]);
        let file = |it: &Value| {
            let identifier = it["identifier"].as_str().unwrap();
            place.path(&format!("warnings/{identifier}.xml"))
        };
        let files = listed["messages"].as_array().unwrap().iter().map(file).collect();
        Self { place, files }
    }

    /// Text of the first file of this kind of message.
    fn first(&self, kind: &str) -> String {
        let texts = self.files.iter().map(|it| fs::read_to_string(it).unwrap());
        let is_it = |it: &String| it.contains(&format!("<msgType>{kind}</msgType>"));
        texts.into_iter().find(is_it).unwrap()
    }

    fn check(&self, text: &str, more: &[&str]) -> (i32, String, String) {
        fs::write(self.place.path("message.xml"), text).unwrap();
        let base = ["verify-order", "@message.xml", "--key", "@bth.key.pub"];
        self.place.run(&[&base[..], more].concat(), airshed)
    }

    /// Writes evidence for the record of a message, by the checkpoint of this message.
    fn prove(&self, text: &str) {
        fs::write(self.place.path("asked.xml"), text).unwrap();
        let position = parameter(text, "position");
        let by = ["--checkpoint", "@asked.xml", "-o", "@evidence.json"];
        self.place.printed(&[&["log", "prove", "@log", &position][..], &by].concat());
    }
}

const BY_LOG: [&str; 2] = ["--log", "@log"];
const BY_EVIDENCE: [&str; 2] = ["--evidence", "@evidence.json"];

fn parameter(text: &str, name: &str) -> String {
    let rest = text.split(&format!("<valueName>airshed:{name}</valueName>")).nth(1).unwrap();
    rest.split("<value>").nth(1).unwrap().split("</value>").next().unwrap().to_owned()
}

/// What is changed in a message, and the words that name it.
fn damages(text: &str) -> Vec<(String, String, String)> {
    let between = |start: &str| {
        let inner = text.split(start).nth(1).unwrap().split('<').next().unwrap();
        (format!("{start}{inner}<"), format!("{start}{inner}"))
    };
    let mut all = Vec::new();
    for (start, field) in [
        ("<identifier>", "identifier"),
        ("<sender>", "sender"),
        ("<sent>", "sent"),
        ("<status>", "status"),
        ("<scope>", "scope"),
        ("<incidents>", "incidents"),
        ("<severity>", "info/severity"),
        ("<certainty>", "info/certainty"),
        ("<urgency>", "info/urgency"),
        ("<onset>", "info/onset"),
        ("<expires>", "info/expires"),
        ("<headline>", "info/headline"),
        ("<description>", "info/description"),
        ("<areaDesc>", "info/area/areaDesc"),
        ("<polygon>", "info/area/polygon"),
    ] {
        let (right, wrong) = between(start);
        all.push((right, format!("{wrong} <"), format!("       {field}: ")));
    }
    let signed = parameter(text, "checkpoint");
    let (_, signature) = signed.rsplit_once("— bth ").unwrap();
    let letter = if &signature[20..21] == "A" { "B" } else { "A" };
    let forged = format!("{}{letter}{}", &signature[..20], &signature[21..]);
    let position = parameter(text, "position");
    let value = |it: &str| format!("<value>{it}</value>");
    for (right, wrong, said) in [
        (value(&position), value("0"), "record 0"),
        (value(&position), value("99999999"), "not record 99999999"),
        (value(&position), value("x"), "is no position"),
        (signature.to_owned(), forged, "the signature of bth does not fit"),
        (signed.clone(), signed.replacen("bth", "bht", 1), "no signature of bht"),
        ("airshed:checkpoint".to_owned(), "airshed:check".to_owned(), "no parameter"),
        ("</info>".to_owned(), "<web>x</web></info>".to_owned(), "gives no such field"),
        ("</alert>".to_owned(), String::new(), "an element without an end"),
        (">zh-CN<".to_owned(), ">zh-TW<".to_owned(), "       info/language: zh-TW, right is zh-CN"),
        (">en-US<".to_owned(), ">en-GB<".to_owned(), "       info[2]/language: "),
    ] {
        all.push((right, wrong, said.to_owned()));
    }
    all
}

fn check_damages(published: &Published, text: &str, by: &[&str]) {
    let all = damages(text);
    let mut arguments =
        vec!["verify-order".to_owned(), "--key".to_owned(), "@bth.key.pub".to_owned()];
    arguments.extend(by.iter().map(|it| (*it).to_owned()));
    for (at, (right, wrong, _)) in all.iter().enumerate() {
        let damaged = text.replacen(right, wrong, 1);
        assert_ne!(damaged, text, "{right}");
        fs::write(published.place.path(&format!("{at}.xml")), damaged).unwrap();
        arguments.push(format!("@{at}.xml"));
    }
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (code, out, err) = published.place.run(&arguments, airshed);
    assert_eq!(code, 1, "{out}{err}");
    let count = all.len();
    assert!(err.starts_with(&format!("refused: {count} of {count} messages")), "{err}");
    let found: Vec<&str> = out.split("WRONG  ").skip(1).collect();
    assert_eq!(found.len(), count, "{out}");
    for (found, (_, wrong, said)) in found.iter().zip(&all) {
        assert!(found.contains(said), "{wrong}: {found}");
    }
}

#[test]
fn every_published_message_is_what_the_log_says() {
    let published = Published::new();
    let files = published.files.iter().map(|it| it.to_str().unwrap());
    let all: Vec<&str> = ["verify-order", "--key", "@bth.key.pub", "--log", "@log"]
        .into_iter()
        .chain(files)
        .collect();
    let (code, out, err) = published.place.run(&all, airshed);
    assert_eq!((code, &*err, out.lines().count()), (0, "", published.files.len()), "{out}");
    assert!(published.files.len() > 20);
    let is_right = |it: &str| {
        it.starts_with("right  1")
            && it.contains("in the log bth of ")
            && it.ends_with("every field is what the record says")
    };
    assert!(out.lines().all(is_right), "{out}");
    // Written in another way: without blanks between elements, with a comment.
    let text = published.first("Update");
    let lines = text.split(">\n").map(str::trim_start).collect::<Vec<_>>().join(">");
    assert_ne!(lines, text);
    let (code, out, _) = published.check(&format!("{lines}<!-- passed on -->"), &BY_LOG);
    assert_eq!(code, 0, "{out}");
    let (_, out, _) = published.check(&text, &[&BY_LOG[..], &["--json"]].concat());
    let found: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&found["proven"], &found["by"]["origin"]), (&true.into(), &"bth".into()));
}

#[test]
fn a_changed_message_is_found_by_the_log() {
    let published = Published::new();
    let text = published.first("Update");
    check_damages(&published, &text, &BY_LOG);
    for (right, wrong, field) in
        [("<references>", "<references>x,", "references"), (">Update<", ">Alert<", "msgType")]
    {
        let (code, out, _) = published.check(&text.replacen(right, wrong, 1), &BY_LOG);
        assert!(code == 1 && out.contains(&format!("       {field}: ")), "{out}");
    }
    let changed = text.replacen("<severity>", "<severity>x", 2);
    let (_, out, _) = published.check(&changed, &[&BY_LOG[..], &["--json"]].concat());
    let found: Value = serde_json::from_str(&out).unwrap();
    let fields: Vec<&str> = found["differences"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["field"].as_str().unwrap())
        .collect();
    assert_eq!(
        (fields, &found["proven"]),
        (vec!["info/severity", "info[2]/severity"], &false.into())
    );
}

#[test]
fn another_key_or_another_log_proves_nothing() {
    let published = Published::new();
    let place = &published.place;
    let text = published.first("Alert");
    assert_eq!(published.check(&text, &BY_LOG).0, 0);
    place.printed(&["key", "new", "@other.key", "--origin", "bth"]);
    fs::write(place.path("message.xml"), &text).unwrap();
    let other = ["verify-order", "@message.xml", "--key", "@other.key.pub", "--log", "@log"];
    assert!(place.run(&other, airshed).1.contains("no signature of bth"));
    // The same key signs another log, and one that has no warning yet.
    place.printed(&["demo", "--seed", "9", "--json", "--log", "@second", "--key", "@bth.key"]);
    let (code, out, _) = published.check(&text, &["--log", "@second"]);
    assert!(code == 1 && out.contains("is not of this log"), "{out}");
    // Nothing to compare with.
    let (code, out, _) = published.check(&text, &[]);
    assert!(code == 1 && out.contains("what it says is not checked: name --log"), "{out}");
    // A log without a key.
    place.printed(&["demo", "--json", "--log", "@plain"]);
    place.printed(&["cap", "@plain", "--to", "@plain-warnings"]);
    let name = published.files[0].file_name().unwrap().to_str().unwrap();
    let plain = fs::read_to_string(place.path(&format!("plain-warnings/{name}"))).unwrap();
    let (code, out, _) = published.check(&plain, &["--log", "@plain"]);
    assert!(code == 1 && out.contains("its log has no key"), "{out}");
    // Orders are checked in another way.
    let (code, _, err) = published.check("{}", &BY_LOG);
    assert!(code == 2 && err.contains("name --evidence"), "{err}");
}

#[test]
fn evidence_proves_every_field_that_follows_from_the_record() {
    let published = Published::new();
    let alert = published.first("Alert");
    published.prove(&alert);
    let (code, out, _) = published.check(&alert, &BY_EVIDENCE);
    assert!(code == 0 && out.ends_with("every field is what the record says\n"), "{out}");
    check_damages(&published, &alert, &BY_EVIDENCE);
    for kind in ["Update", "Cancel"] {
        let text = published.first(kind);
        published.prove(&text);
        let (code, out, _) = published.check(&text, &BY_EVIDENCE);
        let said = "references and msgType could not be checked without --log\n";
        assert!(code == 0 && out.ends_with(said), "{out}");
    }
    // It is for a cancellation, by the checkpoint of that.
    let (code, out, _) = published.check(&alert, &BY_EVIDENCE);
    assert!(code == 1 && out.contains("--checkpoint MESSAGE.xml"), "{out}");
    let cancel = published.first("Cancel");
    let changed = cancel.replacen("<severity>", "<severity>x", 1);
    let (code, out, _) = published.check(&changed, &BY_EVIDENCE);
    assert!(code == 1 && out.contains("       info/severity: x"), "{out}");
}

#[test]
fn a_message_by_another_profile_needs_this_profile() {
    let published = Published::new();
    let place = &published.place;
    fs::create_dir(place.path("profile")).unwrap();
    let text = fs::read_to_string("deploy/bth/cap/profile.toml").unwrap();
    let text = text.replace("airshed.example\"", "office.example\"");
    fs::write(place.path("profile/profile.toml"), text).unwrap();
    place.printed(&["cap", "@log", "--to", "@other", "--profile", "@profile"]);
    let name = published.files[0].file_name().unwrap().to_str().unwrap();
    let message = fs::read_to_string(place.path(&format!("other/{name}"))).unwrap();
    let (code, out, _) = published.check(&message, &BY_LOG);
    assert!(code == 1 && out.contains("name its profile by --profile"), "{out}");
    let (code, out, _) = published.check(&message, &["--log", "@log", "--profile", "@profile"]);
    assert_eq!(code, 0, "{out}");
}

#[test]
fn a_message_and_its_evidence_come_over_http() {
    let published = Published::new();
    let place = &published.place;
    let serving = Serving::start(&place.path("."), "");
    for file in [&published.files[0], published.files.last().unwrap()] {
        let identifier = file.file_stem().unwrap().to_str().unwrap();
        let text = serving.get(&format!("/v1/cap/{identifier}")).text().unwrap();
        let (position, note) = (parameter(&text, "position"), parameter(&text, "checkpoint"));
        let path = format!("/v1/evidence/{position}?size={}", note.lines().nth(1).unwrap());
        let bundle = serving.get(&path).text().unwrap();
        fs::write(place.path("evidence.json"), bundle).unwrap();
        let (code, out, _) = published.check(&text, &BY_EVIDENCE);
        assert_eq!(code, 0, "{out}");
        let none = serving.get(&format!("/v1/evidence/{position}?size=99999999"));
        check_problem(none, 404, "no checkpoint of 99999999 records");
    }
}
