//! What a log on disk survives, and what it refuses to open.

mod carried;
mod snapshot_audit;
pub(super) mod testing;

use std::fs;
use std::path::Path;

use apache_avro::types::Value;
use apache_avro::{Reader, Schema, Writer};
use tempfile::TempDir;

use crate::domain::{Event, Fact};
use crate::engine::{EventLog as _, Position, Record};
use crate::wire::record::SCHEMA;
use crate::wire::record::samples::{first_format, parse, record, second_format, wide_batch};

use self::testing::{again, records, written};
use super::{Options, SegmentError, SegmentLog, SegmentReader, file_name};

const FIRST: Position = Position(0);

fn read(folder: &Path) -> Result<Vec<Record>, SegmentError> {
    SegmentReader::open(folder, FIRST, parse)?.collect()
}

fn segment(folder: &Path) -> std::path::PathBuf {
    folder.join(file_name(FIRST))
}

#[test]
fn what_was_appended_is_read_again() {
    let all = records(40);
    let folder = written(&[&all[..1], &all[1..20], &[], &all[20..39]]);
    assert_eq!(read(folder.path()).unwrap(), all[..39]);
    let mut log = SegmentLog::open(folder.path(), parse).unwrap();
    assert_eq!((log.next(), log.repaired()), (Position(39), None));
    log.append(&all[39..]).unwrap();
    for from in 0..42 {
        let found: Result<Vec<_>, _> = log.read(Position(from)).unwrap().collect();
        assert_eq!(found.unwrap(), all[40.min(usize::try_from(from).unwrap())..]);
    }
}

#[test]
fn segments_follow_one_another() {
    let all = records(100);
    let folder = tempfile::tempdir().unwrap();
    let options = Options { segment_bytes: 1, ..Options::default() };
    for ten in all.chunks(10) {
        let mut log = SegmentLog::open_with(folder.path(), parse, options).unwrap();
        log.append(&ten[..4]).unwrap();
        log.append(&ten[4..]).unwrap();
    }
    assert_eq!(super::segments(folder.path()).unwrap().len(), 20);
    for from in [0, 3, 4, 5, 50, 99] {
        let reader = SegmentReader::open(folder.path(), Position(from), parse).unwrap();
        let found: Result<Vec<_>, _> = reader.collect();
        assert_eq!(found.unwrap(), all[usize::try_from(from).unwrap()..]);
    }
    fs::remove_file(folder.path().join(file_name(Position(44)))).unwrap();
    let missing = read(folder.path()).unwrap_err().to_string();
    assert!(missing.contains("ends before record 44, the next begins with 50"), "{missing}");
}

#[test]
fn equal_records_make_equal_files() {
    let all = records(20);
    let one = written(&[&all[..7], &all[7..]]);
    let other = written(&[&all[..7], &all[7..]]);
    let bytes = |folder: &TempDir| fs::read(segment(folder.path())).unwrap();
    assert_eq!(bytes(&one), bytes(&other));
}

#[test]
fn only_the_next_record_can_be_appended() {
    let all = records(5);
    let folder = written(&[&all[..2]]);
    let mut log = SegmentLog::open(folder.path(), parse).unwrap();
    assert!(log.append(&all[..1]).is_err());
    assert!(log.append(&[all[2].clone(), all[4].clone()]).is_err());
    log.append(&all[2..]).unwrap();
    assert_eq!(read(folder.path()).unwrap(), all);
}

#[test]
fn a_second_writer_is_told_who_the_first_is() {
    let folder = written(&[]);
    let first = SegmentLog::open(folder.path(), parse).unwrap();
    let second = SegmentLog::open(folder.path(), parse).unwrap_err().to_string();
    assert!(second.contains(&format!("process {} already", std::process::id())), "{second}");
    drop(first);
    SegmentLog::open(folder.path(), parse).unwrap();
}

/// Opens a log in which the second of two blocks is not whole. The block is cut off, and the log
/// continues.
fn check_torn(whole: &[u8], torn: &[u8], all: &[Record], go_on: bool) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(segment(folder.path()), torn).unwrap();
    let mut reader = SegmentReader::open(folder.path(), FIRST, parse).unwrap();
    let found: Result<Vec<_>, _> = reader.by_ref().collect();
    assert_eq!(found.unwrap(), all[..3]);
    assert_eq!(reader.torn().unwrap().at, whole.len() as u64);
    if !go_on {
        return;
    }
    let mut log = SegmentLog::open(folder.path(), parse).unwrap();
    assert_eq!(log.repaired(), reader.torn());
    assert_eq!(fs::read(segment(folder.path())).unwrap(), whole);
    log.append(&all[3..]).unwrap();
    drop(log);
    assert_eq!(read(folder.path()).unwrap(), all);
}

#[test]
fn a_last_block_that_is_torn_at_any_byte_is_cut_off() {
    let all = records(13);
    let whole = fs::read(segment(written(&[&all[..3]]).path())).unwrap();
    let bytes = fs::read(segment(written(&[&all[..3], &all[3..]]).path())).unwrap();
    for at in whole.len() + 1..bytes.len() {
        check_torn(&whole, &bytes[..at], &all, at % 8 == 0);
    }
}

#[test]
fn a_last_block_with_garbage_at_any_byte_is_cut_off() {
    let all = records(13);
    let whole = fs::read(segment(written(&[&all[..3]]).path())).unwrap();
    let bytes = fs::read(segment(written(&[&all[..3], &all[3..]]).path())).unwrap();
    for at in whole.len()..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 0x55;
        check_torn(&whole, &changed, &all, at % 8 == 0);
        // From there on, the pages have never come.
        let mut lost = bytes.clone();
        lost[at..].fill(0);
        check_torn(&whole, &lost, &all, at % 16 == 0);
        // What came first has been lost, and the rest has come.
        let mut late = bytes.clone();
        late[whole.len()..=at].fill(0xee);
        check_torn(&whole, &late, &all, at % 16 == 0);
    }
}

#[test]
fn a_changed_byte_before_the_last_block_is_an_error_that_names_the_file() {
    let all = records(39);
    let first = fs::read(segment(written(&[&all[..13]]).path())).unwrap();
    let header = fs::read(segment(written(&[]).path())).unwrap();
    let bytes = fs::read(segment(written(&[&all[..13], &all[13..26], &all[26..]]).path())).unwrap();
    let second = fs::read(segment(written(&[&all[..13], &all[13..26]]).path())).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = segment(folder.path());
    let in_header = (0..header.len()).filter(|at| at % 101 == 0 || header.len() - at < 120);
    let in_blocks = (header.len()..second.len()).step_by(3);
    let around = first.len() - 30..first.len() + 30;
    for at in in_header.chain(in_blocks).chain(around) {
        let mut changed = bytes.clone();
        changed[at] ^= 0x11;
        fs::write(&path, &changed).unwrap();
        // Opening looks at the frames and the last block, reading at everything.
        let opened = SegmentLog::open(folder.path(), parse);
        let found: Result<Vec<_>, String> = match &opened {
            Ok(log) => {
                assert_eq!(log.repaired(), None, "changed at {at}");
                log.read(FIRST).unwrap().map(|it| it.map_err(|it| it.to_string())).collect()
            }
            Err(error) => Err(error.to_string()),
        };
        match found {
            Ok(found) => assert!(at < header.len() && found == all, "changed at {at}"),
            Err(error) => assert!(error.contains("0.avro is damaged at byte"), "{at}: {error}"),
        }
        assert_eq!(fs::read(&path).unwrap(), changed, "it must not be touched");
    }
}

#[test]
fn a_header_that_is_cut_is_an_error() {
    let bytes = fs::read(segment(written(&[&records(2)]).path())).unwrap();
    let header = fs::read(segment(written(&[]).path())).unwrap().len();
    let folder = tempfile::tempdir().unwrap();
    for at in (0..header).step_by(37).chain(header - 40..header) {
        fs::write(segment(folder.path()), &bytes[..at]).unwrap();
        let refused = SegmentLog::open(folder.path(), parse).unwrap_err().to_string();
        assert!(refused.contains("0.avro is damaged at byte"), "{at}: {refused}");
    }
    fs::write(segment(folder.path()), &bytes[..header]).unwrap();
    assert_eq!(SegmentLog::open(folder.path(), parse).unwrap().next(), FIRST);
}

#[test]
fn any_avro_program_reads_our_files_and_we_read_theirs() {
    let all = records(39);
    let folder = written(&[&all[..1], &all[1..]]);
    let bytes = fs::read(segment(folder.path())).unwrap();
    let values: Vec<Value> = Reader::new(&*bytes).unwrap().map(Result::unwrap).collect();
    assert_eq!(values.len(), all.len());
    let schema = Schema::parse_str(SCHEMA).unwrap();
    let mut writer = Writer::new(&schema, Vec::new()).unwrap();
    for value in values {
        writer.append_value(value).unwrap();
    }
    let theirs = tempfile::tempdir().unwrap();
    fs::write(segment(theirs.path()), writer.into_inner().unwrap()).unwrap();
    assert_eq!(read(theirs.path()).unwrap(), all);
}

#[test]
fn a_log_by_another_schema_goes_on_in_a_new_segment() {
    let all = records(39);
    let ours = fs::read(segment(written(&[&all[..26]]).path())).unwrap();
    let length = fs::read(segment(written(&[]).path())).unwrap().len();
    // The same bytes by other words, under a name that makes it another schema.
    let schema = SCHEMA.replace("\"name\": \"city_hour\"", "\"name\": \"city_hour_closed\"");
    let (header, marker) = super::header::header(FIRST, &schema);
    let mut bytes = header;
    let blocks = ours[length..].to_vec();
    let old_marker = &ours[length - 16..length];
    let at = blocks.windows(16).position(|it| it == old_marker).unwrap();
    bytes.extend(&blocks[..at]);
    bytes.extend(marker);
    let folder = tempfile::tempdir().unwrap();
    fs::write(segment(folder.path()), &bytes).unwrap();
    assert_eq!(read(folder.path()).unwrap(), all[..26]);
    fs::write(segment(folder.path()), [&bytes[..], &[3, 4, 5]].concat()).unwrap();
    let mut log = SegmentLog::open(folder.path(), parse).unwrap();
    assert_eq!(log.repaired().unwrap().bytes, 3);
    log.append(&all[26..]).unwrap();
    assert_eq!(super::segments(folder.path()).unwrap().len(), 2);
    assert_eq!(fs::read(segment(folder.path())).unwrap(), bytes);
    assert_eq!(read(folder.path()).unwrap(), all);
}

/// A program that no longer understands a rule book must not take it for a torn tail.
#[test]
fn a_last_block_that_is_whole_but_not_understood_is_not_cut_off() {
    let folder = written(&[&records(1)]);
    let before = fs::read(segment(folder.path())).unwrap();
    let refused = SegmentLog::open(folder.path(), |_| Err("no such key".into())).unwrap_err();
    let refused = refused.to_string();
    assert!(refused.contains("a rule book that cannot be read: no such key"), "{refused}");
    assert_eq!(fs::read(segment(folder.path())).unwrap(), before);
    let mut log = SegmentLog::open(folder.path(), parse).unwrap();
    assert_eq!((log.next(), log.repaired()), (Position(1), None));
    log.append(&records(2)[1..]).unwrap();
    drop(log);
    assert!(fs::read(segment(folder.path())).unwrap().starts_with(&before));
    assert_eq!(read(folder.path()).unwrap(), records(2));
}

/// Old logs open for ever: one of each format. For a new format, under a new name,
/// `AIRSHED_NEW_FORMAT=1 cargo test of_every_format` writes the log first.
#[test]
fn a_log_of_every_format_still_opens() {
    if std::env::var_os("AIRSHED_NEW_FORMAT").is_some() {
        write_golden_log();
    }
    let check = |name: &str, expected: Vec<Record>| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
        assert_eq!(read(&folder).unwrap(), expected, "{name}");
    };
    check("log-v1", again(&first_format(), 26));
    check("log-v2", again(&second_format(), 36));
}

fn write_golden_log() {
    let all = again(&second_format(), 36);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/log-v2");
    fs::create_dir_all(&folder).unwrap();
    let written = written(&[&all[..18], &all[18..]]);
    fs::copy(segment(written.path()), segment(&folder)).unwrap();
}

#[test]
fn a_folder_without_segments_is_no_log_to_read() {
    let folder = tempfile::tempdir().unwrap();
    let refused = read(folder.path()).unwrap_err();
    assert!(matches!(refused, SegmentError::NoLog { .. }), "{refused}");
    assert!(matches!(read(&folder.path().join("not")), Err(SegmentError::NoLog { .. })));
}

#[test]
fn a_large_append_is_one_block() {
    let all: Vec<Record> = (0..50)
        .map(|at| record(at, Event::Fact(Fact::ReadingsReceived(wide_batch(80, 6)))))
        .collect();
    let folder = written(&[&all]);
    assert_eq!(read(folder.path()).unwrap(), all);
}
