//! A city with too few values for a 24 h mean.

use serde_json::{Value, json};

use crate::domain::{Insufficiency, InsufficientAs};
use crate::wire::avro::{ByteReader, Malformed, Put};

use super::Payload;
use crate::wire::record::names::Names;
use crate::wire::record::parts::{parse_hour, parse_jurisdiction, parse_time, put_hour, put_time};

impl Payload for Insufficiency {
    fn put(&self, put: &mut Put<'_>) {
        put.int(self.jurisdiction.0);
        put_hour(put, self.hour);
        put_time(put, self.decided_at);
        put.int(self.valid_hours);
        put.int(self.excluded_hours);
        put.int(self.needed_hours);
        put.place(self.fallback as u8);
    }

    fn parse(reader: &mut ByteReader<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            jurisdiction: parse_jurisdiction(reader)?,
            hour: parse_hour(reader)?,
            decided_at: parse_time(reader)?,
            valid_hours: reader.int()?,
            excluded_hours: reader.int()?,
            needed_hours: reader.int()?,
            fallback: reader.one_of(&InsufficientAs::ALL)?,
        })
    }

    fn json(&self, names: Names<'_>) -> Value {
        json!({
            "jurisdiction": names.jurisdiction(self.jurisdiction),
            "hour": self.hour.to_string(),
            "decided_at": self.decided_at.to_string(),
            "valid_hours": self.valid_hours,
            "excluded_hours": self.excluded_hours,
            "needed_hours": self.needed_hours,
            "fallback": self.fallback.name(),
        })
    }

    fn words(&self, names: Names<'_>) -> String {
        let (who, fallback) = (names.jurisdiction(self.jurisdiction), self.fallback.name());
        format!("{who} {} of {} hours, fallback {fallback}", self.valid_hours, self.needed_hours)
    }
}

#[cfg(test)]
mod samples {
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;
    use crate::wire::record::samples::{
        DECIDED_AT, HOUR, JURISDICTION, Sample, hour, jurisdiction, time,
    };

    impl Sample for Insufficiency {
        fn sample() -> Self {
            Self {
                jurisdiction: JURISDICTION,
                hour: HOUR,
                decided_at: DECIDED_AT,
                valid_hours: 17,
                excluded_hours: 2,
                needed_hours: 20,
                fallback: InsufficientAs::AirshedMean,
            }
        }

        fn any() -> BoxedStrategy<Self> {
            let fallback = select(&InsufficientAs::ALL[..]);
            (jurisdiction(), hour(), time(), any::<[u8; 3]>(), fallback)
                .prop_map(|(jurisdiction, hour, decided_at, hours, fallback)| Self {
                    jurisdiction,
                    hour,
                    decided_at,
                    valid_hours: hours[0],
                    excluded_hours: hours[1],
                    needed_hours: hours[2],
                    fallback,
                })
                .boxed()
        }
    }
}
