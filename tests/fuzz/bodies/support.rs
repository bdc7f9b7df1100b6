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
