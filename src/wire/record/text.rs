//! Records as lines for people. The words of each kind are in its file in `payload`.

use crate::domain::{Hour, Rules, Timestamp};
use crate::engine::Record;

use super::names::Names;
use super::payload;

/// One line for one record, by the rules in force at it; none: as long as there are none.
pub fn line(record: &Record, rules: Option<&Rules>) -> String {
    let position = record.position.0;
    let recorded_at = minute(record.recorded_at);
    let kind = record.event.record_type();
    let words = payload::words(&record.event, Names(rules));
    format!("{position:>8}  {recorded_at}  {kind:<17}  {words}")
}

/// `2019-01-12 16:00`.
pub(super) fn minute(at: Timestamp) -> String {
    let text = at.to_string().replacen('T', " ", 1);
    text.strip_suffix(":00+08:00").map(str::to_owned).unwrap_or(text)
}

/// `2019-01-12 16:00`.
pub(super) fn hour(hour: Hour) -> String {
    minute(hour.end())
}

/// Texts from outside stay on their line.
pub(super) fn one_line(text: &str) -> String {
    text.chars().map(|it| if it.is_control() { ' ' } else { it }).collect()
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
