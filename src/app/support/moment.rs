//! Times on the command line.

use chrono::{DateTime, NaiveDateTime};

use crate::domain::Timestamp;

/// Beijing is eight hours ahead of UTC.
const OFFSET_MS: i64 = 8 * 3_600_000;

/// Parses `2019-01-12T16:00:00+08:00`, or a Beijing time such as `2019-01-12T16:00`.
pub(in crate::app) fn parse(text: &str) -> Result<Timestamp, String> {
    if let Ok(moment) = DateTime::parse_from_rfc3339(text) {
        return Ok(Timestamp(moment.timestamp_millis()));
    }
    let forms = ["%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"];
    let found = forms.iter().find_map(|it| NaiveDateTime::parse_from_str(text, it).ok());
    let moment = found.map(|it| Timestamp(it.and_utc().timestamp_millis() - OFFSET_MS));
    moment.ok_or_else(|| {
        format!("\"{text}\" is no time; right is 2019-01-12T16:00 or 2019-01-12T16:00:00+08:00")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_several_forms() {
        let check = |text: &str| {
            assert_eq!(parse(text).unwrap().to_string(), "2019-01-12T16:30:00+08:00", "{text}");
        };
        check("2019-01-12T16:30:00+08:00");
        check("2019-01-12T08:30:00Z");
        check("2019-01-12T16:30:00");
        check("2019-01-12 16:30");
        assert!(parse("2019-01-12").unwrap_err().contains("2019-01-12T16:00"));
    }
}
