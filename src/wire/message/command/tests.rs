//! What becomes of commands, in both forms.

use std::sync::Arc;

use apache_avro::writer::datum::GenericDatumWriter;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::domain::cooperation::{COMMANDS, Field, Shape};
use crate::domain::{Command, Date, Reason, Refusal, Stream, Tick, Timestamp};
use crate::wire::avro::parse_schema;
use crate::wire::message::{Codes, Framing, Kind, MessageWriter, Schemas, StreamReader};
use crate::wire::record::samples::rules;

const ACKNOWLEDGE: &str = r#"{"id":"130100-0007","actor":{"jurisdiction":"130100","role":"officer","name":"duty officer"},"given_at":"2025-12-04T09:10:00+08:00","status":"actual","command":"acknowledge","body":{"order":"1-130100"}}"#;

fn stream() -> Stream {
    Stream::topic("airshed.commands", 0)
}

fn read(message: &[u8]) -> Command {
    let codes = Arc::new(Codes::new(&rules()));
    let (mut reader, mut given) = (StreamReader::of_commands(stream(), codes), Vec::new());
    reader.read(7, message, &Schemas::default(), &mut |it| given.push(it)).unwrap();
    assert_eq!(given.len(), 1, "{given:?}");
    given.remove(0)
}

#[test]
fn the_schema_is_that_of_the_tables() {
    let (wanted, found) = (schema::text(), Kind::Command.schema());
    if wanted != found {
        let path = std::env::temp_dir().join("command.avsc");
        std::fs::write(&path, wanted).unwrap();
        panic!("schemas/command.avsc is not what the tables say; {} is", path.display());
    }
}

#[test]
fn the_json_schema_is_that_of_the_tables() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/schemas/command.schema.json");
    let (wanted, found) = (json_schema::text(), std::fs::read_to_string(path).unwrap_or_default());
    if wanted != found {
        let path = std::env::temp_dir().join("command.schema.json");
        std::fs::write(&path, wanted).unwrap();
        panic!("schemas/command.schema.json is not what the tables say; {} is", path.display());
    }
}

#[test]
fn json_is_read_and_written() {
    let Command::Give(given) = read(ACKNOWLEDGE.as_bytes()) else { panic!("a command") };
    assert_eq!(given.given_at.to_string(), "2025-12-04T09:10:00+08:00");
    assert_eq!((&*given.id, given.actor.body.code()), ("130100-0007", "130100"));
    assert_eq!(*given.fields, json!({"order": "1-130100"}));
    assert_eq!(given.source, Some(stream().at(7)));
    assert_eq!(write_command(&given), ACKNOWLEDGE);
    let tick = br#"{"tick":"2025-12-04T01:10:00Z"}"#;
    assert_eq!(read_command_line(tick, None), Ok(CommandLine::Tick(given.given_at)));
}

/// The checks of commands say what is wrong with a body.
#[test]
fn a_body_of_any_shape_is_a_command() {
    let deep = format!("{}1{}", "[".repeat(100), "]".repeat(100));
    let long = "\u{7}\u{4e00}".repeat(100_000);
    for body in [
        "null".to_owned(),
        "5".into(),
        "[]".into(),
        "{}".into(),
        r#"{"order":5,"note":{"a":[1.5,true,null,-3,1e300]}}"#.into(),
        deep,
        json!({ "order": long }).to_string(),
    ] {
        let message = ACKNOWLEDGE.replace(r#"{"order":"1-130100"}"#, &body);
        let Command::Give(given) = read(message.as_bytes()) else { panic!("{body}") };
        assert_eq!(*given.fields, serde_json::from_str::<Value>(&body).unwrap());
    }
}

#[test]
fn what_is_no_envelope_is_unreadable() {
    let with = |from: &str, to: &str| {
        assert!(ACKNOWLEDGE.contains(from), "{from}");
        ACKNOWLEDGE.replacen(from, to, 1)
    };
    let nested = format!("{}1{}", "[".repeat(200), "]".repeat(200));
    for (message, words) in [
        (r#"{"id":"#.to_owned(), "EOF while parsing a value"),
        ("{}".into(), "missing field `id`"),
        (with("130100-0007\"", "130100-0007\",\"note\":1"), "unknown field `note`"),
        (with("\"130100-0007\"", "7"), "invalid type"),
        (with("\"name\":\"duty officer\"", "\"name\":null"), "invalid type"),
        (with(",\"name\":\"duty officer\"", ""), "missing field `name`"),
        (with("09:10:00+08:00", "09:10:00"), "no such time"),
        (with("actual", "drill"), "unknown variant `drill`"),
        (with("acknowledge", "obey"), "there is no command \"obey\""),
        (with(",\"body\":{\"order\":\"1-130100\"}", ""), "missing field `body`"),
        (with("\"1-130100\"", "\"1\",\"order\":\"2\""), "\"order\" stands twice in an object"),
        (with("\"status\"", "\"id\":\"b\",\"status\""), "duplicate field `id`"),
        (with("\"1-130100\"", &nested), "recursion limit exceeded"),
        (with("\"1-130100\"", "\"\\ud800\""), "unexpected end of hex escape"),
        (with("\"1-130100\"", "1e400"), "number out of range"),
        (format!("{ACKNOWLEDGE}}}"), "trailing characters"),
        (with("1-130100", &"x".repeat(1 << 20)), "bytes, and a command may have 1048576"),
        (" {}".into(), "no Avro message: 207b7d"),
        (r#"{"tick":"2025-12-04T01:10:00Z"}"#.into(), "unknown field `tick`"),
    ] {
        let Command::Refuse(refused) = read(message.as_bytes()) else { panic!("{words}") };
        let Refusal { reason, source, count, excerpt, hour } = refused;
        assert_eq!((reason, count, hour), (Reason::Unreadable, 1, None));
        assert_eq!(source, Some(stream().at(7)));
        assert!(excerpt.contains(words), "{words}: {excerpt}");
        assert!(excerpt.chars().count() < 300, "{excerpt}");
    }
}

/// Bytes by an independent writer of Avro.
fn avro(envelope: &Value) -> Vec<u8> {
    use apache_avro::types::Value as Avro;
    let schema = parse_schema(Kind::Command.schema()).unwrap();
    let text = |name: &str| Avro::String(envelope[name].as_str().unwrap().into());
    let actor = ["jurisdiction", "role", "name"]
        .map(|it| (it.into(), Avro::String(envelope["actor"][it].as_str().unwrap().into())));
    let name = envelope["command"].as_str().unwrap();
    let branch = COMMANDS.iter().position(|it| it.name == name).unwrap();
    let fields = record(COMMANDS[branch].fields, &envelope["body"]);
    let status = u32::from(envelope["status"] == "exercise");
    let given_at = Timestamp::parse(envelope["given_at"].as_str().unwrap()).unwrap();
    let value = Avro::Record(vec![
        ("id".into(), text("id")),
        ("actor".into(), Avro::Record(actor.into())),
        ("given_at".into(), Avro::TimestampMillis(given_at.0)),
        ("status".into(), Avro::Enum(status, envelope["status"].as_str().unwrap().into())),
        ("body".into(), Avro::Union(u32::try_from(branch).unwrap(), Box::new(fields))),
    ]);
    let datum = GenericDatumWriter::builder(&schema).build().unwrap().write_value_to_vec(value);
    [&Kind::Command.single_object_frame()[..], &datum.unwrap()].concat()
}

fn record(fields: &[Field], values: &Value) -> apache_avro::types::Value {
    use apache_avro::types::Value as Avro;
    let entry = |field: &Field| {
        let value = match (values.get(field.name), field.optional) {
            (None, true) => Avro::Union(0, Box::new(Avro::Null)),
            (Some(value), true) => Avro::Union(1, Box::new(avro_value(field.shape, value))),
            (value, false) => avro_value(field.shape, value.unwrap()),
        };
        (field.name.to_owned(), value)
    };
    Avro::Record(fields.iter().map(entry).collect())
}

fn avro_value(shape: Shape, value: &Value) -> apache_avro::types::Value {
    use apache_avro::types::Value as Avro;
    match shape {
        Shape::Time => Avro::TimestampMillis(Timestamp::parse(value.as_str().unwrap()).unwrap().0),
        Shape::Date => Avro::Date(serde_json::from_value::<Date>(value.clone()).unwrap().0),
        Shape::Whole(..) => Avro::Long(value.as_i64().unwrap()),
        Shape::Flag => Avro::Boolean(value.as_bool().unwrap()),
        Shape::List(list) => Avro::Array(
            value.as_array().unwrap().iter().map(|it| avro_value(list.of, it)).collect(),
        ),
        Shape::Fields(fields) => record(fields, value),
        Shape::Text
        | Shape::Id(_)
        | Shape::Body
        | Shape::BodyOrGuest
        | Shape::Member
        | Shape::OneOf(_) => Avro::String(value.as_str().unwrap().to_owned()),
    }
}

/// A value of a shape, as JSON has it; every optional field is there in one of two.
fn any_value(shape: Shape) -> BoxedStrategy<Value> {
    match shape {
        Shape::Time => (0..4_000_000_000_000_i64).prop_map(|it| json!(Timestamp(it))).boxed(),
        Shape::Date => (0..40_000).prop_map(|it| json!(Date(it))).boxed(),
        Shape::Whole(..) => any::<i64>().prop_map(Value::from).boxed(),
        Shape::Flag => any::<bool>().prop_map(Value::from).boxed(),
        Shape::List(list) => {
            proptest::collection::vec(any_value(list.of), 0..3).prop_map(Value::from).boxed()
        }
        Shape::Fields(fields) => any_fields(fields),
        Shape::Text
        | Shape::Id(_)
        | Shape::Body
        | Shape::BodyOrGuest
        | Shape::Member
        | Shape::OneOf(_) => ".{0,9}".prop_map(Value::from).boxed(),
    }
}

fn any_command(place: usize) -> impl Strategy<Value = (&'static str, Value)> {
    let it = COMMANDS[place];
    any_fields(it.fields).prop_map(|body| (it.name, body))
}

fn any_fields(fields: &'static [Field]) -> BoxedStrategy<Value> {
    let each = fields.iter().map(|it| (any::<bool>(), any_value(it.shape))).collect::<Vec<_>>();
    each.prop_map(|values| {
        let named = fields.iter().zip(values);
        let there = named.filter(|(field, (is_there, _))| !field.optional || *is_there);
        Value::Object(there.map(|(field, (_, value))| (field.name.to_owned(), value)).collect())
    })
    .boxed()
}

/// A command says the same as JSON and as Avro.
fn is_read_alike(name: &str, body: &Value, texts: &[String; 4], is_exercise: bool) {
    let [id, jurisdiction, role, person] = texts;
    let envelope = json!({
        "id": id,
        "actor": {"jurisdiction": jurisdiction, "role": role, "name": person},
        "given_at": "2025-12-04T09:10:00+08:00",
        "status": if is_exercise { "exercise" } else { "actual" },
        "command": name,
        "body": body,
    });
    let from_json = read(envelope.to_string().as_bytes());
    assert!(matches!(from_json, Command::Give(_)), "{from_json:?}");
    assert_eq!(read(&avro(&envelope)), from_json);
}

/// Without its optional field, and with empty texts: a case that once was read otherwise.
#[test]
fn an_approval_of_nothing_is_read_alike() {
    let texts = [(); 4].map(|()| String::new());
    is_read_alike("approve", &json!({"proposal": ""}), &texts, false);
}

proptest! {
    #[test]
    fn avro_says_the_same_as_json(
        (name, body) in (0..COMMANDS.len()).prop_flat_map(any_command),
        texts: [String; 4],
        is_exercise: bool,
    ) {
        is_read_alike(name, &body, &texts, is_exercise);
    }

    #[test]
    fn any_bytes_are_a_command_or_refused(bytes: Vec<u8>, at in 0..200_usize, other: u8) {
        let frame = Kind::Command.single_object_frame();
        read(&[&frame[..], &bytes].concat());
        let mut json = ACKNOWLEDGE.as_bytes().to_vec();
        json[at] = other;
        if at > 0 {
            read(&json);
        }
    }
}

#[test]
fn commands_come_in_their_own_topic_alone() {
    let envelope: Value = serde_json::from_str(ACKNOWLEDGE).unwrap();
    let framed = avro(&envelope);
    assert!(matches!(read(&framed), Command::Give(_)));
    let rules = rules();
    let writer = MessageWriter::new(&rules, Framing::SingleObject);
    let mut readings = Vec::new();
    writer.readings(&[], &mut readings);
    let Command::Refuse(refused) = read(&readings) else { panic!("readings") };
    assert!(refused.excerpt.starts_with("airshed.readings in the topic of commands: c301"));
    let mut tick = Vec::new();
    writer.tick(Timestamp(60_000), &mut tick);
    let source = Some(stream().at(7));
    assert_eq!(read(&tick), Command::Tick(Tick { at: Timestamp(60_000), source }));
    let mut reader =
        StreamReader::new(Stream::topic("airshed.readings", 0), Arc::new(Codes::new(&rules)));
    for (message, words) in [
        (framed, "a command outside the topic of commands: c301"),
        (ACKNOWLEDGE.into(), "no Avro message: 7b226964"),
    ] {
        let mut given = Vec::new();
        reader.read(7, &message, &Schemas::default(), &mut |it| given.push(it)).unwrap();
        let [Command::Refuse(refused)] = &given[..] else { panic!("{given:?}") };
        assert!(refused.excerpt.starts_with(words), "{}", refused.excerpt);
    }
}
