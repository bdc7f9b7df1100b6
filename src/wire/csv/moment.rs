//! Dates, hours and moments as files write them.

use chrono::DateTime;
use thiserror::Error;

use crate::domain::{Date, HOUR_MS, Hour, Timestamp};

use super::number::whole;

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
    Hour::of_beijing(compact_date(date)?, hour_of_day(hour)?)
}

/// `20190112`.
pub(super) fn compact_date(date: &[u8]) -> Option<Date> {
    let date = date.trim_ascii();
    if date.len() != 8 || !date.iter().all(u8::is_ascii_digit) {
        return None;
    }
    calendar_date(&date[..4], &date[4..6], &date[6..])
}

/// Year, month and day apart.
pub(super) fn calendar_date(year: &[u8], month: &[u8], day: &[u8]) -> Option<Date> {
    let part = |bytes: &[u8]| whole(bytes.trim_ascii());
    Date::new(part(year)?.try_into().ok()?, part(month)?, part(day)?)
}

/// `0` to `24`.
pub(super) fn hour_of_day(hour: &[u8]) -> Option<u32> {
    whole(hour.trim_ascii()).filter(|hour| *hour <= 24)
}

/// `2022-01-04T14:00:00`, in Beijing where it says nothing else.
pub(super) fn beijing_hour(text: &str) -> Option<Hour> {
    let moment = match moment(text) {
        Err(MomentError::NoZone) => moment(&format!("{text}+08:00")),
        other => other,
    };
    whole_hour(moment.ok()?).ok()
}

/// A moment of RFC 3339; the seconds may be left out, the zone may not.
pub(super) fn moment(text: &str) -> Result<Timestamp, MomentError> {
    if let Some(moment) = with_zone(text) {
        return Ok(moment);
    }
    let would_do = with_zone(&format!("{text}Z")).is_some();
    Err(if would_do { MomentError::NoZone } else { MomentError::NoTime })
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
        for (date, hour) in [("20190112", "25"), ("20190112", "-1"), ("20190112", "")] {
            check(date, hour, "");
        }
        for date in ["20190229", "2019011", "201901120", "2019-1-1", "2019 1 1", ""] {
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
        assert_eq!(beijing_hour("2019-01-12T08:00:00"), hour("2019-01-12T08:00:00+08:00").ok());
        assert_eq!(beijing_hour("2019-01-12 00:00:00Z"), hour("2019-01-12T08:00:00+08:00").ok());
        assert_eq!(beijing_hour("2019-01-12T08:01:00"), None);
    }
}
