//! A message with an outlook: `schemas/forecast.avsc`.

use crate::domain::{Forecast, JurisdictionIndex, Outlook, Source};
use crate::wire::avro::{Malformed, Put, Take};
use crate::wire::record::payload::{put_outlook_hour, take_outlook_hour};

use super::readings::{take_time, take_whole_hour};

/// The outlook, and the codes of unknown jurisdictions.
pub(super) fn take_forecast(
    take: &mut Take<'_>,
    source: Source,
    place: impl Fn(&str) -> Option<JurisdictionIndex>,
) -> Result<(Forecast, Vec<String>), Malformed> {
    let issued_at = take_time(take)?;
    let maker = take.string()?.into();
    let mut unknown = Vec::new();
    let outlooks = take.array(|take| {
        let code = take.string()?;
        let first = take_whole_hour(take)?;
        let hours = take.array(take_outlook_hour)?;
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
