//! What several bodies need.

use std::sync::{Arc, LazyLock};

use airshed::domain::{RuleBook, Rules};
use airshed::wire::record::{ParseRules, RuleFiles};
use airshed::wire::rule_book;

static BOOK: LazyLock<RuleBook> =
    LazyLock::new(|| rule_book::parse(rule_book::built_in()).expect("our own rule book"));

/// The rules that the program brings along.
pub(crate) fn rules() -> &'static Rules {
    &BOOK.rules
}

/// A rule book of one city with two stations, so that a state under it is short.
pub(crate) fn small_book() -> &'static Arc<RuleBook> {
    static SMALL: LazyLock<Arc<RuleBook>> = LazyLock::new(|| {
        let mut files = rule_book::built_in();
        files.retain(|(name, _)| !name.starts_with("standards/") || name.contains("BTH-2023"));
        for (name, text) in &mut files {
            let kept = match &**name {
                "airshed.toml" => format!("{}{CITY}", before(text, "[[jurisdictions]]")),
                "stations.csv" => text.lines().take(3).collect::<Vec<_>>().join("\n"),
                "measures.toml" => String::new(),
                name if name.starts_with("standards/") => before(text, "[[in_force]]").to_owned(),
                _ => continue,
            };
            *text = kept.into();
        }
        let run = "only_standard = \"BTH-2023\"\n[parameters]\nclock = \"sources\"\n";
        files.push((rule_book::RUN_FILE.into(), run.into()));
        Arc::new(rule_book::parse(files).expect("a small rule book"))
    });
    &SMALL
}

const CITY: &str =
    "[[jurisdictions]]\ncode = \"110000\"\nname = \"Beijing\"\nname_zh = \"北京市\"\n";

fn before<'a>(text: &'a str, end: &str) -> &'a str {
    text.split(end).next().unwrap_or_default()
}

/// Reads the rule book within a record, as the program does.
pub(crate) const PARSE: ParseRules = parse;

fn parse(files: &RuleFiles) -> Result<Arc<RuleBook>, String> {
    rule_book::parse(files.to_vec()).map(Arc::new).map_err(|error| error.to_string())
}

/// Some bytes and their CRC-32: a fuzzer that changes a record would never guess it.
pub(crate) fn with_check(bytes: &[u8]) -> Vec<u8> {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ if crc & 1 == 1 { 0xedb8_8320 } else { 0 };
        }
    }
    [bytes, &(!crc).to_be_bytes()].concat()
}
