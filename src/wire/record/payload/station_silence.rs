//! A station that fell silent, or that is heard again.

use serde_json::{Value, json};

use crate::domain::StationSilence;
use crate::wire::avro::{Malformed, Put, Take};

use super::Payload;
use crate::wire::record::names::{Names, text};
use crate::wire::record::parts::{put_hour, take_hour, take_station};
use crate::wire::record::text::hour;

impl Payload for StationSilence {
    fn put(&self, put: &mut Put<'_>) {
        put.int(self.station.0);
        put_hour(put, self.hour);
        put.optional(self.last_heard, put_hour);
    }

    fn take(take: &mut Take<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            station: take_station(take)?,
            hour: take_hour(take)?,
            last_heard: take.optional(take_hour)?,
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
