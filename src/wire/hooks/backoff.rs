//! When the next try of a message is due.

use std::time::Duration;

/// Each wait is twice the one before it, up to a bound; after so many tries a message is dead.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Backoff {
    /// The wait after the first try.
    pub first: Duration,
    /// No wait is longer.
    pub longest: Duration,
    /// Tries of one message.
    pub tries_max: u32,
}

impl Backoff {
    /// The wait after so many failed tries; none: there is no further one. `asked` is how long the
    /// receiver asks to wait.
    pub fn after(&self, tries: u32, asked: Option<Duration>) -> Option<Duration> {
        if tries >= self.tries_max {
            return None;
        }
        let factor = 2_u32.checked_pow(tries.saturating_sub(1));
        let wait = factor.and_then(|it| self.first.checked_mul(it)).unwrap_or(self.longest);
        Some(wait.max(asked.unwrap_or_default()).min(self.longest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BACKOFF: Backoff =
        Backoff { first: Duration::from_secs(1), longest: Duration::from_secs(60), tries_max: 100 };

    #[test]
    fn waits_double_up_to_the_bound() {
        let waits: Vec<u64> =
            (1..=8).map(|tries| BACKOFF.after(tries, None).unwrap().as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(BACKOFF.after(99, None), Some(BACKOFF.longest));
    }

    #[test]
    fn the_last_try_is_the_last() {
        assert_eq!(BACKOFF.after(100, None), None);
        assert_eq!(BACKOFF.after(u32::MAX, None), None);
        assert_eq!(Backoff { tries_max: 1, ..BACKOFF }.after(1, None), None);
    }

    #[test]
    fn a_receiver_may_ask_for_a_longer_wait_up_to_the_bound() {
        let after = |asked| BACKOFF.after(2, Some(Duration::from_secs(asked))).unwrap().as_secs();
        assert_eq!([after(0), after(30), after(9_999)], [2, 30, 60]);
    }
}
