//! The real program on a disk that fails: syncs and writes with errors, kills between any two
//! operations, a full disk, power cuts. Whatever happens, nothing is said before its record is on
//! the device, and in the end the log is the one that no fault has touched.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "A test that cannot go on has failed.")]

mod shim;
#[path = "../support/skip.rs"]
mod skip;

use std::fmt::Write as _;
use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use shim::{Disk, Faults, Tally};
use tempfile::TempDir;

const SEEDS: u64 = 20;
/// Runs of one schedule in which something goes wrong.
const DISTURBED: u64 = 5;

/// Numbers that look random and are the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(0x2545_f491);
        (self.0 >> 33) % end.max(1)
    }
}

/// A place with a file of readings, a key, and a folder on the faulty disk.
struct Place {
    folder: TempDir,
    disk: Disk,
}

fn airshed(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_airshed")).args(arguments).output().unwrap()
}

fn words(output: &Output) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout), text(&output.stderr))
}

/// Days of January 2019 in Shijiazhuang: clean, bad, clean, bad.
fn readings(path: &Path) {
    let mut text = "date,hour,type,1029A,1030A\n".to_owned();
    for day in 1..=12 {
        let pm25 = if (4..=6).contains(&day) || day > 9 { 260 } else { 20 };
        for hour in 0..24 {
            writeln!(text, "201901{day:02},{hour},PM2.5,{pm25},{pm25}").unwrap();
            writeln!(text, "201901{day:02},{hour},PM10,300,300").unwrap();
        }
    }
    fs::write(path, text).unwrap();
}

/// All records of a log, as text.
fn records(log: &str) -> String {
    let output = airshed(&["log", "cat", log, "--json"]);
    assert!(output.status.success(), "{:?}", words(&output));
    words(&output).0
}

/// The records of the same play on a sound disk.
fn undisturbed() -> &'static str {
    static RECORDS: OnceLock<String> = OnceLock::new();
    RECORDS.get_or_init(|| {
        let mut place = Place::new().unwrap();
        let output = place.play(&Faults::default());
        assert!(output.unwrap().status.success());
        records(&place.log())
    })
}

impl Place {
    /// None, and the test is skipped, where no faults can be planted.
    fn new() -> Option<Self> {
        shim::library()?;
        let folder = tempfile::tempdir().unwrap();
        readings(&folder.path().join("january.csv"));
        let root = folder.path().join("disk");
        fs::create_dir(&root).unwrap();
        let place = Self { disk: Disk::new(&root), folder };
        let key = place.path("bth.key");
        assert!(airshed(&["key", "new", &key, "--origin", "bth"]).status.success());
        Some(place)
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    /// The log: in folders that the program has to make.
    fn log(&self) -> String {
        self.path("disk/logs/winter/january")
    }

    /// One run of the program; an error if it said something too early.
    fn play(&mut self, faults: &Faults) -> Result<Output, String> {
        let journal: PathBuf = self.folder.path().join("journal");
        let mut command = Command::new(env!("CARGO_BIN_EXE_airshed"));
        command.args(["play", &self.path("january.csv"), "--log", &self.log()]);
        command.args(["--outlook", "persistence:24", "--key", &self.path("bth.key")]);
        faults.plant(&mut command, &self.folder.path().join("disk"), &journal);
        let output = command.output().unwrap();
        let (out, err) = words(&output);
        let replayed = self.disk.replay(&journal);
        replayed.map_err(|it| format!("{faults:?}: {it}\n{out}{err}"))?;
        Ok(output)
    }

    fn cut_power(&mut self, dice: &mut Dice) {
        self.disk.cut_power(|end| dice.below(end));
    }

    /// The last run: it goes well, and the log is what it should be.
    fn finish(&mut self) -> Result<(), String> {
        let output = self.play(&Faults::default())?;
        let (out, err) = words(&output);
        if !output.status.success() {
            return Err(format!("the last run: {out}{err}"));
        }
        if records(&self.log()) != undisturbed() {
            return Err("the log has other records than without faults".to_owned());
        }
        let (code, out, err) = self.verify();
        if code == Some(0) && out.contains("Tree         intact\n") {
            return Ok(());
        }
        Err(format!("log verify: {out}{err}"))
    }

    fn verify(&self) -> (Option<i32>, String, String) {
        let key = self.path("bth.key.pub");
        let output = airshed(&["log", "verify", &self.log(), "--key", &key]);
        let (out, err) = words(&output);
        (output.status.code(), out, err)
    }

    fn is_left(&self, name: &str) -> bool {
        Path::new(&self.log()).join(name).exists()
    }
}

/// One schedule: some runs in which something goes wrong, some power cuts, and a sound run.
fn schedule(seed: u64) -> Option<Result<Tally, String>> {
    let mut place = Place::new()?;
    let mut dice = Dice(seed * 7 + 1);
    let mut run = || {
        for _ in 0..DISTURBED {
            let mut faults = Faults::default();
            match dice.below(5) {
                0 | 1 => faults.kill = Some(1 + dice.below(50)),
                2 => faults.sync_fails = Some(1 + dice.below(6)),
                3 => faults.room = Some(dice.below(100_000)),
                _ => {}
            }
            faults.short = (dice.below(3) == 0).then(|| dice.below(1_000) + 1);
            let output = place.play(&faults)?;
            check_end(&output, &faults)?;
            if dice.below(2) == 0 {
                place.cut_power(&mut dice);
            }
        }
        place.finish()?;
        // What was durable once is durable: the power may go now.
        place.cut_power(&mut dice);
        if records(&place.log()) == undisturbed() {
            return Ok(place.disk.tally);
        }
        Err("the last power cut took records".to_owned())
    };
    Some(run())
}

/// A run ends well, or killed, or says what was wrong and what to do.
fn check_end(output: &Output, faults: &Faults) -> Result<(), String> {
    let (out, err) = words(output);
    let told = match output.status.code() {
        None => output.status.signal() == Some(9) && faults.kill.is_some(),
        Some(0) => true,
        Some(1) if faults.room.is_some() => err.contains("No space left on device"),
        Some(1) if faults.sync_fails.is_some() => {
            err.contains("cannot") && err.contains("os error 5")
        }
        Some(_) => false,
    };
    if told { Ok(()) } else { Err(format!("{faults:?}: {:?}\n{out}{err}", output.status)) }
}

#[test]
fn whatever_a_disk_does_nothing_is_said_early_and_the_log_is_the_same() {
    let mut all = Tally::default();
    for seed in 0..SEEDS {
        let Some(lived) = schedule(seed) else { return };
        let tally = lived.unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        all.killed += tally.killed;
        all.failed_syncs += tally.failed_syncs;
        all.refused_writes += tally.refused_writes;
        all.lost += tally.lost;
        all.printed += tally.printed;
    }
    let met = [all.killed, all.failed_syncs, all.refused_writes, all.lost];
    assert!(met.iter().all(|it| *it >= 6) && all.printed > 100, "{all:?}");
}

/// The kill that matters falls between a write and its sync. It may fall anywhere.
#[test]
fn what_a_killed_program_left_in_the_page_cache_is_synced_before_it_is_used() {
    let Some(mut counted) = Place::new() else { return };
    counted.play(&Faults::default()).unwrap();
    let (mut killed, mut lost) = (0, 0);
    for kill in (1..60).step_by(3) {
        let mut place = Place::new().unwrap();
        let output = place.play(&Faults { kill: Some(kill), ..Faults::default() }).unwrap();
        if output.status.code() == Some(0) {
            break;
        }
        // The next one finds the page cache as it was, says more, and is killed by the power cut.
        place.play(&Faults { kill: Some(kill + 9), ..Faults::default() }).unwrap();
        let mut nothing_is_kept = Dice(kill);
        place.cut_power(&mut nothing_is_kept);
        place.finish().unwrap_or_else(|error| panic!("killed before operation {kill}: {error}"));
        killed += place.disk.tally.killed;
        lost += place.disk.tally.lost;
    }
    assert!(killed > 15 && lost > 8, "{killed} {lost}");
}

/// After a sync that failed, the pages count as clean and are not on the device.
#[test]
fn after_a_sync_that_failed_the_append_is_written_again() {
    let (mut failed, mut of_the_log) = (0, 0);
    for sync_fails in 1..14 {
        let Some(mut place) = Place::new() else { return };
        let faults = Faults { sync_fails: Some(sync_fails), ..Faults::default() };
        let output = place.play(&faults).unwrap();
        check_end(&output, &faults).unwrap();
        let (_, err) = words(&output);
        of_the_log += u32::from(err.contains("The last append may not be on the disk"));
        failed += place.disk.tally.failed_syncs;
        // The device has none of it, and the page cache has all. The next start may trust neither.
        place.play(&Faults { kill: Some(30), ..Faults::default() }).unwrap();
        place.cut_power(&mut Dice(sync_fails));
        place.finish().unwrap_or_else(|error| panic!("sync {sync_fails} failed: {error}"));
    }
    assert!(failed > 8 && of_the_log > 5, "{failed} {of_the_log}");
}

#[test]
fn a_full_disk_ends_the_run_with_words_and_the_next_one_goes_on() {
    // A file of the log begins with the schema.
    let header = u64::try_from(airshed::wire::record::SCHEMA.len()).unwrap();
    let after = [25_000, 31_000, 52_000, 58_000, 61_000, 91_000].map(|it| header + it);
    for room in [0, 10, 30_000].into_iter().chain(after) {
        let Some(mut place) = Place::new() else { return };
        let faults = Faults { room: Some(room), ..Faults::default() };
        for _ in 0..2 {
            let output = place.play(&faults).unwrap();
            check_end(&output, &faults).unwrap();
            let (_, err) = words(&output);
            if output.status.code() == Some(1) {
                assert!(err.contains("Make room and start again"), "{err}");
            }
            assert!(!place.is_left("snapshot.new") && !place.is_left("tree.new"));
        }
        let (code, out, err) = place.verify();
        if room > header {
            // A checkpoint that had no room is reported until a start has room to sign.
            let is_unsigned = err.contains("no checkpoint follows this decision");
            assert!(code == Some(0) || is_unsigned, "{out}{err}");
        }
        place.finish().unwrap_or_else(|error| panic!("room for {room} bytes: {error}"));
    }
}

/// What follows from the records is never worth the log.
#[test]
fn a_cache_that_does_not_fit_does_not_stop_the_log() {
    let hashes = "the hashes of the last";
    for (only, room, said) in
        [("snapshot", 0, ""), ("snapshot", 5_000, ""), ("tree", 0, hashes), ("tree", 999, hashes)]
    {
        let Some(mut place) = Place::new() else { return };
        let faults = Faults { room: Some(room), only: Some(only), ..Faults::default() };
        let output = place.play(&faults).unwrap();
        let (out, err) = words(&output);
        assert_eq!(output.status.code(), Some(0), "{out}{err}");
        let told = err.lines().filter(|it| it.contains("could not be written")).count();
        assert!(told == 1 && err.contains(only) && err.contains("No space left"), "{err}");
        assert!(!place.is_left("snapshot.new"));
        assert_eq!(records(&place.log()), undisturbed());
        let (code, out, err) = place.verify();
        assert!(code == Some(0) && out.contains(said), "{out}{err}");
        // A start on the full disk gets as far.
        let output = place.play(&faults).unwrap();
        assert_eq!(output.status.code(), Some(0), "{:?}", words(&output));
        place.finish().unwrap();
    }
}
