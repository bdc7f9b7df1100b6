//! What is carried over from another log is the same log, whatever interrupts it.

use std::fs;
use std::path::Path;

use super::testing::signed;
use crate::engine::{EventLog as _, Position, Record};
use crate::io::segments::{SegmentLog, SegmentReader, checkpoints, read_checkpoints, segments};
use crate::wire::append::{Append, Carried};
use crate::wire::log_reader::LogReader as _;
use crate::wire::record::samples::parse;
use crate::wire::record::{SCHEMA, encode};
use crate::wire::trust::note::Note;

fn appends(folder: &Path) -> Vec<Append> {
    let mut reader = SegmentReader::open(folder, Position(0), parse).unwrap();
    let (mut appends, mut records) = (Vec::new(), Vec::new());
    while let Some(record) = reader.next().transpose().unwrap() {
        let (position, kind) = (record.position.0, record.event.record_type());
        records.push(Carried { position, kind, bytes: reader.bytes().to_vec() });
        if reader.ends_append() {
            let (schema, records) = (reader.schema().into(), std::mem::take(&mut records));
            appends.push(Append { schema, records });
        }
    }
    appends
}

fn notes(folder: &Path) -> Vec<Note> {
    read_checkpoints(folder).unwrap().notes.into_iter().map(|(_, it)| it.unwrap()).collect()
}

fn carry(folder: &Path, appends: &[Append]) {
    let mut log = SegmentLog::open(folder, parse).unwrap();
    for append in appends {
        log.carry(append).unwrap();
    }
}

#[test]
fn what_is_carried_over_makes_the_same_files() {
    let (from, all) = signed(&[7, 3, 6, 13]);
    let appends = appends(from.path());
    assert_eq!(appends.iter().map(|it| it.records.len()).collect::<Vec<_>>(), [7, 3, 6, 13]);
    let to = tempfile::tempdir().unwrap();
    carry(to.path(), &appends[..1]);
    carry(to.path(), &appends[1..]);
    let mut log = SegmentLog::open(to.path(), parse).unwrap();
    log.carry_checkpoints(&notes(from.path())).unwrap();
    let again = log.carry(&appends[2]).unwrap_err().to_string();
    assert!(again.contains("record 10 was to be added where record 29 comes next"), "{again}");
    drop(log);
    for file in ["00000000000000000000.avro", "tree", "checkpoints"] {
        let read = |folder: &Path| fs::read(folder.join(file)).unwrap();
        assert!(read(from.path()) == read(to.path()), "{file}");
    }
    assert_eq!(all.len(), 29);
}

#[test]
fn our_own_records_follow_those_of_another_schema_in_a_new_segment() {
    let (from, all) = signed(&[7, 3, 6]);
    let mut appends = appends(from.path());
    let other = SCHEMA.replace("\"name\": \"city_hour\"", "\"name\": \"city_hour_closed\"");
    assert_ne!(other, SCHEMA);
    appends[0].schema = other.into();
    let to = tempfile::tempdir().unwrap();
    let mut log = SegmentLog::open(to.path(), parse).unwrap();
    log.carry(&appends[0]).unwrap();
    log.append(&all[7..10]).unwrap();
    log.carry(&appends[2]).unwrap();
    assert_eq!(segments(to.path()).unwrap().len(), 2);
    let mut reader = SegmentReader::open(to.path(), Position(0), parse).unwrap();
    for record in &all {
        let same = |found: &Record, bytes: &[u8]| {
            let mut ours = Vec::new();
            encode(record, &mut ours);
            found == record && bytes == ours
        };
        let found = reader.next().unwrap().unwrap();
        assert!(same(&found, reader.bytes()), "{}", record.position.0);
    }
}

#[test]
fn checkpoints_that_were_carried_in_part_go_on_and_others_are_refused() {
    let (from, _) = signed(&[7, 3, 6, 13]);
    let notes = notes(from.path());
    let whole = fs::read(checkpoints::path(from.path())).unwrap();
    for length in 0..whole.len() {
        let to = tempfile::tempdir().unwrap();
        let path = checkpoints::path(to.path());
        fs::write(&path, &whole[..length]).unwrap();
        checkpoints::carry(to.path(), &notes).unwrap();
        assert!(fs::read(&path).unwrap() == whole, "{length}");
        let refused = checkpoints::carry(to.path(), &notes[1..]).unwrap_err().to_string();
        assert!(refused.contains("not the checkpoint that the log"), "{refused}");
        if length > 200 {
            break;
        }
    }
}
