//! The newest records of a log that is followed, for readers that are up to date, and the rule
//! books, by which the others read older records.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use crate::domain::{Event, Fact, RuleBook};
use crate::engine::{BookInForce, Entry};

/// So many records are remembered.
const RECORDS_MAX: usize = 4_096;

/// The newest records, and all rule books.
#[derive(Default)]
pub(in crate::app) struct Recent {
    next: u64,
    records: VecDeque<Arc<Entry>>,
    /// By the record of their adoption.
    books: BTreeMap<u64, Arc<RuleBook>>,
}

impl Recent {
    /// Takes the next record of the log.
    pub(in crate::app) fn take(&mut self, entry: &Arc<Entry>) {
        let position = entry.record.position.0;
        if let Event::Fact(Fact::RuleBookAdopted(book)) = &entry.record.event {
            self.books.insert(position, Arc::clone(book));
        }
        self.next = position + 1;
        push(&mut self.records, entry, RECORDS_MAX);
    }

    /// The position of the next record.
    pub(in crate::app) fn next(&self) -> u64 {
        self.next
    }

    /// The rule book in force before the record at this position.
    pub(in crate::app) fn book_before(&self, position: u64) -> BookInForce {
        BookInForce::after(self.books.range(..position).next_back().map(|it| Arc::clone(it.1)))
    }

    /// The record at a position, if it is remembered.
    pub(in crate::app) fn get(&self, position: u64) -> Option<Arc<Entry>> {
        self.records.get(self.index(position)?).cloned()
    }

    /// Records from a position on, if all of them are remembered; at most so many.
    pub(in crate::app) fn from(
        &self,
        position: u64,
        records_max: usize,
    ) -> Option<Vec<Arc<Entry>>> {
        let skipped = self.index(position)?;
        Some(self.records.iter().skip(skipped).take(records_max).cloned().collect())
    }

    /// How many remembered records are before a position; none if it is before all of them.
    fn index(&self, position: u64) -> Option<usize> {
        let first = self.records.front().map_or(self.next, |it| it.record.position.0);
        usize::try_from(position.checked_sub(first)?).ok()
    }
}

/// Adds a record to so many at most; the oldest one gives way.
pub(in crate::app) fn push(all: &mut VecDeque<Arc<Entry>>, entry: &Arc<Entry>, max: usize) {
    if all.len() == max {
        all.pop_front();
    }
    all.push_back(Arc::clone(entry));
}
