//! When the next transaction of a writer begins.
//!
//! A broker answers a commit once it is decided, and writes the end markers into the partitions
//! after that. Until they are there, it refuses the next transaction of the same name, and the
//! client library then waits 20 ms before it asks again. A writer that waits a little before it
//! begins is faster, and what comes in meanwhile shares a transaction.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// One broker on two cores has the markers of 99 of 100 transactions written after so long. Where
/// they take longer, the only loss is the 20 ms of the library.
const MARKERS: Duration = Duration::from_millis(3);

/// The pace of a writer. All clones are the same.
#[derive(Clone, Debug, Default)]
pub(in crate::io::kafka) struct Pace(Arc<Mutex<Option<Instant>>>);

impl Pace {
    /// A transaction has ended just now.
    #[expect(clippy::disallowed_methods, reason = "How long a writer pauses decides nothing.")]
    pub(in crate::io::kafka) fn ended(&self) {
        *self.last_end() = Some(Instant::now());
    }

    /// Waits until the markers of the last transaction are probably there; not at all if it ended
    /// long ago.
    pub(in crate::io::kafka) fn wait(&self) {
        let since_end = self.last_end().map(|it| it.elapsed());
        let left = left(since_end);
        if !left.is_zero() {
            std::thread::sleep(left);
        }
    }

    fn last_end(&self) -> MutexGuard<'_, Option<Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is left to wait, so long after the end of the last transaction.
fn left(since_end: Option<Duration>) -> Duration {
    since_end.map_or(Duration::ZERO, |it| MARKERS.saturating_sub(it))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_transaction_that_ended_just_now_is_waited_for() {
        let check = |since_end_ms: Option<u64>, left_ms| {
            let since_end = since_end_ms.map(Duration::from_millis);
            assert_eq!(left(since_end), Duration::from_millis(left_ms), "{since_end:?}");
        };
        check(None, 0);
        check(Some(0), 3);
        check(Some(2), 1);
        check(Some(3), 0);
        check(Some(3_600_000), 0);
    }
}
