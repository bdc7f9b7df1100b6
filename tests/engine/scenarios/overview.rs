//! The newest state of each jurisdiction and what is sent, folded from a whole log and from the few
//! records that its marks name.

use std::collections::BTreeMap;
use std::sync::Arc;

use airshed::engine::projection::{Channel, Grounds, Overview, messages};
use airshed::engine::{BookInForce, Entry, Memory, Position, Record};
use airshed::wire::publication;

use super::adopted::{bad_week, changed, one_more};

/// What would be published of an overview.
fn published(overview: &mut Overview) -> Vec<String> {
    overview.standings().values().map(|it| publication::standing(it).to_string()).collect()
}

fn entries(records: &[Record]) -> Vec<Arc<Entry>> {
    let mut book = BookInForce::default();
    records.iter().map(|it| Arc::new(book.entry(it.clone()))).collect()
}

/// The overview of the records that the marks name, as a start with a snapshot makes it.
fn from_marks(memory: &Memory, records: &[Record]) -> Vec<String> {
    let marked = memory.marks.records();
    assert!(marked.len() < 60, "{} records", marked.len());
    let read = |it: &Position| records[usize::try_from(it.0).unwrap()].clone();
    let marked: Vec<Record> = marked.iter().map(read).collect();
    let mut overview = Overview::default();
    for entry in entries(&marked) {
        overview.take(&entry);
    }
    published(&mut overview)
}

/// At each place at which a log can end, a few records make the overview of the whole log.
#[test]
fn an_overview_rests_on_a_few_records() {
    let old = bad_week();
    let new = one_more(bad_week());
    let records = changed(&old, &new, 70);
    assert!(records.len() > 300, "{} records", records.len());
    let (mut memory, mut overview) = (Memory::default(), Overview::default());
    let (mut grounds, mut last) = (Grounds::default(), BTreeMap::<Channel, Position>::new());
    for (entry, end) in entries(&records).iter().zip(1..) {
        memory.evolve(&entry.record).unwrap();
        overview.take(entry);
        grounds.note(&entry.record);
        for message in messages(entry, &grounds, memory.marks.involved()) {
            last.insert(message.channel, entry.record.position);
        }
        // Where hours close and acts are decided every record counts; else some are enough.
        if end % 7 == 0 || !entry.record.event.is_fact() {
            let whole = published(&mut overview);
            assert_eq!(from_marks(&memory, &records[..end]), whole, "after {end} records");
        }
        assert_eq!(memory.marks.sent().collect::<BTreeMap<_, _>>(), last, "after {end} records");
    }
    assert!(last.keys().any(|it| matches!(it, Channel::Orders(_))), "{last:?}");
    assert!(last.keys().any(|it| matches!(it, Channel::Alerts(_))), "{last:?}");
    assert!(overview.standings().len() > 10);
}
