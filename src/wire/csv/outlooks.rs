//! Gathers what single lines say into forecasts with consecutive hours.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::{
    Forecast, Hour, JurisdictionIndex, Outlook, OutlookHour, Reason, Stream, Timestamp,
};

/// An hour further away from its issue is taken for a typing error.
const DISTANCE_MAX_H: i32 = 31 * 24;

/// Forecasts as they grow, line by line.
#[derive(Debug)]
pub(super) struct Outlooks {
    stream: Stream,
    issues: BTreeMap<(Timestamp, Arc<str>), Issue>,
}

#[derive(Debug)]
struct Issue {
    first_line: u64,
    hours: BTreeMap<(JurisdictionIndex, Hour), OutlookHour>,
}

/// Why an hour was not taken.
pub(super) type NotTaken = (Reason, &'static str);

impl Outlooks {
    pub(super) fn of(stream: Stream) -> Self {
        Self { stream, issues: BTreeMap::new() }
    }

    /// Whether an hour is too far from its issue to be meant.
    pub(super) fn is_too_far(issued_at: Timestamp, hour: Hour) -> bool {
        let distance_h = i64::from(hour.0) - i64::from(issued_at.hour_at_or_before().0);
        distance_h.abs() > i64::from(DISTANCE_MAX_H)
    }

    /// One hour of one jurisdiction, said by `maker` at `issued_at`. Of two that contradict each
    /// other the one with the higher upper bound stands: the careful side.
    pub(super) fn add(
        &mut self,
        (issued_at, maker): (Timestamp, Arc<str>),
        (jurisdiction, hour): (JurisdictionIndex, Hour),
        says: OutlookHour,
        line: u64,
    ) -> Result<(), NotTaken> {
        if Self::is_too_far(issued_at, hour) {
            return Err((Reason::Unreadable, "more than 31 days from its issue"));
        }
        let issue = self
            .issues
            .entry((issued_at, maker))
            .or_insert_with(|| Issue { first_line: line, hours: BTreeMap::new() });
        let Some(stands) = issue.hours.get_mut(&(jurisdiction, hour)) else {
            issue.hours.insert((jurisdiction, hour), says);
            return Ok(());
        };
        if says == OutlookHour::Silent {
            return Ok(());
        }
        if *stands == OutlookHour::Silent {
            *stands = says;
            return Ok(());
        }
        if *stands == says {
            return Err((Reason::Duplicate, "said before"));
        }
        if upper(*stands) < upper(says) {
            *stands = says;
        }
        Err((Reason::Conflicting, "another line says otherwise, the higher one stands"))
    }

    /// By issue and maker.
    pub(super) fn into_forecasts(self) -> Vec<Forecast> {
        let Self { stream, issues } = self;
        let forecast = |((issued_at, maker), issue): ((Timestamp, Arc<str>), Issue)| Forecast {
            issued_at,
            maker,
            source: Some(stream.at(issue.first_line)),
            outlooks: pack(&issue.hours),
        };
        issues.into_iter().map(forecast).collect()
    }
}

/// None below any range.
fn upper(says: OutlookHour) -> Option<(u16, u16)> {
    match says {
        OutlookHour::Silent | OutlookHour::Missing => None,
        OutlookHour::Range { lower_ug_m3, upper_ug_m3 } => Some((upper_ug_m3, lower_ug_m3)),
    }
}

/// One run of hours a jurisdiction, silent where nothing is said.
fn pack(hours: &BTreeMap<(JurisdictionIndex, Hour), OutlookHour>) -> Vec<Outlook> {
    let mut outlooks: Vec<Outlook> = Vec::new();
    for (&(jurisdiction, hour), &says) in hours {
        if outlooks.last().is_none_or(|it| it.jurisdiction != jurisdiction) {
            outlooks.push(Outlook { jurisdiction, first: hour, hours: Vec::new() });
        }
        if let Some(outlook) = outlooks.last_mut() {
            let place = usize::try_from(hour.0 - outlook.first.0).unwrap_or_default();
            outlook.hours.resize(place, OutlookHour::Silent);
            outlook.hours.push(says);
        }
    }
    outlooks
}
