//! The warnings of every jurisdiction, and what decisions count.

use crate::domain::{
    CityWarnings, Grade, JurisdictionIndex, OpenWarning, WarningId, WarningState, Warnings,
};
use crate::wire::avro::{ByteReader, Malformed, Put};
use crate::wire::record::parts::{parse_hour, parse_jurisdiction, put_hour};

/// The warnings of one jurisdiction.
pub(super) fn put_city(put: &mut Put<'_>, city: &CityWarnings) {
    put.optional(city.state.open.as_ref(), put_open);
    put.unsigned(city.issued.into());
    put_counts(put, &city.state);
}

pub(super) fn parse_city(
    reader: &mut ByteReader<'_>,
    jurisdiction: JurisdictionIndex,
    city: &mut CityWarnings,
) -> Result<(), Malformed> {
    city.state.open = reader.optional(|reader| parse_open(reader, jurisdiction))?;
    city.issued = reader.int()?;
    parse_counts(reader, &mut city.state)
}

/// The warning of one jurisdiction as a decision of the past met it.
pub(super) fn put_state(put: &mut Put<'_>, state: &WarningState) {
    put.optional(state.open.as_ref(), put_open);
    put_counts(put, state);
}

pub(super) fn parse_state(
    reader: &mut ByteReader<'_>,
    jurisdiction: JurisdictionIndex,
) -> Result<WarningState, Malformed> {
    let open = reader.optional(|reader| parse_open(reader, jurisdiction))?;
    let mut state = WarningState { open, ..WarningState::default() };
    parse_counts(reader, &mut state)?;
    Ok(state)
}

/// When unlike grades were last recorded.
pub(super) fn put_unlike(put: &mut Put<'_>, warnings: &Warnings) {
    put.count(warnings.unlike.len());
    for ((a, b), hour) in &warnings.unlike {
        put.int(a.0);
        put.int(b.0);
        put_hour(put, *hour);
    }
}

pub(super) fn parse_unlike(
    reader: &mut ByteReader<'_>,
    warnings: &mut Warnings,
) -> Result<(), Malformed> {
    for _ in 0..reader.items()? {
        let pair = (parse_jurisdiction(reader)?, parse_jurisdiction(reader)?);
        warnings.unlike.insert(pair, parse_hour(reader)?);
    }
    Ok(())
}

fn put_counts(put: &mut Put<'_>, state: &WarningState) {
    put.int(state.below_decisions);
    put.int(state.unknown_decisions);
}

fn parse_counts(reader: &mut ByteReader<'_>, state: &mut WarningState) -> Result<(), Malformed> {
    state.below_decisions = reader.int()?;
    state.unknown_decisions = reader.int()?;
    Ok(())
}

fn put_open(put: &mut Put<'_>, it: &OpenWarning) {
    put.unsigned(it.id.number.into());
    put.place(it.grade as u8);
    put_hour(put, it.start);
    put.optional(it.end, put_hour);
    put.string(&it.standard);
}

fn parse_open(
    reader: &mut ByteReader<'_>,
    jurisdiction: JurisdictionIndex,
) -> Result<OpenWarning, Malformed> {
    Ok(OpenWarning {
        id: WarningId { jurisdiction, number: reader.int()? },
        grade: reader.one_of(&Grade::ALL)?,
        start: parse_hour(reader)?,
        end: reader.optional(parse_hour)?,
        standard: reader.string()?.into(),
    })
}
