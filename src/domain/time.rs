//! Hours, dates and instants, all in Beijing time (UTC+8, no summer time).

use std::fmt;

use chrono::{DateTime, Datelike, NaiveDate};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Beijing is eight hours ahead of UTC.
const OFFSET_H: i32 = 8;
/// Milliseconds in an hour.
pub const HOUR_MS: i64 = 3_600_000;
/// Milliseconds in a minute.
pub const MINUTE_MS: i64 = 60_000;

/// A moment, in milliseconds since 1970-01-01T00:00Z. Always an argument, never read from a clock.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Timestamp(pub i64);

/// The **end** of an averaging hour, in whole hours since 1970-01-01T00:00Z.
///
/// The hour labelled 16:00 lasts from 15:00 to 16:00; a source's "24" of one day and "0" of the
/// next are the same hour.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Hour(pub i32);

/// A calendar day in Beijing, in days since 1970-01-01.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Date(pub i32);

impl Timestamp {
    /// The first whole hour at or after this moment.
    pub fn hour_at_or_after(self) -> Hour {
        let begun = i64::from(self.0.rem_euclid(HOUR_MS) > 0);
        hour_numbered(self.0.div_euclid(HOUR_MS) + begun)
    }

    /// The last whole hour at or before this moment.
    pub fn hour_at_or_before(self) -> Hour {
        hour_numbered(self.0.div_euclid(HOUR_MS))
    }

    /// Reads a moment with its zone, as RFC 3339 has it.
    pub fn parse(text: &str) -> Option<Self> {
        DateTime::parse_from_rfc3339(text).ok().map(|it| Self(it.timestamp_millis()))
    }

    /// The day on which it lies: midnight belongs to the day that begins.
    pub fn date(self) -> Date {
        let days = self.plus_hours(OFFSET_H).0.div_euclid(24 * HOUR_MS);
        Date(i32::try_from(days).unwrap_or(if days < 0 { i32::MIN } else { i32::MAX }))
    }

    /// This moment and so many minutes.
    #[must_use]
    pub fn plus_minutes(self, minutes: i32) -> Self {
        Self(self.0.saturating_add(i64::from(minutes) * MINUTE_MS))
    }

    /// This moment and so many hours.
    #[must_use]
    pub fn plus_hours(self, hours: i32) -> Self {
        Self(self.0.saturating_add(i64::from(hours) * HOUR_MS))
    }
}

/// An hour that has no number stands at the end of those that have one.
fn hour_numbered(hours: i64) -> Hour {
    let end = if hours < 0 { i32::MIN } else { i32::MAX };
    Hour(i32::try_from(hours).unwrap_or(end))
}

impl Hour {
    /// The hour that a Beijing clock shows; 24 is midnight at the end of the day.
    pub fn of_beijing(date: Date, hour: u32) -> Option<Self> {
        (hour <= 24)
            .then(|| Self(date.0.saturating_mul(24).saturating_add(hour.cast_signed() - OFFSET_H)))
    }

    /// The moment at which the hour ends, which is its name.
    pub fn end(self) -> Timestamp {
        Timestamp(i64::from(self.0) * HOUR_MS)
    }

    /// What a Beijing clock shows at its end, 0 to 23.
    pub fn of_day(self) -> u32 {
        (self.0.rem_euclid(24) + OFFSET_H).rem_euclid(24).unsigned_abs()
    }

    /// The day that the hour *covers*: label 00:00 still belongs to the day before.
    pub fn date(self) -> Date {
        Date(self.0.saturating_add(OFFSET_H - 1).div_euclid(24))
    }

    /// This hour and so many more.
    #[must_use]
    pub fn plus(self, hours: i32) -> Self {
        Self(self.0.saturating_add(hours))
    }
}

impl Date {
    /// The day with this number in the calendar, if there is one.
    pub fn new(year: i32, month: u32, day: u32) -> Option<Self> {
        let date = NaiveDate::from_ymd_opt(year, month, day)?;
        Some(Self(date.num_days_from_ce() - EPOCH_FROM_CE))
    }

    /// Reads `2019-01-12`.
    pub fn parse(text: &str) -> Option<Self> {
        let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
        Some(Self(date.num_days_from_ce() - EPOCH_FROM_CE))
    }

    /// The instant at which the day begins, and so many minutes.
    pub fn at_minute(self, minute: i32) -> Timestamp {
        let hours = i64::from(self.0) * 24 - i64::from(OFFSET_H);
        Timestamp(hours.saturating_mul(HOUR_MS)).plus_minutes(minute)
    }

    /// This day and so many more.
    #[must_use]
    pub fn plus(self, days: i32) -> Self {
        Self(self.0.saturating_add(days))
    }

    fn calendar(self) -> NaiveDate {
        NaiveDate::from_num_days_from_ce_opt(self.0.saturating_add(EPOCH_FROM_CE))
            .unwrap_or(NaiveDate::MAX)
    }
}

/// Days from 0000-12-31 to 1970-01-01, as the calendar counts them.
const EPOCH_FROM_CE: i32 = 719_163;

/// `2019-01-12`.
impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.calendar().fmt(f)
    }
}

/// `2019-01-12T16:00:00+08:00`.
impl fmt::Display for Hour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.end().fmt(f)
    }
}

/// `2019-01-12T16:30:00+08:00`, with milliseconds only where there are some.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let local_ms = self.plus_hours(OFFSET_H).0;
        let days = i32::try_from(local_ms.div_euclid(24 * HOUR_MS)).unwrap_or(i32::MAX);
        let of_day_ms = local_ms.rem_euclid(24 * HOUR_MS);
        let (seconds, ms) = (of_day_ms / 1000, of_day_ms % 1000);
        write!(f, "{}T{:02}:{:02}", Date(days), seconds / 3600, seconds / 60 % 60)?;
        write!(f, ":{:02}", seconds % 60)?;
        if ms != 0 {
            write!(f, ".{ms:03}")?;
        }
        f.write_str("+08:00")
    }
}

/// Text in forms for people, such as JSON; a number elsewhere.
macro_rules! text_or_number {
    ($kind:ident, $number:ty, $parse:expr) => {
        impl Serialize for $kind {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                if to.is_human_readable() { to.collect_str(self) } else { self.0.serialize(to) }
            }
        }

        impl<'de> Deserialize<'de> for $kind {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                if !from.is_human_readable() {
                    return <$number>::deserialize(from).map(Self);
                }
                let text = String::deserialize(from)?;
                $parse(&text).ok_or_else(|| de::Error::custom("no such time"))
            }
        }
    };
}

text_or_number!(Timestamp, i64, Timestamp::parse);
text_or_number!(Date, i32, Date::parse);
text_or_number!(Hour, i32, |text: &str| {
    let at = Timestamp::parse(text)?;
    Some(at.hour_at_or_after()).filter(|it| it.end() == at)
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn midnight_has_two_names_and_belongs_to_the_day_that_it_ends() {
        let (day, next) = (Date::new(2026, 2, 28).unwrap(), Date::new(2026, 3, 1).unwrap());
        let midnight = Hour::of_beijing(day, 24).unwrap();
        assert_eq!(Hour::of_beijing(next, 0), Some(midnight));
        assert_eq!(midnight.date(), day);
        assert_eq!(midnight.plus(1).date(), next);
        assert_eq!(midnight.of_day(), 0);
        assert_eq!(Hour::of_beijing(day, 25), None);
    }

    /// A record may hold any number; found by the fuzzer.
    #[test]
    fn the_ends_of_time_are_told_without_overflow() {
        for at in [i64::MIN, i64::MIN + 1, -1, 0, i64::MAX - 1, i64::MAX].map(Timestamp) {
            assert!(at.to_string().ends_with("+08:00"));
            assert!(at.hour_at_or_before() <= at.hour_at_or_after());
            assert!(at.plus_hours(-1) <= at.plus_minutes(1));
        }
        for hour in [i32::MIN, -1, 0, i32::MAX].map(Hour) {
            assert!(hour.of_day() < 24 && hour.plus(-1) <= hour.plus(1));
            assert!(hour.to_string().ends_with("+08:00"));
            assert!(Hour::of_beijing(hour.date(), 24) >= Hour::of_beijing(hour.date(), 1));
        }
        assert_eq!(Timestamp(-1).hour_at_or_after(), Hour(0));
        assert_eq!(Timestamp(-1).hour_at_or_before(), Hour(-1));
    }

    #[test]
    fn texts_are_in_beijing_time() {
        let day = Date::new(2019, 1, 12).unwrap();
        let hour = Hour::of_beijing(day, 16).unwrap();
        assert_eq!(hour.to_string(), "2019-01-12T16:00:00+08:00");
        assert_eq!(hour.end().plus_minutes(30).to_string(), "2019-01-12T16:30:00+08:00");
        assert_eq!(Timestamp(5).to_string(), "1970-01-01T08:00:00.005+08:00");
        assert_eq!(Date::parse("2019-01-12"), Some(day));
        assert_eq!(Date::parse("2019-02-30"), None);
    }

    #[test]
    fn a_moment_is_rounded_up_to_a_whole_hour() {
        let hour = Hour(430_000);
        assert_eq!(hour.end().hour_at_or_after(), hour);
        assert_eq!(hour.end().plus_minutes(1).hour_at_or_after(), hour.plus(1));
        assert_eq!(hour.end().plus_minutes(59).hour_at_or_before(), hour);
    }
}
