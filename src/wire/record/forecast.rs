//! Outlooks, hour by hour.

use crate::domain::{Forecast, Outlook, OutlookHour};
use crate::wire::avro::{Malformed, Put, Take};

use super::fact::{
    put_hour, put_source, put_time, take_hour, take_jurisdiction, take_source, take_time,
};

pub(super) fn put_forecast(put: &mut Put<'_>, it: &Forecast) {
    put_time(put, it.issued_at);
    put.string(&it.maker);
    put_source(put, it.source.as_ref());
    put.array(&it.outlooks, |put, outlook| {
        put.int(outlook.jurisdiction.0);
        put_hour(put, outlook.first);
        put.array(&outlook.hours, |put, hour| put_outlook_hour(put, *hour));
    });
}

pub(crate) fn take_forecast(take: &mut Take<'_>) -> Result<Forecast, Malformed> {
    Ok(Forecast {
        issued_at: take_time(take)?,
        maker: take.string()?.into(),
        source: take_source(take)?,
        outlooks: take.array(|take| {
            Ok(Outlook {
                jurisdiction: take_jurisdiction(take)?,
                first: take_hour(take)?,
                hours: take.array(take_outlook_hour)?,
            })
        })?,
    })
}

/// The kinds of statement, by their places in the schema.
#[derive(Clone, Copy)]
#[repr(u8)]
enum Says {
    Silent = 0,
    Missing = 1,
    Range = 2,
}

/// One hour, as messages have it too.
pub(crate) fn put_outlook_hour(put: &mut Put<'_>, hour: OutlookHour) {
    let (says, lower, upper) = match hour {
        OutlookHour::Silent => (Says::Silent, 0, 0),
        OutlookHour::Missing => (Says::Missing, 0, 0),
        OutlookHour::Range { lower_ug_m3, upper_ug_m3 } => (Says::Range, lower_ug_m3, upper_ug_m3),
    };
    put.place(says as u8);
    put.int(lower);
    put.int(upper);
}

/// One hour, as messages have it too.
pub(crate) fn take_outlook_hour(take: &mut Take<'_>) -> Result<OutlookHour, Malformed> {
    let says = take.one_of(&[Says::Silent, Says::Missing, Says::Range])?;
    let (lower_ug_m3, upper_ug_m3) = (take.int()?, take.int()?);
    Ok(match says {
        Says::Silent => OutlookHour::Silent,
        Says::Missing => OutlookHour::Missing,
        Says::Range => OutlookHour::Range { lower_ug_m3, upper_ug_m3 },
    })
}
