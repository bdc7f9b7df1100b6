//! How far a target has come in the log.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Backoff, HookError};

/// The queue of a target: a position of the log. Everything before it was delivered, is dead, or
/// was not for this target.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Queue {
    /// The position of the record that comes next.
    pub next: u64,
    /// The message that is tried now, if it has failed.
    pub failing: Option<Failing>,
}

/// A message that has failed, and will be tried again.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Failing {
    /// The position of its record.
    pub position: u64,
    /// How often it was tried.
    pub tries: u32,
    /// Why the last try failed.
    pub reason: String,
}

impl Queue {
    /// Begins at a position.
    pub fn new(next: u64) -> Self {
        Self { next, failing: None }
    }

    /// Reads what `to_text` has written.
    pub fn parse(text: &str) -> Result<Self, HookError> {
        serde_json::from_str(text).map_err(|error| HookError::State(error.to_string()))
    }

    /// As JSON.
    pub fn to_text(&self) -> String {
        let mut text = serde_json::to_string(self).unwrap_or_default();
        text.push('\n');
        text
    }

    /// Goes on behind records that are not for this target, or behind one that was delivered.
    pub fn go_on(&mut self, next: u64) {
        *self = Self::new(self.next.max(next));
    }

    /// Notes a failed try of the message that comes next. Returns how long to wait; none: that was
    /// the last try.
    pub fn failed(
        &mut self,
        reason: String,
        backoff: &Backoff,
        asked: Option<Duration>,
    ) -> Option<Duration> {
        let before = self.failing.as_ref().filter(|it| it.position == self.next);
        let tries = before.map_or(0, |it| it.tries).saturating_add(1);
        self.failing = Some(Failing { position: self.next, tries, reason });
        backoff.after(tries, asked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BACKOFF: Backoff =
        Backoff { first: Duration::from_secs(1), longest: Duration::from_secs(8), tries_max: 3 };

    #[test]
    fn tries_are_counted_for_each_message() {
        let mut queue = Queue::new(7);
        let wait = |queue: &mut Queue| queue.failed("status 500".to_owned(), &BACKOFF, None);
        assert_eq!(wait(&mut queue), Some(Duration::from_secs(1)));
        // The count is in the file: a restart goes on with it.
        queue = Queue::parse(&queue.to_text()).unwrap();
        assert_eq!(wait(&mut queue), Some(Duration::from_secs(2)));
        let failing = Failing { position: 7, tries: 2, reason: "status 500".to_owned() };
        assert_eq!(queue.failing, Some(failing));
        assert_eq!(wait(&mut queue), None);
        queue.go_on(8);
        assert_eq!(queue, Queue::new(8));
        assert_eq!(wait(&mut queue), Some(Duration::from_secs(1)));
    }

    #[test]
    fn a_queue_does_not_go_back() {
        let mut queue = Queue::new(7);
        queue.go_on(3);
        assert_eq!(queue, Queue::new(7));
    }

    #[test]
    fn a_damaged_file_is_refused() {
        for text in ["", "{}", "{\"next\":-1,\"failing\":null}", "{\"next\":1,\"failing\":2}"] {
            assert!(matches!(Queue::parse(text), Err(HookError::State(_))), "{text}");
        }
    }
}
