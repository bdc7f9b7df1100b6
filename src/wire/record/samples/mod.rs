//! Records for tests: one of each kind, and arbitrary ones. The sample of each kind is in the file
//! of its payload; here is what several of them share.

use std::sync::Arc;

use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use crate::domain::{
    ActKind, ActSummary, Batch, Division, Event, Grade, Hour, Jurisdiction, JurisdictionIndex,
    Outcome, Parameters, Pollutant, Reading, Row, RuleBook, Rules, Source, Station, StationIndex,
    Stream, Timestamp, WarningId,
};
use crate::engine::{Position, Record};

use super::payload::{self, RuleFiles};

/// The sample of a payload, and any other.
pub(crate) trait Sample: Sized {
    /// The same at every call.
    fn sample() -> Self;
    /// Any value that the type allows.
    fn any() -> BoxedStrategy<Self>;
}

pub(crate) const HOUR: Hour = Hour(430_000);
/// Half an hour after the end of [`HOUR`].
pub(crate) const DECIDED_AT: Timestamp = Timestamp(430_000 * 3_600_000 + 1_800_000);
pub(crate) const JURISDICTION: JurisdictionIndex = JurisdictionIndex(1);
pub(crate) const WARNING: WarningId = WarningId { jurisdiction: JURISDICTION, number: 7 };

/// A rule book that says nothing, whatever its files are.
#[expect(clippy::unnecessary_wraps, reason = "It stands in for a parser that can fail.")]
pub(crate) fn parse(files: &RuleFiles) -> Result<Arc<RuleBook>, String> {
    let rules = Rules {
        airshed: "test".into(),
        parameters: Parameters::defaults(),
        jurisdictions: Vec::new(),
        stations: Vec::new(),
        standards: Vec::new(),
        in_force: Vec::new(),
        indexes: Vec::new(),
        measures: Vec::new(),
        floors: Vec::new(),
        cooperation: None,
    };
    let digest = format!("{} files", files.len()).into();
    Ok(Arc::new(RuleBook { digest, files: files.to_vec(), rules }))
}

/// Rules with two jurisdictions, 110000 and 130100, and ten stations, 1001A to 1010A.
pub(crate) fn rules() -> Rules {
    let mut rules = Arc::unwrap_or_clone(parse(&[]).unwrap()).rules;
    let jurisdiction = |division| Jurisdiction {
        division: Division(division),
        name: "".into(),
        name_zh: "".into(),
        answers_to: None,
        follows: None,
    };
    rules.jurisdictions = vec![jurisdiction(110_000), jurisdiction(130_100)];
    let station = |number| Station {
        code: format!("{number}A").into(),
        name: "".into(),
        aliases: Vec::new(),
        jurisdiction: JurisdictionIndex(0),
        control_point: false,
        start: None,
        stop: None,
        replaced_on: None,
    };
    rules.stations = (1001..1011).map(station).collect();
    rules
}

/// A fact with this position.
pub(crate) fn record(position: u64, event: Event) -> Record {
    let recorded_at = Hour(430_000).end().plus_minutes(30);
    let happened_at = Hour(430_000).end();
    let position = Position(position);
    Record { position, happened_at, recorded_at, correlation: None, causation: None, event }
}

/// One wide row: many stations in a row, one pollutant, whole values.
pub(crate) fn wide_batch(stations: u16, rows: u32) -> Batch {
    let row_of = |row: u32| {
        (0..stations).map(move |station| Reading {
            tenths: i32::from(station * 37 % 90) * 10 + 100,
            station: StationIndex(station),
            revision: 0,
            pollutant: Pollutant::ALL[row as usize % 6],
            outcome: Outcome::Taken,
        })
    };
    Batch {
        stream: Stream::file("china_sites_20190112.csv"),
        hour: Hour(430_000),
        rows: (0..rows)
            .map(|row| Row { position: u64::from(2 + row * 3), readings: stations.into() })
            .collect(),
        readings: (0..rows).flat_map(row_of).collect(),
    }
}

/// One of each kind of record, the same at every call.
pub(crate) fn one_of_each() -> Vec<Record> {
    let mut records = first_format();
    let first = records.len() as u64;
    let added = payload::one_of_each().into_iter().skip(records.len());
    for (position, event) in (first..).zip(added) {
        let cause = Some(Position(first - 1));
        records.push(Record { correlation: cause, causation: cause, ..record(position, event) });
    }
    records
}

/// The kinds that the first format knew.
pub(crate) fn first_format() -> Vec<Record> {
    let events = payload::one_of_each().into_iter().take(FIRST_FORMAT);
    let mut records: Vec<Record> = (0..).zip(events).map(|(at, it)| record(at, it)).collect();
    for it in &mut records[9..] {
        it.correlation = Some(Position(3));
        it.causation = Some(Position(it.position.0 - 1));
    }
    records
}

const FIRST_FORMAT: usize = 13;

/// The kinds that the second format knew.
pub(crate) fn second_format() -> Vec<Record> {
    one_of_each().into_iter().take(SECOND_FORMAT).collect()
}

const SECOND_FORMAT: usize = 18;

/// Where the sample of an input stood.
pub(crate) fn sample_source() -> Source {
    Stream::topic("airshed.readings", 3).at(4711)
}

/// An act of amended air.
pub(crate) fn stricter() -> ActSummary {
    ActSummary { kind: ActKind::Raise, grade: Grade::Red, start: HOUR.plus(2), end: None }
}

/// The act that it would have been.
pub(crate) fn milder() -> ActSummary {
    let start = HOUR.plus(2);
    ActSummary { kind: ActKind::Issue, grade: Grade::Blue, start, end: Some(start) }
}

/// Any record there can be.
pub(crate) fn any_record() -> impl Strategy<Value = Record> {
    let position = || any::<u64>().prop_map(Position);
    let at = (position(), time(), time(), option::of(position()), option::of(position()));
    (at, payload::any_event()).prop_map(|(at, event)| {
        let (position, happened_at, recorded_at, correlation, causation) = at;
        Record { position, happened_at, recorded_at, correlation, causation, event }
    })
}

pub(crate) fn done() -> impl Strategy<Value = ActSummary> {
    (select(&ActKind::ALL[..]), select(&Grade::ALL[..]), hour(), option::of(hour()))
        .prop_map(|(kind, grade, start, end)| ActSummary { kind, grade, start, end })
}

pub(crate) fn text() -> impl Strategy<Value = Arc<str>> {
    ".{0,12}".prop_map(Arc::from)
}

pub(crate) fn stream() -> impl Strategy<Value = Stream> {
    (text(), option::of(any::<i32>())).prop_map(|(name, partition)| Stream { name, partition })
}

pub(crate) fn source() -> impl Strategy<Value = Source> {
    (stream(), any::<u64>()).prop_map(|(stream, position)| Source { stream, position })
}

pub(crate) fn time() -> impl Strategy<Value = Timestamp> {
    any::<i64>().prop_map(Timestamp)
}

pub(crate) fn hour() -> impl Strategy<Value = Hour> {
    any::<i32>().prop_map(Hour)
}

pub(crate) fn station() -> impl Strategy<Value = StationIndex> {
    any::<u16>().prop_map(StationIndex)
}

pub(crate) fn jurisdiction() -> impl Strategy<Value = JurisdictionIndex> {
    any::<u16>().prop_map(JurisdictionIndex)
}

pub(crate) fn warning() -> impl Strategy<Value = WarningId> {
    (jurisdiction(), any::<u32>())
        .prop_map(|(jurisdiction, number)| WarningId { jurisdiction, number })
}
