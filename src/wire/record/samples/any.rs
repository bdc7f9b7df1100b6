//! Arbitrary records.

use std::sync::Arc;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use crate::domain::{
    ActKind, Batch, Cause, CityHour, Event, Exclusion, ExclusionKind, Flag, Forecast, Grade, Hour,
    HourClosed, JurisdictionIndex, MISSING, Order, OrderAct, OrderSet, Outcome, Outlook,
    OutlookHour, Pollutant, Reading, Reason, Refusal, Review, Row, Silence, Source, StationIndex,
    Stream, Tick, Timestamp, WarningAct, WarningId, Window,
};
use crate::engine::{Position, Record};

use super::{parse, wide_batch};

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
        4 => super::amendments::any_event(),
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

pub(super) fn text() -> impl Strategy<Value = Arc<str>> {
    ".{0,12}".prop_map(Arc::from)
}

fn stream() -> impl Strategy<Value = Stream> {
    (text(), option::of(any::<i32>())).prop_map(|(name, partition)| Stream { name, partition })
}

fn source() -> impl Strategy<Value = Source> {
    (stream(), any::<u64>()).prop_map(|(stream, position)| Source { stream, position })
}

pub(super) fn time() -> impl Strategy<Value = Timestamp> {
    any::<i64>().prop_map(Timestamp)
}

pub(super) fn hour() -> impl Strategy<Value = Hour> {
    any::<i32>().prop_map(Hour)
}

pub(super) fn station() -> impl Strategy<Value = StationIndex> {
    any::<u16>().prop_map(StationIndex)
}

pub(super) fn jurisdiction() -> impl Strategy<Value = JurisdictionIndex> {
    any::<u16>().prop_map(JurisdictionIndex)
}

pub(super) fn warning() -> impl Strategy<Value = WarningId> {
    (jurisdiction(), any::<u32>())
        .prop_map(|(jurisdiction, number)| WarningId { jurisdiction, number })
}
