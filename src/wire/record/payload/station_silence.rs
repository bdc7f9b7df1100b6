//! A station that fell silent, or that is heard again.

use serde_json::{Value, json};

use crate::domain::StationSilence;
use crate::wire::avro::{ByteReader, Malformed, Put};

use super::Payload;
use crate::wire::record::names::{Names, text};
use crate::wire::record::parts::{parse_hour, parse_station, put_hour};
use crate::wire::record::text::hour;

impl Payload for StationSilence {
    fn put(&self, put: &mut Put<'_>) {
        put.int(self.station.0);
        put_hour(put, self.hour);
        put.optional(self.last_heard, put_hour);
    }

    fn parse(reader: &mut ByteReader<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            station: parse_station(reader)?,
            hour: parse_hour(reader)?,
            last_heard: reader.optional(parse_hour)?,
        })
    }

    fn json(&self, names: Names<'_>) -> Value {
        json!({
            "station": names.station(self.station),
            "hour": self.hour.to_string(),
            "last_heard": text(self.last_heard),
        })
    }

    fn words(&self, names: Names<'_>) -> String {
        let last = self.last_heard.map_or("never".into(), hour);
        format!("{} at {}, last heard {last}", names.station(self.station), hour(self.hour))
    }
}

#[cfg(test)]
mod samples {
    use proptest::option;
    use proptest::prelude::*;

    use super::*;
    use crate::domain::StationIndex;
    use crate::wire::record::samples::{HOUR, Sample, hour, station};

    impl Sample for StationSilence {
        fn sample() -> Self {
            Self { station: StationIndex(9), hour: HOUR, last_heard: Some(HOUR.plus(-72)) }
        }

        fn any() -> BoxedStrategy<Self> {
            (station(), hour(), option::of(hour()))
                .prop_map(|(station, hour, last_heard)| Self { station, hour, last_heard })
                .boxed()
        }
    }
}
