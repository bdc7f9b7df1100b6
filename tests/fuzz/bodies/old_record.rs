//! Records by a schema before ours: some fields are not there yet, one is there no longer.

use std::sync::LazyLock;

use airshed::wire::record::{self, Decoder, SCHEMA};
use serde_json::{Value, json};

use super::support::{PARSE, with_check};

/// Such a schema, made from ours.
pub(crate) fn old_schema() -> String {
    let mut schema: Value = serde_json::from_str(SCHEMA).expect("our own schema");
    without(&mut schema, "city_hour", "unknown_decisions");
    without(&mut schema, "station_heard", "last_heard");
    without(&mut schema, "record", "causation");
    let fields = schema["fields"].as_array_mut().expect("the schema of a record");
    fields.insert(1, json!({"name": "gone", "type": ["null", "string"]}));
    schema.to_string()
}

fn without(schema: &mut Value, record: &str, field: &str) {
    match schema {
        Value::Array(items) => items.iter_mut().for_each(|it| without(it, record, field)),
        Value::Object(object) => {
            if object.get("name").is_some_and(|it| it == record)
                && let Some(fields) = object.get_mut("fields").and_then(Value::as_array_mut)
            {
                fields.retain(|it| it["name"] != field);
            }
            object.values_mut().for_each(|it| without(it, record, field));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

static OLD: LazyLock<Decoder> =
    LazyLock::new(|| Decoder::of_schema(&old_schema(), PARSE).expect("an older schema"));

/// What is read can be written by our own schema, and comes back from it.
pub(crate) fn fuzz(data: &[u8]) {
    for bytes in [data, &with_check(data)] {
        let Ok((record, length)) = OLD.decode(bytes) else { continue };
        assert!(length <= bytes.len());
        let mut written = Vec::new();
        record::encode(&record, &mut written);
        let again = Decoder::new(PARSE).decode(&written);
        assert_eq!(again, Ok((record, written.len())));
    }
}
