//! Dates, hours and moments as files write them.

use chrono::DateTime;
use thiserror::Error;

use crate::domain::{Date, HOUR_MS, Hour, Timestamp};

use super::fields::bare;
use super::number::whole;

/// How far east of Greenwich Beijing is.
const BEIJING_MINUTES: i32 = 8 * 60;

/// What is wrong with a moment; says what would be right.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub(super) enum MomentError {
    #[error("has no time zone; right would be 2019-01-12T08:00:00+08:00")]
    NoZone,
    #[error("is no time; right would be 2019-01-12T08:00:00+08:00")]
    NoTime,
    #[error("is not a whole hour; right would be 2019-01-12T08:00:00+08:00")]
    NotWhole,
}

/// `20190112` and `16`: an hour in Beijing.
pub(super) fn compact_hour(date: &[u8], hour: &[u8]) -> Option<Hour> {
    Hour::of_beijing(calendar_day(date)?, hour_of_day(hour)?)
}

/// `20190112`, `2019-01-12`, `2019/1/12`, `2019年1月12日`: year, month, day.
pub(super) fn calendar_day(date: &[u8]) -> Option<Date> {
    let (date, rest) = leading_date(bare(date))?;
    is_zero_fraction(rest).then_some(date)
}

/// Year, month and day apart.
pub(super) fn calendar_date(year: &[u8], month: &[u8], day: &[u8]) -> Option<Date> {
    let part = |bytes: &[u8]| whole(without_zero_fraction(bare(bytes)));
    Date::new(part(year)?.try_into().ok()?, part(month)?, part(day)?)
}

/// `0` to `24`, `00:00`, `0:00:00`, `0时`.
pub(super) fn hour_of_day(hour: &[u8]) -> Option<u32> {
    let (minutes, rest) = time_of_day(without_zero_fraction(bare(hour)))?;
    (minutes % 60 == 0 && rest.is_empty()).then_some(minutes / 60)?.try_into().ok()
}

/// `2022-01-04T14:00:00` and what else programs write, in Beijing where it says nothing else.
///
/// Year, month and day come in this order, with `-`, `/`, `.` or 年月日 between them, or as eight
/// digits. The time follows after `T`, a blank or nothing, with or without colons.
pub(super) fn beijing_hour(text: &[u8]) -> Option<Hour> {
    let (date, rest) = leading_date(bare(text))?;
    let time = match rest {
        [b'T' | b't' | b'_' | b',', time @ ..] => time,
        rest => rest,
    };
    let (minutes, zone) = time_of_day(time.trim_ascii_start())?;
    let east_minutes = zone_minutes(zone.trim_ascii())?;
    let in_beijing = minutes + BEIJING_MINUTES - east_minutes;
    let midnight = Hour::of_beijing(date, 0)?;
    (in_beijing % 60 == 0).then(|| midnight.plus(in_beijing / 60))
}

/// A date at the beginning of a text, and what follows it.
fn leading_date(text: &[u8]) -> Option<(Date, &[u8])> {
    let (year, rest) = leading_digits(text);
    match year.len() {
        4 => {
            let (month, rest) = leading_digits(after(rest, &["-", "/", ".", "年"])?);
            let (day, rest) = leading_digits(after(rest, &["-", "/", ".", "月"])?);
            let in_order = month.len() <= 2 && day.len() <= 2;
            let date = calendar_date(year, month, day).filter(|_| in_order)?;
            Some((date, after(rest, &["日"]).unwrap_or(rest)))
        }
        8 | 10 | 12 | 14 => {
            let (date, rest) = text.split_at(8);
            let date = calendar_date(&date[..4], &date[4..6], &date[6..])?;
            // A number of seconds is no date.
            let is_likely = year.len() == 8 || matches!(year, [b'1', b'9', ..] | [b'2', ..]);
            is_likely.then_some((date, rest))
        }
        _ => None,
    }
}

/// A time at the beginning of a text, in minutes, and what follows it. Seconds are none.
fn time_of_day(text: &[u8]) -> Option<(i32, &[u8])> {
    let (digits, rest) = leading_digits(text);
    let (hour, minute, second, rest) = match digits.len() {
        1 | 2 => {
            let (minute, rest) = next_part(rest, &[":", "时", "点"])?;
            let (second, rest) = next_part(rest, &[":", "分"])?;
            (digits, minute, second, after(rest, &["秒"]).unwrap_or(rest))
        }
        4 => (&digits[..2], &digits[2..], NONE, rest),
        6 => (&digits[..2], &digits[2..4], &digits[4..], rest),
        _ => return None,
    };
    let fraction = rest.iter().take_while(|it| matches!(it, b'.' | b'0')).count();
    let (fraction, rest) = rest.split_at(fraction);
    let [hour, minute, second] = [hour, minute, second].map(whole);
    let minutes = i32::try_from(hour? * 60 + minute?).ok()?;
    let is_right = minute? < 60 && minutes <= 24 * 60 && second? == 0 && is_zero_fraction(fraction);
    is_right.then_some((minutes, rest))
}

/// What a part of a time is that is not there.
const NONE: &[u8] = b"0";

/// Digits behind one of these marks; a mark that ends a text stands for no more of them.
fn next_part<'a>(text: &'a [u8], marks: &[&str]) -> Option<(&'a [u8], &'a [u8])> {
    let Some(rest) = after(text, marks) else { return Some((NONE, text)) };
    let (digits, rest) = leading_digits(rest);
    match digits.len() {
        0 if !text.starts_with(b":") => Some((NONE, rest)),
        2 => Some((digits, rest)),
        _ => None,
    }
}

/// How far east of Greenwich a zone is, in minutes; none is Beijing's.
fn zone_minutes(zone: &[u8]) -> Option<i32> {
    let (sign, zone) = match zone {
        [] => return Some(BEIJING_MINUTES),
        b"Z" | b"z" | b"UTC" | b"GMT" => return Some(0),
        [b'+', zone @ ..] => (1, zone),
        [b'-', zone @ ..] => (-1, zone),
        _ => return None,
    };
    let (minutes, rest) = time_of_day(zone)?;
    rest.is_empty().then_some(sign * minutes)
}

fn leading_digits(text: &[u8]) -> (&[u8], &[u8]) {
    text.split_at(text.iter().take_while(|byte| byte.is_ascii_digit()).count())
}

fn after<'a>(text: &'a [u8], marks: &[&str]) -> Option<&'a [u8]> {
    marks.iter().find_map(|mark| text.strip_prefix(mark.as_bytes()))
}

/// Nothing, or `.0`: what a whole number becomes in a column of decimals.
fn is_zero_fraction(rest: &[u8]) -> bool {
    match rest {
        [] => true,
        [b'.', zeros @ ..] => !zeros.is_empty() && zeros.iter().all(|byte| *byte == b'0'),
        _ => false,
    }
}

fn without_zero_fraction(number: &[u8]) -> &[u8] {
    let point = number.iter().position(|byte| *byte == b'.').unwrap_or(number.len());
    if is_zero_fraction(&number[point..]) { &number[..point] } else { number }
}

/// A moment of RFC 3339; the seconds may be left out, the zone may not.
pub(super) fn moment(text: &str) -> Result<Timestamp, MomentError> {
    if let Some(moment) = with_zone(text) {
        return Ok(moment);
    }
    let would_do = with_zone(&format!("{text}Z")).is_some();
    Err(if would_do { MomentError::NoZone } else { MomentError::NoTime })
}

/// A whole hour as people write it: RFC 3339, and in Beijing where it says nothing else.
pub(super) fn hour_by_hand(text: &str) -> Result<Hour, MomentError> {
    let text = text.trim().replacen(' ', "T", 1);
    match hour(&text) {
        Err(MomentError::NoZone) => hour(&format!("{text}+08:00")),
        other => other,
    }
}

/// A whole hour of RFC 3339.
pub(super) fn hour(text: &str) -> Result<Hour, MomentError> {
    whole_hour(moment(text)?)
}

fn whole_hour(moment: Timestamp) -> Result<Hour, MomentError> {
    let hour = moment.hour_at_or_before();
    if moment.0 % HOUR_MS == 0 { Ok(hour) } else { Err(MomentError::NotWhole) }
}

fn with_zone(text: &str) -> Option<Timestamp> {
    const TO_THE_MINUTE: usize = "2019-01-12T08:00".len();
    let (minute, rest) = text.split_at_checked(TO_THE_MINUTE)?;
    let seconds = if rest.starts_with(':') { "" } else { ":00" };
    let moment = DateTime::parse_from_rfc3339(&format!("{minute}{seconds}{rest}")).ok()?;
    Some(Timestamp(moment.timestamp_millis()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_has_an_hour_0_and_an_hour_24() {
        let check = |date: &str, hour: &str, expected: &str| {
            let hour = compact_hour(date.as_bytes(), hour.as_bytes());
            assert_eq!(hour.map(|it| it.to_string()).unwrap_or_default(), expected);
        };
        check("20190112", "16", "2019-01-12T16:00:00+08:00");
        check("20190112", "24", "2019-01-13T00:00:00+08:00");
        check("20190113", "0", "2019-01-13T00:00:00+08:00");
        check("20190113", "00", "2019-01-13T00:00:00+08:00");
        check("20190113.0", "16.0", "2019-01-13T16:00:00+08:00");
        for date in ["2025-01-02", "2025/1/2", "2025.1.02", "2025年1月2日", " \"2025/01/02\""] {
            for hour in ["0", "00", "0:00", "00:00", "00:00:00", "0000", "0时", "0点00分", "0.0"]
            {
                check(date, hour, "2025-01-02T00:00:00+08:00");
            }
            check(date, "24:00", "2025-01-03T00:00:00+08:00");
        }
        for hour in ["25", "-1", "", "0:30", "24:01", "1:0", "000", "1:", "x", "1 2", "12:00:01"] {
            check("20190112", hour, "");
        }
        let wrong = ["2019-13-1", "1/2/2019", "2019-1", "19-1-1", "2019-01-123", "２０１９0112"];
        for date in ["20190229", "2019011", "201901120", "2019 1 1", ""].iter().chain(&wrong) {
            check(date, "1", "");
        }
    }

    #[test]
    fn a_moment_needs_its_zone() {
        let check = |text: &str, expected: &str| {
            let moment = moment(text).map_or_else(|error| error.to_string(), |it| it.to_string());
            assert!(moment.starts_with(expected), "{text}: {moment}");
        };
        check("2019-01-12T08:00:00+08:00", "2019-01-12T08:00:00+08:00");
        check("2018-05-03T23:00Z", "2018-05-04T07:00:00+08:00");
        check("2019-01-12 08:30:00.5+08:00", "2019-01-12T08:30:00.500+08:00");
        check("2019-01-12T08:00:00", "has no time zone");
        check("2019-01-12T08:00", "has no time zone");
        check("2019-01-12", "is no time");
        check("2019-02-30T08:00Z", "is no time");
        check("四四四四四四四四", "is no time");
        assert_eq!(hour("2019-01-12T08:30:00+08:00"), Err(MomentError::NotWhole));
    }

    #[test]
    fn an_hour_of_beijing_is_written_in_many_ways() {
        let eight = hour("2019-01-02T08:00:00+08:00").ok();
        for text in [
            "2019-01-02T08:00:00",
            "2019-01-02T08:00",
            "2019-01-02T0800",
            "2019-01-02T080000",
            "2019-01-02T08",
            "2019-01-02 08:00:00",
            "2019-01-02 8:00",
            "2019/1/2 8:00",
            "2019/01/02 08:00:00",
            "2019/1/2,8:00",
            "2019-01-02,08:00",
            "20190102T0800",
            "20190102 08",
            "2019010208",
            "201901020800",
            "20190102080000",
            "2019-1-2 8",
            "2019-01-02T08:00:00.000",
            "2019-01-02 00:00:00Z",
            "2019-01-02T00:00:00.000Z",
            "2019-01-02T08:00:00+08:00",
            "2019-01-02T08:00+0800",
            "2019-01-02T0930+0930",
            "2019-01-01T19:00:00-05:00",
            "2019年1月2日8时",
            "2019年01月02日 08:00",
            " \"2019-01-02 8:00\" ",
            "2019年1月2日8点00分",
            "2019-01-02_08:00",
        ] {
            assert_eq!(beijing_hour(text.as_bytes()), eight, "{text}");
        }
        let midnight = beijing_hour(b"2019-01-02T24:00");
        assert_eq!(midnight, hour("2019-01-03T00:00:00+08:00").ok());
        for text in [
            "",
            "2019-01-02",
            "2019-01-02T",
            "2019-01-02T08:01:00",
            "2019-01-02T08:00:30",
            "2019-01-02T0830",
            "2019-01-02T25:00",
            "2019-01-02T8:0",
            "2019-01-02T080",
            "8:00",
            "2019-01-0208:00",
            "1/2/2019 8:00",
            "02-01-2019 08:00",
            "2019-02-30T08:00",
            "1546387200",
            "1712010100",
            "1546387200000",
            "2019-01-02T08:00 CST+",
            "x",
            "T0800",
            "2019-01-02T08:00:00.5",
            "2019-01-02T08:00+08:30",
            "201901028",
        ] {
            assert_eq!(beijing_hour(text.as_bytes()), None, "{text}");
        }
    }
}
