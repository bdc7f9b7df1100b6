//! One order of a set, of either track.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::domain::{Cause, FloorOrder, Grade, MeasureCauses, Order, OrderAct, Track};
use crate::wire::avro::{ByteReader, Malformed, Put};
use crate::wire::record::names::{Names, list, text, texts};
use crate::wire::record::parts::{
    parse_hour, parse_jurisdiction, parse_time, parse_warning, put_hour, put_time, put_warning,
};

/// The version of the schema in which orders got what bodies answer to.
const ANSWERED: u8 = 4;

pub(super) fn put_order(put: &mut Put<'_>, it: &Order) {
    put.int(it.jurisdiction.0);
    put_warning(put, it.warning);
    put.place(it.act as u8);
    put.optional(it.effective_at, put_hour);
    put.place(it.grade as u8);
    put.array(&it.measures, put_name);
    put.array(&it.floors, put_cut);
    put.array(&it.causes, |put, cause| put.place(*cause as u8));
    put.optional(it.expected_end, put_hour);
    put_time(put, it.acknowledge_by);
    put.optional(it.response.as_ref(), put_name);
    put.array(&it.measure_causes, put_measure_causes);
    put.optional(it.conclusion.as_ref(), put_name);
}

pub(super) fn parse_order(reader: &mut ByteReader<'_>) -> Result<Order, Malformed> {
    Ok(Order {
        jurisdiction: parse_jurisdiction(reader)?,
        warning: parse_warning(reader)?,
        act: reader.one_of(&OrderAct::ALL)?,
        effective_at: reader.optional(parse_hour)?,
        grade: reader.one_of(&Grade::ALL)?,
        measures: reader.array(parse_name)?,
        floors: reader.array(parse_cut)?,
        causes: reader.array(|reader| reader.one_of(&Cause::ALL))?,
        expected_end: reader.optional(parse_hour)?,
        acknowledge_by: parse_time(reader)?,
        response: reader.since(ANSWERED, |reader| reader.optional(parse_name))?,
        measure_causes: reader.since(ANSWERED, |reader| reader.array(parse_measure_causes))?,
        conclusion: reader.since(ANSWERED, |reader| reader.optional(parse_name))?,
    })
}

pub(super) fn put_floor_order(put: &mut Put<'_>, it: &FloorOrder) {
    put.int(it.jurisdiction.0);
    put.place(it.act as u8);
    put_hour(put, it.effective_at);
    put.place(it.grade as u8);
    put.array(&it.measures, put_name);
    put.array(&it.floors, put_cut);
    put.array(&it.causes, |put, cause| put.place(*cause as u8));
    put.optional(it.expected_end, put_hour);
    put_time(put, it.acknowledge_by);
    put_name(put, &it.response);
    put.array(&it.measure_causes, put_measure_causes);
    put.array(&it.sectors, |put, (sector, level)| {
        put.string(sector);
        put.place(*level as u8);
    });
    put.array(&it.extra, put_name);
}

pub(super) fn parse_floor_order(reader: &mut ByteReader<'_>) -> Result<FloorOrder, Malformed> {
    Ok(FloorOrder {
        jurisdiction: parse_jurisdiction(reader)?,
        act: reader.one_of(&OrderAct::ALL)?,
        effective_at: parse_hour(reader)?,
        grade: reader.one_of(&Grade::ALL)?,
        measures: reader.array(parse_name)?,
        floors: reader.array(parse_cut)?,
        causes: reader.array(|reader| reader.one_of(&Cause::ALL))?,
        expected_end: reader.optional(parse_hour)?,
        acknowledge_by: parse_time(reader)?,
        response: parse_name(reader)?,
        measure_causes: reader.array(parse_measure_causes)?,
        sectors: reader.array(|reader| Ok((parse_name(reader)?, reader.one_of(&Grade::ALL)?)))?,
        extra: reader.array(parse_name)?,
    })
}

fn put_name(put: &mut Put<'_>, it: &Arc<str>) {
    put.string(it);
}

fn parse_name(reader: &mut ByteReader<'_>) -> Result<Arc<str>, Malformed> {
    Ok(reader.string()?.into())
}

fn put_cut(put: &mut Put<'_>, (emission, percent): &(Arc<str>, u16)) {
    put.string(emission);
    put.int(*percent);
}

fn parse_cut(reader: &mut ByteReader<'_>) -> Result<(Arc<str>, u16), Malformed> {
    Ok((parse_name(reader)?, reader.int()?))
}

fn put_measure_causes(put: &mut Put<'_>, it: &MeasureCauses) {
    put.string(&it.measure);
    put.array(&it.causes, |put, cause| put.place(*cause as u8));
}

fn parse_measure_causes(reader: &mut ByteReader<'_>) -> Result<MeasureCauses, Malformed> {
    let measure = parse_name(reader)?;
    Ok(MeasureCauses { measure, causes: reader.array(|reader| reader.one_of(&Cause::ALL))? })
}

/// The fields of an order, as other programs know them.
struct Fields(Map<String, Value>);

impl Fields {
    fn put(&mut self, name: &str, value: impl Into<Value>) {
        self.0.insert(name.to_owned(), value.into());
    }
}

pub(in crate::wire::record) fn order(it: &Order, epoch: u64, names: Names<'_>) -> Value {
    let jurisdiction = names.jurisdiction(it.jurisdiction);
    let mut fields = Fields(Map::new());
    fields.put("order", format!("{epoch}-{jurisdiction}"));
    fields.put("jurisdiction", jurisdiction);
    fields.put("warning", names.warning(it.warning));
    fields.put("act", it.act.name());
    fields.put("effective_at", text(it.effective_at));
    fields.put("grade", it.grade.name());
    fields.put("level", it.grade.level());
    fields.put("measures", texts(&it.measures));
    fields.put("floors", list(&it.floors, cut));
    fields.put("causes", causes(&it.causes));
    fields.put("expected_end", text(it.expected_end));
    fields.put("acknowledge_by", it.acknowledge_by.to_string());
    // Where bodies are asked for nothing an order is what it was before they were.
    if let Some(response) = &it.response {
        fields.put("track", Track::Warning.name());
        fields.put("response", &**response);
        fields.put("measure_causes", list(&it.measure_causes, measure_causes));
        fields.put("conclusion", text(it.conclusion.as_ref()));
    }
    Value::Object(fields.0)
}

pub(in crate::wire::record) fn floor_order(it: &FloorOrder, epoch: u64, names: Names<'_>) -> Value {
    let jurisdiction = names.jurisdiction(it.jurisdiction);
    let mut fields = Fields(Map::new());
    fields.put("order", format!("{epoch}-{jurisdiction}-f"));
    fields.put("jurisdiction", jurisdiction);
    fields.put("warning", Value::Null);
    fields.put("act", it.act.name());
    fields.put("effective_at", it.effective_at.to_string());
    fields.put("grade", it.grade.name());
    fields.put("level", it.grade.level());
    fields.put("measures", texts(&it.measures));
    fields.put("floors", list(&it.floors, cut));
    fields.put("causes", causes(&it.causes));
    fields.put("expected_end", text(it.expected_end));
    fields.put("acknowledge_by", it.acknowledge_by.to_string());
    fields.put("track", Track::Floor.name());
    fields.put("response", &*it.response);
    fields.put("measure_causes", list(&it.measure_causes, measure_causes));
    fields.put("conclusion", Value::Null);
    let sector =
        |(sector, level): &(Arc<str>, Grade)| json!({"sector": &**sector, "level": level.name()});
    fields.put("sectors", list(&it.sectors, sector));
    fields.put("extra", texts(&it.extra));
    Value::Object(fields.0)
}

fn cut((emission, percent): &(Arc<str>, u16)) -> Value {
    json!({"emission": &**emission, "percent": percent})
}

fn causes(causes: &[Cause]) -> Value {
    list(causes, |it| it.name().into())
}

fn measure_causes(it: &MeasureCauses) -> Value {
    json!({"measure": &*it.measure, "causes": causes(&it.causes)})
}
