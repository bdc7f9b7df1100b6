//! A message with an outlook: `schemas/forecast.avsc`.

use crate::domain::{Forecast, JurisdictionIndex, Outlook, Source};
use crate::wire::avro::{ByteReader, Malformed, Put};
use crate::wire::record::payload::{parse_outlook_hour, put_outlook_hour};

use super::readings::{parse_time, parse_whole_hour};

/// The outlook, and the codes of unknown jurisdictions.
pub(super) fn parse_forecast(
    reader: &mut ByteReader<'_>,
    source: Source,
    place: impl Fn(&str) -> Option<JurisdictionIndex>,
) -> Result<(Forecast, Vec<String>), Malformed> {
    let issued_at = parse_time(reader)?;
    let maker = reader.string()?.into();
    let mut unknown = Vec::new();
    let outlooks = reader.array(|reader| {
        let code = reader.string()?;
        let first = parse_whole_hour(reader)?;
        let hours = reader.array(parse_outlook_hour)?;
        let jurisdiction = place(code);
        if jurisdiction.is_none() {
            unknown.push(code.to_owned());
        }
        Ok(jurisdiction.map(|jurisdiction| Outlook { jurisdiction, first, hours }))
    })?;
    let outlooks = outlooks.into_iter().flatten().collect();
    Ok((Forecast { issued_at, maker, source: Some(source), outlooks }, unknown))
}

pub(super) fn put_forecast(
    put: &mut Put<'_>,
    forecast: &Forecast,
    code: impl Fn(JurisdictionIndex) -> String,
) {
    put.long(forecast.issued_at.0);
    put.string(&forecast.maker);
    put.array(&forecast.outlooks, |put, outlook| {
        put.string(&code(outlook.jurisdiction));
        put.long(outlook.first.end().0);
        put.array(&outlook.hours, |put, hour| put_outlook_hour(put, *hour));
    });
}
