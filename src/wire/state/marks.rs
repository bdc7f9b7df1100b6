//! The marks of a log in the part of its state that is in no digest.

use crate::domain::Division;
use crate::engine::Position;
use crate::engine::projection::{DivisionMarks, Mark, Marks};
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
    Ok(Marks { divisions: divisions.into_iter().collect(), closed, refused })
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
