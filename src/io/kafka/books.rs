//! The rule books that a log has seen: names and codes for those who stand around it.

use std::sync::{Arc, PoisonError, RwLock};

use crate::domain::{Event, Fact, RuleBook};
use crate::engine::{EventLog, Memory, Occasion, PortError, Position, Record, Records};

/// Which rule book was in force at which record; shared by inbox, log and outbox.
#[derive(Clone, Debug, Default)]
pub struct Books(Arc<RwLock<Adopted>>);

/// By rising position.
type Adopted = Vec<(Position, Arc<RuleBook>)>;

impl Books {
    /// Notes a record that adopts a rule book; a record seen before changes nothing.
    pub fn note(&self, record: &Record) {
        let Event::Fact(Fact::RuleBookAdopted(book)) = &record.event else { return };
        self.note_book(record.position, book);
    }

    fn note_book(&self, position: Position, book: &Arc<RuleBook>) {
        let mut books = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let at = books.partition_point(|(adopted, _)| *adopted < position);
        if books.get(at).is_none_or(|(adopted, _)| *adopted != position) {
            books.insert(at, (position, Arc::clone(book)));
        }
    }

    /// The rule book in force at a record.
    pub fn at(&self, position: Position) -> Option<Arc<RuleBook>> {
        let books = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let after = books.partition_point(|(adopted, _)| *adopted <= position);
        after.checked_sub(1).and_then(|it| books.get(it)).map(|(_, book)| Arc::clone(book))
    }

    /// The rule book in force now.
    pub fn newest(&self) -> Option<Arc<RuleBook>> {
        self.at(Position(u64::MAX))
    }
}

/// A log that notes the rule books that pass.
#[derive(Debug)]
pub struct WithBooks<L> {
    log: L,
    books: Books,
}

impl<L> WithBooks<L> {
    /// Puts `books` beside a log.
    pub fn new(log: L, books: Books) -> Self {
        Self { log, books }
    }

    /// The log alone.
    pub fn into_inner(self) -> L {
        self.log
    }
}

impl<L: EventLog> EventLog for WithBooks<L> {
    fn append(&mut self, records: &[Record]) -> Result<(), PortError> {
        self.log.append(records)?;
        for record in records {
            self.books.note(record);
        }
        Ok(())
    }

    fn read(&self, from: Position) -> Result<Records<'_>, PortError> {
        let records = self.log.read(from)?;
        Ok(Box::new(records.inspect(|record| {
            if let Ok(record) = record {
                self.books.note(record);
            }
        })))
    }

    fn recall(&mut self) -> Option<Memory> {
        let memory = self.log.recall()?;
        if let (Some(position), Some(book)) = (memory.adopted_at, memory.airshed.book()) {
            self.books.note_book(position, book);
        }
        Some(memory)
    }

    fn remember(&mut self, memory: &Memory, occasion: Occasion) {
        self.log.remember(memory, occasion);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Timestamp;
    use crate::io::memory::MemoryLog;
    use crate::wire::rule_book::{built_in, parse};

    fn adopted(position: u64, digest: &str) -> Record {
        let mut book = parse(built_in()).unwrap();
        book.digest = digest.into();
        Record {
            position: Position(position),
            happened_at: Timestamp(0),
            recorded_at: Timestamp(0),
            correlation: None,
            causation: None,
            event: Event::Fact(Fact::RuleBookAdopted(Arc::new(book))),
        }
    }

    #[test]
    fn each_record_has_the_book_in_force_when_it_was_made() {
        let books = Books::default();
        let mut log = WithBooks::new(MemoryLog::default(), books.clone());
        assert!(books.newest().is_none());
        log.append(&[adopted(0, "a"), adopted(7, "b")]).unwrap();
        assert_eq!(log.read(Position(0)).unwrap().count(), 2);
        for (position, digest) in [(0, "a"), (6, "a"), (7, "b"), (900, "b")] {
            let book = books.at(Position(position)).unwrap();
            assert_eq!(&*book.digest, digest, "at {position}");
        }
    }
}
