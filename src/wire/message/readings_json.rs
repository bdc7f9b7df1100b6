//! Readings as JSON: the form in which a station without Kafka sends them.

use serde::Deserialize;
use thiserror::Error;

use crate::domain::{HOUR_MS, Timestamp};
use crate::wire::avro::Put;

use super::schemas::Kind;

/// Why a text is no message with readings.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[error("no message with readings: {0}")]
pub struct UnreadableReadings(String);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Message {
    hours: Vec<HourReadings>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HourReadings {
    hour: Timestamp,
    readings: Vec<Reading>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reading {
    station: String,
    pollutant: String,
    value_tenths_ug_m3: Option<i32>,
    #[serde(default)]
    revision: u16,
}

/// Of the schema; the last one stands for all others.
const POLLUTANTS: [&str; 7] = ["PM25", "PM10", "SO2", "NO2", "O3", "CO", "OTHER"];

/// Reads JSON with the fields of `schemas/readings.avsc` (an hour as RFC 3339), and writes it as the
/// message that the topic of readings would have.
pub fn read_readings_json(json: &[u8]) -> Result<Vec<u8>, UnreadableReadings> {
    let Message { hours } =
        serde_json::from_slice(json).map_err(|error| UnreadableReadings(error.to_string()))?;
    if hours.is_empty() {
        return Err(UnreadableReadings("\"hours\" is empty".to_owned()));
    }
    let uneven = hours.iter().find(|it| it.hour.0.rem_euclid(HOUR_MS) != 0);
    if let Some(HourReadings { hour, .. }) = uneven {
        return Err(UnreadableReadings(format!("{hour} is no whole hour")));
    }
    let mut message = Kind::Readings.single_object_frame().to_vec();
    Put(&mut message).array(&hours, |put, HourReadings { hour, readings }| {
        put.long(hour.0);
        put.array(readings, |put, it| {
            put.string(&it.station);
            let other = POLLUTANTS.len() - 1;
            put.count(POLLUTANTS.iter().position(|name| *name == it.pollutant).unwrap_or(other));
            put.optional(it.value_tenths_ug_m3, Put::int);
            put.long(it.revision.into());
        });
    });
    Ok(message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_message_is_refused_with_the_reason() {
        let check = |json: &str, said: &str| {
            let words = read_readings_json(json.as_bytes()).unwrap_err().to_string();
            assert!(words.contains(said), "{json}: {words}");
        };
        check("", "no message with readings");
        check("{\"hours\": []}", "\"hours\" is empty");
        check("{\"hours\": [], \"more\": 1}", "`more`");
        let hour = |time: &str, readings: &str| {
            format!("{{\"hours\": [{{\"hour\": \"{time}\", \"readings\": [{readings}]}}]}}")
        };
        check(&hour("2025-12-04T09:30:00+08:00", ""), "no whole hour");
        check(&hour("today", ""), "no such time");
        let time = "2025-12-04T09:00:00+08:00";
        check(&hour(time, "{\"station\": \"1001A\"}"), "`pollutant`");
        let floating = "{\"station\": \"1\", \"pollutant\": \"CO\", \"value_tenths_ug_m3\": 1.5}";
        check(&hour(time, floating), "1.5");
    }
}
