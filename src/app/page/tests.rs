//! What the page consists of.

use std::collections::BTreeSet;

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::{FILES, POLICY, SCRIPT};
use crate::domain::{Event, Fact};
use crate::wire::record::samples::one_of_each;
use crate::wire::rule_book::{built_in, parse};

/// lit-html 3.3.3, as its npm package has it.
const LIT_HTML: &str = "b878e7f95dec8a9b6e9b217faca6b6a11bad82ebc44c0caa77419ed83edd81f2";

fn text(name: &str) -> &'static str {
    let file = FILES.iter().find(|it| it.name == name).unwrap();
    std::str::from_utf8(file.bytes).unwrap()
}

#[test]
fn the_foreign_file_is_as_it_was_published() {
    let digest = Sha256::digest(text("lit-html.js").as_bytes());
    let byte = |at: usize| u8::from_str_radix(&LIT_HTML[2 * at..2 * at + 2], 16).unwrap();
    assert_eq!(digest.to_vec(), (0..32).map(byte).collect::<Vec<_>>());
    let licence = include_str!("files/lit-html.LICENSE");
    assert!(licence.contains("BSD 3-Clause"), "{licence}");
}

#[test]
fn every_jurisdiction_has_a_shape_or_a_marker() {
    let map: Value = serde_json::from_str(text("map.json")).unwrap();
    let drawn = ["shapes", "markers"].map(|it| map[it].as_array().unwrap());
    let drawn = drawn.into_iter().flatten().map(|it| it["jurisdiction"].as_str().unwrap());
    let drawn: BTreeSet<String> = drawn.map(str::to_owned).collect();
    let all = parse(built_in()).unwrap().rules.jurisdictions.into_iter();
    let all: BTreeSet<String> = all.map(|it| it.division.to_string()).collect();
    assert_eq!(drawn, all);
    let view: Vec<f64> =
        map["view"].as_array().unwrap().iter().map(|it| it.as_f64().unwrap()).collect();
    for it in map["shapes"].as_array().unwrap() {
        let (x, y) = (it["x"].as_f64().unwrap() - view[0], it["y"].as_f64().unwrap() - view[1]);
        assert!(x > 0.0 && y > 0.0 && x < view[2] && y < view[3], "{it}");
    }
}

/// A stream to the page names the types that it wants: a new type must not be missing there.
#[test]
fn every_type_of_record_is_in_one_group_of_the_timeline_and_has_a_name_in_both_languages() {
    let words = text("words.js");
    let groups = words.split_once("export const GROUPS").unwrap().1;
    let noise = |it: &Event| {
        matches!(
            it,
            Event::Fact(
                Fact::ReadingsReceived(_)
                    | Fact::Ticked(_)
                    | Fact::CommandGiven(_)
                    | Fact::StreamsJoined(_)
            )
        )
    };
    for record in one_of_each().iter().filter(|it| !noise(&it.event)) {
        let kind = record.event.record_type();
        assert_eq!(groups.matches(&format!("'{kind}'")).count(), 1, "{kind} in GROUPS");
        assert_eq!(words.matches(&format!(" {kind}: '")).count(), 2, "{kind} in both languages");
    }
}

#[test]
fn both_languages_have_the_same_words() {
    let words = text("words.js");
    let (zh, rest) = words.split_once("const en = {").unwrap();
    let (en, _) = rest.split_once("export const WORDS").unwrap();
    let keys = |text: &str| {
        let key = |it: &str| it.split_once(": ").map(|it| it.0.trim().to_owned());
        let keys = text.split([',', '{', '\n']).filter_map(key);
        keys.filter(|it| it.bytes().all(|it| it.is_ascii_lowercase() || it == b'_' || it == b'4'))
            .collect::<BTreeSet<String>>()
    };
    let (zh, en) = (keys(zh), keys(en));
    assert!(zh.len() > 150, "{}", zh.len());
    let unlike: Vec<&String> = zh.symmetric_difference(&en).collect();
    assert!(unlike.is_empty(), "{unlike:?}");
}

#[test]
fn the_page_loads_nothing_from_elsewhere_and_has_no_script_or_style_in_itself() {
    assert!(POLICY.starts_with("default-src 'self';") && !POLICY.contains("unsafe"));
    let page = text("index.html");
    assert!(!page.contains("<style") && !page.contains("style=") && !page.contains("http"));
    assert_eq!(
        page.matches("<script").count(),
        page.matches("<script type=\"module\" src").count()
    );
    let scripts = FILES.iter().filter(|it| it.content_type == SCRIPT && it.name != "app.js");
    for it in scripts {
        let preloaded = format!("<link rel=\"modulepreload\" href=\"/page/{}\">", it.name);
        assert!(page.contains(&preloaded), "{}", it.name);
    }
    for it in FILES.iter().filter(|it| it.name != "lit-html.js" && it.name != "icon.svg") {
        let text = std::str::from_utf8(it.bytes).unwrap();
        let foreign = text.lines().find(|it| it.contains("http://") || it.contains("https://"));
        assert_eq!(foreign, None, "{}", it.name);
    }
}

#[test]
fn the_first_view_is_small() {
    let bytes: usize = FILES.iter().map(|it| it.bytes.len()).sum();
    assert!(bytes < 200_000, "{bytes}");
}
