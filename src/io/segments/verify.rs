//! Is the log whole? One pass over everything, up to the first fault.

use std::path::Path;

use crate::engine::{PortError, Position};
use crate::wire::record::ParseRules;
use crate::wire::trust::audit::{Audit, AuditOptions, Fault, Intact};
use crate::wire::trust::verify::{LogUnderAudit, verify as verify_log};

use super::lock::Lock;
use super::{SegmentError, SegmentReader, checkpoints, file_name, segments, snapshot, tree};

/// Reads a whole log, its tree and its checkpoints. While a writer is at work, an incomplete end is
/// no fault. `look` gets now and then how many bytes of how many are read.
pub fn verify(
    folder: &Path,
    parse: ParseRules,
    options: &AuditOptions,
    look: &mut dyn FnMut(u64, u64),
) -> Result<Result<Intact, Fault>, PortError> {
    let live = Lock::is_held(folder);
    match verify_once(folder, parse, options, look, live)? {
        // A writer has come meanwhile: what it has added was not there when we began.
        Err(_) if !live && Lock::is_held(folder) => verify_once(folder, parse, options, look, true),
        verdict => Ok(verdict),
    }
}

fn verify_once(
    folder: &Path,
    parse: ParseRules,
    options: &AuditOptions,
    look: &mut dyn FnMut(u64, u64),
    live: bool,
) -> Result<Result<Intact, Fault>, PortError> {
    match try_verify(folder, parse, options, look, live) {
        // No log is whole of which a file cannot be read.
        Err(Failed::Segments(SegmentError::Io { what, path, error })) => {
            let what = format!("cannot {what} it: {error}");
            Ok(Err(Fault::new(path, None, Position(0), what)))
        }
        Err(Failed::Segments(error)) => Err(error.into()),
        Err(Failed::Port(error)) => Err(error),
        Ok(verdict) => Ok(verdict),
    }
}

/// Why there is no verdict.
enum Failed {
    Segments(SegmentError),
    Port(PortError),
}

impl From<SegmentError> for Failed {
    fn from(error: SegmentError) -> Self {
        Self::Segments(error)
    }
}

impl From<PortError> for Failed {
    fn from(error: PortError) -> Self {
        Self::Port(error)
    }
}

fn try_verify(
    folder: &Path,
    parse: ParseRules,
    options: &AuditOptions,
    look: &mut dyn FnMut(u64, u64),
    live: bool,
) -> Result<Result<Intact, Fault>, Failed> {
    // What follows from the records is read first: it is never ahead of what is read later.
    let mut checkpoints = checkpoints::read(folder)?;
    let tree = tree::audit(folder)?;
    let snapshot = snapshot::audit(folder);
    let Some((first, path)) = segments(folder)?.into_iter().next() else {
        let file = folder.join(file_name(Position(0)));
        return Ok(Err(Fault::new(file, Some(0), Position(0), "no log")));
    };
    if first != Position(0) {
        let what = format!("the log begins with record {}", first.0);
        return Ok(Err(Fault::new(path, Some(0), Position(0), what)));
    }
    if live && checkpoints.notes.is_empty() {
        // A writer at work has made the file and is about to write the first one.
        checkpoints.end = None;
    }
    let mut reader = SegmentReader::open(folder, Position(0), parse)?;
    let log = LogUnderAudit {
        reader: &mut reader,
        checkpoints,
        tree,
        has_tree: true,
        snapshot,
        live,
        may_be_torn: live,
        signed_meanwhile: &|audit| Ok(live && is_signed_meanwhile(folder, audit)?),
    };
    Ok(verify_log(log, options, look)?)
}

/// Whether a writer at work has signed, since the reading began, what it had appended before. Once
/// there is a checkpoint, the next one is its writer's business.
fn is_signed_meanwhile(folder: &Path, audit: &Audit) -> Result<bool, SegmentError> {
    let stored = checkpoints::read(folder)?;
    Ok(audit.signed().1 > 0 || stored.readable().any(|(_, it)| audit.is_made_up_by(it)))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::domain::{Event, Fact};
    use crate::engine::{EventLog as _, Record};
    use crate::io::segments::SegmentLog;
    use crate::io::segments::tests::testing::{records, signed};
    use crate::wire::record::samples::parse;
    use crate::wire::trust::audit::ExternalCheckpoint;
    use crate::wire::trust::key::SignerKey;
    use crate::wire::trust::note::Note;

    const FILES: [&str; 3] = ["00000000000000000000.avro", "tree", "checkpoints"];

    fn key(number: u8) -> SignerKey {
        SignerKey::new("bth", [number; 32], false).unwrap()
    }

    fn options() -> AuditOptions {
        AuditOptions { keys: vec![key(7).verifier()], against: Vec::new() }
    }

    fn fault(folder: &Path, options: &AuditOptions) -> Option<Fault> {
        verify(folder, parse, options, &mut |_, _| {}).unwrap().err()
    }

    /// Whether a log is refused, or it is said what a kill or a full disk may have left: hashes
    /// that are missing, or bytes of an append that was never durable.
    fn is_noticed(folder: &Path, file: &str) -> bool {
        match verify(folder, parse, &options(), &mut |_, _| {}).unwrap() {
            Err(_) => true,
            Ok(whole) => match file {
                "tree" => whole.unhashed > 0,
                "checkpoints" => false,
                _ => whole.torn_bytes > 0,
            },
        }
    }

    fn kept(folder: &Path) -> Vec<ExternalCheckpoint> {
        let file = folder.join(FILES[2]);
        let text = fs::read_to_string(&file).unwrap();
        let kept = |(byte, note): (usize, Result<Note, _>)| ExternalCheckpoint {
            file: "elsewhere".into(),
            byte: byte as u64,
            note: note.unwrap(),
        };
        Note::all(&text).map(kept).collect()
    }

    /// Every way in which bytes can go wrong at one place.
    fn damages(bytes: &[u8], at: usize) -> Vec<(&'static str, Vec<u8>)> {
        let (mut flipped, mut dropped, mut doubled) =
            (bytes.to_vec(), bytes.to_vec(), bytes.to_vec());
        flipped[at] ^= 1 << (at % 8);
        dropped.remove(at);
        doubled.insert(at, bytes[at]);
        let mut all = vec![
            ("flipped", flipped),
            ("dropped", dropped),
            ("doubled", doubled),
            ("truncated", bytes[..at].to_vec()),
        ];
        if at + 1 < bytes.len() && bytes[at] != bytes[at + 1] {
            let mut swapped = bytes.to_vec();
            swapped.swap(at, at + 1);
            all.push(("swapped", swapped));
        }
        all
    }

    /// Damages one file of a log at these places: each time, that very file is at fault, or the
    /// one that it no longer fits.
    fn check(folder: &Path, file: &str, places: impl Iterator<Item = usize>) {
        let path = folder.join(file);
        let bytes = fs::read(&path).unwrap();
        for at in places {
            for (deed, changed) in damages(&bytes, at) {
                fs::write(&path, changed).unwrap();
                let noticed = is_noticed(folder, file);
                assert!(noticed, "{file}: byte {at} was {deed}, and this was not noticed");
            }
        }
        fs::write(&path, &bytes).unwrap();
        assert_eq!(fault(folder, &options()), None);
    }

    /// The same at every byte of a segment, a quarter of them in each of four copies.
    fn check_each(segment: &Path) {
        let places = fs::read(segment).unwrap().len();
        let part = |part: usize| {
            let folder = tempfile::tempdir().unwrap();
            for file in FILES {
                fs::copy(segment.with_file_name(file), folder.path().join(file)).unwrap();
            }
            check(folder.path(), FILES[0], (part..places).step_by(4));
        };
        std::thread::scope(|scope| {
            for it in 0..4 {
                scope.spawn(move || part(it));
            }
        });
    }

    #[test]
    fn whatever_goes_wrong_at_any_byte_of_a_small_log_is_found() {
        let (folder, all) = signed(&[7, 3, 6]);
        let folder = folder.path();
        let whole = verify(folder, parse, &options(), &mut |_, _| {}).unwrap().unwrap();
        assert_eq!((whole.records, whole.signed, whole.checkpoints), (all.len() as u64, 16, 2));
        let length = |file: &str| fs::read(folder.join(file)).unwrap().len();
        check_each(&folder.join(FILES[0]));
        check(folder, FILES[1], 0..length(FILES[1]));
        check(folder, FILES[2], 0..length(FILES[2]));
    }

    #[test]
    fn whatever_goes_wrong_at_random_places_of_a_larger_log_is_found() {
        let appends: Vec<usize> = (0..200).map(|it| 1 + it * 7 % 23).collect();
        let (folder, _) = signed(&appends);
        let mut random = 42_u64;
        let mut dice = move |below: usize| {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            usize::try_from(random % below as u64).unwrap()
        };
        for file in FILES {
            let path = folder.path().join(file);
            let bytes = fs::read(&path).unwrap();
            let places: Vec<usize> = (0..8).map(|_| dice(bytes.len())).collect();
            check(folder.path(), file, places.into_iter());
            // Whole stretches: gone, twice there, or exchanged.
            for _ in 0..8 {
                let mut cuts = [dice(bytes.len()), dice(bytes.len()), dice(bytes.len())];
                cuts.sort_unstable();
                let (a, b, c, d) = (
                    &bytes[..cuts[0]],
                    &bytes[cuts[0]..cuts[1]],
                    &bytes[cuts[1]..cuts[2]],
                    &bytes[cuts[2]..],
                );
                for changed in [[a, c, d, &[]], [a, b, b, d], [a, c, b, d]] {
                    let changed = changed.concat();
                    fs::write(&path, &changed).unwrap();
                    assert!(changed == bytes || is_noticed(folder.path(), file));
                }
            }
            fs::write(&path, &bytes).unwrap();
        }
        assert_eq!(fault(folder.path(), &options()), None);
    }

    /// What a kill, a power cut or a full disk leaves of the hashes: the records are whole.
    #[test]
    fn hashes_that_are_missing_are_no_fault_and_are_counted() {
        let (folder, _) = signed(&[7, 3, 6]);
        let path = folder.path().join(FILES[1]);
        let whole = fs::read(&path).unwrap();
        let check = |bytes: &[u8], unhashed: u64| {
            fs::write(&path, bytes).unwrap();
            let found = verify(folder.path(), parse, &options(), &mut |_, _| {}).unwrap().unwrap();
            assert_eq!((found.records, found.unhashed, found.tree), (16, unhashed, Some(true)));
        };
        let stored = |leaves| usize::try_from(crate::wire::trust::tree::stored(leaves)).unwrap();
        let zeros = |from: usize| {
            let mut bytes = whole.clone();
            bytes[from..].fill(0);
            bytes
        };
        check(&whole, 0);
        for records in 0..16_u64 {
            let at = 32 * (1 + stored(records));
            check(&whole[..at], 16 - records);
            check(&whole[..at + 5], 16 - records);
            check(&zeros(at), 16 - records);
        }
        for at in [0, 1, 20, 31] {
            check(&whole[..at], 16);
        }
        check(&zeros(0), 16);
        // The hashes of fewer records do not hide that records are gone, or are others.
        let segment = folder.path().join(FILES[0]);
        let records = fs::read(&segment).unwrap();
        fs::write(&path, &whole[..32]).unwrap();
        for at in [records.len() / 2, records.len() - 1] {
            fs::write(&segment, &records[..at]).unwrap();
            assert!(fault(folder.path(), &options()).is_some(), "{at}");
        }
    }

    /// An append that was never durable is no part of the log; one that was and is torn now is
    /// missed.
    #[test]
    fn the_beginning_of_an_append_that_was_never_durable_is_no_fault() {
        let all = records(16);
        let folder = crate::io::segments::tests::testing::written(&[&all[..7]]);
        let longer = crate::io::segments::tests::testing::written(&[&all[..7], &all[7..]]);
        let segment = folder.path().join(FILES[0]);
        let (one, two) =
            (fs::read(&segment).unwrap(), fs::read(longer.path().join(FILES[0])).unwrap());
        let verdict =
            || verify(folder.path(), parse, &AuditOptions::default(), &mut |_, _| {}).unwrap();
        for bytes in [1, 20, two.len() - one.len() - 1] {
            fs::write(&segment, &two[..one.len() + bytes]).unwrap();
            let found = verdict().unwrap();
            assert_eq!((found.records, found.torn_bytes), (7, bytes as u64));
        }
        let tree = folder.path().join(FILES[1]);
        fs::copy(longer.path().join(FILES[1]), &tree).unwrap();
        assert!(verdict().unwrap_err().what.contains("no whole append"));
        fs::remove_file(&tree).unwrap();
        assert!(verdict().unwrap_err().what.contains("no whole append"), "nothing vouches for it");
    }

    #[test]
    fn a_writer_at_work_explains_no_records_that_are_gone() {
        let (folder, all) = signed(&[7, 3, 6]);
        let path = folder.path().join(FILES[0]);
        let whole = fs::read(&path).unwrap();
        let _lock = Lock::take(folder.path()).unwrap();
        assert_eq!(fault(folder.path(), &options()), None);
        for left in [&[][..], &[&all[..7]], &[&all[..7], &all[7..10]]] {
            let written = crate::io::segments::tests::testing::written(left);
            let end = fs::read(written.path().join(FILES[0])).unwrap().len();
            for torn in [0, 1, 20] {
                fs::write(&path, &whole[..end + torn]).unwrap();
                let fault = fault(folder.path(), &options()).unwrap();
                assert!(fault.what.contains("the log ends before"), "{fault:?}");
            }
        }
    }

    #[test]
    fn checkpoints_that_were_deleted_before_others_are_told() {
        let (folder, _) = signed(&[7, 3, 6]);
        let path = folder.path().join(FILES[2]);
        let text = fs::read_to_string(&path).unwrap();
        let check = |signed_late: Option<u64>| {
            let whole = verify(folder.path(), parse, &options(), &mut |_, _| {}).unwrap().unwrap();
            assert_eq!(whole.signed_late, signed_late.map(Position));
        };
        check(None);
        let (second, _) = Note::all(&text).nth(1).unwrap();
        fs::write(&path, &text[second..]).unwrap();
        check(Some(9));
    }

    #[test]
    fn appends_that_are_dropped_doubled_or_exchanged_whole_are_found() {
        let (folder, all) = signed(&[7, 3, 6, 13]);
        let path = folder.path().join(FILES[0]);
        let bytes = fs::read(&path).unwrap();
        let end = |appends: &[&[Record]]| {
            let other = crate::io::segments::tests::testing::written(appends);
            fs::read(other.path().join(FILES[0])).unwrap().len()
        };
        let ends = [end(&[]), end(&[&all[..7]]), end(&[&all[..7], &all[7..10]])];
        let (one, two) = (&bytes[ends[0]..ends[1]], &bytes[ends[1]..ends[2]]);
        let check = |parts: &[&[u8]], what: &str| {
            fs::write(&path, parts.concat()).unwrap();
            let fault = fault(folder.path(), &options()).unwrap();
            assert!(fault.what.contains(what), "{fault:?}");
        };
        let (head, rest) = (&bytes[..ends[0]], &bytes[ends[2]..]);
        check(&[head, two, rest], "record 7 where 0 should be");
        check(&[head, one, rest], "record 10 where 7 should be");
        check(&[head, one, one, rest], "record 0 where 7 should be");
        check(&[head, two, one, rest], "record 7 where 0 should be");
        check(&[head, one], "the tree goes on, the log ends before record 7");
    }

    /// Deleted checkpoints are a fault if a key is given: the key says that there were some.
    #[test]
    fn checkpoints_that_are_deleted_are_missed_by_who_has_a_key() {
        let (folder, _) = signed(&[7, 9]);
        fs::remove_file(folder.path().join(FILES[2])).unwrap();
        let found_fault = fault(folder.path(), &options()).unwrap();
        assert_eq!(found_fault.what, "no checkpoint follows this decision");
        assert!(found_fault.file.ends_with(FILES[2]), "{found_fault:?}");
        assert_eq!(fault(folder.path(), &AuditOptions::default()), None);
    }

    /// A writer at work cannot explain records that a checkpoint stored elsewhere covers and that
    /// are gone.
    #[test]
    fn a_tail_that_is_dropped_is_found_while_somebody_writes() {
        let (folder, _) = signed(&[7, 9]);
        let against = AuditOptions { against: kept(folder.path()), ..options() };
        let (shorter, _) = signed(&[7]);
        let _writer = SegmentLog::open(shorter.path(), parse).unwrap();
        let found_fault = fault(shorter.path(), &against).unwrap();
        assert!(found_fault.what.contains("the log ends before record 7"), "{found_fault:?}");
    }

    /// A log of the same appends, in which one refusal counts another number.
    fn rewritten(all: &[Record], number: u8) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let mut all = all.to_vec();
        for record in &mut all {
            if let Event::Fact(Fact::InputRefused(refusal)) = &mut record.event {
                refusal.count += 1;
            }
        }
        let mut log = SegmentLog::open(folder.path(), parse).unwrap();
        log.sign(key(number)).unwrap();
        log.append(&all[..7]).unwrap();
        log.append(&all[7..]).unwrap();
        folder
    }

    #[test]
    fn who_rewrites_more_must_forge_more() {
        let (folder, all) = signed(&[7, 9]);
        let other = rewritten(&all, 8);
        let copy = |file: &str| {
            fs::copy(other.path().join(file), folder.path().join(file)).unwrap();
        };
        let found_fault = |options: &AuditOptions| {
            let fault = fault(folder.path(), options).unwrap();
            let file = fault.file.file_name().unwrap().to_str().unwrap().to_owned();
            (file, fault.position.0, fault.what)
        };
        let kept = kept(folder.path());
        copy(FILES[0]);
        let of = |file: &str, position, what: &str| (file.to_owned(), position, what.to_owned());
        assert_eq!(
            found_fault(&options()),
            of("tree", 6, "not the hash of the records in the log")
        );
        copy(FILES[1]);
        assert_eq!(
            found_fault(&options()),
            of("checkpoints", 15, "not the root of the first 16 records")
        );
        copy(FILES[2]);
        assert_eq!(found_fault(&options()), of("checkpoints", 15, "no signature of bth"));
        assert_eq!(fault(folder.path(), &AuditOptions::default()), None);
        let elsewhere = AuditOptions { keys: Vec::new(), against: kept };
        let words = "the records of the log are not those of this checkpoint";
        assert_eq!(found_fault(&elsewhere), of("elsewhere", 15, words));
    }

    #[test]
    fn a_tail_dropped_with_its_checkpoints_is_found_against_a_checkpoint_kept_elsewhere() {
        let (folder, all) = signed(&[7, 9]);
        let kept = kept(folder.path());
        let (shorter, _) = signed(&[7]);
        assert_eq!(fault(shorter.path(), &options()), None);
        let against = AuditOptions { against: kept, ..options() };
        assert_eq!(fault(folder.path(), &against), None);
        let fault = fault(shorter.path(), &against).unwrap();
        let what = "this checkpoint knows 16 records, the log ends before record 7";
        assert_eq!((fault.position, &*fault.what), (Position(7), what));
        assert_eq!(all.len(), 16);
    }

    #[test]
    fn time_that_goes_back_is_found() {
        let mut all = records(5);
        all[3].recorded_at = all[3].recorded_at.plus_minutes(-1);
        let folder = crate::io::segments::tests::testing::written(&[&all]);
        let fault = fault(folder.path(), &options()).unwrap();
        assert_eq!(fault.position, Position(3));
        assert!(fault.what.contains("before the record before it"), "{fault:?}");
    }

    #[test]
    fn a_log_that_is_being_written_and_one_that_was_never_signed_are_whole() {
        let (folder, _) = signed(&[10]);
        let mut log = SegmentLog::open(folder.path(), parse).unwrap();
        log.append(&records(20)[10..]).unwrap();
        assert_eq!(fault(folder.path(), &options()), None, "being written");
        drop(log);
        let found_fault = fault(folder.path(), &options()).unwrap();
        assert_eq!(
            (found_fault.position, &*found_fault.what),
            (Position(19), "no checkpoint follows this decision")
        );
        let old = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/log-v1");
        let whole = verify(&old, parse, &AuditOptions::default(), &mut |_, _| {}).unwrap().unwrap();
        assert_eq!((whole.records, whole.tree, whole.checkpoints), (26, Some(false), 0));
        let found_fault = fault(&old, &options()).unwrap().what;
        assert_eq!(
            found_fault, "no checkpoint follows this decision",
            "a key says that it was signed"
        );
        let nothing = tempfile::tempdir().unwrap();
        assert_eq!(fault(nothing.path(), &options()).unwrap().what, "no log");
    }
}
