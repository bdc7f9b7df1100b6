//! The marks of a log in the part of its state that is in no digest.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::Division;
use crate::domain::cooperation::Body;
use crate::engine::Position;
use crate::engine::projection::{DivisionMarks, Involved, Mark, Marks, Since};
use crate::wire::avro::{ByteReader, Malformed, Put};

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

pub(super) fn parse(reader: &mut ByteReader<'_>) -> Result<Marks, Malformed> {
    let divisions = reader.array(|reader| {
        let division = Division(reader.int()?);
        let marks = DivisionMarks {
            air: reader.optional(parse_mark)?,
            warning: reader.optional(parse_mark)?,
            order: reader.optional(parse_mark)?,
            alert: reader.optional(parse_position)?,
        };
        Ok((division, marks))
    })?;
    let (closed, refused) = (reader.optional(parse_mark)?, reader.optional(parse_position)?);
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

pub(super) fn parse_joint(reader: &mut ByteReader<'_>, marks: &mut Marks) -> Result<(), Malformed> {
    if reader.rest().is_empty() {
        return Ok(());
    }
    let matters =
        reader.array(|reader| Ok((Body::new(reader.string()?), parse_position(reader)?)))?;
    marks.matters = matters.into_iter().collect();
    marks.involved = Involved { parts: parse_bodies(reader)?, owners: parse_bodies(reader)? };
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

fn parse_bodies(reader: &mut ByteReader<'_>) -> Result<Bodies, Malformed> {
    let things = reader.array(|reader| {
        let id = reader.string()?.into();
        let since = |reader: &mut ByteReader<'_>| {
            Ok(Since { body: Body::new(reader.string()?), position: reader.unsigned()? })
        };
        Ok((id, reader.array(since)?))
    })?;
    Ok(things.into_iter().collect())
}

fn put_mark(put: &mut Put<'_>, it: Mark) {
    put_position(put, it.at);
    put_position(put, it.adopted_at);
}

fn parse_mark(reader: &mut ByteReader<'_>) -> Result<Mark, Malformed> {
    Ok(Mark { at: parse_position(reader)?, adopted_at: parse_position(reader)? })
}

fn put_position(put: &mut Put<'_>, it: Position) {
    put.unsigned(it.0);
}

fn parse_position(reader: &mut ByteReader<'_>) -> Result<Position, Malformed> {
    reader.unsigned().map(Position)
}
