//! Section 2: any order of delivery of the same readings before the closing, over any number of
//! partitions, with repeats, gives the same records from `hour_closed` on.
//!
//! Every partition carries the same ticks, as feeds do that speak for their own clock. Between two
//! ticks its rows come in any order, cut into batches in any way, and the partitions are read in
//! any interleaving. What differs is where a reading stood, and so its own record; what is decided
//! does not.

use airshed::domain::ResponseEvent;
use std::collections::BTreeMap;
use std::sync::Arc;

use airshed::domain::*;
use proptest::prelude::*;

use crate::feed::Feed;
use crate::play::Play;

/// What a station says of an hour: values with revisions, and in which instant after its own.
#[derive(Clone, Debug)]
struct Said {
    station: u16,
    hour: i32,
    values: Vec<(Tenths, u16)>,
    instants_later: i32,
}

/// How a feed is delivered.
#[derive(Clone, Debug)]
struct Delivery {
    partitions: u32,
    /// Numbers that decide about places; used one after the other, again and again.
    tape: Vec<u32>,
    /// Rows per hundred that come twice.
    repeats: usize,
}

const PLAIN: Delivery = Delivery { partitions: 1, tape: Vec::new(), repeats: 0 };

/// Whether the tick of an instant stands before its rows, so that they move no clock, or after.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Ticks {
    First,
    Last,
}

struct Tape<'a>(&'a [u32], usize);

impl Tape<'_> {
    fn below(&mut self, bound: usize) -> usize {
        let Some(number) = self.0.get(self.1 % self.0.len().max(1)) else { return 0 };
        self.1 += 1;
        (*number as usize).wrapping_mul(2_654_435_761 + self.1) % bound.max(1)
    }
}

/// The rows of each partition between its ticks, then all partitions in one interleaving.
fn deliver(said: &[Said], hours: i32, ticks: Ticks, how: &Delivery) -> Vec<Command> {
    let mut tape = Tape(&how.tape, 0);
    let streams: Vec<Stream> =
        (0..how.partitions.cast_signed()).map(|it| Stream::topic("airshed.readings", it)).collect();
    let mut rows: BTreeMap<(i32, usize), Vec<(i32, Reading)>> = BTreeMap::new();
    for it in said {
        for (tenths, revision) in &it.values {
            for pollutant in [Pollutant::Pm25, Pollutant::Pm10] {
                let tenths = if pollutant == Pollutant::Pm25 { *tenths } else { MISSING };
                let reading = Reading {
                    tenths,
                    station: StationIndex(it.station),
                    revision: *revision,
                    pollutant,
                    outcome: Outcome::Taken,
                };
                let own = it.hour + if ticks == Ticks::First { it.instants_later } else { 0 };
                let mut at = vec![own];
                if tape.below(100) < how.repeats {
                    at.push(own + [0, 1, 2, 3][tape.below(4)]);
                }
                for instant in at {
                    let lane = tape.below(streams.len());
                    rows.entry((instant, lane)).or_default().push((it.hour, reading));
                }
            }
        }
    }
    let mut lanes: Vec<Vec<Command>> = vec![Vec::new(); streams.len()];
    for instant in 1..=hours + 4 {
        for (place, stream) in streams.iter().enumerate() {
            let mut here = rows.remove(&(instant, place)).unwrap_or_default();
            for at in (1..here.len()).rev() {
                here.swap(at, tape.below(at + 1));
            }
            let lane = &mut lanes[place];
            let at = Feed::hour(instant).end().plus_minutes(30);
            let tick = |position: usize| {
                Command::Tick(Tick { at, source: Some(stream.at(position as u64)) })
            };
            if ticks == Ticks::First {
                lane.push(tick(lane.len()));
            }
            batches(&here, stream, &mut tape, lane);
            if ticks == Ticks::Last {
                lane.push(tick(lane.len()));
            }
        }
    }
    let mut commands = vec![Command::JoinStreams(streams)];
    let mut lanes: Vec<_> = lanes.into_iter().map(Vec::into_iter).collect();
    while !lanes.is_empty() {
        let lane = tape.below(lanes.len());
        match lanes[lane].next() {
            Some(command) => commands.push(command),
            None => drop(lanes.remove(lane)),
        }
    }
    commands
}

/// Rows of one hour that follow one another may stand in one batch.
fn batches(rows: &[(i32, Reading)], stream: &Stream, tape: &mut Tape<'_>, lane: &mut Vec<Command>) {
    let mut left = rows;
    while let Some((hour, _)) = left.first() {
        let same = left.iter().take_while(|it| it.0 == *hour).count();
        let count = 1 + tape.below(same);
        let position = lane.len() as u64;
        lane.push(Command::Observe(Batch {
            stream: stream.clone(),
            hour: Feed::hour(*hour),
            rows: vec![Row { position, readings: u32::try_from(count).unwrap() }],
            readings: left[..count].iter().map(|it| it.1).collect(),
        }));
        left = &left[count..];
    }
}

/// What follows from the readings: every record from `hour_closed` on.
fn decided(book: &Arc<RuleBook>, commands: Vec<Command>, at_once: usize) -> Vec<Event> {
    let records = Play::new(book, commands).at_once(at_once).goes_on().records();
    records.into_iter().map(|it| it.event).filter(|it| !it.is_fact()).collect()
}

fn feed(grace_min: i32) -> Feed {
    let mut feed = Feed::of("")
        .set(&format!("grace_min = {grace_min}"))
        .set("silent_after_h = 6")
        .set("negative_as = \"half_detection_limit\"")
        .set("outlook_of_last_resort = \"persistence:12\"");
    "BTH-2023".clone_into(&mut feed.standard);
    feed
}

/// A value near the bounds, sometimes one that is refused or missing.
fn value() -> impl Strategy<Value = (Tenths, u16)> {
    let tenths = prop_oneof![
        12 => 900..2600_i32,
        1 => Just(MISSING),
        1 => Just(-50),
        1 => Just(20_000),
        2 => (10..13_i32).prop_map(|it| it * 100),
    ];
    (tenths, prop_oneof![4 => Just(0_u16), 1 => 0..3_u16])
}

fn said(hours: i32) -> impl Strategy<Value = Vec<Said>> {
    let one = (prop::collection::vec(value(), 0..4), prop_oneof![3 => Just(0), 1 => 0..5_i32]);
    prop::collection::vec(one, usize::try_from(3 * hours).unwrap()).prop_map(|all| {
        let said = (0..).zip(all).map(|(at, (values, instants_later))| {
            let (hour, station) = (1 + at / 3, u16::try_from(at % 3).unwrap());
            // A log begins with its first row, whose hour is therefore the only one there.
            Said { station, hour, values, instants_later }
        });
        let mut said: Vec<Said> = said.collect();
        said[0].values = vec![(1_500, 0)];
        said[0].instants_later = 0;
        said
    })
}

fn delivery() -> impl Strategy<Value = Delivery> {
    (1..5_u32, prop::collection::vec(any::<u32>(), 1..200), 0..40_usize)
        .prop_map(|(partitions, tape, repeats)| Delivery { partitions, tape, repeats })
}

/// Two days, so that warnings come up.
const HOURS: i32 = 48;

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_same_readings_decide_the_same(
        said in said(HOURS),
        how in delivery(),
        at_once in 0..5_usize,
        ticks in prop_oneof![Just(Ticks::First), Just(Ticks::Last)],
        grace_min in prop_oneof![Just(60), Just(180)],
    ) {
        let book = feed(grace_min).book();
        let expected = decided(&book, deliver(&said, HOURS, ticks, &PLAIN), 0);
        let got = decided(&book, deliver(&said, HOURS, ticks, &how), at_once);
        prop_assert!(expected.len() > HOURS.unsigned_abs() as usize);
        let other = got.iter().zip(&expected).find(|(got, expected)| got != expected);
        prop_assert!(other.is_none() && got.len() == expected.len(), "{other:#?}");
    }
}

/// The property is worth something only if the readings lead to decisions.
#[test]
fn the_feeds_of_the_property_lead_to_orders() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let (mut sets, mut silent) = (0, 0);
    for _ in 0..20 {
        let said = said(HOURS).new_tree(&mut runner).unwrap().current();
        let events = decided(&feed(60).book(), deliver(&said, HOURS, Ticks::First, &PLAIN), 0);
        sets += events
            .iter()
            .filter(|it| matches!(it, Event::Response(ResponseEvent::OrderSetIssued(_))))
            .count();
        silent += events
            .iter()
            .filter(|it| matches!(it, Event::Station(StationEvent::Silent(_))))
            .count();
    }
    assert!(sets > 10 && silent > 5, "{sets} sets, {silent} silent stations");
}
