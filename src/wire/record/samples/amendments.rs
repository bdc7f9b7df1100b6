//! Of each kind of record about amended air one, and arbitrary ones.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::any::{hour, jurisdiction, station, text, time, warning};
use crate::domain::{
    ActKind, AmendmentEffect, Done, Event, Grade, Hour, HourAmended, Insufficiency, InsufficientAs,
    JurisdictionIndex, OrderAmended, OrderConfirmed, Otherwise, StationIndex, Unlike, UnlikeSide,
    WarningId,
};

/// The same at every call.
pub(super) fn one_of_each() -> Vec<Event> {
    let hour = Hour(430_000);
    let decided_at = hour.end().plus_minutes(30);
    let jurisdiction = JurisdictionIndex(1);
    let warning = WarningId { jurisdiction, number: 7 };
    let (kind, start) = (ActKind::Raise, hour.plus(2));
    let done = Done { kind, grade: Grade::Red, start, end: None };
    let milder = Done { kind: ActKind::Issue, grade: Grade::Blue, end: Some(start), ..done };
    let side = |place, grade| UnlikeSide {
        jurisdiction: JurisdictionIndex(place),
        grade,
        start: (grade > Grade::None).then_some(start),
        episode_grade: Grade::Red,
        clause: Some("red-1".into()),
        mean_24h_ug_m3: Some(251),
    };
    vec![
        Event::HourAmended(HourAmended {
            jurisdiction,
            hour: hour.plus(-5),
            decision_hour: hour,
            decided_at,
            old_ug_m3: None,
            new_ug_m3: Some(215),
            stations: vec![StationIndex(4), StationIndex(9)],
            effect: AmendmentEffect::WouldHaveBeenOrdered,
            otherwise: Some(Otherwise {
                decision_hour: hour.plus(-3),
                was: None,
                would_be: Some(milder),
            }),
        }),
        Event::OrderConfirmedByAmendment(OrderConfirmed {
            warning,
            grade: Grade::Orange,
            decision_hour: hour,
            decided_at,
            hours: vec![hour.plus(-5), hour.plus(-4)],
        }),
        Event::OrderAmended(OrderAmended {
            warning,
            epoch: Some(43),
            decision_hour: hour,
            decided_at,
            hours: vec![(jurisdiction, hour.plus(-5))],
            without: Some(milder),
            with: Some(done),
        }),
        Event::DataInsufficient(Insufficiency {
            jurisdiction,
            hour,
            decided_at,
            valid_hours: 17,
            excluded_hours: 2,
            needed_hours: 20,
            fallback: InsufficientAs::AirshedMean,
        }),
        Event::SameAirUnlikeGrade(Unlike {
            hour,
            decided_at,
            standard: "BTH-2018".into(),
            differ_by_ug_m3: 3,
            windows: 193,
            sides: [side(0, Grade::Red), side(1, Grade::None)],
        }),
    ]
}

fn done() -> impl Strategy<Value = Done> {
    (select(&ActKind::ALL[..]), select(&Grade::ALL[..]), hour(), option::of(hour()))
        .prop_map(|(kind, grade, start, end)| Done { kind, grade, start, end })
}

fn any_hour_amended() -> impl Strategy<Value = Event> {
    let otherwise = (hour(), option::of(done()), option::of(done()))
        .prop_map(|(decision_hour, was, would_be)| Otherwise { decision_hour, was, would_be });
    let when = (jurisdiction(), hour(), hour(), time());
    let values = (option::of(any::<u16>()), option::of(any::<u16>()), vec(station(), 0..4));
    (when, values, select(&AmendmentEffect::ALL[..]), option::of(otherwise)).prop_map(
        |(when, (old_ug_m3, new_ug_m3, stations), effect, otherwise)| {
            let (jurisdiction, hour, decision_hour, decided_at) = when;
            Event::HourAmended(HourAmended {
                jurisdiction,
                hour,
                decision_hour,
                decided_at,
                old_ug_m3,
                new_ug_m3,
                stations,
                effect,
                otherwise,
            })
        },
    )
}

fn any_confirmed() -> impl Strategy<Value = Event> {
    (warning(), select(&Grade::ALL[..]), hour(), time(), vec(hour(), 0..4)).prop_map(
        |(warning, grade, decision_hour, decided_at, hours)| {
            let confirmed = OrderConfirmed { warning, grade, decision_hour, decided_at, hours };
            Event::OrderConfirmedByAmendment(confirmed)
        },
    )
}

fn any_order_amended() -> impl Strategy<Value = Event> {
    let hours = vec((jurisdiction(), hour()), 0..4);
    let epoch = option::of(any::<u64>());
    let sides = (option::of(done()), option::of(done()));
    (warning(), epoch, hour(), time(), hours, sides).prop_map(
        |(warning, epoch, decision_hour, decided_at, hours, (without, with))| {
            Event::OrderAmended(OrderAmended {
                warning,
                epoch,
                decision_hour,
                decided_at,
                hours,
                without,
                with,
            })
        },
    )
}

fn any_insufficiency() -> impl Strategy<Value = Event> {
    (jurisdiction(), hour(), time(), any::<[u8; 3]>(), select(&InsufficientAs::ALL[..])).prop_map(
        |(
            jurisdiction,
            hour,
            decided_at,
            [valid_hours, excluded_hours, needed_hours],
            fallback,
        )| {
            Event::DataInsufficient(Insufficiency {
                jurisdiction,
                hour,
                decided_at,
                valid_hours,
                excluded_hours,
                needed_hours,
                fallback,
            })
        },
    )
}

fn any_unlike() -> impl Strategy<Value = Event> {
    let grades = || (select(&Grade::ALL[..]), select(&Grade::ALL[..]));
    let side =
        || {
            let numbers = (option::of(hour()), option::of(text()), option::of(any::<u16>()));
            (jurisdiction(), grades(), numbers).prop_map(
                |(jurisdiction, (grade, episode_grade), (start, clause, mean_24h_ug_m3))| {
                    UnlikeSide { jurisdiction, grade, start, episode_grade, clause, mean_24h_ug_m3 }
                },
            )
        };
    (hour(), time(), text(), any::<[u16; 2]>(), [side(), side()]).prop_map(
        |(hour, decided_at, standard, [differ_by_ug_m3, windows], sides)| {
            Event::SameAirUnlikeGrade(Unlike {
                hour,
                decided_at,
                standard,
                differ_by_ug_m3,
                windows,
                sides,
            })
        },
    )
}

/// Any of them.
pub(super) fn any_event() -> impl Strategy<Value = Event> {
    prop_oneof![
        any_hour_amended(),
        any_confirmed(),
        any_order_amended(),
        any_insufficiency(),
        any_unlike(),
    ]
}
