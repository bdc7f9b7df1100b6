//! Simulated worlds: the program is killed between any two effects, its inputs race, and what
//! receivers receive must still be what they would have received without a crash.

mod check;
mod dice;
mod faults;
mod feed;
mod life;
mod outside;
mod ports;
mod weather;

use std::rc::Rc;
use std::thread;

use airshed::engine::Record;

use check::{Tally, check};
use dice::Dice;
use faults::Fault;
use feed::Feed;
use life::{Doors, Life, Sound, calm, live};
use outside::{Crashes, Outside, Pace};

const WORLDS_BY_SOURCES: u64 = 800;
const WORLDS_BY_WALL: u64 = 250;
const THREADS: u64 = 4;
/// Worlds in which each planted fault is looked for.
const WORLDS_A_FAULT: u64 = 12;

/// A kind of world, by its seed.
type Kind = fn(u64) -> Feed;

/// How often each world's program is killed: from hardly ever to all the time.
fn crashes(seed: u64) -> Crashes {
    Crashes::Often { of_thousand: [2, 5, 12, 30, 80][seed as usize % 5], left: 12 }
}

fn wild(seed: u64, feed: &Rc<Feed>, doors: &impl Doors, crashes: Crashes) -> Result<Life, String> {
    let pace = if feed.ticks.is_empty() { Pace::Wild } else { Pace::InTurn };
    live(&Outside::new(feed, Dice::new(seed).other(2), pace, crashes), doors)
}

/// One world with crashes against the same without.
fn world(seed: u64, kind: Kind, doors: &impl Doors) -> Result<Tally, String> {
    let feed = Rc::new(kind(seed));
    check(&calm(&feed)?, &wild(seed, &feed, doors, crashes(seed))?)
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
        for feed in [Feed::of_sources_for(seed, 60), Feed::of_wall_for(seed, 20)].map(Rc::new) {
            let calm = calm(&feed).unwrap();
            let undisturbed = wild(seed, &feed, &Sound, Crashes::Never).unwrap();
            let effects = undisturbed.world.borrow().effects;
            eprintln!("{effects} {:?}", check(&calm, &undisturbed));
            for at in 1..=effects {
                let life = wild(seed, &feed, &Sound, Crashes::At(at)).unwrap();
                tally += check(&calm, &life)
                    .unwrap_or_else(|it| panic!("seed {seed}, crash at effect {at}: {it}"));
            }
        }
    }
    assert!(tally.crashes > 1000 && tally.crashes == tally.worlds, "{tally:?}");
    assert!(tally.sets > 3 * tally.worlds, "{tally:?}");
}

#[test]
fn one_seed_gives_one_log() {
    let log = |seed: u64, kind: Kind| -> Vec<Record> {
        let life = wild(seed, &Rc::new(kind(seed)), &Sound, crashes(seed)).unwrap();
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
            let found = seeds.filter_map(|seed| world(seed, Feed::of_sources, &fault).err());
            (fault, found.collect::<Vec<_>>())
        })
    });
    for looked in looked {
        let (fault, found) = looked.join().unwrap();
        eprintln!("{fault:?}: {} of {WORLDS_A_FAULT}", found.len());
        assert!(found.len() > 1, "{fault:?} was found {} times", found.len());
    }
}
