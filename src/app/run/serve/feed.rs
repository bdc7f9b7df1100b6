//! What webhooks read: the log, followed by one thread for all targets.

use std::collections::BTreeSet;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::app::support::log_reader::{LogLocation, OpenLog};
use crate::app::support::recent::Recent;
use crate::domain::cooperation::Body;
use crate::engine::projection::Involved;
use crate::engine::{BookInForce, Entry, Position};
use crate::io::hooks::{Fed, Feed, Message, Stop};
use crate::io::tail::{Next, Tail};
use crate::wire::publication::event;

/// Records that a target looks at before it stores how far it has come.
const AT_ONCE: u64 = 1_000;
/// How long the thread waits for a record before it looks whether the program ends.
const WAIT: Duration = Duration::from_millis(50);
/// After a log that cannot be read, the first wait and the longest one.
const FIRST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// What all targets share.
pub(super) struct Followed {
    log: LogLocation,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// For targets that are up to date; others read the log.
    recent: Recent,
    involved: Involved,
}

impl Followed {
    pub(super) fn new(log: LogLocation) -> Self {
        Self { log, state: Mutex::default(), changed: Condvar::new() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Follows until the program ends.
    pub(super) fn follow(&self, mut tail: Tail, stop: &Stop) {
        let mut book = BookInForce::default();
        self.catch_up(tail.position().0, &mut book, stop);
        while !stop.is_set() {
            match tail.next(WAIT) {
                Next::Entry(entry) => {
                    book = BookInForce::after(entry.book.clone());
                    self.take(&entry);
                }
                Next::Missed(range) => self.catch_up(range.end, &mut book, stop),
                Next::Nothing => {}
                Next::Ended => return,
            }
        }
    }

    /// Reads the log up to a position. While it cannot be read, waits and goes on where it was.
    fn catch_up(&self, end: u64, book: &mut BookInForce, stop: &Stop) {
        let (mut wait, mut has_failed) = (FIRST_WAIT, false);
        while let Err(words) = self.read(end, book, stop) {
            if !has_failed {
                tracing::error!("webhooks wait until the log can be read: {words}");
            }
            has_failed = true;
            if stop.wait(wait) {
                return;
            }
            wait = (wait * 2).min(LONGEST_WAIT);
        }
        if has_failed {
            tracing::info!("webhooks go on: the log can be read again");
        }
    }

    fn read(&self, end: u64, book: &mut BookInForce, stop: &Stop) -> Result<(), String> {
        let mut next = self.state().recent.next();
        if next >= end {
            return Ok(());
        }
        let log = self.log.read_from(Position(next)).map_err(|it| format!("{it:#}"))?;
        for record in log {
            if next >= end || stop.is_set() {
                return Ok(());
            }
            let record = record.map_err(|error| error.to_string())?;
            next = record.position.0 + 1;
            self.take(&Arc::new(book.entry(record)));
        }
        if next < end { Err(format!("it ends before record {next}")) } else { Ok(()) }
    }

    fn take(&self, entry: &Arc<Entry>) {
        let mut state = self.state();
        if let Some(rules) = entry.rules() {
            state.involved.note(&entry.record, rules);
        }
        state.recent.take(entry);
        self.changed.notify_all();
    }
}

/// What one target is sent.
pub(super) struct TargetFeed {
    pub(super) followed: Arc<Followed>,
    pub(super) viewer: Option<Body>,
    /// Empty: all.
    pub(super) types: BTreeSet<String>,
    /// The log, opened where it is behind, and the position that it is at.
    pub(super) behind: Option<(OpenLog, BookInForce, u64)>,
}

impl TargetFeed {
    /// The record at a position that has been followed.
    fn entry(&mut self, position: u64) -> Result<Arc<Entry>, String> {
        let (newest, book) = {
            let state = self.followed.state();
            (state.recent.get(position), state.recent.book_before(position))
        };
        if let Some(entry) = newest {
            self.behind = None;
            return Ok(entry);
        }
        let (mut log, mut book) = match self.behind.take() {
            Some((log, book, at)) if at == position => (log, book),
            _ => {
                let log = self.followed.log.read_from(Position(position));
                (log.map_err(|it| format!("{it:#}"))?, book)
            }
        };
        let record = log.next().ok_or_else(|| format!("the log ends before {position}"))?;
        let entry = Arc::new(book.entry(record.map_err(|error| error.to_string())?));
        self.behind = Some((log, book, position + 1));
        Ok(entry)
    }

    fn message(&self, entry: &Entry) -> Option<Message> {
        let kind = entry.record.event.record_type();
        if !self.types.is_empty() && !self.types.contains(kind) {
            return None;
        }
        let shown = event(entry, self.viewer.as_ref(), &self.followed.state().involved)?;
        Some(Message { position: entry.record.position.0, body: shown.to_string().into_bytes() })
    }
}

impl Feed for TargetFeed {
    fn next(&mut self, position: u64, wait: Duration) -> Result<Fed, String> {
        let end = {
            let state = self.followed.state();
            let waits = |it: &mut State| it.recent.next() <= position;
            let waited = self.followed.changed.wait_timeout_while(state, wait, waits);
            waited.unwrap_or_else(PoisonError::into_inner).0.recent.next()
        };
        if position >= end {
            return Ok(Fed::Nothing);
        }
        let last = end.min(position + AT_ONCE);
        for position in position..last {
            let entry = self.entry(position)?;
            if let Some(message) = self.message(&entry) {
                return Ok(Fed::Message(message));
            }
        }
        Ok(Fed::Skipped(last))
    }

    fn at(&mut self, position: u64) -> Result<Option<Message>, String> {
        let entry = self.entry(position)?;
        Ok(self.message(&entry))
    }

    fn end(&self) -> u64 {
        self.followed.state().recent.next()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::run::demo;
    use crate::app::support::rules;
    use crate::engine::{EventLog as _, Follower as _, Record};
    use crate::io::segments::SegmentLog;
    use crate::io::tail::tail;

    fn write(folder: &std::path::Path, records: &[Record]) {
        SegmentLog::open(folder, rules::parse).unwrap().append(records).unwrap();
    }

    /// Waits until so many records have been followed, and returns what a target gets.
    fn fed(followed: &Arc<Followed>, count: u64) -> Vec<u64> {
        let types = BTreeSet::from(["hour_closed".to_owned(), "order_set_issued".to_owned()]);
        let mut feed =
            TargetFeed { followed: Arc::clone(followed), viewer: None, types, behind: None };
        let (mut next, mut found) = (0, Vec::new());
        while next < count {
            match feed.next(next, Duration::from_secs(1)).unwrap() {
                Fed::Message(message) => {
                    found.push(message.position);
                    next = message.position + 1;
                }
                Fed::Skipped(end) => next = end,
                Fed::Nothing => {}
            }
        }
        found
    }

    #[test]
    fn a_log_that_cannot_be_read_is_read_later() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("log");
        let records = demo::records(5);
        let (half, all) = (records.len() / 2, records.len() as u64);
        let followed = Arc::new(Followed::new(LogLocation::Folder(folder.clone())));
        // There is no log yet: the first reads fail. One record alone fits into the queue.
        let (mut follower, tail) = tail(Position(half as u64), 1);
        let stop = Stop::default();
        let (of_thread, its_stop) = (Arc::clone(&followed), stop.clone());
        let thread = std::thread::spawn(move || of_thread.follow(tail, &its_stop));
        for entry in crate::engine::entries(records.iter().cloned().map(Ok::<_, ()>)) {
            let entry = Arc::new(entry.unwrap());
            if entry.record.position.0 >= half as u64 {
                follower.follow(&entry);
            }
        }
        assert_eq!(followed.state().recent.next(), 0);
        // Half of it can be read, then all of it.
        write(&folder, &records[..half]);
        let wanted =
            |it: &&Record| ["hour_closed", "order_set_issued"].contains(&it.event.record_type());
        let expected: Vec<u64> = records.iter().filter(wanted).map(|it| it.position.0).collect();
        let first = fed(&followed, half as u64);
        assert!(first.len() > 10 && expected.starts_with(&first));
        write(&folder, &records[half..]);
        assert_eq!(fed(&followed, all), expected);
        stop.set();
        thread.join().unwrap();
    }
}
