//! Schemas that others have written: what says nothing about the bytes is left out.
//!
//! The library keeps attributes that it does not know, and its canonical form takes one for its
//! own if it has such a name in the wrong place: `"symbols": null` next to the type of a field
//! makes it panic. So no schema from outside goes there as it is.

use apache_avro::Schema;
use serde_json::{Map, Value};

/// Reads a schema; the error is for people.
pub fn parse_schema(text: &str) -> Result<Schema, String> {
    let json = serde_json::from_str(text).map_err(|error| error.to_string())?;
    Schema::parse(&bare(json)).map_err(|error| error.to_string())
}

/// A schema with nothing but what Avro has a meaning for, each where it has one.
pub(super) fn bare(schema: Value) -> Value {
    match schema {
        Value::Array(branches) => branches.into_iter().map(bare).collect(),
        Value::Object(parts) => {
            let kept = parts.clone().into_iter().filter(|(name, _)| means(&parts, name));
            let bared = kept.map(|(name, value)| {
                let value = match &*name {
                    "type" | "items" | "values" => bare(value),
                    "fields" => fields(value),
                    _ => value,
                };
                (name, value)
            });
            Value::Object(bared.collect())
        }
        said @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => said,
    }
}

/// Whether an attribute of a schema means something for its type.
fn means(schema: &Map<String, Value>, name: &str) -> bool {
    const NAMED: [&str; 4] = ["type", "name", "namespace", "aliases"];
    const LOGICAL: [&str; 4] = ["type", "logicalType", "precision", "scale"];
    match schema.get("type").and_then(Value::as_str) {
        Some("record" | "error") => NAMED.contains(&name) || name == "fields",
        Some("enum") => NAMED.contains(&name) || ["symbols", "default"].contains(&name),
        Some("fixed") => NAMED.contains(&name) || LOGICAL.contains(&name) || name == "size",
        Some("array") => ["type", "items"].contains(&name),
        Some("map") => ["type", "values"].contains(&name),
        Some(_) | None => LOGICAL.contains(&name),
    }
}

fn fields(fields: Value) -> Value {
    let Value::Array(fields) = fields else { return fields };
    let bared = fields.into_iter().map(|field| {
        let Value::Object(parts) = field else { return field };
        let kept = parts
            .into_iter()
            .filter(|(name, _)| ["name", "type", "default", "aliases"].contains(&&**name));
        let bared = kept.map(|(name, value)| {
            let value = if name == "type" { bare(value) } else { value };
            (name, value)
        });
        Value::Object(bared.collect())
    });
    bared.collect()
}

#[cfg(test)]
mod tests {
    use apache_avro::rabin::Rabin;

    use super::*;
    use crate::wire::message::Kind;
    use crate::wire::record::SCHEMA;

    #[test]
    fn what_is_known_of_a_schema_stays() {
        let ours = Kind::ALL.map(Kind::schema).into_iter().chain([SCHEMA]);
        for text in ours {
            let (bare, whole) = (parse_schema(text).unwrap(), Schema::parse_str(text).unwrap());
            assert_eq!(bare.canonical_form(), whole.canonical_form());
            let prints = [&bare, &whole].map(|it| it.fingerprint::<Rabin>().bytes);
            assert_eq!(prints[0], prints[1]);
        }
        let default = r#"{"type": "record", "name": "a", "fields": [
            {"name": "b", "type": ["null", {"type": "fixed", "name": "c", "size": 2}], "default": null},
            {"name": "d", "type": {"type": "enum", "name": "e", "symbols": ["F"], "default": "F"}},
            {"name": "g", "type": {"type": "map", "values": {"type": "array", "items": "e"}}}]}"#;
        let (bare, whole) = (parse_schema(default).unwrap(), Schema::parse_str(default).unwrap());
        assert_eq!(serde_json::to_value(&bare).unwrap(), serde_json::to_value(&whole).unwrap());
    }

    /// Found by the fuzzer.
    #[test]
    fn an_attribute_in_the_wrong_place_does_no_harm() {
        for name in ["symbols", "items", "values", "size", "fields", "precision", "scale", "order"]
        {
            for value in ["null", "1.5", "true", "{}", "\"x\""] {
                let text = format!(
                    r#"{{"type": "record", "name": "a", "{name}2": {value}, "fields": [
                    {{"name": "b", "type": {{"type": "long", "{name}": {value}}}, "{name}": {value}}}
                    ]}}"#
                );
                if let Ok(schema) = parse_schema(&text) {
                    assert!(!schema.canonical_form().is_empty());
                }
            }
        }
        assert!(parse_schema("{").is_err() && parse_schema("7").is_err());
    }
}
