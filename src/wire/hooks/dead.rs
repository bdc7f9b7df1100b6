//! Messages that were tried to the limit.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Failing, HookError};

/// A message that is not tried again by itself.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct DeadLetter {
    /// The position of its record in the log.
    pub position: u64,
    /// How often it was tried.
    pub tries: u32,
    /// Why the last try failed.
    pub reason: String,
}

/// The dead letters of a target, by position.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct DeadLetters(BTreeMap<u64, DeadLetter>);

impl DeadLetters {
    /// So many may there be. When there are more, the target stands still: nothing is dropped.
    pub const MAX: usize = 10_000;

    /// Reads what `to_text` has written: one on each line.
    pub fn parse(text: &str) -> Result<Self, HookError> {
        let read = |line| serde_json::from_str(line);
        let all: Result<Vec<DeadLetter>, _> = text.lines().map(read).collect();
        let all = all.map_err(|error| HookError::State(error.to_string()))?;
        Ok(Self(all.into_iter().map(|it| (it.position, it)).collect()))
    }

    /// One JSON object on each line.
    pub fn to_text(&self) -> String {
        let line = |it| serde_json::to_string(it).unwrap_or_default() + "\n";
        self.0.values().map(line).collect()
    }

    /// Adds one; one with the same position is replaced.
    pub fn add(&mut self, it: Failing) {
        let Failing { position, tries, reason } = it;
        self.0.insert(position, DeadLetter { position, tries, reason });
    }

    /// Notes that one was tried again, and failed.
    pub fn failed_again(&mut self, position: u64, reason: String) {
        if let Some(it) = self.0.get_mut(&position) {
            it.tries = it.tries.saturating_add(1);
            it.reason = reason;
        }
    }

    /// Removes one; false where there is none.
    pub fn remove(&mut self, position: u64) -> bool {
        self.0.remove(&position).is_some()
    }

    /// The one with this position.
    pub fn get(&self, position: u64) -> Option<&DeadLetter> {
        self.0.get(&position)
    }

    /// All, by position.
    pub fn iter(&self) -> impl Iterator<Item = &DeadLetter> {
        self.0.values()
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// Whether no further one fits.
    pub fn is_full(&self) -> bool {
        self.count() >= Self::MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failing(position: u64) -> Failing {
        Failing { position, tries: 3, reason: "status 500\n\"x\"".to_owned() }
    }

    #[test]
    fn they_are_read_as_they_are_written() {
        let mut dead = DeadLetters::default();
        for position in [9, 4, 9] {
            dead.add(failing(position));
        }
        assert_eq!(dead.iter().map(|it| it.position).collect::<Vec<_>>(), [4, 9]);
        assert_eq!(dead.to_text().lines().count(), 2);
        assert_eq!(DeadLetters::parse(&dead.to_text()), Ok(dead.clone()));
        dead.failed_again(4, "status 404".to_owned());
        dead.failed_again(5, "status 404".to_owned());
        let again = DeadLetter { position: 4, tries: 4, reason: "status 404".to_owned() };
        assert_eq!((dead.get(4), dead.get(5)), (Some(&again), None));
        assert!(dead.remove(4) && !dead.remove(4));
        assert_eq!(dead.count(), 1);
        assert!(matches!(DeadLetters::parse("{}\n"), Err(HookError::State(_))));
    }
}
