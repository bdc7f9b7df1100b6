//! The log of a simulated program in real files, on a disk that a crash tears: what was not synced
//! is there, or a part of it, or zeros, or nothing. A neighbour watches the checkpoints.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use airshed::domain::RuleBook;
use airshed::engine::*;
use airshed::io::segments::{Options, SegmentLog, SegmentReader};
use airshed::wire::log_reader::LogReader as _;
use airshed::wire::record::RuleFiles;
use airshed::wire::rule_book;
use airshed::wire::trust::checkpoint::Checkpoint;
use airshed::wire::trust::key::SignerKey;
use airshed::wire::trust::note::Note;
use airshed::wire::trust::proof::Stored;
use airshed::wire::trust::witness::{Request, may_cosign};
use tempfile::TempDir;

use super::dice::Dice;
use super::life::Doors;
use super::outside::World;
use super::ports::{SimInbox, SimOutbox};

/// Small segments, so that most worlds have more than one.
const SEGMENT_BYTES: u64 = 80_000;
/// A write takes its time, and so has its chances to be the last one.
const EFFECTS_A_WRITE: u32 = 6;
/// How often only the program ends: what it wrote stays in the page cache.
const KILLS_OF_THOUSAND: usize = 300;
/// How often, and how often at most, a program that believes unsynced records is killed before a
/// sync: twice in a row, and the second time the power goes too.
const SHOWN_OF_THOUSAND: usize = 100;
const SHOWN_MAX: u32 = 6;
/// Files beside the records that nobody waits for.
const BESIDE: [&str; 3] = ["tree", "checkpoints", "snapshot"];

/// What the program that runs does wrong, if anything.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Wrong {
    Nothing,
    /// It takes for durable what it has not synced.
    DoesNotSync,
    /// It takes for durable what an earlier program has written and not synced.
    BelievesUnsynced,
    /// It gives its log up and begins another one, as if nothing had been.
    BeginsAnew,
}

/// A disk that outlives the programs that write to it.
pub(crate) struct Disk {
    folder: TempDir,
    wrong: Wrong,
    dice: RefCell<Dice>,
    /// The contents of all files when the last append was durable.
    synced: RefCell<BTreeMap<PathBuf, Vec<u8>>>,
    /// What the files beside the records were at some append before.
    older: RefCell<BTreeMap<PathBuf, Vec<u8>>>,
    crashed: Cell<u32>,
    /// The last checkpoint that the neighbour has seen.
    seen: RefCell<Option<Checkpoint>>,
    /// Kills that show that unsynced records are believed.
    shown: Cell<u32>,
    pub(crate) killed: Cell<u32>,
    pub(crate) torn: Cell<u32>,
    pub(crate) witnessed: Cell<u32>,
    pub(crate) recalled: Cell<u32>,
}

/// A handle on it, as a world's doors.
pub(crate) struct Disks(pub(crate) Rc<Disk>);

impl Disks {
    pub(crate) fn new(seed: u64, wrong: Wrong) -> Self {
        Self(Rc::new(Disk {
            folder: tempfile::tempdir().unwrap(),
            wrong,
            dice: RefCell::new(Dice::new(seed).other(9)),
            synced: RefCell::default(),
            older: RefCell::default(),
            crashed: Cell::new(0),
            seen: RefCell::default(),
            shown: Cell::new(0),
            killed: Cell::new(0),
            torn: Cell::new(0),
            witnessed: Cell::new(0),
            recalled: Cell::new(0),
        }))
    }
}

impl Doors for Disks {
    type In = SimInbox;
    type Log = DiskLog;
    type Out = SimOutbox;

    fn open(&self, world: &World) -> (SimInbox, DiskLog, SimOutbox) {
        let disk = &self.0;
        if world.borrow().crashed > disk.crashed.replace(world.borrow().crashed) {
            let killed = match disk.wrong {
                Wrong::BelievesUnsynced => disk.shown.get() % 2 == 1,
                _ => disk.dice.borrow_mut().chance(KILLS_OF_THOUSAND),
            };
            disk.killed.set(disk.killed.get() + u32::from(killed));
            if !killed {
                disk.crash();
            }
        }
        let options = Options { segment_bytes: SEGMENT_BYTES, ..Options::default() };
        let mut log = SegmentLog::open_with(disk.path(), parse, options).unwrap();
        let refused = log.sign(key()).err();
        let kept: Vec<_> = log.read(Position(0)).unwrap().map(Result::unwrap).collect();
        let mut outside = world.borrow_mut();
        if !kept.starts_with(&outside.log) {
            let (found, due) = (kept.len(), outside.log.len());
            outside.faults.push(format!("{found} records are left of {due} durable ones"));
        }
        outside.log = kept;
        // A checkpoint of what is not there any more.
        outside.faults.extend(refused.map(|it| format!("not durable as signed: {it}")));
        outside.faults.extend(disk.witness());
        drop(outside);
        // Opening syncs what is there.
        if disk.wrong != Wrong::BelievesUnsynced {
            disk.sync();
        }
        let log = DiskLog { world: Rc::clone(world), disk: Rc::clone(disk), log };
        (SimInbox(Rc::clone(world)), log, SimOutbox::new(world))
    }
}

fn parse(files: &RuleFiles) -> Result<Arc<RuleBook>, String> {
    rule_book::parse(files.to_vec()).map(Arc::new).map_err(|it| it.to_string())
}

fn key() -> SignerKey {
    SignerKey::new("simulated", [7; 32], false).unwrap()
}

impl Disk {
    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// All files, as a program sees them.
    fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let files = fs::read_dir(self.path()).unwrap().map(|it| it.unwrap().path());
        files.map(|path| (path.clone(), fs::read(&path).unwrap())).collect()
    }

    /// What is written is durable from here on; so it is said.
    fn sync(&self) {
        let files = self.files();
        if self.wrong != Wrong::DoesNotSync || self.dice.borrow_mut().chance(300) {
            let before = std::mem::replace(&mut *self.synced.borrow_mut(), files);
            if self.dice.borrow_mut().chance(100) {
                self.older.borrow_mut().extend(before);
            }
        }
    }

    /// The power is gone: of what was not synced anything may be left.
    fn crash(&self) {
        let (synced, mut dice) = (self.synced.borrow(), self.dice.borrow_mut());
        for (path, bytes) in self.files() {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            let beside = BESIDE.contains(&name.as_str());
            let safe = synced.get(&path).map_or(0, Vec::len).min(bytes.len());
            if !beside && safe < bytes.len() {
                self.torn.set(self.torn.get() + 1);
                // A name is only given to a file whose head is synced.
                let head = bytes.len().min(if safe == 0 { bytes.len() } else { safe });
                fs::write(&path, tear(&mut dice, &bytes, head, true)).unwrap();
            } else if beside {
                let older = self.older.borrow().get(&path).map_or(0, Vec::len).min(bytes.len());
                let grows = name != "snapshot";
                // What was there long ago is there; a snapshot is whole or the one before.
                if grows {
                    // Other bytes in a checkpoint are no crash: they are refused, whoever wrote them.
                    let noise = name != "checkpoints";
                    fs::write(&path, tear(&mut dice, &bytes, older, noise)).unwrap();
                } else if dice.chance(300) {
                    damage_cache(&mut dice, &path, &bytes);
                }
            }
        }
    }

    /// A neighbour is shown the newest checkpoint, with the proof that the log has only grown.
    pub(crate) fn witness(&self) -> Option<String> {
        let text = fs::read_to_string(self.path().join("checkpoints")).ok()?;
        let note = Note::all(&text).filter_map(|(_, it)| it.ok()).last()?;
        let new = Checkpoint::of(&note).unwrap();
        let mut reader = SegmentReader::open(self.path(), Position(0), parse).unwrap();
        let mut tree = Stored::default();
        while let Some(record) = reader.next() {
            record.unwrap();
            tree.push(reader.bytes());
        }
        let mut seen = self.seen.borrow_mut();
        let old = seen.as_ref().map_or(0, |it| it.size);
        let proof = tree.consistency(old, new.size).unwrap_or_default();
        let request = Request { old, proof, note };
        self.witnessed.set(self.witnessed.get() + 1);
        match may_cosign(seen.as_ref(), &new, Some(&request)) {
            Ok(()) => {
                *seen = Some(new);
                None
            }
            Err(refused) => Some(format!("the witness: {refused}")),
        }
    }

    /// Everything is thrown away, as by an operator who would rather not have decided.
    fn begin_anew(&self) {
        for path in self.files().into_keys() {
            fs::remove_file(path).unwrap();
        }
        self.synced.borrow_mut().clear();
        self.older.borrow_mut().clear();
    }
}

/// What a crash leaves of a file of which the first bytes are safe.
fn tear(dice: &mut Dice, bytes: &[u8], safe: usize, noise: bool) -> Vec<u8> {
    let at = safe + dice.below(bytes.len() - safe + 1);
    let mut left = bytes.to_vec();
    match dice.below(4) {
        0 => {}
        1 => left[at..].fill(0),
        2 if noise => {
            let fill: Vec<u8> =
                (at..left.len()).map(|_| u8::try_from(dice.below(256)).unwrap()).collect();
            left.splice(at.., fill);
        }
        _ => left.truncate(at),
    }
    left
}

/// A cache may be anything at all.
fn damage_cache(dice: &mut Dice, path: &Path, bytes: &[u8]) {
    match dice.below(3) {
        0 => fs::remove_file(path).unwrap(),
        1 => fs::write(path, &bytes[..dice.below(bytes.len())]).unwrap(),
        _ => {
            let mut other = bytes.to_vec();
            let at = dice.below(other.len());
            other[at] ^= 1 << dice.below(8);
            fs::write(path, other).unwrap();
        }
    }
}

/// The log of one program.
pub(crate) struct DiskLog {
    world: World,
    disk: Rc<Disk>,
    log: SegmentLog,
}

impl EventLog for DiskLog {
    fn append(&mut self, records: &[Record]) -> Result<(), PortError> {
        self.world.borrow_mut().effect()?;
        self.log.append(records).unwrap();
        let during = || self.world.borrow_mut().effect();
        // What shows that unsynced records are believed: a kill before the sync, and another one.
        let shown = self.disk.shown.get();
        let shows = self.disk.wrong == Wrong::BelievesUnsynced
            && shown < SHOWN_MAX
            && (shown % 2 == 1 || self.disk.dice.borrow_mut().chance(SHOWN_OF_THOUSAND));
        let killed = if shows {
            self.disk.shown.set(shown + 1);
            self.world.borrow_mut().kill()
        } else {
            (0..EFFECTS_A_WRITE).try_for_each(|_| during())
        };
        if let Err(killed) = killed {
            // Before its sync: no checkpoint follows what is not durable.
            for (path, bytes) in self.disk.synced.borrow().iter() {
                if BESIDE.iter().any(|it| path.ends_with(it)) {
                    fs::write(path, bytes).unwrap();
                }
            }
            return Err(killed);
        }
        self.disk.sync();
        let mut outside = self.world.borrow_mut();
        outside.log.extend_from_slice(records);
        if self.disk.wrong == Wrong::BeginsAnew && self.disk.dice.borrow_mut().chance(20) {
            outside.log.clear();
            outside.lanes.values_mut().for_each(Vec::clear);
            outside.states.values_mut().for_each(Vec::clear);
            self.disk.begin_anew();
            return outside.kill();
        }
        outside.effect()
    }

    fn read(&self, from: Position) -> Result<Records<'_>, PortError> {
        self.world.borrow_mut().effect()?;
        self.log.read(from)
    }

    fn load_snapshot(&mut self) -> Option<Memory> {
        let memory = self.log.load_snapshot()?;
        self.disk.recalled.set(self.disk.recalled.get() + 1);
        Some(memory)
    }

    fn save_snapshot(&mut self, memory: &Memory, occasion: Occasion) {
        // Far more often than in earnest.
        let often = if memory.next.0.is_multiple_of(5) { Occasion::End } else { occasion };
        let snapshot = self.disk.path().join("snapshot");
        let before = fs::read(&snapshot).ok();
        self.log.save_snapshot(memory, often);
        // A snapshot rests on a tree that is synced.
        if fs::read(&snapshot).ok() != before {
            let tree = self.disk.path().join("tree");
            let bytes = fs::read(&tree).unwrap();
            self.disk.older.borrow_mut().insert(tree, bytes);
        }
    }
}
