//! Logs for tests.

use tempfile::TempDir;

use crate::domain::{Event, Fact};
use crate::engine::{EventLog as _, Position, Record};
use crate::wire::record::samples::{first_format, parse};
use crate::wire::trust::key::SignerKey;

use crate::io::segments::{Options, SegmentLog};

/// The kinds of records that the first format knew, over and over, with positions that go on.
pub(in crate::io::segments) fn records(count: u64) -> Vec<Record> {
    again(&first_format(), count)
}

/// Some records over and over, with positions that go on.
pub(in crate::io::segments) fn again(each: &[Record], count: u64) -> Vec<Record> {
    let each = each.iter().cloned().cycle();
    (0..count).zip(each).map(|(at, it)| Record { position: Position(at), ..it }).collect()
}

/// The same without what cannot be folded: the rules of those records know no jurisdiction that
/// could be excluded.
pub(in crate::io::segments) fn foldable(count: u64) -> Vec<Record> {
    let mut each = first_format();
    each.retain(|it| !matches!(it.event, Event::Fact(Fact::IntervalExcluded(_))));
    again(&each, count)
}

/// A log of these appends.
pub(in crate::io::segments) fn written(blocks: &[&[Record]]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut log = SegmentLog::open(folder.path(), parse).unwrap();
    for block in blocks {
        log.append(block).unwrap();
    }
    folder
}

/// A signed log of appends of these lengths, and its records.
pub(in crate::io::segments) fn signed(appends: &[usize]) -> (TempDir, Vec<Record>) {
    let all = records(appends.iter().sum::<usize>() as u64);
    signed_of(all, appends, Options::default())
}

/// The same of these records.
pub(in crate::io::segments) fn signed_of(
    all: Vec<Record>,
    appends: &[usize],
    options: Options,
) -> (TempDir, Vec<Record>) {
    let folder = tempfile::tempdir().unwrap();
    let mut log = SegmentLog::open_with(folder.path(), parse, options).unwrap();
    log.sign(SignerKey::new("bth", [7; 32], false).unwrap()).unwrap();
    let mut rest = &all[..];
    for length in appends {
        let (now, later) = rest.split_at(*length);
        log.append(now).unwrap();
        rest = later;
    }
    (folder, all)
}
