//! Acts on warnings, and the orders that follow.

use crate::domain::{
    ActKind, Cause, Grade, Order, OrderAct, OrderSet, Review, WarningAct, WarningId, Window,
};
use crate::wire::avro::{Malformed, Put, Take};

use super::fact::{put_hour, put_time, take_hour, take_jurisdiction, take_time};

pub(super) fn put_act(put: &mut Put<'_>, it: &WarningAct) {
    put.place(it.kind as u8);
    put_hour(put, it.hour);
    put_time(put, it.decided_at);
    put_warning(put, it.warning);
    put.place(it.grade as u8);
    put.place(it.previous_grade as u8);
    put_hour(put, it.start);
    put.optional(it.end, put_hour);
    put.string(&it.standard);
    put.optional(it.clause.as_deref(), Put::string);
    put.int(it.lead_time_h);
    put.place(it.cause as u8);
    put.array(&it.windows, |put, window| {
        put_hour(put, window.end);
        put.int(window.mean_ug_m3);
        put.int(window.index);
        put.int(window.valid_hours);
    });
    put.int(it.observed_hours);
    put.int(it.forecast_hours);
    put.array(&it.makers, |put, maker| put.string(maker));
}

pub(super) fn take_act(take: &mut Take<'_>) -> Result<WarningAct, Malformed> {
    Ok(WarningAct {
        kind: take.one_of(&ActKind::ALL)?,
        hour: take_hour(take)?,
        decided_at: take_time(take)?,
        warning: take_warning(take)?,
        grade: take.one_of(&Grade::ALL)?,
        previous_grade: take.one_of(&Grade::ALL)?,
        start: take_hour(take)?,
        end: take.optional(take_hour)?,
        standard: take.string()?.into(),
        clause: take.optional(|take| Ok(take.string()?.into()))?,
        lead_time_h: take.int()?,
        cause: take.one_of(&Cause::ALL)?,
        windows: take.array(|take| {
            Ok(Window {
                end: take_hour(take)?,
                mean_ug_m3: take.int()?,
                index: take.int()?,
                valid_hours: take.int()?,
            })
        })?,
        observed_hours: take.int()?,
        forecast_hours: take.int()?,
        makers: take.array(|take| Ok(take.string()?.into()))?,
    })
}

pub(super) fn put_order_set(put: &mut Put<'_>, it: &OrderSet) {
    put.unsigned(it.epoch);
    put_hour(put, it.hour);
    put_time(put, it.decided_at);
    put.optional(it.effective_at, put_hour);
    put.boolean(it.linked);
    put.array(&it.orders, put_order);
}

pub(super) fn take_order_set(take: &mut Take<'_>) -> Result<OrderSet, Malformed> {
    Ok(OrderSet {
        epoch: take.unsigned()?,
        hour: take_hour(take)?,
        decided_at: take_time(take)?,
        effective_at: take.optional(take_hour)?,
        linked: take.boolean()?,
        orders: take.array(take_order)?,
    })
}

fn put_order(put: &mut Put<'_>, it: &Order) {
    put.int(it.jurisdiction.0);
    put_warning(put, it.warning);
    put.place(it.act as u8);
    put.optional(it.effective_at, put_hour);
    put.place(it.grade as u8);
    put.array(&it.measures, |put, measure| put.string(measure));
    put.array(&it.floors, |put, (emission, percent)| {
        put.string(emission);
        put.int(*percent);
    });
    put.array(&it.causes, |put, cause| put.place(*cause as u8));
    put.optional(it.expected_end, put_hour);
    put_time(put, it.acknowledge_by);
}

fn take_order(take: &mut Take<'_>) -> Result<Order, Malformed> {
    Ok(Order {
        jurisdiction: take_jurisdiction(take)?,
        warning: take_warning(take)?,
        act: take.one_of(&OrderAct::ALL)?,
        effective_at: take.optional(take_hour)?,
        grade: take.one_of(&Grade::ALL)?,
        measures: take.array(|take| Ok(take.string()?.into()))?,
        floors: take.array(|take| Ok((take.string()?.into(), take.int()?)))?,
        causes: take.array(|take| take.one_of(&Cause::ALL))?,
        expected_end: take.optional(take_hour)?,
        acknowledge_by: take_time(take)?,
    })
}

pub(super) fn put_review(put: &mut Put<'_>, it: &Review) {
    put_warning(put, it.warning);
    put_hour(put, it.hour);
    put_time(put, it.decided_at);
    put.unsigned(it.decisions.into());
}

pub(super) fn take_review(take: &mut Take<'_>) -> Result<Review, Malformed> {
    Ok(Review {
        warning: take_warning(take)?,
        hour: take_hour(take)?,
        decided_at: take_time(take)?,
        decisions: take.int()?,
    })
}

pub(super) fn put_warning(put: &mut Put<'_>, it: WarningId) {
    put.int(it.jurisdiction.0);
    put.unsigned(it.number.into());
}

pub(super) fn take_warning(take: &mut Take<'_>) -> Result<WarningId, Malformed> {
    Ok(WarningId { jurisdiction: take_jurisdiction(take)?, number: take.int()? })
}
