//! Records for tests: one of each kind, and arbitrary ones.

mod amendments;
mod any;

use std::sync::Arc;

use crate::domain::{
    ActKind, Batch, Cause, CityHour, Division, Event, Exclusion, ExclusionKind, Flag, Forecast,
    Grade, Hour, HourClosed, Jurisdiction, JurisdictionIndex, MISSING, Order, OrderAct, OrderSet,
    Outcome, Outlook, OutlookHour, Parameters, Pollutant, Reading, Reason, Refusal, Review, Row,
    RuleBook, Rules, Silence, Station, StationIndex, Stream, Tick, WarningAct, WarningId, Window,
};
use crate::engine::{Position, Record};

use super::RuleFiles;

pub(crate) use any::any_record;

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
    for (position, event) in (first..).zip(amendments::one_of_each()) {
        let cause = Some(Position(first - 1));
        records.push(Record { correlation: cause, causation: cause, ..record(position, event) });
    }
    records
}

/// The kinds that the first format knew.
pub(crate) fn first_format() -> Vec<Record> {
    let hour = Hour(430_000);
    let decided_at = hour.end().plus_minutes(30);
    let jurisdiction = JurisdictionIndex(1);
    let warning = WarningId { jurisdiction, number: 7 };
    let source = Some(Stream::topic("airshed.readings", 3).at(4711));
    let silence = Silence { station: StationIndex(9), hour, last_heard: Some(hour.plus(-72)) };
    let mut batch = wide_batch(3, 2);
    batch.readings[4].tenths = MISSING;
    batch.readings[4].outcome = Outcome::ReportedMissing;
    batch.readings[5].outcome = Outcome::Duplicate;
    let files: Vec<(Arc<str>, Arc<str>)> =
        vec![("airshed.toml".into(), "name = \"京津冀\"".into())];
    let events = [
        Event::RuleBookAdopted(parse(&files).unwrap()),
        Event::StreamsJoined(vec![Stream::file("a.csv"), Stream::topic("airshed.readings", 0)]),
        Event::Ticked(Tick { at: decided_at, source: None }),
        Event::ReadingsReceived(batch),
        Event::ForecastReceived(forecast(hour)),
        Event::IntervalExcluded(Exclusion {
            jurisdiction,
            first: hour,
            last: hour.plus(12),
            kind: ExclusionKind::Sand,
            evidence: "沙尘".into(),
            source: source.clone(),
        }),
        Event::InputRefused(Refusal {
            reason: Reason::UnknownStation,
            source,
            hour: Some(hour),
            excerpt: "9999A=35".into(),
            count: 1,
        }),
        Event::StationSilent(silence),
        Event::StationHeard(silence),
        Event::HourClosed(HourClosed {
            hour,
            closed_at: decided_at,
            stale: false,
            jurisdictions: vec![city_hour(jurisdiction)],
        }),
        Event::WarningDecided(act(warning, hour)),
        Event::OrderSetIssued(order_set(warning, hour)),
        Event::ReviewDue(Review { warning, hour, decided_at, decisions: 24 }),
    ];
    let mut records: Vec<Record> = (0..).zip(events).map(|(at, it)| record(at, it)).collect();
    for it in &mut records[9..] {
        it.correlation = Some(Position(3));
        it.causation = Some(Position(it.position.0 - 1));
    }
    records
}

fn forecast(hour: Hour) -> Forecast {
    let range = OutlookHour::Range { lower_ug_m3: 150, upper_ug_m3: 210 };
    Forecast {
        issued_at: hour.end(),
        maker: "hindsight".into(),
        source: None,
        outlooks: vec![Outlook {
            jurisdiction: JurisdictionIndex(0),
            first: hour.plus(1),
            hours: vec![range, OutlookHour::Missing, OutlookHour::Silent],
        }],
    }
}

fn city_hour(jurisdiction: JurisdictionIndex) -> CityHour {
    CityHour {
        jurisdiction,
        pm25_ug_m3: Some(215),
        stations_reporting: 11,
        stations_expected: 12,
        mean_24h_ug_m3: Some(188),
        index_24h: Some(238),
        valid_hours: 24,
        excluded_hours: 0,
        flagged: vec![(StationIndex(4), Flag::Spike)],
        left_out: vec![StationIndex(9)],
        grade: Some(Grade::Orange),
        below_decisions: 0,
        unknown_decisions: 2,
    }
}

fn act(warning: WarningId, hour: Hour) -> WarningAct {
    WarningAct {
        kind: ActKind::Issue,
        hour,
        decided_at: hour.end().plus_minutes(30),
        warning,
        grade: Grade::Orange,
        previous_grade: Grade::None,
        start: hour.plus(26),
        end: Some(hour.plus(98)),
        standard: "BTH-2018".into(),
        clause: Some("orange-1".into()),
        lead_time_h: 25,
        cause: Cause::Synchrony,
        windows: vec![Window { end: hour.plus(50), mean_ug_m3: 190, index: 240, valid_hours: 24 }],
        observed_hours: 3,
        forecast_hours: 21,
        makers: vec!["hindsight".into()],
    }
}

fn order_set(warning: WarningId, hour: Hour) -> OrderSet {
    OrderSet {
        epoch: 42,
        hour,
        decided_at: hour.end().plus_minutes(30),
        effective_at: Some(hour.plus(26)),
        linked: true,
        orders: vec![Order {
            jurisdiction: warning.jurisdiction,
            warning,
            act: OrderAct::Impose,
            effective_at: Some(hour.plus(26)),
            grade: Grade::Orange,
            measures: vec!["slag-trucks-stop".into(), "sweep-roads".into()],
            floors: vec![("SO2".into(), 20), ("PM".into(), 20)],
            causes: vec![Cause::Warning, Cause::Linkage],
            expected_end: None,
            acknowledge_by: hour.end().plus_hours(2),
        }],
    }
}
