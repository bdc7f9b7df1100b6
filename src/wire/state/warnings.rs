//! The warnings of every jurisdiction, and what decisions count.

use crate::domain::{
    CityWarnings, Grade, JurisdictionIndex, OpenWarning, WarningId, WarningState, Warnings,
};
use crate::wire::avro::{Malformed, Put, Take};
use crate::wire::record::parts::{put_hour, take_hour, take_jurisdiction};

/// The warnings of one jurisdiction.
pub(super) fn put_city(put: &mut Put<'_>, city: &CityWarnings) {
    put.optional(city.state.open.as_ref(), put_open);
    put.unsigned(city.issued.into());
    put_counts(put, &city.state);
}

pub(super) fn take_city(
    take: &mut Take<'_>,
    jurisdiction: JurisdictionIndex,
    city: &mut CityWarnings,
) -> Result<(), Malformed> {
    city.state.open = take.optional(|take| take_open(take, jurisdiction))?;
    city.issued = take.int()?;
    take_counts(take, &mut city.state)
}

/// The warning of one jurisdiction as a decision of the past met it.
pub(super) fn put_state(put: &mut Put<'_>, state: &WarningState) {
    put.optional(state.open.as_ref(), put_open);
    put_counts(put, state);
}

pub(super) fn take_state(
    take: &mut Take<'_>,
    jurisdiction: JurisdictionIndex,
) -> Result<WarningState, Malformed> {
    let open = take.optional(|take| take_open(take, jurisdiction))?;
    let mut state = WarningState { open, ..WarningState::default() };
    take_counts(take, &mut state)?;
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

pub(super) fn take_unlike(take: &mut Take<'_>, warnings: &mut Warnings) -> Result<(), Malformed> {
    for _ in 0..take.items()? {
        let pair = (take_jurisdiction(take)?, take_jurisdiction(take)?);
        warnings.unlike.insert(pair, take_hour(take)?);
    }
    Ok(())
}

fn put_counts(put: &mut Put<'_>, state: &WarningState) {
    put.int(state.below_decisions);
    put.int(state.unknown_decisions);
}

fn take_counts(take: &mut Take<'_>, state: &mut WarningState) -> Result<(), Malformed> {
    state.below_decisions = take.int()?;
    state.unknown_decisions = take.int()?;
    Ok(())
}

fn put_open(put: &mut Put<'_>, it: &OpenWarning) {
    put.unsigned(it.id.number.into());
    put.place(it.grade as u8);
    put_hour(put, it.start);
    put.optional(it.end, put_hour);
    put.string(&it.standard);
}

fn take_open(
    take: &mut Take<'_>,
    jurisdiction: JurisdictionIndex,
) -> Result<OpenWarning, Malformed> {
    Ok(OpenWarning {
        id: WarningId { jurisdiction, number: take.int()? },
        grade: take.one_of(&Grade::ALL)?,
        start: take_hour(take)?,
        end: take.optional(take_hour)?,
        standard: take.string()?.into(),
    })
}
