//! Records for tests: one of each kind, and arbitrary ones.

use std::sync::Arc;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use crate::domain::{
    ActKind, Batch, Cause, CityHour, ClockRule, EdgesAs, Event, Exclusion, ExclusionKind, Flag,
    Forecast, Grade, Hour, HourClosed, JurisdictionIndex, LastResort, MISSING, NegativeAs, Order,
    OrderAct, OrderSet, Outcome, Outlook, OutlookHour, Parameters, Pollutant, Reading, Reason,
    Refusal, Review, Row, RuleBook, Rules, Silence, Source, StationIndex, Stream, Tick, Timestamp,
    WarningAct, WarningId, Window,
};
use crate::engine::{Position, Record};

use super::RuleFiles;

/// A rule book that says nothing, whatever its files are.
#[expect(clippy::unnecessary_wraps, reason = "It stands in for a parser that can fail.")]
pub(crate) fn parse(files: &RuleFiles) -> Result<Arc<RuleBook>, String> {
    let parameters = Parameters {
        clock: ClockRule::Sources,
        closes_on: Vec::new(),
        grace_min: 60,
        publish_delay_min: 30,
        silent_after_h: 72,
        ahead_h: 1,
        max_jump_h: 720,
        negative_as: NegativeAs::Refuse,
        ceiling_ug_m3: 1500,
        stuck_after_h: 6,
        stuck_above_ug_m3: 10,
        spike_above_ug_m3: 300,
        spike_ratio: 3,
        spike_min_others: 3,
        use_flagged: true,
        city_hour_min_stations: 1,
        day_min_hours: 20,
        excluded_min_hours: 12,
        horizon_h: 120,
        outlook_of_last_resort: LastResort::None,
        edges_as: EdgesAs::Hours,
        merge_gap_h: 36,
        min_notice_h: 1,
        notice_h: 24,
        advance_step_h: 6,
        extend_before_h: 12,
        extend_step_h: 6,
        shorten_step_h: 12,
        lower_hold_h: 12,
        lift_h: 36,
        lift_from_h: 24,
        lift_observed_h: 6,
        silence_review_h: 24,
        act_hours: Vec::new(),
        sync_h: 12,
        linked_sync_h: 24,
        linkage_at_least: 5,
        linkage_grade: Grade::Orange,
        acknowledge_within_h: [0; 5],
        only_standard: None,
    };
    let rules = Rules {
        airshed: "test".into(),
        parameters,
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

/// Sixteen records, at least one of each type, the same at every call.
pub(crate) fn one_of_each() -> Vec<Record> {
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

/// Any record there can be.
pub(crate) fn any_record() -> impl Strategy<Value = Record> {
    let position = || any::<u64>().prop_map(Position);
    let at = (position(), time(), time(), option::of(position()), option::of(position()));
    (at, any_event()).prop_map(|((position, happened_at, recorded_at, first, before), event)| {
        let (correlation, causation) = (first, before);
        Record { position, happened_at, recorded_at, correlation, causation, event }
    })
}

fn any_event() -> impl Strategy<Value = Event> {
    let files = vec((text(), text()), 0..3);
    prop_oneof![
        1 => files.prop_map(|it| Event::RuleBookAdopted(parse(&it).unwrap())),
        1 => vec(stream(), 0..4).prop_map(Event::StreamsJoined),
        1 => (time(), option::of(source())).prop_map(|(at, source)| Event::Ticked(Tick { at, source })),
        4 => any_batch().prop_map(Event::ReadingsReceived),
        1 => any_forecast().prop_map(Event::ForecastReceived),
        1 => any_exclusion().prop_map(Event::IntervalExcluded),
        1 => any_refusal().prop_map(Event::InputRefused),
        1 => any_silence().prop_map(Event::StationSilent),
        1 => any_silence().prop_map(Event::StationHeard),
        1 => any_hour_closed().prop_map(Event::HourClosed),
        1 => any_act().prop_map(Event::WarningDecided),
        1 => any_order_set().prop_map(Event::OrderSetIssued),
        1 => any_review().prop_map(Event::ReviewDue),
    ]
}

/// Any batch: rows of any lengths, wide ones and single readings among them.
pub(crate) fn any_batch() -> impl Strategy<Value = Batch> {
    let tenths = prop_oneof![
        4 => (0..9000_i32).prop_map(|it| it * 10),
        2 => any::<i32>(),
        1 => Just(MISSING),
    ];
    let outcome = prop_oneof![3 => Just(Outcome::Taken), 1 => select(&Outcome::ALL[..])];
    let revision = prop_oneof![3 => Just(0), 1 => any::<u16>()];
    let station = prop_oneof![3 => 0..90_u16, 1 => any::<u16>()];
    let reading = (tenths, station, revision, select(&Pollutant::ALL[..]), outcome);
    let reading = reading.prop_map(|(tenths, station, revision, pollutant, outcome)| Reading {
        tenths,
        station: StationIndex(station),
        revision,
        pollutant,
        outcome,
    });
    let wide = (0..40_u16, 0..6_usize).prop_map(|(stations, pollutant)| {
        let mut readings = wide_batch(stations, 1).readings;
        for it in &mut readings {
            it.pollutant = Pollutant::ALL[pollutant];
        }
        readings
    });
    let row = prop_oneof![wide, vec(reading, 0..8)];
    let step = prop_oneof![3 => Just(1), 1 => any::<u64>()];
    (stream(), hour(), vec((step, row), 0..20)).prop_map(|(stream, hour, rows)| {
        let mut batch = Batch { stream, hour, rows: Vec::new(), readings: Vec::new() };
        let mut position = 0_u64;
        for (step, row) in rows {
            position = position.wrapping_add(step);
            let readings = u32::try_from(row.len()).unwrap();
            batch.rows.push(Row { position, readings });
            batch.readings.extend(row);
        }
        batch
    })
}

fn any_forecast() -> impl Strategy<Value = Forecast> {
    let said = prop_oneof![
        Just(OutlookHour::Silent),
        Just(OutlookHour::Missing),
        (any::<u16>(), any::<u16>()).prop_map(|(lower_ug_m3, upper_ug_m3)| {
            OutlookHour::Range { lower_ug_m3, upper_ug_m3 }
        }),
    ];
    let outlook = (jurisdiction(), hour(), vec(said, 0..30))
        .prop_map(|(jurisdiction, first, hours)| Outlook { jurisdiction, first, hours });
    (time(), text(), option::of(source()), vec(outlook, 0..4)).prop_map(
        |(issued_at, maker, source, outlooks)| Forecast { issued_at, maker, source, outlooks },
    )
}

fn any_exclusion() -> impl Strategy<Value = Exclusion> {
    let kind = select(&ExclusionKind::ALL[..]);
    (jurisdiction(), hour(), hour(), kind, ".*", option::of(source())).prop_map(
        |(jurisdiction, first, last, kind, evidence, source)| Exclusion {
            jurisdiction,
            first,
            last,
            kind,
            evidence,
            source,
        },
    )
}

fn any_refusal() -> impl Strategy<Value = Refusal> {
    let reason = select(&Reason::ALL[..]);
    (reason, option::of(source()), option::of(hour()), ".*", any::<u64>()).prop_map(
        |(reason, source, hour, excerpt, count)| Refusal { reason, source, hour, excerpt, count },
    )
}

fn any_silence() -> impl Strategy<Value = Silence> {
    (station(), hour(), option::of(hour())).prop_map(|(station, hour, last_heard)| Silence {
        station,
        hour,
        last_heard,
    })
}

fn any_hour_closed() -> impl Strategy<Value = HourClosed> {
    let number = || option::of(any::<u16>());
    let flagged = vec((station(), select(&Flag::ALL[..])), 0..4);
    let grade = option::of(select(&Grade::ALL[..]));
    let values = (jurisdiction(), number(), number(), number());
    let counts = (any::<[u16; 4]>(), any::<[u8; 2]>());
    let city = (values, counts, flagged, vec(station(), 0..4), grade).prop_map(
        |((jurisdiction, hour_value, mean, index), (wide, narrow), flagged, left_out, grade)| {
            CityHour {
                jurisdiction,
                pm25_ug_m3: hour_value,
                stations_reporting: wide[0],
                stations_expected: wide[1],
                mean_24h_ug_m3: mean,
                index_24h: index,
                valid_hours: narrow[0],
                excluded_hours: narrow[1],
                flagged,
                left_out,
                grade,
                below_decisions: wide[2],
                unknown_decisions: wide[3],
            }
        },
    );
    (hour(), time(), any::<bool>(), vec(city, 0..5)).prop_map(
        |(hour, closed_at, stale, jurisdictions)| HourClosed {
            hour,
            closed_at,
            stale,
            jurisdictions,
        },
    )
}

fn any_act() -> impl Strategy<Value = WarningAct> {
    let window = (hour(), any::<u16>(), any::<u16>(), any::<u8>()).prop_map(
        |(end, mean_ug_m3, index, valid_hours)| Window { end, mean_ug_m3, index, valid_hours },
    );
    let what = (select(&ActKind::ALL[..]), hour(), time(), warning());
    let grades = (select(&Grade::ALL[..]), select(&Grade::ALL[..]));
    let when = (hour(), option::of(hour()), any::<i32>());
    let why = (text(), option::of(text()), select(&Cause::ALL[..]));
    let rests_on = (vec(window, 0..4), any::<[u16; 2]>(), vec(text(), 0..3));
    (what, grades, when, why, rests_on).prop_map(
        |(
            (kind, hour, decided_at, warning),
            (grade, previous_grade),
            (start, end, lead_time_h),
            (standard, clause, cause),
            (windows, hours, makers),
        )| WarningAct {
            kind,
            hour,
            decided_at,
            warning,
            grade,
            previous_grade,
            start,
            end,
            standard,
            clause,
            lead_time_h,
            cause,
            windows,
            observed_hours: hours[0],
            forecast_hours: hours[1],
            makers,
        },
    )
}

fn any_order_set() -> impl Strategy<Value = OrderSet> {
    let whom = (jurisdiction(), warning(), select(&OrderAct::ALL[..]), select(&Grade::ALL[..]));
    let when = (option::of(hour()), option::of(hour()), time());
    let floors = vec((text(), any::<u16>()), 0..3);
    let causes = vec(select(&Cause::ALL[..]), 0..3);
    let order = (whom, when, vec(text(), 0..4), floors, causes).prop_map(
        |(
            (jurisdiction, warning, act, grade),
            (effective_at, expected_end, acknowledge_by),
            measures,
            floors,
            causes,
        )| Order {
            jurisdiction,
            warning,
            act,
            effective_at,
            grade,
            measures,
            floors,
            causes,
            expected_end,
            acknowledge_by,
        },
    );
    let set = (any::<u64>(), hour(), time(), option::of(hour()), any::<bool>(), vec(order, 0..4));
    set.prop_map(|(epoch, hour, decided_at, effective_at, linked, orders)| OrderSet {
        epoch,
        hour,
        decided_at,
        effective_at,
        linked,
        orders,
    })
}

fn any_review() -> impl Strategy<Value = Review> {
    (warning(), hour(), time(), any::<u32>()).prop_map(|(warning, hour, decided_at, decisions)| {
        Review { warning, hour, decided_at, decisions }
    })
}

fn text() -> impl Strategy<Value = Arc<str>> {
    ".{0,12}".prop_map(Arc::from)
}

fn stream() -> impl Strategy<Value = Stream> {
    (text(), option::of(any::<i32>())).prop_map(|(name, partition)| Stream { name, partition })
}

fn source() -> impl Strategy<Value = Source> {
    (stream(), any::<u64>()).prop_map(|(stream, position)| Source { stream, position })
}

fn time() -> impl Strategy<Value = Timestamp> {
    any::<i64>().prop_map(Timestamp)
}

fn hour() -> impl Strategy<Value = Hour> {
    any::<i32>().prop_map(Hour)
}

fn station() -> impl Strategy<Value = StationIndex> {
    any::<u16>().prop_map(StationIndex)
}

fn jurisdiction() -> impl Strategy<Value = JurisdictionIndex> {
    any::<u16>().prop_map(JurisdictionIndex)
}

fn warning() -> impl Strategy<Value = WarningId> {
    (jurisdiction(), any::<u32>())
        .prop_map(|(jurisdiction, number)| WarningId { jurisdiction, number })
}
