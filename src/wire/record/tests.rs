//! What holds of every record and of the schema.
#![expect(clippy::wildcard_enum_match_arm, reason = "Trees of values, of which few kinds matter.")]

use apache_avro::Schema;
use apache_avro::reader::datum::GenericDatumReader;
use apache_avro::types::Value;
use apache_avro::writer::datum::GenericDatumWriter;
use proptest::prelude::*;
use serde_json::Value as Json;

use crate::domain::cooperation::What;
use crate::domain::{
    ActKind, AirEvent, Cause, Event, ExclusionKind, Fact, Flag, Grade, OrderAct, Outcome, Reason,
    ResponseEvent, StationEvent, WarningEvent,
};
use crate::engine::Record;

use super::samples::{
    any_record, first_format, one_of_each, parse, record, second_format, wide_batch,
};
use super::{Decoder, RecordError, SCHEMA, encode, payload, types};

fn bytes_of(record: &Record) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode(record, &mut bytes);
    bytes
}

proptest! {
    #[test]
    fn a_record_comes_back(record in any_record()) {
        let bytes = bytes_of(&record);
        let length = bytes.len();
        prop_assert_eq!(Decoder::new(parse).decode(&bytes), Ok((record, length)));
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
        prop_assert!(Decoder::new(parse).decode(&bytes).is_err());
    }

    #[test]
    fn a_library_reads_what_we_write_and_we_read_what_it_writes(record in any_record()) {
        let schema = Schema::parse_str(SCHEMA).unwrap();
        let bytes = bytes_of(&record);
        let reader = GenericDatumReader::builder(&schema).build().unwrap();
        let value = reader.read_value(&mut &*bytes).unwrap();
        let writer = GenericDatumWriter::builder(&schema).build().unwrap();
        let again = writer.write_value_to_vec(value).unwrap();
        prop_assert_eq!(&again, &bytes);
    }
}

#[test]
fn a_changed_byte_is_noticed_wherever_it_is() {
    for record in one_of_each() {
        let bytes = bytes_of(&record);
        for at in 0..bytes.len() {
            for change in [0x01, 0x80, 0xff] {
                let mut changed = bytes.clone();
                changed[at] ^= change;
                let found = Decoder::new(parse).decode(&changed);
                assert!(found.is_err(), "{record:?} changed at {at}");
            }
            assert!(Decoder::new(parse).decode(&bytes[..at]).is_err());
        }
    }
}

#[test]
fn a_reading_of_a_wide_row_costs_at_most_two_and_a_half_bytes() {
    let batch = wide_batch(80, 2);
    let readings = batch.readings.len();
    let length = bytes_of(&record(0, Event::Fact(Fact::ReadingsReceived(batch)))).len();
    assert!(length * 10 <= readings * 25, "{length} bytes for {readings} readings");
}

#[test]
fn a_rule_book_that_does_not_fit_its_digest_is_refused() {
    let book = parse(&[("a".into(), "b".into())]).unwrap();
    let bytes = bytes_of(&record(0, Event::Fact(Fact::RuleBookAdopted(book))));
    let refused = Decoder::new(|_| Err("line 3: no".into())).decode(&bytes);
    assert_eq!(refused, Err(RecordError::RuleBook("line 3: no".into())));
    let refused = Decoder::new(|_| parse(&[])).decode(&bytes);
    assert!(matches!(refused, Err(RecordError::RuleBook(_))), "{refused:?}");
}

#[test]
fn the_schema_names_every_record_type_and_every_symbol_in_our_order() {
    let schema: Json = serde_json::from_str(SCHEMA).unwrap();
    let branches = schema["fields"][5]["type"].as_array().unwrap();
    let names: Vec<&str> = branches.iter().map(|it| it["name"].as_str().unwrap()).collect();
    let known: Vec<&str> = payload::NAMES.iter().chain(What::NAMES).copied().collect();
    assert_eq!(names, known);

    let acts = ActKind::ALL.map(ActKind::record_type);
    let first_act = |it: &&str| !acts[1..].contains(it);
    let records = one_of_each();
    assert!(types().filter(first_act).eq(records.iter().map(|it| it.event.record_type())));

    let check = |name: &str, symbols: Vec<&str>| {
        let found: Vec<&str> =
            find_enum(&schema, name).unwrap().iter().map(|it| it.as_str().unwrap()).collect();
        assert_eq!(found, symbols, "{name}");
    };
    check("outcome", Outcome::ALL.map(Outcome::name).into());
    check("exclusion_kind", ExclusionKind::ALL.map(ExclusionKind::name).into());
    check("reason", Reason::ALL.map(Reason::name).into());
    check("flag", Flag::ALL.map(Flag::name).into());
    check("grade", Grade::ALL.map(Grade::name).into());
    check("warning_kind", ActKind::ALL.map(ActKind::record_type).into());
    check("cause", Cause::ALL.map(Cause::name).into());
    check("order_act", OrderAct::ALL.map(OrderAct::name).into());
}

fn find_enum<'a>(json: &'a Json, name: &str) -> Option<&'a Vec<Json>> {
    match json {
        Json::Array(items) => items.iter().find_map(|it| find_enum(it, name)),
        Json::Object(object) if json["name"] == name && json["type"] == "enum" => {
            object["symbols"].as_array()
        }
        Json::Object(object) => object.values().find_map(|it| find_enum(it, name)),
        _ => None,
    }
}

/// Our schema without one field of one record: what an older version would have written.
fn schema_without(json: &mut Json, record: &str, field: &str) {
    match json {
        Json::Array(items) => {
            for it in items {
                schema_without(it, record, field);
            }
        }
        Json::Object(object) => {
            if object.get("name").is_some_and(|it| it == record) {
                // A field may have the name of a record.
                if let Some(fields) = object.get_mut("fields").and_then(Json::as_array_mut) {
                    fields.retain(|it| it["name"] != field);
                }
            }
            for it in object.values_mut() {
                schema_without(it, record, field);
            }
        }
        _ => {}
    }
}

/// What an earlier version wrote is read without going through a value tree: its records have the
/// bytes that they have now, without the fields that were added since.
#[test]
fn records_of_earlier_versions_have_the_bytes_that_they_have_now() {
    let text = include_str!("../../../schemas/old/record-1.avsc");
    let (earlier, decoder) = (Schema::parse_str(text).unwrap(), Decoder::of_schema(text, parse));
    let decoder = decoder.unwrap();
    assert!(!decoder.is_current() && decoder.is_ours());
    for record in first_format() {
        let bytes = first_bytes_of(&record);
        let reader = GenericDatumReader::builder(&earlier).build().unwrap();
        let mut rest = &*bytes;
        let value = reader.read_value(&mut rest).unwrap();
        assert!(rest.is_empty(), "{record:?}");
        let writer = GenericDatumWriter::builder(&earlier).build().unwrap();
        assert_eq!(writer.write_value_to_vec(value).unwrap(), bytes, "{record:?}");
        assert_eq!(decoder.decode(&bytes), Ok((record, bytes.len())));
    }
}

/// The bytes that versions 1 to 3 gave a record.
fn first_bytes_of(record: &Record) -> Vec<u8> {
    let mut bytes = bytes_of(record);
    let added = match &record.event {
        Event::Warning(WarningEvent::WarningDecided(act)) => {
            assert_eq!(act.in_force_from, None);
            1
        }
        Event::Response(ResponseEvent::OrderSetIssued(set)) => {
            assert_eq!(set.orders.len(), 1);
            // Three fields of the order, each a byte of zero as the end of the list behind them,
            // and two of the set.
            5
        }
        _ => return bytes,
    };
    // The fields that version 4 added, and the check behind them.
    bytes.truncate(bytes.len() - added - super::CHECK_BYTES);
    bytes.extend(super::check_of(&bytes));
    bytes
}

/// A log of version 3 is read as fast as one of this version.
#[test]
fn records_of_version_3_are_read_without_a_tree_of_values() {
    let text = include_str!("../../../schemas/old/record-3.avsc");
    let (third, decoder) = (Schema::parse_str(text).unwrap(), Decoder::of_schema(text, parse));
    let decoder = decoder.unwrap();
    assert!(!decoder.is_current() && decoder.is_ours());
    for record in second_format() {
        let bytes = first_bytes_of(&record);
        let reader = GenericDatumReader::builder(&third).build().unwrap();
        let writer = GenericDatumWriter::builder(&third).build().unwrap();
        let value = reader.read_value(&mut &*bytes).unwrap();
        assert_eq!(writer.write_value_to_vec(value).unwrap(), bytes, "{record:?}");
        assert_eq!(decoder.decode(&bytes), Ok((record, bytes.len())));
    }
}

#[test]
fn a_record_from_before_a_field_was_added_is_read_with_its_default() {
    let mut json: Json = serde_json::from_str(SCHEMA).unwrap();
    schema_without(&mut json, "city_hour", "unknown_decisions");
    schema_without(&mut json, "station_heard", "last_heard");
    schema_without(&mut json, "record", "causation");
    let text = json.to_string();
    let old = Schema::parse_str(&text).unwrap();
    let (now, decoder) = (Schema::parse_str(SCHEMA).unwrap(), Decoder::of_schema(&text, parse));
    for mut record in one_of_each() {
        let reader = GenericDatumReader::builder(&now).build().unwrap();
        let value = reader.read_value(&mut &*bytes_of(&record)).unwrap();
        let mut bytes = old_bytes(&old, value);
        let length = bytes.len();
        bytes.extend([1, 2, 3]);
        record.causation = None;
        match &mut record.event {
            Event::Air(AirEvent::HourClosed(it)) => it.jurisdictions[0].unknown_decisions = 0,
            Event::Station(StationEvent::Heard(it)) => it.last_heard = None,
            _ => {}
        }
        assert_eq!(decoder.as_ref().unwrap().decode(&bytes), Ok((record, length)));
        bytes[3] ^= 1;
        assert!(decoder.as_ref().unwrap().decode(&bytes).is_err());
    }
}

/// The value without the fields that the old schema lacks, with the check of its own bytes.
fn old_bytes(schema: &Schema, mut value: Value) -> Vec<u8> {
    fn without(value: &mut Value, name: &str) {
        match value {
            Value::Record(fields) => {
                fields.retain(|(it, _)| it != name);
                for (_, it) in fields {
                    without(it, name);
                }
            }
            Value::Array(items) => {
                for it in items {
                    without(it, name);
                }
            }
            Value::Union(_, inner) => without(inner, name),
            _ => {}
        }
    }
    let Value::Record(fields) = &mut value else { panic!("a record") };
    fields.retain(|(it, _)| it != "causation");
    let Value::Union(branch, body) = &mut fields[4].1 else { panic!("a body") };
    without(body, "unknown_decisions");
    if *branch == 8 {
        without(body, "last_heard");
    }
    let writer = GenericDatumWriter::builder(schema).build().unwrap();
    let mut bytes = writer.write_value_to_vec(value).unwrap();
    bytes.truncate(bytes.len() - 4);
    bytes.extend(super::check_of(&bytes));
    bytes
}
