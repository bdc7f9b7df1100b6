//! Numbers straight from bytes to tenths: no float ever holds a value.

use crate::domain::Tenths;

/// What a source counts in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Unit {
    /// Digits after the point down to a tenth of a µg/m³.
    digits: usize,
    /// Tenths of a µg/m³ in one.
    tenths: Tenths,
}

/// As nearly everything is given.
pub(super) const MICROGRAMS: Unit = Unit { digits: 1, tenths: 10 };
/// As CNEMC gives carbon monoxide.
pub(super) const MILLIGRAMS: Unit = Unit { digits: 4, tenths: 10_000 };
/// For what is no concentration: the number itself, whole.
pub(super) const WHOLE: Unit = Unit { digits: 0, tenths: 1 };

/// Up to four digits; nearly every value is such a number.
pub(super) fn short_whole(bytes: &[u8]) -> Option<i32> {
    if bytes.is_empty() || bytes.len() > 4 {
        return None;
    }
    bytes
        .iter()
        .try_fold(0, |sum, byte| byte.is_ascii_digit().then(|| sum * 10 + i32::from(*byte - b'0')))
}

/// A decimal number in tenths; digits beyond are rounded half to even. No exponents.
pub(super) fn tenths(bytes: &[u8], unit: Unit) -> Option<Tenths> {
    if let Some(whole) = short_whole(bytes) {
        return Some(whole * unit.tenths);
    }
    let (negative, digits) = match bytes.split_first()? {
        (b'-', digits) => (true, digits),
        _ => (false, bytes),
    };
    let point = digits.iter().position(|byte| *byte == b'.');
    let (whole, fraction) = match point {
        Some(at) => (&digits[..at], &digits[at + 1..]),
        None => (digits, &digits[digits.len()..]),
    };
    if whole.is_empty() || (point.is_some() && fraction.is_empty()) {
        return None;
    }
    if !whole.iter().chain(fraction).all(u8::is_ascii_digit) {
        return None;
    }
    let (kept, dropped) = fraction.split_at(fraction.len().min(unit.digits));
    let zeros = std::iter::repeat_n(&b'0', unit.digits - kept.len());
    let magnitude =
        whole.iter().chain(kept).chain(zeros).try_fold(0_i32, |sum, byte| {
            sum.checked_mul(10)?.checked_add(i32::from(*byte - b'0'))
        })?;
    let magnitude = magnitude.checked_add(i32::from(rounds_up(magnitude, dropped)))?;
    Some(if negative { -magnitude } else { magnitude })
}

/// Half to even.
fn rounds_up(magnitude: i32, dropped: &[u8]) -> bool {
    let Some((first, others)) = dropped.split_first() else {
        return false;
    };
    let exactly_half = *first == b'5' && others.iter().all(|byte| *byte == b'0');
    if exactly_half { magnitude % 2 == 1 } else { *first >= b'5' }
}

/// Some digits, such as a year.
pub(super) fn whole(bytes: &[u8]) -> Option<u32> {
    let digits = !bytes.is_empty() && bytes.len() <= 9 && bytes.iter().all(u8::is_ascii_digit);
    digits.then(|| bytes.iter().fold(0, |sum, byte| sum * 10 + u32::from(*byte - b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn decimals_become_tenths_rounded_half_to_even() {
        let check = |text: &str, unit: Unit, expected: Option<Tenths>| {
            assert_eq!(tenths(text.as_bytes(), unit), expected, "{text}");
        };
        check("35", MICROGRAMS, Some(350));
        check("35.4", MICROGRAMS, Some(354));
        check("553405", MICROGRAMS, Some(5_534_050));
        check("-999", MICROGRAMS, Some(-9990));
        check("-0.05", MICROGRAMS, Some(0));
        check("0.15", MICROGRAMS, Some(2));
        check("0.25", MICROGRAMS, Some(2));
        check("0.2500001", MICROGRAMS, Some(3));
        check("0.25000", MICROGRAMS, Some(2));
        check("0.349999", MICROGRAMS, Some(3));
        check("9.96", MICROGRAMS, Some(100));
        check("57.209068181157235", MICROGRAMS, Some(572));
        check("0.8", MILLIGRAMS, Some(8000));
        check("3", MILLIGRAMS, Some(30_000));
        check("0.98765", MILLIGRAMS, Some(9876));
        check("2.5", WHOLE, Some(2));
        check("3.5", WHOLE, Some(4));
        check("00012.0", MICROGRAMS, Some(120));
        for text in ["", "-", ".", "5.", ".5", "+5", "1e3", "1E3", "5,1", "0x10", "inf", "NaN"] {
            check(text, MICROGRAMS, None);
        }
        for text in ["1 2", "--5", "1.2.3", "１２", "99999999999999999999", "214748364.8"] {
            check(text, MICROGRAMS, None);
        }
    }

    proptest! {
        #[test]
        fn what_was_written_is_what_is_read(value in -1_000_000..1_000_000_i32) {
            let sign = if value < 0 { "-" } else { "" };
            let magnitude = value.abs();
            let text = format!("{sign}{}.{}", magnitude / 10, magnitude % 10);
            prop_assert_eq!(tenths(text.as_bytes(), MICROGRAMS), Some(value));
        }
    }
}
