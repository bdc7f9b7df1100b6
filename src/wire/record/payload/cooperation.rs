//! What is decided about human acts. One definition for each kind, in the domain, says its fields;
//! from it follow the bytes, the JSON and the words.

mod words;

use serde_json::{Map, Value, json};

use crate::domain::Actor;
use crate::domain::cooperation::{CooperationEvent, What};
use crate::wire::avro::{ByteReader, Malformed, NotAvro, Put};
use crate::wire::record::parts::{parse_time, put_time};

pub(super) fn put(put: &mut Put<'_>, first: u8, event: &CooperationEvent) {
    put.count(usize::from(first) + event.what.place());
    put_time(put, event.at);
    put.optional(event.by.as_ref(), put_actor);
    put_value(put, &event.what);
}

pub(super) fn parse(
    reader: &mut ByteReader<'_>,
    place: i64,
) -> Result<CooperationEvent, Malformed> {
    let at = parse_time(reader)?;
    let by = reader.optional(parse_actor)?;
    let wrong = reader.wrong("no such kind of record before this");
    let place = usize::try_from(place).unwrap_or(usize::MAX);
    match What::read(place, &mut *reader) {
        Some(Ok(what)) => Ok(CooperationEvent { at, by, what }),
        Some(Err(error)) => Err(malformed(&error, reader)),
        None => Err(wrong),
    }
}

pub(super) fn put_actor(put: &mut Put<'_>, actor: &Actor) {
    put_value(put, actor);
}

pub(super) fn parse_actor(reader: &mut ByteReader<'_>) -> Result<Actor, Malformed> {
    reader.value().map_err(|error| malformed(&error, reader))
}

fn put_value(put: &mut Put<'_>, value: &impl serde::Serialize) {
    let written = put.value(value);
    assert!(written.is_ok(), "a test writes each kind: {written:?}");
}

fn malformed(error: &NotAvro, reader: &ByteReader<'_>) -> Malformed {
    match error {
        NotAvro::Malformed(malformed) => *malformed,
        NotAvro::Other(_) => reader.wrong("not a value of this kind before this"),
    }
}

pub(super) fn json(event: &CooperationEvent) -> Value {
    let mut body = Map::new();
    body.insert("at".to_owned(), event.at.to_string().into());
    body.insert("by".to_owned(), json!(event.by));
    if let Ok(Value::Object(fields)) = serde_json::to_value(&event.what) {
        // A case and a vehicle have the fields of the command that moved them.
        let is_moved = matches!(event.what, What::CaseMoved(_) | What::VehicleMoved(_));
        let is_shown = |name: &str, value: &Value| !is_moved || name == "from" || !value.is_null();
        body.extend(fields.into_iter().filter(|(name, value)| is_shown(name, value)));
    }
    Value::Object(body)
}

pub(super) fn words(event: &CooperationEvent) -> String {
    let Ok(Value::Object(fields)) = serde_json::to_value(&event.what) else {
        return String::new();
    };
    let words = words::words(event.what.record_type(), &fields);
    match &event.by {
        Some(by) => format!("{words}; by {} of {}", by.role, by.body),
        None => words,
    }
}

#[cfg(test)]
pub(super) mod samples {
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;
    use crate::domain::Timestamp;
    use crate::domain::cooperation::Body;
    use crate::wire::record::samples::HOUR;

    const SAMPLES: &str = include_str!("../../../../tests/golden/cooperation_kinds.jsonl");

    /// One of each kind, as a file has them.
    pub(crate) fn one_of_each() -> impl Iterator<Item = CooperationEvent> {
        SAMPLES.lines().zip(What::NAMES).enumerate().map(|(place, (line, name))| {
            let sample: Value = serde_json::from_str(line).unwrap();
            assert_eq!(sample["type"], *name);
            let what = What::read(place, sample["body"].clone()).unwrap().unwrap();
            let (body, role, name) = (Body::new("130400"), "officer".into(), "duty".into());
            CooperationEvent { at: HOUR.end(), by: Some(Actor { body, role, name }), what }
        })
    }

    pub(crate) fn any_event() -> BoxedStrategy<CooperationEvent> {
        let all: Vec<CooperationEvent> = one_of_each().collect();
        (select(all), any::<i64>(), any::<bool>(), ".*")
            .prop_map(|(event, at, is_command, text)| {
                let body = Body::new(&text);
                let by = is_command.then(|| Actor { body, role: text.clone(), name: text });
                CooperationEvent { at: Timestamp(at), by, ..event }
            })
            .boxed()
    }

    #[test]
    fn there_is_a_sample_of_each_kind_and_its_json_is_that_of_the_file() {
        assert_eq!(one_of_each().count(), What::NAMES.len());
        for (line, event) in SAMPLES.lines().zip(one_of_each()) {
            let sample: Value = serde_json::from_str(line).unwrap();
            let mut found = json(&event);
            let fields = found.as_object_mut().unwrap();
            fields.retain(|name, _| name != "at" && name != "by");
            assert_eq!(found, sample["body"]);
        }
    }
}
