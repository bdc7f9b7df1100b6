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
    #[serde(default)]
    value_tenths_ug_m3: Option<Whole<i32>>,
    #[serde(default)]
    revision: Whole<u16>,
}

/// A whole number. JSON does not tell 754 from 754.0.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(try_from = "serde_json::Number", bound = "T: TryFrom<i64>")]
struct Whole<T>(T);

impl<T: TryFrom<i64>> TryFrom<serde_json::Number> for Whole<T> {
    type Error = String;

    fn try_from(number: serde_json::Number) -> Result<Self, String> {
        let with_point = || number.to_string().strip_suffix(".0")?.parse().ok();
        let fitting = number.as_i64().or_else(with_point).and_then(|it| T::try_from(it).ok());
        fitting.map(Self).ok_or_else(|| format!("{number} is no whole number of this field"))
    }
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
            put.optional(it.value_tenths_ug_m3.map(|it| it.0), Put::int);
            put.long(it.revision.0.into());
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
        let large =
            "{\"station\": \"1\", \"pollutant\": \"CO\", \"value_tenths_ug_m3\": 2147483648}";
        check(&hour(time, large), "2147483648");
        let negative = "{\"station\": \"1\", \"pollutant\": \"CO\", \"revision\": -1}";
        check(&hour(time, negative), "-1");
    }

    #[test]
    fn a_whole_number_may_have_the_form_of_another() {
        let message = |value: &str| {
            let reading = format!(
                "{{\"station\": \"1\", \"pollutant\": \"CO\", \"value_tenths_ug_m3\": {value}}}"
            );
            read_readings_json(
                format!(
                    "{{\"hours\": [{{\"hour\": \"2025-12-04T09:00:00+08:00\", \"readings\": \
                     [{reading}]}}]}}"
                )
                .as_bytes(),
            )
        };
        assert_eq!(message("754.0"), message("754"));
        assert!(message("754").is_ok());
    }
}
