//! What becomes of messages, good and bad.

use std::sync::Arc;

use apache_avro::Schema;
use apache_avro::types::Value;
use apache_avro::writer::datum::GenericDatumWriter;
use proptest::prelude::*;

use crate::domain::{
    Batch, Command, Forecast, Hour, JurisdictionIndex, MISSING, Outcome, Outlook, OutlookHour,
    Pollutant, Reading, Reason, Row, StationIndex, Stream, Tick,
};
use crate::wire::record::samples::rules;

use super::reader::hex;
use super::schemas::Framed;
use super::{Codes, Framing, Kind, MessageWriter, Schemas, StreamReader, UnknownSchema};

const HOUR: Hour = Hour(430_000);

fn stream() -> Stream {
    Stream::topic("airshed.readings", 2)
}

fn reader() -> StreamReader {
    StreamReader::new(stream(), Arc::new(Codes::new(&rules())))
}

fn reading(station: u16, tenths: i32) -> Reading {
    Reading {
        tenths,
        station: StationIndex(station),
        revision: 0,
        pollutant: Pollutant::Pm25,
        outcome: Outcome::Taken,
    }
}

fn message(hours: &[(Hour, &[Reading])]) -> Vec<u8> {
    let mut out = Vec::new();
    MessageWriter::new(&rules(), Framing::SingleObject).readings(hours, &mut out);
    out
}

fn batch(hour: Hour, rows: &[(u64, u32)], readings: &[Reading]) -> Command {
    let rows = rows.iter().map(|&(position, readings)| Row { position, readings }).collect();
    Command::Observe(Batch { stream: stream(), hour, rows, readings: readings.to_vec() })
}

/// What the messages from offset 10 on become.
fn commands(messages: &[Vec<u8>]) -> Vec<Command> {
    let (mut reader, schemas) = (reader(), Schemas::default());
    let mut given = Vec::new();
    for (offset, message) in (10..).zip(messages) {
        reader.read(offset, message, &schemas, &mut |it| given.push(it)).unwrap();
    }
    reader.flush(&mut |it| given.push(it));
    given
}

fn refused(command: &Command) -> (Reason, u64, &str) {
    let Command::Refuse(it) = command else { panic!("{command:?}") };
    (it.reason, it.count, &it.excerpt)
}

#[test]
fn messages_of_one_hour_become_one_batch() {
    let one = |station| message(&[(HOUR, &[reading(station, 352)])]);
    let next = message(&[(HOUR.plus(1), &[reading(4, MISSING)])]);
    let given = commands(&[one(1), one(2), message(&[(HOUR, &[])]), one(3), next]);
    let readings = [reading(1, 352), reading(2, 352), reading(3, 352)];
    let first = batch(HOUR, &[(10, 1), (11, 1), (12, 0), (13, 1)], &readings);
    assert_eq!(given, [first, batch(HOUR.plus(1), &[(14, 1)], &[reading(4, MISSING)])]);
}

#[test]
fn a_message_of_several_hours_becomes_several_batches() {
    let both = [reading(1, 350), reading(2, -5)];
    let given = commands(&[message(&[(HOUR, &both), (HOUR.plus(1), &both[..1])])]);
    let next = batch(HOUR.plus(1), &[(10, 1)], &both[..1]);
    assert_eq!(given, [batch(HOUR, &[(10, 2)], &both), next]);
}

#[test]
fn unknown_stations_are_refused_and_the_others_taken() {
    // Stations beyond the list are written with an empty code.
    let all = [reading(1, 350), reading(99, 352), reading(98, MISSING), reading(97, 20)];
    let given = commands(&[message(&[(HOUR, &all)]), message(&[(HOUR, &all[..1])])]);
    assert_eq!(given[0], batch(HOUR, &[(10, 1)], &all[..1]));
    assert_eq!(refused(&given[1]), (Reason::UnknownStation, 2, " PM2.5=35.2  PM2.5=2"));
    assert_eq!(given[2], batch(HOUR, &[(11, 1)], &all[..1]));
}

#[test]
fn outlooks_and_ticks_stand_between_batches() {
    let rules = rules();
    let writer = MessageWriter::new(&rules, Framing::SingleObject);
    let (mut forecast, mut tick) = (Vec::new(), Vec::new());
    let at = HOUR.end().plus_minutes(90);
    writer.tick(at, &mut tick);
    let hours = vec![
        OutlookHour::Range { lower_ug_m3: 1, upper_ug_m3: 300 },
        OutlookHour::Missing,
        OutlookHour::Silent,
    ];
    let of = |index| Outlook {
        jurisdiction: JurisdictionIndex(index),
        first: HOUR.plus(1),
        hours: hours.clone(),
    };
    let mut said = Forecast {
        issued_at: at,
        maker: "中心".into(),
        source: Some(stream().at(11)),
        outlooks: vec![of(1), of(0)],
    };
    writer.forecast(&said, &mut forecast);
    said.outlooks.push(of(7));
    let mut unknown = Vec::new();
    writer.forecast(&said, &mut unknown);
    said.outlooks.pop();

    let own = [reading(1, 350)];
    let row = message(&[(HOUR, &own)]);
    let given = commands(&[row.clone(), forecast, unknown, row.clone(), tick, row]);
    assert_eq!(given[0], batch(HOUR, &[(10, 1)], &own));
    assert_eq!(given[1], Command::ReceiveForecast(said.clone()));
    said.source = Some(stream().at(12));
    assert_eq!(given[2], Command::ReceiveForecast(said));
    assert_eq!(refused(&given[3]), (Reason::Unreadable, 1, "jurisdiction "));
    assert_eq!(given[4], batch(HOUR, &[(13, 1)], &own));
    assert_eq!(given[5], Command::Tick(Tick { at, source: Some(stream().at(14)) }));
    assert_eq!(given[6], batch(HOUR, &[(15, 1)], &own));
}

#[test]
fn garbage_is_refused_where_it_ceases_to_make_sense() {
    let check = |message: &[u8], excerpt: &str| {
        let given = commands(&[message.to_vec()]);
        assert_eq!(refused(&given[0]), (Reason::Unreadable, 1, excerpt));
        assert_eq!(given.len(), 1);
    };
    let good = message(&[(HOUR, &[reading(1, 350)])]);
    let own_frame = hex(&good[..10]);
    check(b"", "no Avro message: ");
    check(b"{\"station\": 1}", "no Avro message: 7b2273746174696f6e223a20317d");
    check(&good[..10], &format!("the end of the bytes within a number at byte 0: {own_frame}"));
    let mut late = good.clone();
    late.push(7);
    let shown = hex(&late);
    let more = format!("more bytes than a message at byte 21: {shown}");
    check(&late, &more);
    // Half a minute past the hour.
    let mut crooked = Kind::Readings.single_object_frame().to_vec();
    let mut put = crate::wire::avro::Put(&mut crooked);
    put.long(1);
    put.long(HOUR.end().0 + 30_000);
    put.array(&[0; 2], |put, _| put.long(0));
    let given = commands(&[crooked]);
    assert!(refused(&given[0]).2.starts_with("a time that is no whole hour before this at byte"));
}

#[test]
fn a_registry_frame_needs_a_schema_that_is_known() {
    let ids = Framing::Registry { readings: 7, forecast: 8, tick: 9 };
    let own = [reading(1, 350)];
    let mut framed = Vec::new();
    MessageWriter::new(&rules(), ids).readings(&[(HOUR, &own)], &mut framed);
    assert_eq!(framed[..5], [0, 0, 0, 0, 7]);
    let (mut reader, mut schemas) = (reader(), Schemas::default());
    let mut given = Vec::new();
    let unknown = reader.read(3, &framed, &schemas, &mut |it| given.push(it));
    assert_eq!(unknown, Err(UnknownSchema::Id(7)));
    assert_eq!(schemas.learn_id(7, Kind::Readings.schema()), Ok(Kind::Readings));
    reader.read(3, &framed, &schemas, &mut |it| given.push(it)).unwrap();
    reader.flush(&mut |it| given.push(it));
    assert_eq!(given, [batch(HOUR, &[(3, 1)], &own)]);
    let wrong = schemas.learn_id(8, r#"{"type":"record","name":"a.b","fields":[]}"#);
    let words = "not a schema of readings, forecasts, ticks or commands: its name is \"a.b\"";
    assert_eq!(wrong.unwrap_err().to_string(), words);
    let other = reader.read(4, &[0xc3, 1, 1, 0, 0, 0, 0, 0, 0, 0], &schemas, &mut |_| {});
    assert_eq!(other, Err(UnknownSchema::Fingerprint(1)));
    let words = "no schema is known for the fingerprint 0100000000000000";
    assert_eq!(UnknownSchema::Fingerprint(1).to_string(), words);
}

/// A refusal by a registry, or of a message that its schema does not fit, names the id.
#[test]
fn an_id_that_cannot_be_used_is_named_by_the_refusal() {
    let (mut reader, mut schemas) = (reader(), Schemas::default());
    let mut said = |message: &[u8], schemas: &Schemas| {
        let mut given = Vec::new();
        reader.read(3, message, schemas, &mut |it| given.push(it)).map(|()| {
            let (reason, count, excerpt) = refused(&given[0]);
            assert_eq!((reason, count), (Reason::Unreadable, 1));
            excerpt.to_owned()
        })
    };
    schemas.refuse_id(7, "it is absent");
    let words = said(&[0, 0, 0, 0, 7, 1], &schemas).unwrap();
    assert_eq!(words, "registry id 7: it is absent: 000000000701");
    schemas.forget_id(7);
    assert_eq!(said(&[0, 0, 0, 0, 7, 1], &schemas), Err(UnknownSchema::Id(7)));
    // A tick without its time.
    let empty = r#"{"type": "record", "name": "tick", "namespace": "airshed", "fields": []}"#;
    assert_eq!(schemas.learn_id(8, empty), Ok(Kind::Tick));
    let words = said(&[0, 0, 0, 0, 8], &schemas).unwrap();
    assert!(words.starts_with("registry id 8: ") && words.contains("at"), "{words}");
}

/// Avro finds a record by its name without namespace, and fields by their names, in any order.
#[test]
fn a_schema_of_another_namespace_is_read() {
    let text = r#"{"type": "record", "name": "tick", "namespace": "org.bureau", "fields": [
        {"name": "by", "type": "string"}, {"name": "at", "type": "int"}]}"#;
    let (mut reader, mut schemas) = (reader(), Schemas::default());
    assert_eq!(schemas.learn_id(9, text), Ok(Kind::Tick));
    let mut given = Vec::new();
    let message = [0, 0, 0, 0, 9, 2, b'x', 20];
    reader.read(3, &message, &schemas, &mut |it| given.push(it)).unwrap();
    let source = Some(stream().at(3));
    assert_eq!(given, [Command::Tick(Tick { at: crate::domain::Timestamp(10), source })]);
}

/// Other programs write the fingerprint of the standard; earlier versions of this one did not.
#[test]
fn a_message_is_found_by_the_standard_fingerprint_and_by_the_earlier_one() {
    let own = [reading(1, 350)];
    let standard = message(&[(HOUR, &own)]);
    assert_eq!(hex(&standard[..10]), "c30122560b9c1a7269bd");
    let mut earlier = standard.clone();
    earlier[2..10].copy_from_slice(&0x6612_109b_e41d_6db7_u64.to_be_bytes());
    for framed in [standard, earlier] {
        assert_eq!(commands(&[framed]), [batch(HOUR, &[(10, 1)], &own)]);
    }
}

/// A schema that says the same in canonical form is not another version.
#[test]
fn a_schema_in_canonical_form_is_our_own() {
    for kind in Kind::ALL {
        let mut schemas = Schemas::default();
        let canonical = crate::wire::avro::canonical_form(kind.schema()).unwrap();
        assert_eq!(schemas.learn(&canonical), Ok(kind));
        let framed = kind.single_object_frame();
        let Ok(Framed::Datum(written, _)) = schemas.unframe(&framed) else { panic!("{kind}") };
        assert!(matches!(written.to_own(&[7]), Ok(std::borrow::Cow::Borrowed(_))), "{kind}");
    }
}

/// A producer that knows neither revisions nor null, calls a seventh pollutant by its name, and
/// says more than we ask.
#[test]
fn a_message_by_another_version_of_the_schema_is_read() {
    let text = r#"{"type": "record", "name": "readings", "namespace": "airshed", "fields": [
        {"name": "hours", "type": {"type": "array", "items": {
            "type": "record", "name": "hour_readings", "fields": [
            {"name": "hour", "type": "long"},
            {"name": "readings", "type": {"type": "array", "items": {
                "type": "record", "name": "reading", "fields": [
                {"name": "unit", "type": "string"},
                {"name": "pollutant", "type": {
                    "type": "enum", "name": "pollutant", "symbols": ["NH3", "PM10"]}},
                {"name": "station", "type": "string"},
                {"name": "value_tenths_ug_m3", "type": "int"}]}}}]}}}]}"#;
    let schema = Schema::parse_str(text).unwrap();
    let value = |pollutant: u32, name: &str| {
        Value::Record(vec![
            ("unit".into(), Value::String("µg/m³".into())),
            ("pollutant".into(), Value::Enum(pollutant, name.into())),
            ("station".into(), Value::String("1002A".into())),
            ("value_tenths_ug_m3".into(), Value::Int(350)),
        ])
    };
    let readings = Value::Array(vec![value(1, "PM10"), value(0, "NH3")]);
    let hour = vec![("hour".into(), Value::Long(HOUR.end().0)), ("readings".into(), readings)];
    let all = Value::Record(vec![("hours".into(), Value::Array(vec![Value::Record(hour)]))]);
    let writer = GenericDatumWriter::builder(&schema).build().unwrap();
    let mut framed = vec![0, 0, 0, 1, 0];
    framed.extend(writer.write_value_to_vec(all).unwrap());
    let (mut reader, mut schemas) = (reader(), Schemas::default());
    schemas.learn_id(256, text).unwrap();
    let mut given = Vec::new();
    reader.read(3, &framed, &schemas, &mut |it| given.push(it)).unwrap();
    let own = Reading { pollutant: Pollutant::Pm10, ..reading(1, 350) };
    assert_eq!(given[0], batch(HOUR, &[(3, 1)], &[own]));
    assert_eq!(refused(&given[1]), (Reason::Unreadable, 1, "1002A other=35"));
}

fn any_reading() -> impl Strategy<Value = Reading> {
    let tenths = prop_oneof![Just(MISSING), any::<i32>(), 0..20_000];
    (tenths, 0..10_u16, any::<u16>(), 0..6_u8).prop_map(|(tenths, station, revision, number)| {
        let pollutant = Pollutant::numbered(number).unwrap();
        Reading { revision, pollutant, ..reading(station, tenths) }
    })
}

proptest! {
    #[test]
    fn readings_come_back(
        hours in proptest::collection::vec(
            (0..20_i32, proptest::collection::vec(any_reading(), 0..20)),
            0..5,
        ),
    ) {
        let hours: Vec<_> = hours.iter().map(|(it, own)| (HOUR.plus(*it), &own[..])).collect();
        let mut found = Vec::new();
        for command in commands(&[message(&hours)]) {
            let Command::Observe(batch) = command else { panic!("{command:?}") };
            prop_assert!(batch.rows.iter().all(|it| it.position == 10));
            let mut rest = &batch.readings[..];
            for row in &batch.rows {
                let (own, after) = rest.split_at(row.readings as usize);
                found.push((batch.hour, own.to_vec()));
                rest = after;
            }
        }
        let given: Vec<_> = hours.iter().map(|(hour, own)| (*hour, own.to_vec())).collect();
        prop_assert_eq!(found, given);
    }

    #[test]
    fn any_bytes_are_taken_or_refused_by_a_command(kind in 0..4_usize, bytes: Vec<u8>) {
        let mut framed = Kind::ALL[kind].single_object_frame().to_vec();
        framed.extend(&bytes);
        let mut given = commands(&[framed]);
        given.extend(commands(&[bytes.iter().copied().filter(|it| ![0, 0xc3].contains(it)).collect()]));
        prop_assert!(!given.is_empty());
    }
}
