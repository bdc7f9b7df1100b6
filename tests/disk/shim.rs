//! A faulty disk under the real program: a library that is preloaded into it passes on every
//! operation on files, makes some fail, and writes a journal. [`Disk`] replays the journal. It
//! knows what the page cache holds and what the device holds, and can cut the power.
#![allow(dead_code, reason = "Each target that includes this file needs some of it.")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::skip;

const PAGE_BYTES: usize = 4096;

/// The library, built once a run. Without a C compiler or preloading the test is skipped.
pub(crate) fn library() -> Option<&'static Path> {
    static BUILT: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    match BUILT.get_or_init(build) {
        Ok(path) => Some(path),
        Err(why) => {
            skip::skip(&format!("needs a C compiler and LD_PRELOAD: {why}"));
            None
        }
    }
}

fn build() -> Result<PathBuf, String> {
    if !cfg!(all(target_os = "linux", target_env = "gnu")) {
        return Err("this is no Linux with the GNU C library".to_owned());
    }
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/disk/shim.c");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let library = folder.join(format!("shim-{}.so", std::process::id()));
    let compiler = std::env::var_os("CC").unwrap_or_else(|| "cc".into());
    let mut command = Command::new(&compiler);
    let compiler = compiler.display();
    command.args(["-shared", "-fPIC", "-O1", "-o"]).arg(&library).arg(source);
    let built = command.args(["-ldl", "-lpthread"]).output();
    let built = built.map_err(|error| format!("{compiler}: {error}"))?;
    if !built.status.success() {
        return Err(format!("{compiler}: {}", String::from_utf8_lossy(&built.stderr)));
    }
    Ok(library)
}

/// What goes wrong in one run of the program.
#[derive(Clone, Debug, Default)]
pub(crate) struct Faults {
    /// It is killed before this operation that changes what is stored.
    pub(crate) kill: Option<u64>,
    /// This sync of a file fails.
    pub(crate) sync_fails: Option<u64>,
    /// After so many bytes the disk is full.
    pub(crate) room: Option<u64>,
    /// The last two concern only paths that contain this.
    pub(crate) only: Option<&'static str>,
    /// Writes take only a part of what they are given.
    pub(crate) short: Option<u64>,
    /// Produce requests that contain this are put into the journal.
    pub(crate) sent: Option<&'static str>,
}

impl Faults {
    /// Lets a program run on the faulty disk.
    pub(crate) fn plant(&self, command: &mut Command, root: &Path, journal: &Path) {
        command.env("LD_PRELOAD", library().unwrap());
        command.env("AIRSHED_DISK_ROOT", root).env("AIRSHED_DISK_JOURNAL", journal);
        let numbers = [
            ("AIRSHED_DISK_KILL", self.kill),
            ("AIRSHED_DISK_SYNC_FAILS", self.sync_fails),
            ("AIRSHED_DISK_ROOM", self.room),
            ("AIRSHED_DISK_SHORT", self.short),
        ];
        for (name, number) in numbers {
            if let Some(number) = number {
                command.env(name, number.to_string());
            }
        }
        for (name, text) in [("AIRSHED_DISK_FOR", self.only), ("AIRSHED_DISK_SENT", self.sent)] {
            if let Some(text) = text {
                command.env(name, text);
            }
        }
    }
}

/// A file.
#[derive(Clone, Debug, Default)]
struct File {
    /// What programs read.
    cache: Vec<u8>,
    /// What the device holds.
    device: Vec<u8>,
    /// Pages that the system still wants to write.
    dirty: BTreeSet<usize>,
}

/// What is stored below one folder.
#[derive(Debug)]
pub(crate) struct Disk {
    root: PathBuf,
    files: BTreeMap<u64, File>,
    /// Files by name, as programs see them and as the device holds them.
    names: BTreeMap<PathBuf, u64>,
    names_on_device: BTreeMap<PathBuf, u64>,
    folders: BTreeSet<PathBuf>,
    folders_on_device: BTreeSet<PathBuf>,
    pub(crate) tally: Tally,
}

/// What has happened; a test that met none of it would prove nothing.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) killed: u32,
    pub(crate) syncs: u32,
    pub(crate) failed_syncs: u32,
    pub(crate) refused_writes: u32,
    pub(crate) printed: u32,
    pub(crate) sent: u32,
    /// Power cuts that took bytes or names.
    pub(crate) lost: u32,
}

/// An event of the journal.
#[derive(Debug)]
enum Event<'a> {
    Opened(u64, &'a Path),
    Written(u64, usize, &'a [u8]),
    Truncated(u64, usize),
    Synced(u64),
    SyncFailed(u64),
    FolderSynced(&'a Path),
    Renamed(&'a Path, &'a Path),
    Removed(&'a Path),
    FolderMade(&'a Path),
    Printed,
    Sent,
    Killed,
    NoRoom,
}

impl Disk {
    /// A disk on which everything in the folder is durable.
    pub(crate) fn new(root: &Path) -> Self {
        let (none, no_names) = (BTreeMap::new(), BTreeMap::new());
        let mut disk = Self {
            root: root.into(),
            files: none,
            names: no_names.clone(),
            names_on_device: no_names,
            folders: BTreeSet::new(),
            folders_on_device: BTreeSet::new(),
            tally: Tally::default(),
        };
        disk.look(root);
        disk.names_on_device.clone_from(&disk.names);
        disk.folders_on_device.clone_from(&disk.folders);
        disk
    }

    fn look(&mut self, folder: &Path) {
        self.folders.insert(folder.into());
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                self.look(&path);
                continue;
            }
            let (ino, cache) = (path.metadata().unwrap().ino(), fs::read(&path).unwrap());
            let device = cache.clone();
            self.files.insert(ino, File { cache, device, dirty: BTreeSet::new() });
            self.names.insert(path, ino);
        }
    }

    /// Takes in what a program did. Fails if it said anything, or signed anything, while a record
    /// of the log was not on the device.
    pub(crate) fn replay(&mut self, journal: &Path) -> Result<(), String> {
        let bytes = fs::read(journal).unwrap_or_default();
        let mut rest = &bytes[..];
        let mut wrong = None;
        while let Some(event) = next(&mut rest) {
            if let Err(why) = self.happened(&event) {
                wrong.get_or_insert(why);
            }
        }
        // The journal is right if it leads to what is there.
        for (path, ino) in &self.names {
            let found =
                fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            assert!(
                found == self.files[ino].cache,
                "the journal misses a write to {}",
                path.display()
            );
        }
        fs::remove_file(journal).ok();
        wrong.map_or(Ok(()), Err)
    }

    fn happened(&mut self, event: &Event<'_>) -> Result<(), String> {
        match *event {
            Event::Opened(ino, path) => {
                self.files.insert(ino, File::default());
                self.names.insert(path.into(), ino);
            }
            Event::Written(ino, at, bytes) => {
                let signed = self.is_named(ino, "checkpoints");
                let early = signed.then(|| self.all_durable("a checkpoint was signed"));
                let file = self.files.get_mut(&ino).unwrap();
                let end = at + bytes.len();
                file.cache.resize(file.cache.len().max(end), 0);
                file.cache[at..end].copy_from_slice(bytes);
                file.dirty.extend(at / PAGE_BYTES..end.div_ceil(PAGE_BYTES));
                return early.unwrap_or(Ok(()));
            }
            Event::Truncated(ino, length) => {
                let file = self.files.get_mut(&ino).unwrap();
                file.cache.resize(length, 0);
                file.dirty.retain(|page| page * PAGE_BYTES < length);
                // Its length has changed: whether it is on the device shows the next sync.
                file.dirty.insert(length / PAGE_BYTES);
            }
            Event::Synced(ino) => {
                self.tally.syncs += 1;
                let file = self.files.get_mut(&ino).unwrap();
                let dirty = std::mem::take(&mut file.dirty);
                file.write_back(dirty.into_iter(), true);
            }
            Event::SyncFailed(ino) => {
                self.tally.failed_syncs += 1;
                // The pages count as clean, and never reached the device.
                self.files.get_mut(&ino).unwrap().dirty.clear();
            }
            Event::FolderSynced(folder) => self.folder_synced(folder),
            Event::Renamed(from, to) => {
                let ino = self.names.remove(from).unwrap();
                self.names.insert(to.into(), ino);
            }
            Event::Removed(path) => {
                self.names.remove(path);
            }
            Event::FolderMade(path) => {
                self.folders.insert(path.into());
            }
            Event::Printed => {
                self.tally.printed += 1;
                self.all_durable("something was printed")?;
            }
            Event::Sent => {
                self.tally.sent += 1;
                self.all_durable("an order was sent")?;
            }
            Event::Killed => self.tally.killed += 1,
            Event::NoRoom => self.tally.refused_writes += 1,
        }
        Ok(())
    }

    fn folder_synced(&mut self, folder: &Path) {
        let within = |path: &Path| path.parent() == Some(folder);
        self.names_on_device.retain(|path, _| !within(path));
        let names = self.names.iter().filter(|(path, _)| within(path));
        self.names_on_device.extend(names.map(|(path, ino)| (path.clone(), *ino)));
        let folders = self.folders.iter().filter(|path| within(path));
        self.folders_on_device.extend(folders.cloned());
    }

    fn is_named(&self, ino: u64, name: &str) -> bool {
        self.names.iter().any(|(path, it)| *it == ino && path.ends_with(name))
    }

    /// Whether every record is on the device, under a name that is there too.
    fn all_durable(&self, deed: &str) -> Result<(), String> {
        for (path, ino) in
            self.names.iter().filter(|it| it.0.extension().is_some_and(|it| it == "avro"))
        {
            let file = &self.files[ino];
            let (path_said, root) = (path.display(), &self.root);
            if self.names_on_device.get(path) != Some(ino) {
                return Err(format!("{deed}, and the name {path_said} is not on the device"));
            }
            let lost = path.ancestors().skip(1).take_while(|it| it.starts_with(root));
            if let Some(lost) = lost.into_iter().find(|it| !self.folders_on_device.contains(*it)) {
                return Err(format!(
                    "{deed}, and the folder {} is not on the device",
                    lost.display()
                ));
            }
            if file.cache != file.device {
                let same = file.cache.iter().zip(&file.device).take_while(|(a, b)| a == b).count();
                return Err(format!(
                    "{deed}, and {path_said} is not on the device from byte {same} on"
                ));
            }
        }
        Ok(())
    }

    /// The power is gone: what was not synced is lost, or a part of it, as the dice say. What the
    /// device holds lies in the folder afterwards.
    pub(crate) fn cut_power(&mut self, mut dice: impl FnMut(u64) -> u64) {
        let before = self.visible();
        for (path, ino) in &self.names {
            let file = self.files.get_mut(ino).unwrap();
            let dirty = std::mem::take(&mut file.dirty);
            if path.extension().is_some_and(|it| it == "avro") {
                let kept: Vec<usize> = dirty.into_iter().filter(|_| dice(3) == 0).collect();
                file.write_back(kept.into_iter(), dice(2) == 0);
            } else {
                // What grows at its end reaches the device from its beginning on.
                let count = usize::try_from(dice(dirty.len() as u64 + 1)).unwrap();
                file.write_back(dirty.into_iter().take(count), dice(4) == 0);
            }
        }
        for folder in self.folders.clone() {
            if dice(2) == 0 && self.folders_on_device.contains(&folder) {
                self.folder_synced(&folder);
            }
        }
        let (root, kept) = (self.root.clone(), self.names_on_device.clone());
        let is_there = |path: &Path, folders: &BTreeSet<PathBuf>| {
            let mut above = path.ancestors().skip(1).take_while(|it| it.starts_with(&root));
            above.all(|it| folders.contains(it))
        };
        for entry in fs::read_dir(&root).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }.unwrap();
        }
        let mut folders = self.folders_on_device.clone();
        folders.retain(|it| *it == root || is_there(it, &self.folders_on_device));
        for folder in &folders {
            fs::create_dir_all(folder).unwrap();
        }
        for (path, ino) in kept.iter().filter(|(path, _)| is_there(path, &folders)) {
            fs::write(path, &self.files[ino].device).unwrap();
        }
        let tally = self.tally;
        *self = Self { tally, ..Self::new(&root) };
        self.tally.lost += u32::from(self.visible() != before);
    }

    fn visible(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        self.names.iter().map(|(path, ino)| (path.clone(), self.files[ino].cache.clone())).collect()
    }
}

impl File {
    /// Brings pages to the device, and with them perhaps the length.
    fn write_back(&mut self, pages: impl Iterator<Item = usize>, with_length: bool) {
        for page in pages {
            let start = page * PAGE_BYTES;
            let end = (start + PAGE_BYTES).min(self.cache.len());
            if start < end {
                self.device.resize(self.device.len().max(end), 0);
                self.device[start..end].copy_from_slice(&self.cache[start..end]);
            }
        }
        if with_length {
            self.device.resize(self.cache.len(), 0);
        }
    }
}

/// The next event of a journal; a kill can leave half of one at its end.
fn next<'a>(rest: &mut &'a [u8]) -> Option<Event<'a>> {
    let mut words = line(rest)?.splitn(2, ' ');
    let (kind, said) = (words.next()?, words.next().unwrap_or_default());
    let numbers = || said.split(' ').map(|it| it.parse::<u64>().unwrap()).collect::<Vec<_>>();
    let size = |number: u64| usize::try_from(number).unwrap();
    Some(match kind {
        "O" => {
            let (ino, path) = said.split_once(' ').unwrap();
            Event::Opened(ino.parse().unwrap(), Path::new(path))
        }
        "W" => {
            let [ino, at, length] = numbers()[..] else { panic!("{said}") };
            let (bytes, after) = rest.split_at_checked(size(length))?;
            *rest = after;
            Event::Written(ino, size(at), bytes)
        }
        "T" => Event::Truncated(numbers()[0], size(numbers()[1])),
        "S" => Event::Synced(numbers()[0]),
        "E" => Event::SyncFailed(numbers()[0]),
        "D" => Event::FolderSynced(Path::new(said)),
        "R" => Event::Renamed(Path::new(said), Path::new(line(rest)?)),
        "U" => Event::Removed(Path::new(said)),
        "M" => Event::FolderMade(Path::new(said)),
        "P" => Event::Printed,
        "N" => Event::Sent,
        "K" => Event::Killed,
        "!" => Event::NoRoom,
        other => panic!("{other}: no event of a journal"),
    })
}

fn line<'a>(rest: &mut &'a [u8]) -> Option<&'a str> {
    let end = rest.iter().position(|it| *it == b'\n')?;
    let (line, after) = rest.split_at(end);
    *rest = &after[1..];
    Some(std::str::from_utf8(line).unwrap())
}
