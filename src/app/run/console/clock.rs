//! The time of day as a value, and lines about a clock that does not run evenly.
//!
//! A clock that goes back changes nothing that is recorded: records keep their order, the clock of
//! the log stands still, and no hour closes until the time of day has passed it again. A clock that
//! jumps forward is followed, up to a limit: the hours in between close with the values that have
//! arrived.

use std::time::{Duration, Instant, UNIX_EPOCH};

use crate::domain::{HOUR_MS, Timestamp};

use super::{Line, moment};

/// The time of day, and a monotonic time since the start.
pub(in crate::app) trait Clock {
    /// The time of day.
    fn wall(&self) -> Timestamp;
    /// The time since the start.
    fn uptime(&self) -> Duration;
}

/// The clocks of the machine.
#[derive(Clone, Copy, Debug)]
pub(in crate::app) struct SystemClock {
    begin: Instant,
}

impl SystemClock {
    #[expect(clippy::disallowed_methods, reason = "Here the clock enters, as a value.")]
    pub(in crate::app) fn start() -> Self {
        Self { begin: Instant::now() }
    }
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "Here the wall clock enters, as a value.")]
    fn wall(&self) -> Timestamp {
        let now = std::time::SystemTime::now().duration_since(UNIX_EPOCH);
        let ms = now.unwrap_or(Duration::ZERO).as_millis();
        Timestamp(i64::try_from(ms).unwrap_or(i64::MAX))
    }

    fn uptime(&self) -> Duration {
        self.begin.elapsed()
    }
}

/// Smaller steps back are not reported: clocks are slewed all the time.
const BACK_MS: i64 = 2_000;
/// Smaller steps forward are not reported.
const FORWARD_MS: i64 = 60_000;
/// A jump is over when the clock has run evenly for this time.
const EVEN_MS: i64 = 60_000;

/// Compares the time of day with the time since the start.
#[derive(Debug, Default)]
pub(in crate::app) struct ClockWatch {
    last: Option<(Timestamp, i64)>,
    /// The latest time of day until now, or the clock of the log.
    latest: Timestamp,
    /// Whether a step back has been reported and is not over.
    is_back: bool,
    /// When the time of day last jumped forward, as time since the start.
    jumped_at: Option<i64>,
}

impl ClockWatch {
    /// Begins with the clock of the log.
    pub(in crate::app) fn new(log: Option<Timestamp>) -> Self {
        Self { latest: log.unwrap_or_default(), ..Self::default() }
    }

    /// Returns lines about the time of day, and the hours of a jump forward since the last call.
    pub(in crate::app) fn look(&mut self, wall: Timestamp, uptime: Duration) -> (Vec<Line>, i64) {
        let uptime = i64::try_from(uptime.as_millis()).unwrap_or(i64::MAX);
        let mut lines = Vec::new();
        let jump = self.last.map_or(0, |(wall_before, uptime_before)| {
            let jump = (wall.0 - wall_before.0) - (uptime - uptime_before);
            // After a step back, only the part beyond the latest time counts as a jump.
            jump.min(wall.0 - self.latest.0)
        });
        let jumped = jump > FORWARD_MS;
        if jumped {
            let from = Timestamp(wall.0 - jump);
            lines.push(Line::Warn(format!(
                "the wall clock jumped forward by {}, from {} to {}: the hours between close \
                 with what has come, and later values of theirs are late",
                span(jump),
                moment(from),
                moment(wall)
            )));
            self.jumped_at = Some(uptime);
        } else if self.jumped_at.is_some_and(|at| uptime - at >= EVEN_MS) {
            lines.push(Line::Info("the wall clock runs evenly again".to_owned()));
            self.jumped_at = None;
        }
        if wall.0 < self.latest.0 - BACK_MS && !self.is_back {
            let (back, latest) = (span(self.latest.0 - wall.0), moment(self.latest));
            lines.push(Line::Warn(format!(
                "the wall clock went back by {back}, from {latest} to {}: no hour closes until \
                 it has passed {latest} again",
                moment(wall)
            )));
            (self.is_back, self.jumped_at) = (true, None);
        } else if wall >= self.latest && self.is_back {
            let latest = moment(self.latest);
            let words = format!("the wall clock has passed {latest} again: hours close as before");
            lines.push(Line::Info(words));
            self.is_back = false;
        }
        self.latest = self.latest.max(wall);
        self.last = Some((wall, uptime));
        (lines, if jumped { jump / HOUR_MS } else { 0 })
    }
}

/// `3 h 5 min`, or `12 min`, or `9 s`.
fn span(ms: i64) -> String {
    let (hours, minutes, seconds) = (ms / HOUR_MS, ms / 60_000 % 60, ms / 1_000 % 60);
    match (hours, minutes) {
        (0, 0) => format!("{seconds} s"),
        (0, _) => format!("{minutes} min"),
        _ => format!("{hours} h {minutes} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: i64 = 1_764_993_600_000;

    /// Looks every ten seconds, with the time of day off by the given seconds. Returns each line
    /// with the number of the look.
    fn reported(log: Option<Timestamp>, off_s: &[i64]) -> Vec<(usize, String)> {
        let mut watch = ClockWatch::new(log);
        let mut reported = Vec::new();
        for (look, off_s) in off_s.iter().enumerate() {
            let uptime = Duration::from_secs(look as u64 * 10);
            let wall = Timestamp(NOON + i64::try_from(uptime.as_millis()).unwrap() + off_s * 1_000);
            let (lines, _) = watch.look(wall, uptime);
            reported.extend(lines.into_iter().map(|it| match it {
                Line::Info(words) => (look, format!("info {words}")),
                Line::Warn(words) => (look, format!("warn {words}")),
            }));
        }
        reported
    }

    fn check(off_s: &[i64], expected: &[(usize, &str)]) {
        let reported = reported(None, off_s);
        assert_eq!(reported.len(), expected.len(), "{reported:?}");
        for ((at, words), (expected_at, part)) in reported.iter().zip(expected) {
            assert!(at == expected_at && words.contains(part), "{reported:?} without {part:?}");
        }
    }

    #[test]
    fn an_even_clock_is_not_mentioned() {
        check(&[0; 30], &[]);
        // Slewing, and small steps.
        check(&[0, 0, 1, 1, 0, 0, -1, 20, 40, 39, 39], &[]);
    }

    #[test]
    fn a_clock_that_goes_back_is_reported_once_and_once_when_it_has_caught_up() {
        let begin = "warn the wall clock went back by 1 min, from 12-06 12:00 to 12-06 11:58: no \
                     hour closes until it has passed 12-06 12:00 again";
        let end = "info the wall clock has passed 12-06 12:00 again: hours close as before";
        let mut off_s = vec![0, 0];
        off_s.extend([-100; 12]);
        check(&off_s, &[(2, begin), (11, end)]);
        // It goes back once more, or is corrected.
        let further = [0, 0, -100, -100, -120, -120, 0, 0];
        check(&further, &[(2, begin), (6, end)]);
    }

    #[test]
    fn a_jump_forward_is_reported_once_and_once_when_the_clock_runs_evenly() {
        let begin = "warn the wall clock jumped forward by 5 h 0 min, from 12-06 12:00 to 12-06 \
                     17:00: the hours between close with what has come";
        let mut off_s = vec![0, 0];
        off_s.extend([18_000; 12]);
        check(&off_s, &[(2, begin), (8, "info the wall clock runs evenly again")]);
        // It was a mistake: it goes back.
        let back = [0, 0, 18_000, 18_000, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        check(&back, &[(2, begin), (4, "warn the wall clock went back by 4 h 59 min")]);
    }

    #[test]
    fn a_clock_behind_the_log_is_reported_at_the_start() {
        let reported = reported(Some(Timestamp(NOON + 3 * HOUR_MS)), &[0, 0]);
        assert_eq!(reported.len(), 1);
        assert!(reported[0].1.contains("went back by 3 h 0 min, from 12-06 15:00"), "{reported:?}");
    }

    #[test]
    fn the_length_of_a_jump_is_known() {
        let mut watch = ClockWatch::new(None);
        let look = |watch: &mut ClockWatch, hours: i64, s: u64| {
            watch.look(Timestamp(NOON + hours * HOUR_MS), Duration::from_secs(s)).1
        };
        assert_eq!(look(&mut watch, 0, 0), 0);
        assert_eq!(look(&mut watch, 800, 0), 800);
        assert_eq!(look(&mut watch, 800, 1), 0);
        // A long step of the program is no jump of the clock.
        assert_eq!(look(&mut watch, 802, 7_201), 0);
    }
}
