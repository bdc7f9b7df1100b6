//! What is recorded when the air turns out other than it was thought.

use crate::domain::{
    ActKind, AmendmentEffect, Done, Grade, HourAmended, Insufficiency, InsufficientAs,
    OrderAmended, OrderConfirmed, Otherwise, Unlike, UnlikeSide,
};
use crate::wire::avro::{Malformed, Put, Take};

use super::closing::take_station;
use super::decision::{put_warning, take_warning};
use super::fact::{put_hour, put_time, take_hour, take_jurisdiction, take_time};

pub(super) fn put_hour_amended(put: &mut Put<'_>, it: &HourAmended) {
    put.int(it.jurisdiction.0);
    put_hour(put, it.hour);
    put_hour(put, it.decision_hour);
    put_time(put, it.decided_at);
    put.optional(it.old_ug_m3, Put::int);
    put.optional(it.new_ug_m3, Put::int);
    put.array(&it.stations, |put, station| put.int(station.0));
    put.place(it.effect as u8);
    put.optional(it.otherwise, |put, it| {
        put_hour(put, it.decision_hour);
        put.optional(it.was, put_done);
        put.optional(it.would_be, put_done);
    });
}

pub(super) fn take_hour_amended(take: &mut Take<'_>) -> Result<HourAmended, Malformed> {
    Ok(HourAmended {
        jurisdiction: take_jurisdiction(take)?,
        hour: take_hour(take)?,
        decision_hour: take_hour(take)?,
        decided_at: take_time(take)?,
        old_ug_m3: take.optional(Take::int)?,
        new_ug_m3: take.optional(Take::int)?,
        stations: take.array(take_station)?,
        effect: take.one_of(&AmendmentEffect::ALL)?,
        otherwise: take.optional(|take| {
            Ok(Otherwise {
                decision_hour: take_hour(take)?,
                was: take.optional(take_done)?,
                would_be: take.optional(take_done)?,
            })
        })?,
    })
}

pub(crate) fn put_done(put: &mut Put<'_>, it: Done) {
    put.place(it.kind as u8);
    put.place(it.grade as u8);
    put_hour(put, it.start);
    put.optional(it.end, put_hour);
}

pub(crate) fn take_done(take: &mut Take<'_>) -> Result<Done, Malformed> {
    Ok(Done {
        kind: take.one_of(&ActKind::ALL)?,
        grade: take.one_of(&Grade::ALL)?,
        start: take_hour(take)?,
        end: take.optional(take_hour)?,
    })
}

pub(super) fn put_confirmed(put: &mut Put<'_>, it: &OrderConfirmed) {
    put_warning(put, it.warning);
    put.place(it.grade as u8);
    put_hour(put, it.decision_hour);
    put_time(put, it.decided_at);
    put.array(&it.hours, |put, hour| put_hour(put, *hour));
}

pub(super) fn take_confirmed(take: &mut Take<'_>) -> Result<OrderConfirmed, Malformed> {
    Ok(OrderConfirmed {
        warning: take_warning(take)?,
        grade: take.one_of(&Grade::ALL)?,
        decision_hour: take_hour(take)?,
        decided_at: take_time(take)?,
        hours: take.array(take_hour)?,
    })
}

pub(super) fn put_order_amended(put: &mut Put<'_>, it: &OrderAmended) {
    put_warning(put, it.warning);
    put.optional(it.epoch, Put::unsigned);
    put_hour(put, it.decision_hour);
    put_time(put, it.decided_at);
    put.array(&it.hours, |put, (jurisdiction, hour)| {
        put.int(jurisdiction.0);
        put_hour(put, *hour);
    });
    put.optional(it.without, put_done);
    put.optional(it.with, put_done);
}

pub(super) fn take_order_amended(take: &mut Take<'_>) -> Result<OrderAmended, Malformed> {
    Ok(OrderAmended {
        warning: take_warning(take)?,
        epoch: take.optional(Take::unsigned)?,
        decision_hour: take_hour(take)?,
        decided_at: take_time(take)?,
        hours: take.array(|take| Ok((take_jurisdiction(take)?, take_hour(take)?)))?,
        without: take.optional(take_done)?,
        with: take.optional(take_done)?,
    })
}

pub(super) fn put_insufficiency(put: &mut Put<'_>, it: &Insufficiency) {
    put.int(it.jurisdiction.0);
    put_hour(put, it.hour);
    put_time(put, it.decided_at);
    put.int(it.valid_hours);
    put.int(it.excluded_hours);
    put.int(it.needed_hours);
    put.place(it.fallback as u8);
}

pub(super) fn take_insufficiency(take: &mut Take<'_>) -> Result<Insufficiency, Malformed> {
    Ok(Insufficiency {
        jurisdiction: take_jurisdiction(take)?,
        hour: take_hour(take)?,
        decided_at: take_time(take)?,
        valid_hours: take.int()?,
        excluded_hours: take.int()?,
        needed_hours: take.int()?,
        fallback: take.one_of(&InsufficientAs::ALL)?,
    })
}

pub(super) fn put_unlike(put: &mut Put<'_>, it: &Unlike) {
    put_hour(put, it.hour);
    put_time(put, it.decided_at);
    put.string(&it.standard);
    put.int(it.differ_by_ug_m3);
    put.int(it.windows);
    for side in &it.sides {
        put.int(side.jurisdiction.0);
        put.place(side.grade as u8);
        put.optional(side.start, put_hour);
        put.place(side.episode_grade as u8);
        put.optional(side.clause.as_deref(), Put::string);
        put.optional(side.mean_24h_ug_m3, Put::int);
    }
}

pub(super) fn take_unlike(take: &mut Take<'_>) -> Result<Unlike, Malformed> {
    Ok(Unlike {
        hour: take_hour(take)?,
        decided_at: take_time(take)?,
        standard: take.string()?.into(),
        differ_by_ug_m3: take.int()?,
        windows: take.int()?,
        sides: [take_side(take)?, take_side(take)?],
    })
}

fn take_side(take: &mut Take<'_>) -> Result<UnlikeSide, Malformed> {
    Ok(UnlikeSide {
        jurisdiction: take_jurisdiction(take)?,
        grade: take.one_of(&Grade::ALL)?,
        start: take.optional(take_hour)?,
        episode_grade: take.one_of(&Grade::ALL)?,
        clause: take.optional(|take| Ok(take.string()?.into()))?,
        mean_24h_ug_m3: take.optional(Take::int)?,
    })
}
