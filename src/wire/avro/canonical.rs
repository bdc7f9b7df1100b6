//! The canonical form of a schema and its fingerprint, as the specification of Avro has them.
//!
//! The library has both, but it simplifies `{"type": "long"}` before it drops attributes such as
//! `logicalType`, and it keeps `precision` and `scale`. So for a schema with a logical type its
//! fingerprint differs from what other implementations compute.

use std::collections::BTreeSet;

use apache_avro::Schema;
use apache_avro::rabin::Rabin;
use serde_json::{Map, Value};

use super::schema::bare;

/// A fingerprint as it stands before a datum: CRC-64-AVRO, little-endian.
pub type Fingerprint = [u8; 8];

/// The fingerprints by which a schema is known.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Fingerprints {
    /// The one that the specification defines.
    pub standard: Fingerprint,
    /// The one that the library computes. Messages and logs of earlier versions have it.
    pub earlier: Fingerprint,
}

const PRIMITIVES: [&str; 8] =
    ["null", "boolean", "int", "long", "float", "double", "bytes", "string"];

/// The fingerprints of a schema; the error is for people.
pub fn fingerprints(text: &str) -> Result<Fingerprints, String> {
    let schema = super::parse_schema(text)?;
    let standard = crc_64(canonical_form(text)?.as_bytes());
    Ok(Fingerprints { standard, earlier: of_library(&schema)? })
}

/// The parsing canonical form of a schema; the error is for people.
pub fn canonical_form(text: &str) -> Result<String, String> {
    super::parse_schema(text)?;
    let json = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let mut form = Form::default();
    form.put(&bare(json), "");
    Ok(form.text)
}

fn of_library(schema: &Schema) -> Result<Fingerprint, String> {
    let bytes = schema.fingerprint::<Rabin>().bytes;
    bytes.try_into().map_err(|_| "a fingerprint has eight bytes".to_owned())
}

/// CRC-64-AVRO, also known as a Rabin fingerprint.
fn crc_64(bytes: &[u8]) -> Fingerprint {
    const EMPTY: u64 = 0xc15d_213a_a4d7_a795;
    let fold = |crc: u64| if crc & 1 == 0 { crc >> 1 } else { (crc >> 1) ^ EMPTY };
    let step = |crc: u64, byte: &u8| (0..8).fold(crc ^ u64::from(*byte), |crc, _| fold(crc));
    bytes.iter().fold(EMPTY, step).to_le_bytes()
}

/// A canonical form that is being written.
#[derive(Default)]
struct Form {
    text: String,
    /// Full names of the types so far.
    defined: BTreeSet<String>,
}

impl Form {
    /// Writes a schema that stands within a namespace; "" is none.
    fn put(&mut self, schema: &Value, namespace: &str) {
        match schema {
            Value::String(name) => self.put_string(&self.resolved(name, namespace)),
            Value::Array(branches) => self.put_list(branches, |form, it| form.put(it, namespace)),
            Value::Object(parts) => match parts.get("type") {
                Some(Value::String(kind)) => self.put_type(kind, parts, namespace),
                Some(inner) => self.put(inner, namespace),
                None => {}
            },
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn put_type(&mut self, kind: &str, parts: &Map<String, Value>, namespace: &str) {
        match kind {
            "record" | "error" => {
                let namespace = self.put_name(parts, namespace);
                self.text.push_str("\"type\":\"record\",\"fields\":");
                let fields = parts.get("fields").and_then(Value::as_array);
                self.put_list(fields.map_or(&[], Vec::as_slice), |form, field| {
                    form.text.push_str("{\"name\":");
                    form.put_string(text(field.get("name")));
                    form.text.push_str(",\"type\":");
                    form.put(field.get("type").unwrap_or(&Value::Null), &namespace);
                    form.text.push('}');
                });
                self.text.push('}');
            }
            "enum" => {
                self.put_name(parts, namespace);
                self.text.push_str("\"type\":\"enum\",\"symbols\":");
                let symbols = parts.get("symbols").and_then(Value::as_array);
                let put = |form: &mut Self, it: &Value| form.put_string(text(Some(it)));
                self.put_list(symbols.map_or(&[], Vec::as_slice), put);
                self.text.push('}');
            }
            "fixed" => {
                self.put_name(parts, namespace);
                let size = parts.get("size").map(ToString::to_string).unwrap_or_default();
                let size = size.trim_matches('"');
                for part in ["\"type\":\"fixed\",\"size\":", size, "}"] {
                    self.text.push_str(part);
                }
            }
            "array" | "map" => {
                let inner = if kind == "array" { "items" } else { "values" };
                for part in ["{\"type\":\"", kind, "\",\"", inner, "\":"] {
                    self.text.push_str(part);
                }
                self.put(parts.get(inner).unwrap_or(&Value::Null), namespace);
                self.text.push('}');
            }
            name => self.put_string(&self.resolved(name, namespace)),
        }
    }

    /// Begins a named type; gives back the namespace in which its parts stand.
    fn put_name(&mut self, parts: &Map<String, Value>, enclosing: &str) -> String {
        let name = text(parts.get("name"));
        let namespace = match (name.rsplit_once('.'), parts.get("namespace")) {
            (Some((namespace, _)), _) => namespace,
            (None, Some(namespace)) => text(Some(namespace)),
            (None, None) => enclosing,
        };
        let full = within(name, namespace);
        self.text.push_str("{\"name\":");
        self.put_string(&full);
        self.text.push(',');
        self.defined.insert(full);
        namespace.to_owned()
    }

    /// The full name that a name stands for within a namespace.
    fn resolved(&self, name: &str, namespace: &str) -> String {
        let full = within(name, namespace);
        let is_full = PRIMITIVES.contains(&name) || !self.defined.contains(&full);
        if is_full { name.to_owned() } else { full }
    }

    fn put_list(&mut self, parts: &[Value], mut put: impl FnMut(&mut Self, &Value)) {
        self.text.push('[');
        for (nth, part) in parts.iter().enumerate() {
            if nth > 0 {
                self.text.push(',');
            }
            put(self, part);
        }
        self.text.push(']');
    }

    /// The names and symbols of Avro need no escapes.
    fn put_string(&mut self, text: &str) {
        self.text.push('"');
        self.text.push_str(text);
        self.text.push('"');
    }
}

fn within(name: &str, namespace: &str) -> String {
    if namespace.is_empty() || name.contains('.') {
        return name.to_owned();
    }
    format!("{namespace}.{name}")
}

fn text(value: Option<&Value>) -> &str {
    value.and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(schema: &str, form: &str, standard: u64) {
        assert_eq!(canonical_form(schema).as_deref(), Ok(form), "{schema}");
        assert_eq!(crc_64(form.as_bytes()), standard.to_be_bytes(), "{schema}");
    }

    /// Forms and fingerprints are those that fastavro 1.12 and Avro for Java 1.12.0 compute.
    #[test]
    fn forms_and_fingerprints_are_those_of_other_implementations() {
        check(
            r#"{"type": "string", "avro.java.string": "String"}"#,
            r#""string""#,
            0xc703_4563_7248_018f,
        );
        check(
            r#"{"type": "long", "logicalType": "timestamp-millis"}"#,
            r#""long""#,
            0xb71d_f493_44e1_54d0,
        );
        check(
            r#"{"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}"#,
            r#""bytes""#,
            0x6519_20c3_da16_c04f,
        );
        check(
            r#"{"type": "fixed", "name": "a.b", "size": 16, "logicalType": "decimal",
                "precision": 9, "doc": "x", "aliases": ["c"]}"#,
            r#"{"name":"a.b","type":"fixed","size":16}"#,
            0xd2ea_a8c2_c293_79e0,
        );
        check(
            r#"{"type": "enum", "name": "e", "namespace": "n.m", "symbols": ["A", "B"],
                "default": "A"}"#,
            r#"{"name":"n.m.e","type":"enum","symbols":["A","B"]}"#,
            0xf917_4ba6_a0f8_4f55,
        );
        check(
            r#"["null", {"type": "array", "items": {"type": "int", "logicalType": "date"}},
                {"type": "map", "values": {"type": "double"}}]"#,
            r#"["null",{"type":"array","items":"int"},{"type":"map","values":"double"}]"#,
            0x94e1_2361_2a8a_b372,
        );
    }

    #[test]
    fn names_are_full_names_of_the_namespace_in_which_they_stand() {
        check(
            r#"{"type": "record", "name": "a", "namespace": "n", "doc": "x", "fields": [
                {"name": "b", "type": {"type": "record", "name": "c", "fields": [
                    {"name": "d", "type": ["null", "a"], "default": null, "order": "ignore"}]}},
                {"name": "e", "type": {"type": "record", "name": "m.c", "fields": [
                    {"name": "f", "type": {"type": "fixed", "name": "g", "size": 2}},
                    {"name": "h", "type": "g"}]}},
                {"name": "i", "type": "c", "aliases": ["j"]},
                {"name": "k", "type": "m.c"},
                {"name": "l", "type":
                    {"type": "enum", "name": "o", "namespace": "", "symbols": ["P"]}}]}"#,
            concat!(
                r#"{"name":"n.a","type":"record","fields":[{"name":"b","type":{"name":"n.c","#,
                r#""type":"record","fields":[{"name":"d","type":["null","n.a"]}]}},{"name":"e","#,
                r#""type":{"name":"m.c","type":"record","fields":[{"name":"f","type":{"name":"#,
                r#""m.g","type":"fixed","size":2}},{"name":"h","type":"m.g"}]}},{"name":"i","#,
                r#""type":"n.c"},{"name":"k","type":"m.c"},{"name":"l","type":{"name":"o","#,
                r#""type":"enum","symbols":["P"]}}]}"#
            ),
            0x3ae3_ff15_6a8f_e70c,
        );
    }

    /// Every file of `schemas` that is not to change any more, by the same two implementations.
    #[test]
    fn our_schemas_have_the_fingerprints_of_the_standard() {
        let check = |schema: &str, standard: u64, earlier: u64| {
            let [standard, earlier] = [standard, earlier].map(u64::to_be_bytes);
            assert_eq!(fingerprints(schema), Ok(Fingerprints { standard, earlier }));
        };
        check(
            include_str!("../../../schemas/readings.avsc"),
            0x2256_0b9c_1a72_69bd,
            0x6612_109b_e41d_6db7,
        );
        check(
            include_str!("../../../schemas/tick.avsc"),
            0x2375_27d0_545d_77ab,
            0xcdfe_c89c_8900_54d6,
        );
        check(
            include_str!("../../../schemas/forecast.avsc"),
            0xa7fe_d780_090a_426f,
            0x8486_91a9_7ec7_e552,
        );
        check(
            include_str!("../../../schemas/old/record-2.avsc"),
            0x5e3a_810e_5ba0_525d,
            0xfa96_1090_97b0_41e6,
        );
        check(
            include_str!("../../../schemas/old/record-1.avsc"),
            0xd4d1_b7c1_bf49_2a8c,
            0x4ec3_cef4_f89f_c2a3,
        );
    }
}
