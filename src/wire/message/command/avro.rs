//! The envelope as Avro: the branch of the union is the command, its fields those of the table.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::domain::cooperation::{Body, COMMANDS, Field, Shape};
use crate::domain::{Actor, CommandGiven, Date, Source, Status, Timestamp};
use crate::wire::avro::{Malformed, Take};

/// The calendar has times from the year 0 to the end of the year 9999.
const TIMES_MS: std::ops::Range<i64> = -62_167_219_200_000..253_402_300_800_000;
/// The same in days.
const DAYS: std::ops::Range<i32> = -719_528..2_932_897;

/// Reads a datum.
pub(in crate::wire::message) fn take_command(
    take: &mut Take<'_>,
    source: Source,
) -> Result<CommandGiven, Malformed> {
    let id = take.string()?.to_owned();
    let body = Body::new(take.string()?);
    let actor = Actor { body, role: take.string()?.into(), name: take.string()?.into() };
    let given_at = take_moment(take)?;
    let status = take.one_of(&[Status::Actual, Status::Exercise])?;
    let branch = take.int::<usize>()?;
    let Some(definition) = COMMANDS.get(branch) else {
        return Err(take.wrong("no such command before this"));
    };
    let fields = Arc::new(take_fields(take, definition.fields)?);
    let (command, source) = (definition.name.into(), Some(source));
    Ok(CommandGiven { at: given_at, id, actor, given_at, status, command, fields, source })
}

/// An optional field that is null is left out.
fn take_fields(take: &mut Take<'_>, fields: &[Field]) -> Result<Value, Malformed> {
    let mut found = Map::new();
    for field in fields {
        let value = if field.optional {
            take.optional(|take| take_value(take, field.shape))?
        } else {
            Some(take_value(take, field.shape)?)
        };
        found.extend(value.map(|it| (field.name.to_owned(), it)));
    }
    Ok(found.into())
}

fn take_value(take: &mut Take<'_>, shape: Shape) -> Result<Value, Malformed> {
    Ok(match shape {
        Shape::Text
        | Shape::Id(_)
        | Shape::Body
        | Shape::BodyOrGuest
        | Shape::Member
        | Shape::OneOf(_) => take.string()?.into(),
        Shape::Time => take_moment(take)?.to_string().into(),
        Shape::Date => take_date(take)?.to_string().into(),
        Shape::Whole(..) => take.long()?.into(),
        Shape::Flag => take.boolean()?.into(),
        Shape::List(list) => take.array(|take| take_value(take, list.of))?.into(),
        Shape::Fields(fields) => take_fields(take, fields)?,
    })
}

fn take_moment(take: &mut Take<'_>) -> Result<Timestamp, Malformed> {
    let ms = take.long()?;
    let found = TIMES_MS.contains(&ms).then_some(Timestamp(ms));
    found.ok_or_else(|| take.wrong("a time that is not in the calendar before this"))
}

fn take_date(take: &mut Take<'_>) -> Result<Date, Malformed> {
    let days = take.int()?;
    let found = DAYS.contains(&days).then_some(Date(days));
    found.ok_or_else(|| take.wrong("a day that is not in the calendar before this"))
}
