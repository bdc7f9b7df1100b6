//! The texts by which files say that there is no value.

use super::fields::bare;
use super::number::whole;

/// As spreadsheets, databases and programs write it; without regard to case.
const MARKS: [&str; 23] = [
    "NA", "N/A", "N.A.", "#N/A", "#NA", "<NA>", "NaN", "-NaN", "+NaN", "1.#QNAN", "-1.#IND",
    "NULL", "(NULL)", "<NULL>", "\\N", "nil", "None", "missing", "/", "//", "\\", ".", "..",
];

/// Hyphens, minus signs and dashes.
const DASHES: [char; 10] = ['-', '‐', '‑', '‒', '–', '—', '―', '−', '－', '﹣'];

/// Numbers that stand for no value.
const NUMBERS: [u32; 2] = [999, 9999];

/// Whether a field says that there is no value, whatever the format.
pub(super) fn is_missing(field: &[u8]) -> bool {
    let field = bare(field);
    if field.is_empty() || is_missing_number(field) {
        return true;
    }
    if field.is_ascii() {
        let is_mark = MARKS.iter().any(|mark| mark.as_bytes().eq_ignore_ascii_case(field));
        return is_mark || field.iter().all(|byte| *byte == b'-');
    }
    let Ok(text) = str::from_utf8(field) else { return false };
    if text.chars().all(|it| DASHES.contains(&it)) {
        return true;
    }
    let narrow: String = text.chars().map(narrow).collect();
    narrow.is_ascii() && MARKS.iter().any(|mark| mark.eq_ignore_ascii_case(&narrow))
}

/// Whether a text says that there is no value.
pub fn says_missing(text: &str) -> bool {
    is_missing(text.as_bytes())
}

/// `-999`, `-999.0`, `-9999`.
fn is_missing_number(field: &[u8]) -> bool {
    let Some(digits) = field.strip_prefix(b"-") else { return false };
    let (whole_part, zeros) = match digits.iter().position(|byte| *byte == b'.') {
        Some(at) => (&digits[..at], &digits[at + 1..]),
        None => (digits, &digits[digits.len()..]),
    };
    zeros.iter().all(|byte| *byte == b'0')
        && whole(whole_part).is_some_and(|it| NUMBERS.contains(&it))
}

/// A full-width letter as the one of ASCII.
fn narrow(letter: char) -> char {
    match letter {
        '！'..='～' => char::from_u32(u32::from(letter) - 0xFEE0).unwrap_or(letter),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_of_many_tools_say_that_there_is_no_value() {
        for mark in [
            "",
            " ",
            "\t",
            "\u{3000}",
            "\u{a0}",
            "NA",
            "na",
            "N/A",
            "n/a",
            "#N/A",
            "NaN",
            "nan",
            "NAN",
            "-nan",
            "NULL",
            "null",
            "None",
            "none",
            "nil",
            "NIL",
            "-",
            "--",
            "---",
            "—",
            "——",
            "–",
            "－",
            "−",
            "/",
            "／",
            ".",
            "\\N",
            "-999",
            "-999.0",
            "-999.00",
            "-9999",
            "\"NaN\"",
            " NaN ",
            " \" - \" ",
            "ＮＡ",
            "Ｎ／Ａ",
            "<NA>",
            "1.#QNAN",
            "Missing",
        ] {
            assert!(says_missing(mark), "{mark:?}");
        }
    }

    #[test]
    fn other_texts_say_no_such_thing() {
        for text in [
            "0", "-1", "35", "inf", "-inf", "Infinity", "1e400", "0x10", "x", "nano", "-99",
            "-999.5", "-9990", "999", "NA1", "- 1", "#VALUE!", "#DIV/0!", "?", "*", "\"", "东四",
        ] {
            assert!(!says_missing(text), "{text:?}");
        }
    }
}
