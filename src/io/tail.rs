//! A follower in another thread: a bounded queue from the engine to a reader that may be slow.
//!
//! The engine never waits for it. What does not fit is dropped; the reader learns which records,
//! reads them from the log, and goes on.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use crate::engine::{Entry, Follower, Position};

/// The engine's end.
#[derive(Debug)]
pub struct TailFollower {
    queue: SyncSender<Arc<Entry>>,
    /// The position after the last record that the engine has shown.
    end: Arc<AtomicU64>,
}

/// The reader's end.
#[derive(Debug)]
pub struct Tail {
    queue: Receiver<Arc<Entry>>,
    end: Arc<AtomicU64>,
    /// The record that comes next.
    next: u64,
    /// One that came after a gap.
    waiting: Option<Arc<Entry>>,
}

/// What comes next.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Next {
    /// A record.
    Entry(Arc<Entry>),
    /// These records were dropped, because the queue was full: they are to be read from the log.
    Missed(Range<u64>),
    /// Nothing has come in time.
    Nothing,
    /// The engine has ended.
    Ended,
}

/// A queue of so many records, for a log that goes on at `next`.
pub fn tail(next: Position, records_max: usize) -> (TailFollower, Tail) {
    let (sender, receiver) = sync_channel(records_max);
    let end = Arc::new(AtomicU64::new(next.0));
    let follower = TailFollower { queue: sender, end: Arc::clone(&end) };
    (follower, Tail { queue: receiver, end, next: next.0, waiting: None })
}

impl Follower for TailFollower {
    fn follow(&mut self, entry: &Arc<Entry>) {
        // If the queue is full, or has no reader any more, the record is dropped.
        drop(self.queue.try_send(Arc::clone(entry)));
        // The queue comes first: a record is never missed that still waits in it.
        self.end.store(entry.record.position.0 + 1, Ordering::Release);
    }
}

impl Tail {
    /// The position of the record that comes next.
    pub fn position(&self) -> Position {
        Position(self.next)
    }

    /// Waits so long for what comes next.
    pub fn next(&mut self, wait: Duration) -> Next {
        if let Some(entry) = self.waiting.take() {
            return self.take(entry);
        }
        // Looked at before the queue: what is in it then has been put there before.
        let end = self.end.load(Ordering::Acquire);
        match self.queue.try_recv() {
            Ok(entry) => self.take(entry),
            // The last records may have been dropped, with none behind them to show it.
            Err(_) if self.next < end => self.missed(end),
            Err(_) => match self.queue.recv_timeout(wait) {
                Ok(entry) => self.take(entry),
                Err(RecvTimeoutError::Timeout) => Next::Nothing,
                Err(RecvTimeoutError::Disconnected) => Next::Ended,
            },
        }
    }

    fn take(&mut self, entry: Arc<Entry>) -> Next {
        let position = entry.record.position.0;
        if position > self.next {
            self.waiting = Some(entry);
            return self.missed(position);
        }
        self.next = position + 1;
        Next::Entry(entry)
    }

    fn missed(&mut self, end: u64) -> Next {
        let missed = self.next..end;
        self.next = end;
        Next::Missed(missed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::record::samples::one_of_each;

    fn entries(positions: Range<u64>) -> Vec<Arc<Entry>> {
        let sample = one_of_each().remove(2);
        let entry = |position| {
            let record = crate::engine::Record { position: Position(position), ..sample.clone() };
            Arc::new(Entry { record, book: None })
        };
        positions.map(entry).collect()
    }

    fn show(follower: &mut TailFollower, positions: Range<u64>) {
        for entry in &entries(positions) {
            follower.follow(entry);
        }
    }

    /// Everything that is there, without waiting.
    fn all(tail: &mut Tail) -> String {
        let mut shown = Vec::new();
        loop {
            match tail.next(Duration::ZERO) {
                Next::Entry(it) => shown.push(it.record.position.0.to_string()),
                Next::Missed(it) => shown.push(format!("missed {}-{}", it.start, it.end)),
                Next::Nothing => return shown.join(" "),
                Next::Ended => return format!("{} ended", shown.join(" ")),
            }
        }
    }

    #[test]
    fn one_that_keeps_up_gets_every_record() {
        let (mut follower, mut tail) = tail(Position(7), 2);
        assert_eq!(all(&mut tail), "");
        show(&mut follower, 7..9);
        assert_eq!(all(&mut tail), "7 8");
        show(&mut follower, 9..10);
        assert_eq!((all(&mut tail), tail.position()), ("9".to_owned(), Position(10)));
        drop(follower);
        assert_eq!(all(&mut tail), " ended");
    }

    #[test]
    fn one_that_lags_is_told_what_to_read_again() {
        let (mut follower, mut tail) = tail(Position(0), 2);
        show(&mut follower, 0..9);
        assert_eq!(all(&mut tail), "0 1 missed 2-9");
        // A record behind the gap shows it, too.
        show(&mut follower, 9..12);
        assert_eq!(tail.next(Duration::ZERO), Next::Entry(entries(9..10).remove(0)));
        show(&mut follower, 12..13);
        assert_eq!(all(&mut tail), "10 missed 11-12 12");
    }

    #[test]
    fn what_came_before_the_engine_ended_is_not_lost() {
        let (mut follower, mut tail) = tail(Position(0), 2);
        show(&mut follower, 0..4);
        drop(follower);
        assert_eq!(all(&mut tail), "0 1 missed 2-4 ended");
    }

    #[test]
    fn one_that_is_gone_does_not_stand_in_the_way() {
        let (mut follower, tail) = tail(Position(0), 1);
        drop(tail);
        show(&mut follower, 0..3);
    }
}
