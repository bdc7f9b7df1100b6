//! Silence alone neither raises, nor lowers, nor lifts.
//!
//! What is asserted of every act of every play with a silent stretch, and why it is the right
//! reading. A window is either known (20 valid hours of 24) or unknown. Silence shows itself to
//! the table of acts in two ways only: as an unknown window, and as an hour without a value. An
//! act *rests on silence* when another truth about these, within what they leave open, would not
//! have allowed it. So each act is weighed again by the definition of grading (`brute`), which
//! shares no code with the engine, on the series of its hour:
//!
//! - **issue, raise**: with every unknown window satisfying nothing, the episode has that grade;
//! - **lower**: with every unknown window above every bound, it is still milder than before;
//! - **lift**: the hour is observed and clear, and with every window above every bound that is
//!   unknown for hours missing up to now, no episode belongs to the warning;
//! - an hour at which the whole airshed is too late to decide (stale) has no act at all;
//! - without an outlook, an hour without a value has no act at all.
//!
//! Stretches of 1 to 90 hours are taken out, at random and at the worst places: at the start of a
//! warning, inside it, around its lift.

use airshed::domain::WarningEvent;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use airshed::domain::*;
use airshed::engine::*;
use airshed::io::files::FileInbox;
use airshed::wire::rule_book;
use airshed::wire::stations::Stations;

use crate::feed::Feed;
use crate::play::Play;
use crate::random::Dice;
use crate::weigh::{Ahead, weigh};

const EACH: [Ahead; 3] = [Ahead::Nobody, Ahead::Hindsight(120), Ahead::Persistence(12)];

/// How a stretch is silent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Silent {
    /// Every station reports that it has no value.
    Missing,
    /// Nothing comes at all: the clock stands still, and then it jumps.
    Gone,
}

const EITHER: [Silent; 2] = [Silent::Missing, Silent::Gone];

/// Takes a stretch out of a feed.
fn without(commands: &[Command], first: Hour, hours: i32, silent: Silent) -> Vec<Command> {
    let mut left = commands.to_vec();
    let is_in = |batch: &Batch| first <= batch.hour && batch.hour < first.plus(hours);
    match silent {
        Silent::Gone => left.retain(|it| !matches!(it, Command::Observe(it) if is_in(it))),
        Silent::Missing => {
            for command in &mut left {
                if let Command::Observe(batch) = command
                    && is_in(batch)
                {
                    batch.readings.iter_mut().for_each(|it| it.tenths = MISSING);
                }
            }
        }
    }
    left
}

fn play(book: &Arc<RuleBook>, commands: Vec<Command>, ahead: Ahead) -> Vec<Record> {
    let hindsight_h = match ahead {
        Ahead::Hindsight(hours) => hours,
        Ahead::Nobody | Ahead::Persistence(_) => 0,
    };
    Play::new(book, commands).hindsight(hindsight_h).records()
}

/// Hours at which silence would do most harm: starts, raises, lowerings, lifts, and in between.
fn worst_places(records: &[Record]) -> Vec<Hour> {
    let acts = records.iter().filter_map(|it| match &it.event {
        Event::Warning(WarningEvent::WarningDecided(act)) => Some(act),
        _ => None,
    });
    let mut places = Vec::new();
    for act in acts {
        let end = act.end.unwrap_or(act.start.plus(24));
        let middle = Hour(i32::midpoint(act.start.0, end.0));
        places.extend([act.hour, act.start, middle, act.hour.plus(-12)]);
    }
    places.sort_unstable();
    places.dedup();
    places
}

/// Air that rises and falls like an episode, one to three of them in fifteen days.
fn episodes(dice: &mut Dice) -> String {
    let mut told = String::new();
    let (mut level, mut target, mut left) = (40_i32, 40_i32, 10);
    for hour in 1..=360 {
        if left == 0 {
            target = match dice.below(6) {
                0 | 1 => 20 + dice.below(60).cast_signed(),
                2 => 110 + dice.below(40).cast_signed(),
                3 | 4 => 150 + dice.below(80).cast_signed(),
                _ => 250 + dice.below(200).cast_signed(),
            };
            left = 12 + dice.below(60).cast_signed();
        }
        left -= 1;
        // Air fills up slowly and is blown away fast.
        level += if target > level { (target - level + 5) / 6 } else { (target - level) / 2 };
        let noise = dice.below(15).cast_signed() - 7;
        writeln!(told, "{hour}: A={}", (level + noise).max(1)).unwrap();
    }
    told
}

#[test]
fn silence_decides_nothing_in_random_episodes() {
    let mut dice = Dice::new(72);
    let mut count = [0_u32; 7];
    for world in 0..48 {
        let mut feed = Feed::of(&episodes(&mut dice)).stations("A,0,,,");
        feed.standard = ["BTH-2023", "BTH-2018", "BTH-2017", "BJ-2015"][world % 4].to_owned();
        for ahead in EACH {
            let feed = match ahead {
                Ahead::Persistence(hours) => {
                    feed.clone().set(&format!("outlook_of_last_resort = \"persistence:{hours}\""))
                }
                Ahead::Nobody | Ahead::Hindsight(_) => feed.clone(),
            };
            let book = feed.book();
            let commands = feed.commands(&book.rules);
            let told = play(&book, commands.clone(), ahead);
            weigh(&told, &book.rules, ahead, &format!("world {world} {ahead:?}"));
            let mut places = worst_places(&told);
            places.extend((0..4).map(|_| Feed::hour(20 + dice.below(300).cast_signed())));
            for _ in 0..4 {
                let first = places[dice.place(&places)];
                let hours = 1 + dice.below(90).cast_signed();
                let silent = EITHER[dice.place(&EITHER)];
                let left = without(&commands, first, hours, silent);
                let first = first.0 - Feed::hour(0).0;
                let what = format!("world {world} {ahead:?} {silent:?} {first}+{hours}");
                let acts = weigh(&play(&book, left, ahead), &book.rules, ahead, &what);
                (0..7).for_each(|kind| count[kind] += acts[kind]);
            }
        }
    }
    // Worth weighing: many acts of every kind that silence could spoil.
    for kind in [ActKind::Issue, ActKind::Raise, ActKind::Lower, ActKind::Lift] {
        assert!(count[kind as usize] > 50, "{count:?}");
    }
}

/// Every file of readings that is at hand, whole and with silent stretches.
#[test]
fn silence_decides_nothing_in_real_air() {
    let Some(folder) = crate::skip::shared_data_folder() else { return };
    let mut dice = Dice::new(90);
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(&folder).unwrap().map(|it| it.unwrap().path()).collect();
    files.sort();
    let is_of_readings = |it: &PathBuf| {
        let name = it.file_name().unwrap().to_string_lossy().into_owned();
        ["beijing35_ep", "cnemc", "uci"].iter().any(|known| name.starts_with(known))
    };
    let mut plays = 0;
    for path in files.into_iter().filter(is_of_readings) {
        for ahead in EACH {
            plays += in_real_air(&path, ahead, &mut dice);
        }
    }
    assert!(plays > 100, "{plays}");
}

/// No more hours of a file than these are played, from its first warning on.
const PLAYED_H: i32 = 600;

fn in_real_air(path: &PathBuf, ahead: Ahead, dice: &mut Dice) -> u32 {
    let last_resort = match ahead {
        Ahead::Persistence(hours) => format!("persistence:{hours}"),
        Ahead::Nobody | Ahead::Hindsight(_) => "none".to_owned(),
    };
    let run =
        format!("[parameters]\nclock = \"sources\"\noutlook_of_last_resort = \"{last_resort}\"\n");
    let mut files = rule_book::built_in();
    files.push(("run.toml".into(), run.into()));
    let book = Arc::new(rule_book::parse(files).unwrap());
    let commands = read(path, &book.rules);
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    let told = play(&book, commands.clone(), ahead);
    weigh(&told, &book.rules, ahead, &format!("{name} {ahead:?}"));
    let places = worst_places(&told);
    let mut plays = 1;
    for hours in [1, 5, 12, 13, 24, 36, 60, 90] {
        let (Some(first), Some(last)) = (places.first(), places.last()) else { break };
        let places = [
            places[dice.place(&places)],
            first.plus(dice.below((last.0 - first.0).unsigned_abs() + 1).cast_signed()),
        ];
        for place in places {
            let silent = EITHER[dice.place(&EITHER)];
            let left = without(&commands, place, hours, silent);
            let what = format!("{name} {ahead:?} {silent:?} {place}+{hours}");
            weigh(&play(&book, left, ahead), &book.rules, ahead, &what);
            plays += 1;
        }
    }
    plays
}

/// The commands of a file; of a long one a winter's part.
fn read(path: &PathBuf, rules: &Rules) -> Vec<Command> {
    let stations = Arc::new(Stations::new(rules));
    let paths = std::slice::from_ref(path);
    let mut inbox = FileInbox::open(paths, stations, rules.parameters.closing.max_jump_h).unwrap();
    inbox.resume(&[]).unwrap();
    let mut commands = Vec::new();
    let winter = Hour::of_beijing(Date::new(2014, 2, 10).unwrap(), 0).unwrap();
    loop {
        let taken = inbox.poll().unwrap();
        if taken.is_empty() {
            break;
        }
        for command in taken {
            if let Command::Observe(batch) = &command {
                let long = path.to_string_lossy().contains("uci");
                if !long || (winter <= batch.hour && batch.hour < winter.plus(PLAYED_H)) {
                    commands.push(command);
                }
            }
        }
    }
    commands
}
