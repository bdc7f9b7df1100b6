//! Records as lines for people. The words of each kind are in its file in `payload`.

use crate::domain::Rules;
use crate::engine::Record;

use super::names::Names;
use super::payload;

pub(super) use super::field::text::{hour, minute, one_line};

/// One line for one record, by the rules in force at it; none: as long as there are none.
pub fn line(record: &Record, rules: Option<&Rules>) -> String {
    let position = record.position.0;
    let recorded_at = minute(record.recorded_at);
    let kind = record.event.record_type();
    let words = sentence(record, rules);
    format!("{position:>8}  {recorded_at}  {kind:<17}  {words}")
}

/// What a record says, without its position, time and type.
pub fn sentence(record: &Record, rules: Option<&Rules>) -> String {
    payload::words(&record.event, Names(rules))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::record::samples::{one_of_each, rules};

    #[test]
    fn each_record_is_one_readable_line() {
        let rules = rules();
        let lines = one_of_each().into_iter().map(|it| line(&it, Some(&rules)));
        let found = lines.collect::<Vec<_>>().join("\n") + "\n";
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/records.txt");
        let expected = std::fs::read_to_string(path).unwrap_or_default();
        assert!(found == expected, "{path} should be:\n{found}");
    }
}
