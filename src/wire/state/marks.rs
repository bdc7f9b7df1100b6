//! The marks of a log in the part of its state that is in no digest.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::Division;
use crate::domain::cooperation::Body;
use crate::engine::Position;
use crate::engine::projection::{DivisionMarks, Involved, Mark, Marks, Since};
use crate::wire::avro::{Malformed, Put, Take};

pub(super) fn put(put: &mut Put<'_>, marks: &Marks) {
    let divisions: Vec<_> = marks.divisions.iter().collect();
    put.array(&divisions, |put, (division, it)| {
        put.unsigned(u64::from(division.0));
        for mark in [it.air, it.warning, it.order] {
            put.optional(mark, put_mark);
        }
        put.optional(it.alert, put_position);
    });
    put.optional(marks.closed, put_mark);
    put.optional(marks.refused, put_position);
}

pub(super) fn take(take: &mut Take<'_>) -> Result<Marks, Malformed> {
    let divisions = take.array(|take| {
        let division = Division(take.int()?);
        let marks = DivisionMarks {
            air: take.optional(take_mark)?,
            warning: take.optional(take_mark)?,
            order: take.optional(take_mark)?,
            alert: take.optional(take_position)?,
        };
        Ok((division, marks))
    })?;
    let (closed, refused) = (take.optional(take_mark)?, take.optional(take_position)?);
    let divisions = divisions.into_iter().collect();
    Ok(Marks { divisions, closed, refused, ..Marks::default() })
}

/// Adds what is known of joint control where there is anything: states without it have the bytes
/// that they always had.
pub(super) fn put_joint(put: &mut Put<'_>, marks: &Marks) {
    let Involved { parts, owners } = &marks.involved;
    if marks.matters.is_empty() && parts.is_empty() && owners.is_empty() {
        return;
    }
    let matters: Vec<_> = marks.matters.iter().collect();
    put.array(&matters, |put, (body, at)| {
        put.string(body.code());
        put_position(put, **at);
    });
    put_bodies(put, parts);
    put_bodies(put, owners);
}

pub(super) fn take_joint(take: &mut Take<'_>, marks: &mut Marks) -> Result<(), Malformed> {
    if take.rest().is_empty() {
        return Ok(());
    }
    let matters = take.array(|take| Ok((Body::new(take.string()?), take_position(take)?)))?;
    marks.matters = matters.into_iter().collect();
    marks.involved = Involved { parts: take_bodies(take)?, owners: take_bodies(take)? };
    Ok(())
}

type Bodies = BTreeMap<Arc<str>, Vec<Since>>;

fn put_bodies(put: &mut Put<'_>, bodies: &Bodies) {
    let things: Vec<_> = bodies.iter().collect();
    put.array(&things, |put, (id, bodies)| {
        put.string(id);
        put.array(bodies, |put, it| {
            put.string(it.body.code());
            put.unsigned(it.position);
        });
    });
}

fn take_bodies(take: &mut Take<'_>) -> Result<Bodies, Malformed> {
    let things = take.array(|take| {
        let id = take.string()?.into();
        let since = |take: &mut Take<'_>| {
            Ok(Since { body: Body::new(take.string()?), position: take.unsigned()? })
        };
        Ok((id, take.array(since)?))
    })?;
    Ok(things.into_iter().collect())
}

fn put_mark(put: &mut Put<'_>, it: Mark) {
    put_position(put, it.at);
    put_position(put, it.adopted_at);
}

fn take_mark(take: &mut Take<'_>) -> Result<Mark, Malformed> {
    Ok(Mark { at: take_position(take)?, adopted_at: take_position(take)? })
}

fn put_position(put: &mut Put<'_>, it: Position) {
    put.unsigned(it.0);
}

fn take_position(take: &mut Take<'_>) -> Result<Position, Malformed> {
    take.unsigned().map(Position)
}
