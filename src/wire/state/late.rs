//! Late values that wait for a decision, and the history of decisions.

use std::sync::Arc;

use crate::domain::{
    Forecast, History, JurisdictionIndex, LateValue, LateValues, PastDecision, Pollutant,
    StationIndex,
};
use crate::wire::avro::{Malformed, Put, Take};
use crate::wire::record::parts::{put_hour, put_time, take_hour, take_jurisdiction, take_time};
use crate::wire::record::payload::{Payload as _, put_act_summary, take_act_summary};

use super::{outlooks, warnings};

/// The late values that wait for a decision.
pub(super) fn put_waiting(put: &mut Put<'_>, late: &LateValues) {
    put.count(late.waiting.len());
    for it in &late.waiting {
        put.int(it.jurisdiction.0);
        put_hour(put, it.hour);
        // The station, as logs before this distinction have it; with PM10 alone, its complement.
        let station = i32::from(it.station.0);
        put.int(if it.pollutant == Pollutant::Pm10 { !station } else { station });
    }
}

pub(super) fn take_waiting(take: &mut Take<'_>, late: &mut LateValues) -> Result<(), Malformed> {
    for _ in 0..take.items()? {
        let (jurisdiction, hour) = (take_jurisdiction(take)?, take_hour(take)?);
        let station: i32 = take.int()?;
        let (station, pollutant) =
            if station < 0 { (!station, Pollutant::Pm10) } else { (station, Pollutant::Pm25) };
        let station = u16::try_from(station).map_err(|_| take.wrong("no station before this"))?;
        let station = StationIndex(station);
        late.waiting.insert(LateValue { jurisdiction, hour, station, pollutant });
    }
    Ok(())
}

/// The history of decisions.
pub(super) fn put_history(put: &mut Put<'_>, history: &History) {
    put.count(history.closings.len());
    history.closings.iter().for_each(|it| put_closing(put, it));
    outlooks::put(put, &history.outlooks);
    put.count(history.forecasts.len());
    for (next, forecast) in &history.forecasts {
        put_hour(put, *next);
        forecast.put(put);
    }
}

pub(super) fn take_history(take: &mut Take<'_>, history: &mut History) -> Result<(), Malformed> {
    for _ in 0..take.items()? {
        history.closings.push_back(take_closing(take)?);
    }
    outlooks::take(take, &mut history.outlooks)?;
    for _ in 0..take.items()? {
        let next = take_hour(take)?;
        history.forecasts.push_back((next, Arc::new(Forecast::take(take)?)));
    }
    Ok(())
}

fn put_closing(put: &mut Put<'_>, it: &PastDecision) {
    put_hour(put, it.hour);
    put_time(put, it.closed_at);
    put.boolean(it.stale);
    put.boolean(it.amended);
    put.array(&it.done, |put, (jurisdiction, done)| {
        put.int(jurisdiction.0);
        put_act_summary(put, *done);
    });
    put.array(&it.cities, |put, (jurisdiction, state)| {
        put.int(jurisdiction.0);
        warnings::put_state(put, state);
    });
}

fn take_closing(take: &mut Take<'_>) -> Result<PastDecision, Malformed> {
    Ok(PastDecision {
        hour: take_hour(take)?,
        closed_at: take_time(take)?,
        stale: take.boolean()?,
        amended: take.boolean()?,
        done: take.array(|take| Ok((take_jurisdiction(take)?, take_act_summary(take)?)))?,
        cities: take.array(|take| {
            let jurisdiction: JurisdictionIndex = take_jurisdiction(take)?;
            Ok((jurisdiction, warnings::take_state(take, jurisdiction)?))
        })?,
    })
}
