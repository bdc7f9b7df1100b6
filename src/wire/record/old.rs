//! Records written by another version of the schema: old files open for ever.
//!
//! The record is read as a value tree by the schema of its file, brought to the current schema
//! by Avro's rules, written again in current bytes and read from those. Slow, and never needed
//! for a log that a version of this program wrote.

use std::sync::LazyLock;

use apache_avro::Schema;
use apache_avro::reader::datum::GenericDatumReader;
use apache_avro::schema::{RecordField, RecordSchema, ResolvedSchema, UnionSchema};
use apache_avro::types::Value;
use apache_avro::writer::datum::GenericDatumWriter;

use crate::wire::avro::{Malformed, canonical_form, parse_schema};

use super::{CHECK_BYTES, RecordError, SCHEMA, check_of};

/// A schema that is not the current one.
#[derive(Debug)]
pub(super) struct OldSchema {
    schema: Schema,
    /// The earlier version of this program that wrote by it; none for a foreign schema.
    version: Option<u8>,
}

/// The schemas of the versions 1 to 3, as `schemas/old` has them. Later versions add kinds of
/// records, symbols, and fields, each at the end: their records are read by the same functions,
/// without the fields that were added later.
const EARLIER: [&str; 3] = [
    include_str!("../../../schemas/old/record-1.avsc"),
    include_str!("../../../schemas/old/record-2.avsc"),
    include_str!("../../../schemas/old/record-3.avsc"),
];

static CURRENT: LazyLock<Schema> =
    LazyLock::new(|| Schema::parse_str(SCHEMA).expect("a test parses our own schema"));

static CURRENT_NAMES: LazyLock<ResolvedSchema<'static>> = LazyLock::new(|| {
    ResolvedSchema::new(&CURRENT).expect("a test resolves the names of our own schema")
});

const BODY: &str = "body";

impl OldSchema {
    /// None where it differs in words only, and records have the same bytes.
    pub(super) fn parse(text: &str) -> Result<Option<Self>, RecordError> {
        let schema = parse_schema(text).map_err(RecordError::Schema)?;
        let own = canonical_form(text).map_err(RecordError::Schema)?;
        let is = |schema: &str| canonical_form(schema).is_ok_and(|it| it == own);
        if is(SCHEMA) {
            return Ok(None);
        }
        let version = (1..).zip(EARLIER).find(|(_, it)| is(it)).map(|(version, _)| version);
        Ok(Some(Self { schema, version }))
    }

    /// The earlier version of this program that wrote by it; none for a foreign schema.
    pub(super) fn version(&self) -> Option<u8> {
        self.version
    }

    /// The record at the front of some bytes in current bytes, and how many of the old bytes it
    /// takes.
    pub(super) fn to_current(&self, bytes: &[u8]) -> Result<(Vec<u8>, usize), RecordError> {
        let mut rest = bytes;
        let reader = GenericDatumReader::builder(&self.schema).build().map_err(|it| wrong(&it))?;
        let what = "bytes that do not follow the schema of their file";
        let value = reader.read_value(&mut rest).map_err(|_| Malformed { what, at: 0 })?;
        let length = bytes.len() - rest.len();
        let end = length.saturating_sub(CHECK_BYTES);
        if bytes[end..length] != check_of(&bytes[..end]) {
            return Err(RecordError::Changed { at: length });
        }
        let mut current = self.resolve(value)?;
        let end = current.len().saturating_sub(CHECK_BYTES);
        current.truncate(end);
        current.extend(check_of(&current));
        Ok((current, length))
    }

    fn resolve(&self, value: Value) -> Result<Vec<u8>, RecordError> {
        let Value::Record(mut old) = value else { return Err(mismatch("not a record")) };
        let mut fields = Vec::new();
        for field in &record(&CURRENT)?.fields {
            let place = old.iter().position(|(name, _)| *name == field.name);
            let value = match place.map(|place| old.swap_remove(place).1) {
                Some(Value::Union(place, body)) if field.name == BODY => {
                    self.resolve_body(place, *body, field)?
                }
                Some(value) => resolve(value, &field.schema)?,
                None => default_of(field)?,
            };
            fields.push((field.name.clone(), value));
        }
        let writer = GenericDatumWriter::builder(&CURRENT).build().map_err(|it| wrong(&it))?;
        writer.write_value_to_vec(Value::Record(fields)).map_err(|it| wrong(&it))
    }

    /// By the name of the branch: the library would take the first branch with fitting fields.
    fn resolve_body(
        &self,
        place: u32,
        body: Value,
        field: &RecordField,
    ) -> Result<Value, RecordError> {
        let old_field = record(&self.schema)?
            .fields
            .iter()
            .find(|it| it.name == BODY)
            .ok_or_else(|| mismatch("no body"))?;
        let branch = branches(&old_field.schema)?.get(place as usize);
        let name = branch.and_then(Schema::name).ok_or_else(|| mismatch("a body without name"))?;
        let now = branches(&field.schema)?.iter().position(|it| it.name() == Some(name));
        let Some(now) = now else {
            let words = format!("{name} is not known to this version; a newer one wrote it");
            return Err(RecordError::Schema(words));
        };
        let body = resolve(body, &branches(&field.schema)?[now])?;
        let now = u32::try_from(now).map_err(|it| wrong(&it))?;
        Ok(Value::Union(now, Box::new(body)))
    }
}

fn resolve(value: Value, schema: &Schema) -> Result<Value, RecordError> {
    value.resolve_with_names(schema, CURRENT_NAMES.get_names()).map_err(|it| wrong(&it))
}

fn default_of(field: &RecordField) -> Result<Value, RecordError> {
    let Some(default) = &field.default else {
        return Err(RecordError::Schema(format!("it has no {}", field.name)));
    };
    resolve(Value::try_from(default.clone()).map_err(|it| wrong(&it))?, &field.schema)
}

fn record(schema: &Schema) -> Result<&RecordSchema, RecordError> {
    let Schema::Record(record) = schema else { return Err(mismatch("not the schema of a record")) };
    Ok(record)
}

fn branches(schema: &Schema) -> Result<&[Schema], RecordError> {
    let Schema::Union(union) = schema else { return Err(mismatch("not the schema of a union")) };
    Ok(UnionSchema::variants(union))
}

fn wrong(error: &impl ToString) -> RecordError {
    RecordError::Schema(error.to_string())
}

fn mismatch(what: &str) -> RecordError {
    RecordError::Schema(what.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_schemas_are_ours() {
        let version = |text: &str| OldSchema::parse(text).unwrap().unwrap().version();
        for (number, text) in (1..).zip(EARLIER) {
            assert_eq!(version(text), Some(number));
            assert_eq!(version(&text.replace("\"pm25_ug_m3\"", "\"pm10_ug_m3\"")), None);
        }
    }
}
