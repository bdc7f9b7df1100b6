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

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use airshed::domain::*;
use airshed::engine::*;
use airshed::io::files::FileInbox;
use airshed::io::memory::*;
use airshed::wire::rule_book;
use airshed::wire::stations::Stations;

use crate::brute::{BACK_H, HORIZON_H, LAW, Unknown, above, by_definition, index};
use crate::feed::Feed;
use crate::random::Dice;
use crate::sets::obeys_the_law_of_sets;

/// Who speaks of what is ahead.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Ahead {
    Nobody,
    Hindsight(i32),
    Persistence(i32),
}

const EACH: [Ahead; 3] = [Ahead::Nobody, Ahead::Hindsight(120), Ahead::Persistence(12)];

/// How a stretch is silent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Silent {
    /// Every station reports that it has no value.
    Missing,
    /// Nothing comes at all: the clock stands still, and then it jumps.
    Gone,
}

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
    let mut inbox = MemoryInbox::default();
    commands.into_iter().for_each(|it| inbox.put(it));
    let outlooks = match ahead {
        Ahead::Hindsight(hours) => {
            Outlooks::Hindsight(Hindsight::look(book, hours, &mut inbox.clone()).unwrap())
        }
        Ahead::Nobody | Ahead::Persistence(_) => Outlooks::None,
    };
    let inbox = WithOutlooks::new(inbox, outlooks, Vec::new());
    let log = MemoryLog::default();
    let mut engine = Engine::open(Arc::clone(book), Timestamp(0), inbox, log, NoOutbox).unwrap();
    while engine.step(None).unwrap().taken > 0 {}
    if let Some(at) = engine.memory().airshed.end_of_feed() {
        engine.submit(vec![Command::Tick(Tick { at, source: None })], None).unwrap();
    }
    engine.into_parts().1.records
}

/// The closed hours of a play, as anybody can read them in its log.
struct Past<'a> {
    rules: &'a Rules,
    ahead: Ahead,
    closed: BTreeMap<(JurisdictionIndex, Hour), Option<u16>>,
    stale: Vec<Hour>,
}

impl<'a> Past<'a> {
    fn of(records: &[Record], rules: &'a Rules, ahead: Ahead) -> Self {
        let mut past = Self { rules, ahead, closed: BTreeMap::new(), stale: Vec::new() };
        for record in records {
            let Event::HourClosed(closed) = &record.event else { continue };
            if closed.stale {
                past.stale.push(closed.hour);
            }
            for it in &closed.jurisdictions {
                past.closed.insert((it.jurisdiction, closed.hour), it.pm25_ug_m3);
            }
        }
        past
    }

    fn value(&self, city: JurisdictionIndex, hour: Hour) -> Option<u16> {
        self.closed.get(&(city, hour)).copied().flatten()
    }

    /// The series of a decision, from `BACK_H` hours before it.
    fn air(&self, city: JurisdictionIndex, now: Hour) -> Vec<AirHour> {
        let said = |it: Option<u16>| it.map_or(AirHour::Missing, AirHour::Value);
        let mut air: Vec<AirHour> =
            (-BACK_H..=0).map(|back| said(self.value(city, now.plus(back)))).collect();
        let ahead = (1..=HORIZON_H).map(|ahead| match self.ahead {
            Ahead::Nobody => AirHour::Unspoken,
            Ahead::Hindsight(hours) if ahead <= hours => {
                self.closed.get(&(city, now.plus(ahead))).map_or(AirHour::Unspoken, |it| said(*it))
            }
            Ahead::Persistence(hours) if ahead <= hours => {
                self.mean(city, now).map_or(AirHour::Unspoken, AirHour::Value)
            }
            Ahead::Hindsight(_) | Ahead::Persistence(_) => AirHour::Unspoken,
        });
        air.extend(ahead.collect::<Vec<_>>());
        air
    }

    /// M(t) over observed hours.
    fn mean(&self, city: JurisdictionIndex, now: Hour) -> Option<u16> {
        let values = (0..24).filter_map(|back| self.value(city, now.plus(-back)));
        let values: Vec<u32> = values.map(u32::from).collect();
        let (sum, count) = (values.iter().sum::<u32>(), values.len() as u32);
        if count < 20 {
            return None;
        }
        let (down, rest) = (sum / count, sum % count);
        let up = 2 * rest > count || (2 * rest == count && down % 2 == 1);
        u16::try_from(down + u32::from(up)).ok()
    }

    /// Weighs one act.
    #[track_caller]
    fn weigh(&self, act: &WarningAct, open: Option<Hour>, what: &str) {
        let (city, now) = (act.warning.jurisdiction, act.hour);
        let standard = self.rules.standards.iter().find(|it| it.id == act.standard).unwrap();
        let air = self.air(city, now);
        let episode = |unknown| by_definition(&air, standard, LAW, unknown, now);
        assert!(!self.stale.contains(&now), "{what}: an act at a stale hour: {act:?}");
        let observed = self.value(city, now);
        assert!(
            self.ahead != Ahead::Nobody || observed.is_some(),
            "{what}: an act at a silent hour: {act:?}"
        );
        match act.kind {
            ActKind::Issue | ActKind::Raise => {
                let grade = episode(Unknown::Nothing).map(|it| it.grade);
                assert_eq!(grade, Some(act.grade), "{what}: {act:?}");
            }
            ActKind::Lower => {
                let worst = episode(Unknown::AboveEveryBound).map_or(Grade::None, |it| it.grade);
                assert!(worst < act.previous_grade, "{what}: {act:?}");
            }
            ActKind::Lift => {
                let lowest = standard.lowest_bound().unwrap();
                let own = observed.map(|it| index(u32::from(it)));
                assert!(own.is_some_and(|it| !above(lowest, it)), "{what}: {act:?}");
                let joined = |begin: i32| begin < open.map_or(0, |it| (it.0 - now.0).max(0)) + 36;
                let worst = episode(Unknown::AboveWhereMissingByNow);
                let worst = worst.filter(|it| joined(it.begin));
                assert!(worst.is_none(), "{what}: {act:?} {worst:?}");
            }
            ActKind::Advance | ActKind::Extend | ActKind::Shorten => {
                assert!(episode(Unknown::Nothing).is_some(), "{what}: {act:?}");
            }
        }
    }
}

/// Weighs every act of a play; gives back how many there were of each kind.
#[track_caller]
fn weigh(records: &[Record], rules: &Rules, ahead: Ahead, what: &str) -> [u32; 7] {
    obeys_the_law_of_sets(records, rules.parameters.min_notice_h);
    let past = Past::of(records, rules, ahead);
    let (mut starts, mut count) = (BTreeMap::new(), [0; 7]);
    for record in records {
        let Event::WarningDecided(act) = &record.event else { continue };
        let city = act.warning.jurisdiction;
        if act.cause == Cause::Warning {
            past.weigh(act, starts.get(&city).copied(), what);
        }
        count[act.kind as usize] += 1;
        match act.kind {
            ActKind::Raise | ActKind::Lower => {}
            ActKind::Lift => {
                starts.remove(&city);
            }
            ActKind::Issue | ActKind::Advance | ActKind::Extend | ActKind::Shorten => {
                starts.insert(city, act.start);
            }
        }
    }
    count
}

/// Hours at which silence would do most harm: starts, raises, lowerings, lifts, and in between.
fn worst_places(records: &[Record]) -> Vec<Hour> {
    let acts = records.iter().filter_map(|it| match &it.event {
        Event::WarningDecided(act) => Some(act),
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
        told += &format!("{hour}: A={}\n", (level + noise).max(1));
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
                let first = places[dice.below(places.len() as u32) as usize];
                let hours = 1 + dice.below(90).cast_signed();
                let silent = [Silent::Missing, Silent::Gone][dice.below(2) as usize];
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
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    if !folder.is_dir() {
        assert!(std::env::var_os("CI").is_none(), "{} is missing", folder.display());
        eprintln!("left out: {} is not there", folder.display());
        return;
    }
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
            places[dice.below(places.len() as u32) as usize],
            first.plus(dice.below((last.0 - first.0).unsigned_abs() + 1).cast_signed()),
        ];
        for place in places {
            let silent = [Silent::Missing, Silent::Gone][dice.below(2) as usize];
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
    let mut inbox = FileInbox::open(paths, stations, rules.parameters.max_jump_h).unwrap();
    inbox.resume(&[]).unwrap();
    let mut commands = Vec::new();
    let winter = Hour::of_beijing(Date::new(2014, 2, 10).unwrap(), 0).unwrap();
    loop {
        let taken = inbox.take().unwrap();
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
