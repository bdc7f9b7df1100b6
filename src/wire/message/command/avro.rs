//! The envelope as Avro: the branch of the union is the command, its fields those of the table.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::domain::cooperation::{Body, COMMANDS, Field, Shape};
use crate::domain::{Actor, CommandGiven, Date, Source, Status, Timestamp};
use crate::wire::avro::{ByteReader, Malformed};

/// The calendar has times from the year 0 to the end of the year 9999.
const TIMES_MS: std::ops::Range<i64> = -62_167_219_200_000..253_402_300_800_000;
/// The same in days.
const DAYS: std::ops::Range<i32> = -719_528..2_932_897;

/// Reads a datum.
pub(in crate::wire::message) fn parse_command(
    reader: &mut ByteReader<'_>,
    source: Source,
) -> Result<CommandGiven, Malformed> {
    let id = reader.string()?.to_owned();
    let body = Body::new(reader.string()?);
    let actor = Actor { body, role: reader.string()?.into(), name: reader.string()?.into() };
    let given_at = parse_moment(reader)?;
    let status = reader.one_of(&[Status::Actual, Status::Exercise])?;
    let branch = reader.int::<usize>()?;
    let Some(definition) = COMMANDS.get(branch) else {
        return Err(reader.wrong("no such command before this"));
    };
    let fields = Arc::new(parse_fields(reader, definition.fields)?);
    let (command, source) = (definition.name.into(), Some(source));
    Ok(CommandGiven { at: given_at, id, actor, given_at, status, command, fields, source })
}

/// An optional field that is null is left out.
fn parse_fields(reader: &mut ByteReader<'_>, fields: &[Field]) -> Result<Value, Malformed> {
    let mut found = Map::new();
    for field in fields {
        let value = if field.optional {
            reader.optional(|reader| parse_value(reader, field.shape))?
        } else {
            Some(parse_value(reader, field.shape)?)
        };
        found.extend(value.map(|it| (field.name.to_owned(), it)));
    }
    Ok(found.into())
}

fn parse_value(reader: &mut ByteReader<'_>, shape: Shape) -> Result<Value, Malformed> {
    Ok(match shape {
        Shape::Text
        | Shape::Id(_)
        | Shape::Body
        | Shape::BodyOrGuest
        | Shape::Member
        | Shape::OneOf(_) => reader.string()?.into(),
        Shape::Time => parse_moment(reader)?.to_string().into(),
        Shape::Date => parse_date(reader)?.to_string().into(),
        Shape::Whole(..) => reader.long()?.into(),
        Shape::Flag => reader.boolean()?.into(),
        Shape::List(list) => reader.array(|reader| parse_value(reader, list.of))?.into(),
        Shape::Fields(fields) => parse_fields(reader, fields)?,
    })
}

fn parse_moment(reader: &mut ByteReader<'_>) -> Result<Timestamp, Malformed> {
    let ms = reader.long()?;
    let found = TIMES_MS.contains(&ms).then_some(Timestamp(ms));
    found.ok_or_else(|| reader.wrong("a time that is not in the calendar before this"))
}

fn parse_date(reader: &mut ByteReader<'_>) -> Result<Date, Malformed> {
    let days = reader.int()?;
    let found = DAYS.contains(&days).then_some(Date(days));
    found.ok_or_else(|| reader.wrong("a day that is not in the calendar before this"))
}
