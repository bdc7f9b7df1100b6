//! Seeds of commands, by the table of their fields.

use airshed::domain::cooperation::{COMMANDS, Shape};

use super::SEED_BYTES_MAX;

/// Each command as a line and as a datum, with what its fields want; ticks, and a file of both.
pub(super) fn all() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    let tick = r#"{"tick":"2025-12-04T09:10:00+08:00"}"#;
    let mut file = vec![3];
    for (branch, command) in COMMANDS.iter().enumerate() {
        let role = command.roles[0].name();
        let envelope = serde_json::json!({
            "id": "130100-0007",
            "actor": {"jurisdiction": "130100", "role": role, "name": "值班员"},
            "given_at": "2025-12-04T09:10:00+08:00",
            "status": "actual",
            "command": command.name,
            "body": value_of(Shape::Fields(command.fields)),
        });
        let line = envelope.to_string();
        seeds.push([&[u8::try_from(branch % 2).unwrap()], line.as_bytes()].concat());
        file.extend_from_slice(format!("{line}\n{tick}\n\n").as_bytes());
        let mut datum = vec![2];
        for text in ["130100-0007", "130100", role, "值班员"] {
            put_text(text, &mut datum);
        }
        put_long(GIVEN_AT_MS, &mut datum);
        put_long(0, &mut datum);
        put_long(i64::try_from(branch).unwrap(), &mut datum);
        put_value(Shape::Fields(command.fields), &mut datum);
        seeds.push(datum);
    }
    seeds.push([&[0], tick.as_bytes()].concat());
    let sent_to_a_body = br#"{"position":812,"type":"matter_overdue","happened_at":"2025-12-04T10:30:00+08:00","recorded_at":"2025-12-04T10:30:00+08:00","source":null,"correlation":811,"causation":811,"body":{"at":"2025-12-04T10:30:00+08:00","by":null,"matter":"1-130400/acknowledge","owner":"130400","due_at":"2025-12-04T10:30:00+08:00"}}"#;
    seeds.push([&[4], &sent_to_a_body[..]].concat());
    file.truncate(SEED_BYTES_MAX);
    seeds.push(file);
    seeds
}

/// 2025-12-04 09:10 in Beijing.
const GIVEN_AT_MS: i64 = 1_764_810_600_000;

fn value_of(shape: Shape) -> serde_json::Value {
    use serde_json::json;
    match shape {
        Shape::Text => json!("smoke"),
        Shape::Id(_) => json!("1-130100"),
        Shape::Body | Shape::BodyOrGuest | Shape::Member => json!("130100"),
        Shape::Time => json!("2025-12-05T08:00:00+08:00"),
        Shape::Date => json!("2025-12-05"),
        Shape::Whole(from, _) => json!(from),
        Shape::Flag => json!(true),
        Shape::OneOf(words) => json!(words[0]),
        Shape::List(list) => json!([value_of(list.of)]),
        Shape::Fields(fields) => {
            fields.iter().map(|it| (it.name.to_owned(), value_of(it.shape))).collect()
        }
    }
}

/// The same as Avro.
fn put_value(shape: Shape, out: &mut Vec<u8>) {
    match shape {
        Shape::Time => put_long(GIVEN_AT_MS, out),
        Shape::Date => put_long(20_427, out),
        Shape::Whole(from, _) => put_long(from, out),
        Shape::Flag => out.push(1),
        Shape::List(list) => {
            put_long(1, out);
            put_value(list.of, out);
            put_long(0, out);
        }
        Shape::Fields(fields) => {
            for field in fields {
                if field.optional {
                    put_long(1, out);
                }
                put_value(field.shape, out);
            }
        }
        Shape::Text
        | Shape::Id(_)
        | Shape::Body
        | Shape::BodyOrGuest
        | Shape::Member
        | Shape::OneOf(_) => put_text(value_of(shape).as_str().unwrap(), out),
    }
}

fn put_text(text: &str, out: &mut Vec<u8>) {
    put_long(i64::try_from(text.len()).unwrap(), out);
    out.extend_from_slice(text.as_bytes());
}

fn put_long(number: i64, out: &mut Vec<u8>) {
    let mut left = (number << 1 ^ number >> 63).cast_unsigned();
    while left > 0x7f {
        out.push(0x80 | left.to_le_bytes()[0] & 0x7f);
        left >>= 7;
    }
    out.push(left.to_le_bytes()[0]);
}
