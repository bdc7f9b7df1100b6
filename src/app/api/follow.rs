//! The thread that folds the log: first what is there, then each record as it comes.

use std::ops::Range;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use crate::app::support::log_reader::LogLocation;
use crate::engine::{BookInForce, Entry, Position};
use crate::io::tail::{Next, Tail};

use super::shared::Shared;

/// How long it waits for a record before it looks whether the program ends.
const WAIT: Duration = Duration::from_millis(50);
/// Records that are taken under one lock.
const AT_ONCE: usize = 256;

/// The thread. It ends when the program does.
pub(super) struct Following(Option<JoinHandle<()>>);

impl Following {
    pub(super) fn start(log: LogLocation, tail: Tail, shared: Arc<Shared>) -> Self {
        Self::spawn(log, shared, |follower| follower.run(tail))
    }

    /// Folds a log to its end.
    pub(super) fn read_once(log: LogLocation, shared: Arc<Shared>) -> Self {
        Self::spawn(log, shared, |follower| {
            follower.read_on(0..u64::MAX)?;
            follower.take(&mut Vec::new(), true);
            Ok(())
        })
    }

    fn spawn(
        log: LogLocation,
        shared: Arc<Shared>,
        run: impl FnOnce(&mut Follower) -> Result<(), String> + Send + 'static,
    ) -> Self {
        let run = move || {
            let mut follower = Follower { log, shared, book: BookInForce::default() };
            if let Err(words) = run(&mut follower) {
                tracing::error!("the API cannot follow the log: {words}");
                follower.shared.change(|it| it.failed = Some(words));
            }
        };
        let thread = std::thread::Builder::new().name("view".to_owned()).spawn(run);
        Self(thread.inspect_err(|error| tracing::error!(%error, "no thread for the API")).ok())
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        if let Some(thread) = self.0.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread that follows the log has met a fault");
        }
    }
}

struct Follower {
    log: LogLocation,
    shared: Arc<Shared>,
    book: BookInForce,
}

impl Follower {
    fn run(&mut self, mut tail: Tail) -> Result<(), String> {
        self.read(0..tail.position().0)?;
        let mut waiting = Vec::new();
        while !self.has_ended() {
            match tail.next(if waiting.is_empty() { WAIT } else { Duration::ZERO }) {
                Next::Entry(entry) => {
                    self.book = BookInForce::after(entry.book.clone());
                    waiting.push(entry);
                    if waiting.len() >= AT_ONCE {
                        self.take(&mut waiting, false);
                    }
                }
                Next::Missed(range) => {
                    self.take(&mut waiting, false);
                    self.read(range)?;
                }
                Next::Nothing => self.take(&mut waiting, true),
                Next::Ended => {
                    self.take(&mut waiting, true);
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    fn has_ended(&self) -> bool {
        self.shared.state().borrow().has_ended
    }

    /// Reads records that the log must have.
    fn read(&mut self, range: Range<u64>) -> Result<(), String> {
        let end = range.end;
        if !range.is_empty() && self.read_on(range)? < end && !self.has_ended() {
            return Err(format!("{} ends before record {end}", self.log));
        }
        Ok(())
    }

    /// Reads records from the log, and returns the position after the last one.
    fn read_on(&mut self, range: Range<u64>) -> Result<u64, String> {
        let log = self.log.read_from(Position(range.start)).map_err(|it| format!("{it:#}"))?;
        let mut waiting = Vec::new();
        let mut next = range.start;
        for record in log {
            let record = record.map_err(|error| error.to_string())?;
            if record.position.0 >= range.end || self.has_ended() {
                break;
            }
            next = record.position.0 + 1;
            waiting.push(Arc::new(self.book.entry(record)));
            if waiting.len() >= AT_ONCE {
                self.take(&mut waiting, false);
            }
        }
        self.take(&mut waiting, false);
        Ok(next)
    }

    fn take(&self, waiting: &mut Vec<Arc<Entry>>, is_caught_up: bool) {
        let mut view = self.shared.view();
        for entry in waiting.iter() {
            view.take(entry);
        }
        let next = view.next();
        drop(view);
        let was_caught_up = self.shared.state().borrow().is_caught_up;
        if !waiting.is_empty() || (is_caught_up && !was_caught_up) {
            self.shared.change(|it| {
                it.next = next;
                it.is_caught_up |= is_caught_up;
            });
        }
        waiting.clear();
    }
}
