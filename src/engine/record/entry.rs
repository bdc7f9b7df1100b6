//! A record with the rule book in force at it: what every fold over a log is given.

use std::sync::Arc;

use crate::domain::{Event, Fact, RuleBook, Rules};

use super::Record;

/// A record and the rule book by which its places are numbered.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Entry {
    /// The record.
    pub record: Record,
    /// The rule book in force at it, for the record of its adoption that book; none before the
    /// first.
    pub book: Option<Arc<RuleBook>>,
}

impl Entry {
    /// The rules in force at it.
    pub fn rules(&self) -> Option<&Rules> {
        self.book.as_ref().map(|it| &it.rules)
    }
}

/// Gives each record of a log, one after another, the rule book in force at it.
#[derive(Clone, Debug, Default)]
pub struct BookInForce(Option<Arc<RuleBook>>);

impl BookInForce {
    /// Begins after records under this rule book.
    pub fn after(book: Option<Arc<RuleBook>>) -> Self {
        Self(book)
    }

    /// The next record with its rule book.
    pub fn entry(&mut self, record: Record) -> Entry {
        if let Event::Fact(Fact::RuleBookAdopted(book)) = &record.event {
            self.0 = Some(Arc::clone(book));
        }
        Entry { record, book: self.0.clone() }
    }
}

/// The entries of a log, read from its first record on.
#[derive(Clone, Debug)]
pub struct Entries<R> {
    records: R,
    book: BookInForce,
}

/// Gives each record of a log the rule book in force at it; the first one is that of the log.
pub fn entries<R, E>(records: R) -> Entries<R>
where
    R: Iterator<Item = Result<Record, E>>,
{
    Entries { records, book: BookInForce::default() }
}

impl<R> Entries<R> {
    /// The reader behind it.
    pub fn into_inner(self) -> R {
        self.records
    }
}

impl<R, E> Iterator for Entries<R>
where
    R: Iterator<Item = Result<Record, E>>,
{
    type Item = Result<Entry, E>;

    fn next(&mut self) -> Option<Self::Item> {
        Some(self.records.next()?.map(|it| self.book.entry(it)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Parameters, Tick, Timestamp};
    use crate::engine::Position;

    fn record(position: u64, event: Event) -> Record {
        Record {
            position: Position(position),
            happened_at: Timestamp(0),
            recorded_at: Timestamp(0),
            correlation: None,
            causation: None,
            event,
        }
    }

    fn book(digest: &str) -> Arc<RuleBook> {
        let rules = Rules {
            airshed: "test".into(),
            parameters: Parameters::defaults(),
            jurisdictions: Vec::new(),
            stations: Vec::new(),
            standards: Vec::new(),
            in_force: Vec::new(),
            indexes: Vec::new(),
            measures: Vec::new(),
            floors: Vec::new(),
            cooperation: None,
        };
        Arc::new(RuleBook { digest: digest.into(), files: Vec::new(), rules })
    }

    #[test]
    fn each_record_has_the_rule_book_in_force_at_it() {
        let adopted = |at, digest| record(at, Event::Fact(Fact::RuleBookAdopted(book(digest))));
        let tick =
            |at| record(at, Event::Fact(Fact::Ticked(Tick { at: Timestamp(0), source: None })));
        let log = [tick(0), adopted(1, "a"), tick(2), adopted(3, "b"), tick(4)];
        let read = entries(log.iter().cloned().map(Ok::<_, ()>));
        let digest = |it: Entry| it.book.map_or("none".to_owned(), |it| it.digest.to_string());
        let found: Vec<String> = read.map(|it| digest(it.unwrap())).collect();
        assert_eq!(found, ["none", "a", "a", "b", "b"]);
    }
}
