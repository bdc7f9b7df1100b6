//! A snapshot that lies about the log is found by `verify`.

use std::fs;
use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::testing::records;
use crate::engine::{EventLog as _, Memory, Occasion, Position};
use crate::io::segments::{SegmentLog, snapshot, verify};
use crate::wire::record::samples::parse;
use crate::wire::trust::audit::{AuditOptions, Fault};

/// A forged snapshot can have valid checksums; only a fold shows that it is forged.
#[test]
fn a_forged_state_with_sums_that_fit_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let mut log = SegmentLog::open(folder.path(), parse).unwrap();
    let mut memory = Memory::default();
    for record in &records(26) {
        log.append(std::slice::from_ref(record)).unwrap();
        memory.evolve(record).unwrap();
    }
    log.save_snapshot(&memory, Occasion::End);
    drop(log);
    let fault =
        || verify(folder.path(), parse, &AuditOptions::default(), &mut |_, _| {}).unwrap().err();
    assert_eq!(fault(), None);
    let path = snapshot::path(folder.path());
    let whole = fs::read(&path).unwrap();
    memory.airshed.orders.epoch += 39;
    let root = whole[whole.len() - 32..].try_into().unwrap();
    drop(snapshot::write(folder.path(), &memory, &root));
    // With the root of the log.
    let mut forged = fs::read(&path).unwrap();
    let head = forged.windows(32).position(|it| it == root).unwrap();
    forged[head..head + 32].copy_from_slice(&whole[head..head + 32]);
    let end = forged.len() - 32;
    let check = Sha256::digest(&forged[..end]);
    forged[end..].copy_from_slice(&check);
    fs::write(&path, forged).unwrap();
    let found_fault = fault().unwrap();
    assert!(
        found_fault.file.ends_with("snapshot") && found_fault.position == Position(25),
        "{found_fault:?}"
    );
    assert!(found_fault.what.contains("not the state"), "{found_fault:?}");
}

/// A log of 26 records with a snapshot of the first 20.
fn with_snapshot() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut log = SegmentLog::open(folder.path(), parse).unwrap();
    let mut memory = Memory::default();
    for record in &records(26) {
        log.append(std::slice::from_ref(record)).unwrap();
        memory.evolve(record).unwrap();
        if record.position == Position(19) {
            log.save_snapshot(&memory, Occasion::End);
        }
    }
    folder
}

fn fault(folder: &Path) -> Option<Fault> {
    verify(folder, parse, &AuditOptions::default(), &mut |_, _| {}).unwrap().err()
}

#[test]
fn a_snapshot_that_is_damaged_at_any_byte_is_reported() {
    let folder = with_snapshot();
    assert_eq!(fault(folder.path()), None);
    let path = snapshot::path(folder.path());
    let whole = fs::read(&path).unwrap();
    for at in (0..300).chain((300..whole.len()).step_by(211)).chain(whole.len() - 40..whole.len()) {
        let mut flipped = whole.clone();
        flipped[at] ^= 1 << (at % 8);
        for changed in [&flipped[..], &whole[..at]] {
            fs::write(&path, changed).unwrap();
            let found = fault(folder.path()).unwrap_or_else(|| panic!("byte {at}: no word"));
            assert!(found.damaged_snapshot && found.file == path, "{found:?}");
        }
    }
    // One that another version wrote, and that is whole, is not damaged.
    let mut other = whole[..whole.len() - 32].to_vec();
    other[17] = b'9';
    let check = Sha256::digest(&other);
    other.extend_from_slice(&check);
    fs::write(&path, other).unwrap();
    assert_eq!(fault(folder.path()), None);
}

#[test]
fn a_snapshot_of_records_that_are_gone_tells_that_they_are() {
    let (folder, shorter) = (with_snapshot(), tempfile::tempdir().unwrap());
    let mut log = SegmentLog::open(shorter.path(), parse).unwrap();
    log.append(&records(10)).unwrap();
    drop(log);
    fs::copy(snapshot::path(folder.path()), snapshot::path(shorter.path())).unwrap();
    let found = fault(shorter.path()).unwrap();
    assert!(!found.damaged_snapshot, "{found:?}");
    assert!(found.what.contains("it knows 20 records, the log ends before record 10"));
}

/// What is wrong with the records comes first.
#[test]
fn a_damaged_snapshot_hides_no_damaged_record() {
    let folder = with_snapshot();
    fs::write(snapshot::path(folder.path()), "nonsense").unwrap();
    let segment = folder.path().join("00000000000000000000.avro");
    let mut bytes = fs::read(&segment).unwrap();
    let end = bytes.len() - 30;
    bytes[end] ^= 1;
    fs::write(&segment, bytes).unwrap();
    let found = fault(folder.path()).unwrap();
    assert_eq!(found.file, segment, "{found:?}");
}
