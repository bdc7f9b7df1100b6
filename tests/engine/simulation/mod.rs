//! Simulated worlds: the program is killed between any two effects, its inputs race, and what
//! receivers receive must still be what they would have received without a crash.
#![allow(clippy::wildcard_enum_match_arm, reason = "Each looks for a few kinds of events.")]

pub(crate) mod bureaus;
mod check;
pub(crate) mod dice;
mod disk;
mod faults;
mod feed;
mod life;
mod outside;
mod ports;
mod weather;

use std::rc::Rc;
use std::sync::Arc;
use std::thread;

use airshed::domain::*;
use airshed::engine::*;
use airshed::wire::state;

use check::{Tally, check};
use dice::Dice;
use disk::{Disks, Wrong};
use faults::Fault;
use feed::Feed;
use life::{Doors, Life, Sound, live, rehearse};
use outside::{Crashes, Outside, Pace, Received};

const WORLDS_BY_SOURCES: u64 = 800;
const WORLDS_BY_WALL: u64 = 250;
/// Worlds whose log is in real files.
const WORLDS_ON_DISK: u64 = 40;
const THREADS: u64 = 4;
/// Worlds in which each planted fault is looked for.
const WORLDS_A_FAULT: u64 = 30;

/// A kind of world, by its seed.
type Kind = fn(u64) -> Feed;

/// How often each world's program is killed: from hardly ever to all the time.
fn crashes(seed: u64) -> Crashes {
    let of_thousand = Dice::new(seed).one_of(&[2, 5, 12, 30, 80]);
    Crashes::Often { of_thousand, left: 12 }
}

fn wild(seed: u64, feed: &Rc<Feed>, doors: &impl Doors, crashes: Crashes) -> Result<Life, String> {
    let pace = if feed.by_wall { Pace::InTurn } else { Pace::Wild };
    live(&Outside::new(feed, Dice::new(seed).other(2), pace, crashes), doors)
}

/// One world with crashes against the same without.
fn world(seed: u64, kind: Kind, doors: &impl Doors) -> Result<Tally, String> {
    let (feed, calm) = rehearse(seed, kind(seed))?;
    check(&calm, &wild(seed, &feed, doors, crashes(seed))?)
}

/// All worlds of a kind, on some threads.
fn all(kind: Kind, seeds: u64) -> Tally {
    let part = move |first: u64| {
        let mut tally = Tally::default();
        for seed in (first..seeds).step_by(usize::try_from(THREADS).unwrap()) {
            tally += world(seed, kind, &Sound).unwrap_or_else(|it| panic!("seed {seed}: {it}"));
        }
        tally
    };
    let threads: Vec<_> = (0..THREADS).map(|it| thread::spawn(move || part(it))).collect();
    let mut tally = Tally::default();
    for thread in threads {
        tally += thread.join().expect("its panic is the test's");
    }
    tally
}

#[test]
fn crashes_change_no_order_where_the_streams_are_the_clock() {
    all(Feed::of_sources, WORLDS_BY_SOURCES).assert_eventful(WORLDS_BY_SOURCES);
}

#[test]
fn crashes_change_no_order_where_the_wall_is_the_clock() {
    all(Feed::of_wall, WORLDS_BY_WALL).assert_eventful(WORLDS_BY_WALL);
}

/// One crash at each effect of short worlds, one after the other.
#[test]
fn a_crash_at_any_effect_changes_no_order() {
    let mut tally = Tally::default();
    for seed in 0..4 {
        for feed in [Feed::of_sources_for(seed, 60), Feed::of_wall_for(seed, 20)] {
            let (feed, calm) = rehearse(seed, feed).unwrap();
            let undisturbed = wild(seed, &feed, &Sound, Crashes::Never).unwrap();
            let effects = undisturbed.world.borrow().effects;
            for at in 1..=effects {
                let life = wild(seed, &feed, &Sound, Crashes::At(at)).unwrap();
                tally += check(&calm, &life)
                    .unwrap_or_else(|it| panic!("seed {seed}, crash at effect {at}: {it}"));
            }
        }
    }
    assert!(tally.crashes > 1000 && tally.crashes == tally.worlds, "{tally:?}");
    assert!(tally.sets > tally.worlds, "{tally:?}");
}

/// A state that was kept as bytes and taken up again is the very state, wherever the log was cut;
/// so the rest of the log leads to the same one.
#[test]
fn a_state_that_is_kept_and_taken_up_is_the_state_that_was_folded() {
    let (mut cuts, mut warnings) = (0, 0);
    for seed in 0..24 {
        for feed in [Feed::of_sources(seed), Feed::of_wall(seed)] {
            let feed = rehearse(seed, feed).unwrap().0;
            let life = wild(seed, &feed, &Sound, Crashes::Never).unwrap();
            let log = life.world.borrow().log.clone();
            let mut folded = Memory::default();
            let mut taken_up = Memory::default();
            for record in &log {
                folded.evolve(record).unwrap();
                taken_up.evolve(record).unwrap();
                if record.position.0 % 17 == seed % 17 {
                    taken_up = again(&taken_up);
                    assert_eq!(taken_up, folded, "seed {seed}, {:?}", record.position);
                    cuts += 1;
                }
                let open = |it| folded.airshed.warning(JurisdictionIndex(it)).is_some();
                warnings += u32::from((0..3).any(open));
            }
            assert_eq!(state::digest(&taken_up), state::digest(&folded));
            assert_eq!((&taken_up, &folded), (&life.memory, &life.memory));
        }
    }
    assert!(cuts > 1_000 && warnings > 1_000, "{cuts} {warnings}");
}

fn again(memory: &Memory) -> Memory {
    let (mut bytes, mut beside) = (Vec::new(), Vec::new());
    state::write(memory, &mut bytes);
    state::write_undigested(memory, &mut beside);
    assert_eq!(state::digest_of(&bytes), state::digest(memory));
    state::read(&bytes, &beside, memory.airshed.book()).unwrap()
}

/// A world whose log is in files that crashes tear, watched by a neighbour.
fn world_on_disk(seed: u64, disks: &Disks) -> Result<Tally, String> {
    let (feed, calm) = rehearse(seed, Feed::of_sources_for(seed, 90))?;
    let tally = check(&calm, &wild(seed, &feed, disks, crashes(seed))?)?;
    disks.0.witness().map_or(Ok(tally), Err)
}

#[test]
fn torn_disks_change_no_order_and_a_neighbour_sees_one_history() {
    let mut tally = Tally::default();
    let (mut torn, mut witnessed, mut recalled, mut killed) = (0, 0, 0, 0);
    for seed in 0..WORLDS_ON_DISK {
        let disks = Disks::new(seed, Wrong::Nothing);
        tally += world_on_disk(seed, &disks).unwrap_or_else(|it| panic!("seed {seed}: {it}"));
        torn += disks.0.torn.get();
        witnessed += disks.0.witnessed.get();
        recalled += disks.0.recalled.get();
        killed += disks.0.killed.get();
    }
    assert!(tally.crashes > 100 && tally.sets > 100 && tally.amended > 100, "{tally:?}");
    assert!(torn > 30 && witnessed > 100 && recalled > 20, "{torn} {witnessed} {recalled}");
    assert!(killed > 20, "{killed}");
}

/// A program that does not sync, that believes what another one has not synced, or that begins its
/// log anew, is found out.
#[test]
fn what_a_program_does_wrong_with_its_disk_is_found() {
    for wrong in [Wrong::DoesNotSync, Wrong::BelievesUnsynced, Wrong::BeginsAnew] {
        let seeds = (1..=WORLDS_A_FAULT).map(|it| it * 7);
        let look = |seed| {
            // A log that was not synced may be damaged beyond opening.
            let world = || world_on_disk(seed, &Disks::new(seed, wrong));
            let ended = std::panic::catch_unwind(world);
            ended.unwrap_or_else(|_| Err("durable records cannot be read".into())).err()
        };
        let found = seeds.filter_map(look);
        let found: Vec<String> = found.collect();
        assert!(found.len() > 1, "{wrong:?} was found {} times", found.len());
        let by = if wrong == Wrong::BeginsAnew { "the witness" } else { "durable" };
        assert!(found.iter().any(|it| it.contains(by)), "{found:?}");
    }
}

/// What a program remembers is ahead of a log that has failed: it must not go on.
#[test]
fn a_program_whose_door_has_failed_does_nothing_more() {
    let feed = rehearse(1, Feed::of_sources(1)).unwrap().0;
    let mut failures = 0;
    for at in 1.. {
        let world = Outside::new(&feed, Dice::new(1), Pace::Calm, Crashes::At(at));
        let (inbox, log, outbox) = Sound.open(&world);
        let book = Arc::clone(&feed.book);
        let opened = Engine::open(book, Timestamp(0), inbox, log, outbox);
        let Ok(mut engine) = opened else { continue };
        let join = vec![Command::JoinStreams(feed.streams.clone())];
        let Err(failed) = engine.submit(join, None).and_then(|_| engine.step(None)) else { break };
        let left = |world: &Outside| (world.log.len(), world.effects);
        let before = left(&world.borrow());
        assert_eq!(engine.step(None), Err(failed.clone()));
        let tick = Command::Tick(Tick { at: Timestamp(i64::MAX / 2), source: None });
        assert_eq!(engine.submit(vec![tick], None), Err(failed));
        assert_eq!(left(&world.borrow()), before, "effect {at}");
        failures += 1;
    }
    assert!(failures > 20, "{failures}");
}

/// Orders that the log does not hold were sent from another log, or the log has lost its end.
#[test]
fn a_log_that_ends_before_what_was_sent_is_refused() {
    let (feed, life) = rehearse(1, Feed::of_sources(1)).unwrap();
    life.world.borrow_mut().log.truncate(1);
    let lanes = std::mem::take(&mut life.world.borrow_mut().lanes);
    let some = lanes.values().flatten().next().unwrap().says.clone();
    let last = vec![Received { position: Position(7), says: some }];
    life.world.borrow_mut().lanes = lanes.into_keys().map(|lane| (lane, last.clone())).collect();
    let (inbox, log, outbox) = Sound.open(&life.world);
    let book = Arc::clone(&feed.book);
    let refused = Engine::open(book, Timestamp(0), inbox, log, outbox).err().unwrap();
    let words = "orders up to record 7 were sent, but the log ends before record 1: ";
    assert!(refused.to_string().starts_with(words), "{refused}");
}

#[test]
fn one_seed_gives_one_log() {
    let log = |seed: u64, kind: Kind| -> Vec<Record> {
        let feed = rehearse(seed, kind(seed)).unwrap().0;
        let life = wild(seed, &feed, &Sound, crashes(seed)).unwrap();
        let outside = life.world.borrow();
        outside.log.clone()
    };
    for seed in 0..8 {
        for kind in [Feed::of_sources as Kind, Feed::of_wall] {
            let (once, again) = (log(seed, kind), log(seed, kind));
            assert_eq!(format!("{once:?}"), format!("{again:?}"), "seed {seed}");
        }
    }
}

/// Every fault is found, and in more than one world.
#[test]
fn planted_faults_are_found() {
    let looked = Fault::ALL.map(|fault| {
        thread::spawn(move || {
            let seeds = (1..=WORLDS_A_FAULT).map(|it| it * 7);
            let kind = if fault.answers_first() { Feed::of_wall } else { Feed::of_sources };
            let found = seeds.filter_map(|seed| world(seed, kind, &fault).err());
            (fault, found.collect::<Vec<_>>())
        })
    });
    let found = looked.map(|it| it.join().unwrap());
    let missed = found.iter().filter(|it| it.1.len() < 2).map(|it| (it.0, it.1.len()));
    assert_eq!(missed.collect::<Vec<_>>(), [], "found so often");
}
