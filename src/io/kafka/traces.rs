//! The traces that messages belong to, from the inbox to what is published. A trace is known by the
//! header `traceparent` of W3C Trace Context; nothing of it is in the log.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::SystemTime;

use crate::domain::{Event, Stream};
use crate::engine::{Position, Record};

use super::voice::locked;

/// The header.
pub(super) const HEADER: &str = "traceparent";
/// The length of version 00 of the header. Others are not passed on.
const LENGTH: usize = 55;
/// So many messages may wait for their record; the traces of others are not followed.
const WAITING_MAX: usize = 10_000;
/// The traces of so many records are known, for what is published of them.
const LEAVING_MAX: usize = 1_000;

/// What inbox, log and outbox know of traces. All clones know the same.
#[derive(Clone, Debug, Default)]
pub struct Traces(Arc<Mutex<Table>>);

#[derive(Debug, Default)]
struct Table {
    /// Messages that are not in the log yet, by their offsets.
    came: BTreeMap<Stream, BTreeMap<u64, Came>>,
    waiting: usize,
    /// The last message of each stream that is in the log: it may have further records.
    last: BTreeMap<Stream, (u64, Came)>,
    /// Records of messages, and what their outputs belong to.
    leaving: VecDeque<(Position, Arc<str>)>,
}

/// A message of a trace.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Came {
    /// The header.
    pub parent: Arc<str>,
    /// When the message was received.
    pub at: SystemTime,
}

impl Traces {
    fn table(&self) -> MutexGuard<'_, Table> {
        locked(&self.0)
    }

    /// A message with this header was received.
    #[expect(clippy::disallowed_methods, reason = "When a span began decides nothing.")]
    pub(super) fn came(&self, stream: &Stream, offset: u64, parent: &str) {
        let mut table = self.table();
        if parent.len() != LENGTH || table.waiting >= WAITING_MAX {
            return;
        }
        let came = Came { parent: parent.into(), at: SystemTime::now() };
        let of_stream = table.came.entry(stream.clone()).or_default();
        if of_stream.insert(offset, came).is_none() {
            table.waiting += 1;
        }
    }

    /// The messages that these records are of, each with its record. Of many messages in one record,
    /// it is the last one that has a trace.
    pub fn taken(&self, records: &[Record]) -> Vec<(Position, Came)> {
        let mut guard = self.table();
        let table = &mut *guard;
        let mut found = Vec::new();
        for record in records {
            let Event::Fact(fact) = &record.event else { continue };
            let Some((stream, offset)) = fact.source() else { continue };
            if let Some(of_stream) = table.came.get_mut(stream) {
                let later = of_stream.split_off(&(offset + 1));
                let mut taken = std::mem::replace(of_stream, later);
                table.waiting -= taken.len();
                if let Some(newest) = taken.pop_last() {
                    table.last.insert(stream.clone(), newest);
                    found.extend(table.last.get(stream).map(|it| (record.position, it.1.clone())));
                    continue;
                }
            }
            let same = table.last.get(stream).filter(|it| it.0 == offset);
            found.extend(same.map(|it| (record.position, it.1.clone())));
        }
        found
    }

    /// What is published because of a record belongs to this trace.
    pub fn leave(&self, record: Position, parent: &str) {
        let mut table = self.table();
        table.leaving.push_back((record, parent.into()));
        if table.leaving.len() > LEAVING_MAX {
            table.leaving.pop_front();
        }
    }

    /// The header of what is published of a record.
    pub(super) fn of(&self, record: &Record) -> Option<Arc<str>> {
        let set_off = record.correlation.unwrap_or(record.position);
        let table = self.table();
        let mut newest = table.leaving.iter().rev();
        newest.find(|it| it.0 == set_off).map(|it| Arc::clone(&it.1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Fact, Reason, Refusal, Timestamp};

    const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    fn record(position: u64, stream: &Stream, offset: u64) -> Record {
        let source = Some(stream.at(offset));
        let (excerpt, hour) = (String::new(), None);
        let reason = Reason::Unreadable;
        Record {
            position: Position(position),
            happened_at: Timestamp(0),
            recorded_at: Timestamp(0),
            correlation: None,
            causation: None,
            event: Event::Fact(Fact::InputRefused(Refusal {
                reason,
                source,
                hour,
                excerpt,
                count: 1,
            })),
        }
    }

    fn header(number: usize) -> String {
        PARENT.replace("b7ad", &format!("{number:04}"))
    }

    #[test]
    fn a_trace_goes_from_a_message_by_its_record_to_what_is_published() {
        let (traces, stream) = (Traces::default(), Stream::topic("a", 0));
        for (number, offset) in [3, 4, 9].into_iter().enumerate() {
            traces.came(&stream, offset, &header(number));
        }
        traces.came(&stream, 5, "no header");
        let other = record(1, &Stream::topic("a", 1), 4);
        let found = traces.taken(&[other, record(2, &stream, 2), record(3, &stream, 5)]);
        let found: Vec<_> = found.iter().map(|(at, it)| (at.0, &*it.parent)).collect();
        assert_eq!(found, [(3, &*header(1))]);
        traces.leave(Position(3), &header(7));
        let mut decided = record(4, &stream, 0);
        assert_eq!(traces.of(&decided), None);
        decided.correlation = Some(Position(3));
        assert_eq!(traces.of(&decided).as_deref(), Some(&*header(7)));
        assert_eq!(traces.taken(&[record(5, &stream, 9), record(6, &stream, 9)]).len(), 2);
        assert_eq!(traces.taken(&[record(7, &stream, 100)]), []);
    }

    #[test]
    fn what_is_known_is_bounded() {
        let (traces, stream) = (Traces::default(), Stream::topic("a", 0));
        for offset in 0..20_000 {
            traces.came(&stream, offset, PARENT);
            traces.leave(Position(offset), PARENT);
        }
        let table = traces.table();
        assert_eq!((table.waiting, table.leaving.len()), (WAITING_MAX, LEAVING_MAX));
        assert_eq!(table.came[&stream].len(), WAITING_MAX);
    }
}
