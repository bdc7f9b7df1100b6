//! When each message is due, computed from the start: a late message does not delay those after it.

use std::str::FromStr;
use std::time::Duration;

/// Messages of readings a second.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Rate {
    /// As many as the broker accepts.
    Max,
    /// So many.
    PerSecond(u64),
}

/// More than any broker takes.
const RATE_MAX: u64 = 10_000_000;
const NS: u128 = 1_000_000_000;

impl Rate {
    /// The time after the start at which message `k` is due; none where each is due at once.
    pub(super) fn intended_ns(self, k: u64) -> Option<u64> {
        match self {
            Self::Max => None,
            Self::PerSecond(rate) => {
                u64::try_from(u128::from(k) * NS / u128::from(rate.max(1))).ok()
            }
        }
    }

    /// The next rate of a ramp: a half more.
    pub(super) fn raised(self) -> Self {
        match self {
            Self::Max => Self::Max,
            Self::PerSecond(rate) => Self::PerSecond((rate + rate.div_ceil(2)).min(RATE_MAX)),
        }
    }
}

impl std::fmt::Display for Rate {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Max => out.write_str("max"),
            Self::PerSecond(rate) => write!(out, "{rate}"),
        }
    }
}

impl FromStr for Rate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "max" {
            return Ok(Self::Max);
        }
        let rate = text.parse().ok().filter(|it| (1..=RATE_MAX).contains(it));
        rate.map(Self::PerSecond)
            .ok_or_else(|| format!("right is max, or whole messages a second from 1 to {RATE_MAX}"))
    }
}

/// Reads a duration such as `30s`, `5m` or `1h`; at most a day.
pub(super) fn parse_duration(text: &str) -> Result<Duration, String> {
    let (number, unit_s) = match text.chars().last() {
        Some('s') => (&text[..text.len() - 1], 1),
        Some('m') => (&text[..text.len() - 1], 60),
        Some('h') => (&text[..text.len() - 1], 3_600),
        _ => (text, 1),
    };
    let seconds = number.parse::<u64>().ok().and_then(|it| it.checked_mul(unit_s));
    let seconds = seconds.filter(|it| *it <= 86_400);
    seconds.map(Duration::from_secs).ok_or_else(|| "right is such as 30s, 5m or 1h".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_due_by_their_number_alone() {
        let rate = Rate::PerSecond(3);
        let due = [0, 1, 2, 3, 3_000_000].map(|k| rate.intended_ns(k).unwrap());
        assert_eq!(due, [0, 333_333_333, 666_666_666, 1_000_000_000, 1_000_000_000_000_000]);
        assert_eq!(Rate::Max.intended_ns(7), None);
        assert_eq!(Rate::PerSecond(1).raised(), Rate::PerSecond(2));
        assert_eq!(Rate::PerSecond(1_000).raised(), Rate::PerSecond(1_500));
    }

    #[test]
    fn rates_and_durations_are_read_as_they_are_written() {
        assert_eq!("max".parse(), Ok(Rate::Max));
        assert_eq!("2000".parse(), Ok(Rate::PerSecond(2_000)));
        for wrong in ["", "0", "-1", "1.5", "fast", "10000001"] {
            assert!(wrong.parse::<Rate>().unwrap_err().contains("max"), "{wrong}");
        }
        for (text, seconds) in [("30s", 30), ("5m", 300), ("1h", 3_600), ("7", 7), ("0s", 0)] {
            assert_eq!(parse_duration(text), Ok(Duration::from_secs(seconds)));
        }
        for wrong in ["", "s", "1d", "-1s", "25h", "1.5s", "三"] {
            assert!(parse_duration(wrong).unwrap_err().contains("30s"), "{wrong}");
        }
    }
}
