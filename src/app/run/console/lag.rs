//! Why the next hour does not close: streams that are behind the others.

use std::time::Duration;

use crate::domain::{Hour, Stream, Timestamp};
use crate::engine::Lag;

use super::{Line, moment};

/// A stream that others wait for is reported if it has not moved for this time.
const STANDS: Duration = Duration::from_secs(10);
/// Held streams are reported after this time, and also the end of it.
const HOLDS: Duration = Duration::from_secs(2);
/// The most streams in a line.
const NAMED: usize = 3;

type Behind = Vec<(Stream, Option<Timestamp>)>;

/// Observes the streams that others wait for.
#[derive(Debug, Default)]
pub(super) struct LagWatch {
    /// The slow streams as first seen, and when.
    behind: Option<(Behind, Duration)>,
    /// Since when streams are held.
    held_since: Option<Duration>,
    /// Since when nothing is wrong any more.
    fine_since: Option<Duration>,
    /// The streams that have been reported.
    reported: Option<(String, Duration)>,
}

impl LagWatch {
    pub(super) fn look(
        &mut self,
        uptime: Duration,
        lag: Option<&Lag>,
        next: Option<Hour>,
    ) -> Option<Line> {
        let behind = lag.map(|it| &it.behind);
        if self.behind.as_ref().map(|(it, _)| it) != behind {
            self.behind = behind.map(|it| (it.clone(), uptime));
        }
        let is_held = lag.is_some_and(|it| it.held > 0);
        self.held_since = is_held.then(|| self.held_since.unwrap_or(uptime));
        let lasts = |since: Option<Duration>, long| {
            since.is_some_and(|it| uptime.saturating_sub(it) >= long)
        };
        let stands = lasts(self.behind.as_ref().map(|(_, since)| *since), STANDS);
        if let Some(lag) = lag
            && self.reported.is_none()
            && (stands || lasts(self.held_since, HOLDS))
        {
            let names = names(&lag.behind);
            let hour =
                next.map_or("the first hour".to_owned(), |it| format!("hour {}", moment(it.end())));
            let held = match lag.held {
                0 => String::new(),
                held => format!("; {held} streams ahead are not read until then"),
            };
            self.reported = Some((names.clone(), uptime));
            let values = lag.values;
            let words = format!("{hour} cannot close: waiting for {names}, {values} values wait");
            return Some(Line::Warn(format!("{words}{held}")));
        }
        let is_fine = !is_held && !stands;
        self.fine_since = is_fine.then(|| self.fine_since.unwrap_or(uptime));
        if lasts(self.fine_since, HOLDS)
            && let Some((names, since)) = self.reported.take()
        {
            let waited = uptime.saturating_sub(since).as_secs();
            return Some(Line::Info(format!("hours close again: {names}, waited {waited} s")));
        }
        None
    }
}

/// `airshed.readings/3 (at 12-06 16:30)`.
fn names(behind: &[(Stream, Option<Timestamp>)]) -> String {
    let name = |(stream, at): &(Stream, Option<Timestamp>)| match at {
        Some(at) => format!("{stream} (at {})", moment(*at)),
        None => format!("{stream} (nothing yet)"),
    };
    let named: Vec<String> = behind.iter().take(NAMED).map(name).collect();
    let more = match behind.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("{}{more}", named.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lag(behind: &[(i32, Option<i32>)], held: usize) -> Lag {
        let stream = |(partition, hour): &(i32, Option<i32>)| {
            let at = hour.map(|it| Hour(489_000 + it).end());
            (Stream::topic("airshed.readings", *partition), at)
        };
        Lag { behind: behind.iter().map(stream).collect(), values: 1_234, held }
    }

    /// The lines of one look every second.
    fn reported(lags: &[Option<Lag>]) -> Vec<(u64, String)> {
        let mut watch = LagWatch::default();
        let look = |(second, lag): (u64, &Option<Lag>)| {
            let next = Some(Hour(489_001));
            let line = watch.look(Duration::from_secs(second), lag.as_ref(), next)?;
            Some((
                second,
                match line {
                    Line::Info(words) | Line::Warn(words) => words,
                },
            ))
        };
        (0..).zip(lags).filter_map(look).collect()
    }

    #[test]
    fn streams_that_race_are_not_mentioned() {
        let lags = (0..60).map(|it| Some(lag(&[(it % 4, Some(it))], 0)));
        assert_eq!(reported(&lags.collect::<Vec<_>>()), []);
        assert_eq!(reported(&[const { None }; 60]), []);
    }

    #[test]
    fn a_stream_that_stands_still_is_reported_once_and_once_when_it_moves() {
        let mut lags = vec![Some(lag(&[(3, Some(0))], 0)); 30];
        lags.extend((1..6).map(|it| Some(lag(&[(3, Some(it))], 0))));
        let reported = reported(&lags);
        let hour = moment(Hour(489_001).end());
        let at = moment(Hour(489_000).end());
        let who = format!("airshed.readings/3 (at {at})");
        let expected = [
            (10, format!("hour {hour} cannot close: waiting for {who}, 1234 values wait")),
            (32, format!("hours close again: {who}, waited 22 s")),
        ];
        assert_eq!(reported, expected);
    }

    #[test]
    fn a_stream_far_behind_is_reported_although_it_moves() {
        let mut lags: Vec<_> = (0..20).map(|it| Some(lag(&[(3, Some(it))], 2))).collect();
        lags.extend([const { None }; 5]);
        let reported = reported(&lags);
        assert_eq!(reported.iter().map(|(at, _)| *at).collect::<Vec<_>>(), [2, 22]);
        assert!(
            reported[0].1.ends_with("; 2 streams ahead are not read until then"),
            "{reported:?}"
        );
    }

    #[test]
    fn many_are_counted_and_one_that_never_spoke_is_named_as_such() {
        let behind: Vec<_> = (0..5).map(|it| (it, None)).collect();
        let reported = reported(&vec![Some(lag(&behind, 0)); 12]);
        let words = "airshed.readings/2 (nothing yet) and 2 more, 1234 values wait";
        assert!(reported[0].1.contains(words), "{reported:?}");
    }
}
