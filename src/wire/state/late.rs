//! Late values that wait for a decision, and the history of decisions.

use std::sync::Arc;

use crate::domain::{
    Forecast, History, JurisdictionIndex, LateValue, LateValues, PastDecision, Pollutant,
    StationIndex,
};
use crate::wire::avro::{ByteReader, Malformed, Put};
use crate::wire::record::parts::{parse_hour, parse_jurisdiction, parse_time, put_hour, put_time};
use crate::wire::record::payload::{Payload as _, parse_act_summary, put_act_summary};

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

pub(super) fn parse_waiting(
    reader: &mut ByteReader<'_>,
    late: &mut LateValues,
) -> Result<(), Malformed> {
    for _ in 0..reader.items()? {
        let (jurisdiction, hour) = (parse_jurisdiction(reader)?, parse_hour(reader)?);
        let station: i32 = reader.int()?;
        let (station, pollutant) =
            if station < 0 { (!station, Pollutant::Pm10) } else { (station, Pollutant::Pm25) };
        let station = u16::try_from(station).map_err(|_| reader.wrong("no station before this"))?;
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

pub(super) fn parse_history(
    reader: &mut ByteReader<'_>,
    history: &mut History,
) -> Result<(), Malformed> {
    for _ in 0..reader.items()? {
        history.closings.push_back(parse_closing(reader)?);
    }
    outlooks::parse(reader, &mut history.outlooks)?;
    for _ in 0..reader.items()? {
        let next = parse_hour(reader)?;
        history.forecasts.push_back((next, Arc::new(Forecast::parse(reader)?)));
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

fn parse_closing(reader: &mut ByteReader<'_>) -> Result<PastDecision, Malformed> {
    Ok(PastDecision {
        hour: parse_hour(reader)?,
        closed_at: parse_time(reader)?,
        stale: reader.boolean()?,
        amended: reader.boolean()?,
        done: reader
            .array(|reader| Ok((parse_jurisdiction(reader)?, parse_act_summary(reader)?)))?,
        cities: reader.array(|reader| {
            let jurisdiction: JurisdictionIndex = parse_jurisdiction(reader)?;
            Ok((jurisdiction, warnings::parse_state(reader, jurisdiction)?))
        })?,
    })
}
