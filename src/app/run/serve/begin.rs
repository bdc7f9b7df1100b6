//! Checks that the readings fit the wall clock. With the readings of a replay, the wall clock would
//! close all hours since then and order nothing.

use std::sync::Arc;

use crate::app::run::metrics::Metrics;
use crate::domain::{Command, HOUR_MS, Hour, RuleBook, Stream, Timestamp};
use crate::engine::{Inbox, PortError};

/// A running program stops only after so many old values without a new one, so that a single wrong
/// message does not stop it.
const OLD_VALUES: usize = 100;

/// How often a start that was fenced begins again.
const STARTS_AGAIN_MAX: usize = 2;

/// Starts, and begins again where another process has become the writer before this one served.
///
/// Of two that start at once, each may be fenced by the other: where the network is cut, a request
/// to become the writer can reach the broker long after it was answered by another one. If both
/// ended, none would serve. A process that serves already ends when it is fenced.
pub(super) fn unless_fenced<T>(
    mut start: impl FnMut() -> Result<T, PortError>,
) -> Result<T, PortError> {
    for _ in 0..STARTS_AGAIN_MAX {
        match start() {
            Err(PortError::Fenced(words)) => {
                tracing::warn!("another process became the writer during the start: {words}");
                tracing::warn!("starting again as the newest one");
            }
            started => return started,
        }
    }
    start()
}

/// The limits for the age of readings.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// Hours that the newest reading may be behind the wall clock when a log begins.
    pub(super) begin_within_h: u32,
    /// Hours that a log may be behind the wall clock if its readings are too.
    pub(super) max_jump_h: i32,
}

impl Bounds {
    /// Refuses the wall clock if the readings are too old for it. `newest` is the newest hour in
    /// the topic of readings, `next` the hour that the log would close next.
    pub(super) fn refuse(
        self,
        wall: Timestamp,
        newest: Option<Hour>,
        next: Option<Hour>,
    ) -> Option<String> {
        let behind_h = |hour: Hour| (wall.0 - hour.end().0) / HOUR_MS;
        let is_old = |hour: Hour| behind_h(hour) > i64::from(self.begin_within_h);
        let (since, what) = match (newest, next) {
            (Some(newest), None) if is_old(newest) => (newest, "newest readings are of"),
            (newest, Some(next))
                if behind_h(next) > i64::from(self.max_jump_h) && newest.is_none_or(is_old) =>
            {
                (next.max(newest.unwrap_or(next)), "log and its readings end at")
            }
            _ => return None,
        };
        let (hours, at) = (behind_h(since), since.end());
        Some(format!(
            "the {what} {at}, {} behind the wall clock: it would close {hours} hours without \
             readings and order nothing. To replay them, set rules.clock = \"sources\" (or \
             `serve --clock sources`) with a kafka.topic_prefix of their own; to begin a log with \
             such readings all the same, raise rules.begin_within_h",
            age(hours)
        ))
    }
}

impl Bounds {
    /// Refuses the clock of the sources if the log is ahead of them. `clock` is the clock of the
    /// log.
    pub(super) fn refuse_sources(
        self,
        clock: Option<Timestamp>,
        newest: Option<Hour>,
    ) -> Option<String> {
        let (clock, newest) = (clock?, newest?.end());
        let behind_h = (clock.0 - newest.0) / HOUR_MS;
        (behind_h > i64::from(self.max_jump_h)).then(|| {
            format!(
                "the clock of this log is at {clock}, and the newest readings are of {newest}, {} \
                 before: every hour would close too late to decide. A wall clock has ticked in \
                 this log; replay the readings into topics of their own, with another \
                 kafka.topic_prefix",
                age(behind_h)
            )
        })
    }
}

/// `6.9 years`, or `12 days`, or `80 hours`.
fn age(hours: i64) -> String {
    const DAY_H: i64 = 24;
    const YEAR_H: i64 = 8_766;
    match hours {
        YEAR_H.. => format!("{}.{} years", hours / YEAR_H, hours % YEAR_H * 10 / YEAR_H),
        120.. => format!("{} days", hours / DAY_H),
        _ => format!("{hours} hours"),
    }
}

/// An inbox that checks readings until a log has begun.
pub(super) struct Guarded<I> {
    inbox: I,
    watch: Option<Watch>,
    /// Learn when an input comes.
    metrics: Option<Arc<Metrics>>,
}

/// The state of the check while the log has not begun.
struct Watch {
    bounds: Bounds,
    book: Arc<RuleBook>,
    old_values: usize,
    /// Asks for the newest hour in the topic. Used when the readings are old.
    newest: Newest,
    wall: Timestamp,
}

type Newest = Box<dyn FnMut(&RuleBook) -> Result<Option<Hour>, PortError>>;

impl<I: Inbox> Guarded<I> {
    /// Checks nothing.
    pub(super) fn new(inbox: I) -> Self {
        Self { inbox, watch: None, metrics: None }
    }

    /// Shows the metrics when an input comes.
    pub(super) fn count_in(&mut self, metrics: Arc<Metrics>) {
        self.metrics = Some(metrics);
    }

    /// Refuses old readings until the log has begun, with the given limits.
    pub(super) fn guard(&mut self, bounds: Bounds, book: Arc<RuleBook>, newest: Newest) {
        let wall = Timestamp::default();
        self.watch = Some(Watch { bounds, book, old_values: 0, newest, wall });
    }

    /// Sets the time of day for the next poll, and whether the log has begun.
    pub(super) fn set_time(&mut self, wall: Timestamp, has_begun: bool) {
        if has_begun {
            self.watch = None;
        }
        if let Some(watch) = &mut self.watch {
            watch.wall = wall;
        }
    }

    pub(super) fn inner(&self) -> &I {
        &self.inbox
    }

    pub(super) fn inner_mut(&mut self) -> &mut I {
        &mut self.inbox
    }
}

impl Watch {
    fn look(&mut self, commands: &[Command]) -> Result<(), PortError> {
        let (mut newest, mut values) = (None, 0);
        for command in commands {
            if let Command::Observe(batch) = command {
                newest = newest.max(Some(batch.hour));
                values += batch.readings.len();
            }
        }
        if newest.is_none() {
            return Ok(());
        }
        if self.bounds.refuse(self.wall, newest, None).is_none() {
            self.old_values = 0;
            return Ok(());
        }
        self.old_values += values;
        if self.old_values < OLD_VALUES {
            return Ok(());
        }
        let newest = newest.max((self.newest)(&self.book)?);
        match self.bounds.refuse(self.wall, newest, None) {
            Some(words) => Err(PortError::Failed(words)),
            None => Ok(()),
        }
    }
}

impl<I: Inbox> Inbox for Guarded<I> {
    fn adopt(&mut self, book: &Arc<RuleBook>) {
        self.inbox.adopt(book);
    }

    fn resume(&mut self, taken: &[(Stream, u64)]) -> Result<(), PortError> {
        self.inbox.resume(taken)
    }

    fn poll(&mut self) -> Result<Vec<Command>, PortError> {
        let commands = self.inbox.poll()?;
        if let Some(metrics) = self.metrics.as_ref().filter(|_| !commands.is_empty()) {
            metrics.input_came();
        }
        if let Some(watch) = &mut self.watch {
            watch.look(&commands)?;
        }
        Ok(commands)
    }

    fn hold(&mut self, streams: &[Stream]) -> Result<(), PortError> {
        self.inbox.hold(streams)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::tests::fixture;
    use crate::domain::{Batch, Event, Fact, Outcome, Pollutant, Reading, Row, StationIndex};
    use crate::io::memory::MemoryInbox;

    const BOUNDS: Bounds = Bounds { begin_within_h: 72, max_jump_h: 720 };
    const NOW: Hour = Hour(490_000);

    /// Whether a start goes well whose attempts end like this, and how many attempts it made.
    fn start_with(ends: &[Result<(), PortError>]) -> (bool, usize) {
        let mut made = 0;
        let started = unless_fenced(|| {
            made += 1;
            match &ends[made - 1] {
                Ok(()) => Ok(()),
                Err(PortError::Fenced(words)) => Err(PortError::Fenced(words.clone())),
                Err(error) => Err(PortError::Failed(error.to_string())),
            }
        });
        (started.is_ok(), made)
    }

    #[test]
    fn a_start_that_is_fenced_begins_again_a_few_times() {
        let fenced = || Err(PortError::Fenced("a newer writer is at work".to_owned()));
        let failed = || Err(PortError::Failed("no broker".to_owned()));
        assert_eq!(start_with(&[Ok(())]), (true, 1));
        assert_eq!(start_with(&[fenced(), fenced(), Ok(())]), (true, 3));
        assert_eq!(start_with(&[fenced(), fenced(), fenced()]), (false, 3));
        assert_eq!(start_with(&[fenced(), failed()]), (false, 2));
        assert_eq!(start_with(&[failed()]), (false, 1));
    }

    #[expect(clippy::unnecessary_wraps, reason = "Each that takes it takes none too.")]
    fn ago(hours: i32) -> Option<Hour> {
        Some(NOW.plus(-hours))
    }

    fn check(newest: Option<Hour>, next: Option<Hour>, said: &[&str]) {
        let refused = BOUNDS.refuse(NOW.end(), newest, next);
        assert_eq!(refused.is_some(), !said.is_empty(), "{newest:?} {next:?}: {refused:?}");
        let words = refused.unwrap_or_default();
        for part in said {
            assert!(words.contains(part), "{words}");
        }
    }

    #[test]
    fn a_log_begins_with_readings_that_are_not_old() {
        check(None, None, &[]);
        check(ago(0), None, &[]);
        check(ago(-5), None, &[]);
        check(ago(72), None, &[]);
        check(ago(73), None, &["73 hours behind", "close 73 hours", "rules.begin_within_h"]);
        check(ago(60_000), None, &["6.8 years behind", "rules.clock = \"sources\""]);
    }

    #[test]
    fn a_log_that_has_begun_may_go_on_after_an_outage() {
        check(ago(0), ago(100), &[]);
        check(None, ago(100), &[]);
        check(ago(100), ago(700), &[]);
        // The readings are current, or nearly so: only the program was down.
        check(ago(10), ago(5_000), &[]);
        check(ago(5_000), ago(5_000), &["log and its readings end at", "208 days behind"]);
        check(None, ago(5_000), &["5000 hours without"]);
    }

    #[test]
    fn a_log_in_which_a_wall_clock_has_ticked_is_not_for_a_replay() {
        let refused = |clock: Option<i32>, newest| {
            BOUNDS.refuse_sources(clock.map(|it| NOW.plus(-it).end()), newest)
        };
        assert_eq!(refused(None, ago(60_000)), None);
        assert_eq!(refused(Some(0), None), None);
        assert_eq!(refused(Some(60_000), ago(60_000)), None);
        assert_eq!(refused(Some(60_000), ago(0)), None);
        let words = refused(Some(0), ago(60_000)).unwrap();
        assert!(words.contains("6.8 years before") && words.contains("topic_prefix"), "{words}");
    }

    fn batch(hour: Option<Hour>, values: usize) -> Command {
        let (station, outcome) = (StationIndex(0), Outcome::Taken);
        let pollutant = Pollutant::Pm25;
        let reading = Reading { tenths: 1, station, revision: 0, pollutant, outcome };
        Command::Observe(Batch {
            stream: Stream::file("a"),
            hour: hour.unwrap(),
            rows: vec![Row { position: 0, readings: 0 }],
            readings: vec![reading; values],
        })
    }

    /// Takes one command after another, until one is refused.
    fn refused_at(commands: Vec<Command>, in_topic: Option<Hour>) -> Option<usize> {
        let Event::Fact(Fact::RuleBookAdopted(book)) = &fixture::records()[0].event else {
            panic!()
        };
        let mut inbox = MemoryInbox::default();
        inbox.at_once = 1;
        let count = commands.len();
        for command in commands {
            inbox.put(command);
        }
        let mut guarded = Guarded::new(inbox);
        guarded.guard(BOUNDS, Arc::clone(book), Box::new(move |_| Ok(in_topic)));
        guarded.set_time(NOW.end(), false);
        (0..count).find(|_| guarded.poll().is_err())
    }

    #[test]
    fn many_old_readings_and_no_new_one_are_a_replay() {
        assert_eq!(refused_at(vec![batch(ago(60_000), 500)], None), Some(0));
        let slowly = vec![batch(ago(60_000), 40), batch(ago(59_999), 40), batch(ago(59_998), 40)];
        assert_eq!(refused_at(slowly, None), Some(2));
        // A single wrong message, or a backlog that reaches the present.
        assert_eq!(refused_at(vec![batch(ago(60_000), 1), batch(ago(1), 40)], None), None);
        assert_eq!(refused_at(vec![batch(ago(200), 500)], ago(1)), None);
        assert_eq!(refused_at(vec![batch(ago(3), 500)], None), None);
    }

    #[test]
    fn once_a_log_has_begun_old_readings_are_late_and_no_more() {
        let mut guarded = Guarded::new(MemoryInbox::default());
        guarded.inbox.put(batch(ago(60_000), 500));
        let Event::Fact(Fact::RuleBookAdopted(book)) = &fixture::records()[0].event else {
            panic!()
        };
        guarded.guard(BOUNDS, Arc::clone(book), Box::new(|_| Ok(None)));
        guarded.set_time(NOW.end(), true);
        assert_eq!(guarded.poll().map(|it| it.len()), Ok(1));
    }
}
