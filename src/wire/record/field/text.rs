//! Times and texts in the line of a record.

use crate::domain::{Hour, Timestamp};

/// `2019-01-12 16:00`.
pub(in crate::wire::record) fn minute(at: Timestamp) -> String {
    let text = at.to_string().replacen('T', " ", 1);
    text.strip_suffix(":00+08:00").map(str::to_owned).unwrap_or(text)
}

/// `2019-01-12 16:00`.
pub(in crate::wire::record) fn hour(hour: Hour) -> String {
    minute(hour.end())
}

/// Texts from outside stay on their line.
pub(in crate::wire::record) fn one_line(text: &str) -> String {
    text.chars().map(|it| if it.is_control() { ' ' } else { it }).collect()
}
