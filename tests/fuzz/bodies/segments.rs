//! A folder with anything in its files, opened to read, to verify and to write.

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use airshed::engine::{Position, Record};
use airshed::io::segments::{SegmentError, SegmentLog, SegmentReader, compact, take_up, verify};
use airshed::wire::avro::Put;
use airshed::wire::trust::audit::AuditOptions;

use super::support::{PARSE, with_check};
use super::trust::key;

/// The header of a segment by our own schema; it ends with the marker.
static HEADER: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a place for files");
    drop(SegmentLog::open(folder.path(), PARSE).expect("a new log"));
    fs::read(folder.path().join("00000000000000000000.avro")).expect("its segment")
});

const MARKER_BYTES: usize = 16;

/// A file is one byte for its name, one for how its bytes are taken, two for how many there are,
/// and these bytes.
pub(crate) fn fuzz(data: &[u8]) {
    let folder = tempfile::tempdir().expect("a place for files");
    let mut rest = data;
    let mut files = 0;
    while let Some(([name, how, low, high], bytes)) = rest.split_first_chunk() {
        let size = usize::from(u16::from_le_bytes([*low, *high])).min(bytes.len());
        let (own, after) = bytes.split_at(size);
        rest = after;
        put(folder.path(), *name, *how, own);
        files += 1;
        if files == 8 {
            break;
        }
    }
    open(folder.path());
}

/// Puts bytes at the end of a file.
fn put(folder: &Path, name: u8, how: u8, bytes: &[u8]) {
    let name = match name % 9 {
        0..=2 => "00000000000000000000.avro".to_owned(),
        3 => format!("{:020}.avro", bytes.first().copied().unwrap_or(1)),
        4 => format!("{:020}.avro", u64::MAX - u64::from(bytes.first().copied().unwrap_or(0) % 3)),
        5 => "tree".to_owned(),
        6 => "checkpoints".to_owned(),
        7 => "snapshot".to_owned(),
        _ => "lock".to_owned(),
    };
    let path = folder.join(name);
    let mut file = fs::read(&path).unwrap_or_default();
    match how % 4 {
        0 => file.extend_from_slice(bytes),
        1 => {
            file.extend_from_slice(&HEADER);
            file.extend_from_slice(bytes);
        }
        // A block of one record, with its check.
        2 => {
            let record = with_check(bytes);
            let mut put = Put(&mut file);
            put.count(1);
            put.count(record.len());
            file.extend_from_slice(&record);
            file.extend_from_slice(&HEADER[HEADER.len() - MARKER_BYTES..]);
        }
        _ => {
            let kept = file.len().saturating_sub(bytes.len());
            file.truncate(kept);
        }
    }
    fs::write(path, file).expect("a place for files");
}

/// Reading ends, with or without an error; what opens to be written is whole from then on.
fn open(folder: &Path) {
    let options = AuditOptions::default();
    let first = verify(folder, PARSE, &options, &mut |_, _| {});
    let read = || -> Result<Vec<Record>, SegmentError> {
        SegmentReader::open(folder, Position(0), PARSE)?.collect()
    };
    let before = read();
    if let Ok(taken) = take_up(folder, PARSE) {
        drop(taken);
    }
    if let Ok(Ok(whole)) = &first {
        assert_eq!(before.as_ref().map(Vec::len).ok(), usize::try_from(whole.records).ok());
    }
    if let Ok(from) = SegmentReader::open(folder, Position(3), PARSE) {
        assert!(from.take_while(Result::is_ok).flatten().all(|it| it.position >= Position(3)));
    }
    let Ok(mut log) = SegmentLog::open(folder, PARSE) else { return };
    let _why = log.sign(key());
    drop(log);
    let after_repair = read().ok();
    if let Ok(before) = before {
        assert_eq!(after_repair, Some(before), "what could be read can be read");
    }
    // What follows from the records can be made again, and they stay as they are.
    let compacted = compact(folder, PARSE, |_, _| {});
    assert_eq!(read().ok(), after_repair);
    if let Ok(compacted) = compacted {
        let taken = take_up(folder, PARSE).expect("it was read");
        assert!(!taken.found.is_wrong(), "{}", taken.found);
        assert!(taken.memory.next <= compacted.memory.next);
    }
}
