//! A clock that moved.

use serde_json::{Value, json};

use crate::domain::Tick;
use crate::wire::avro::{ByteReader, Malformed, Put};

use super::Payload;
use crate::wire::record::names::{self, Names};
use crate::wire::record::parts::{parse_source, parse_time, put_source, put_time};
use crate::wire::record::text::minute;

impl Payload for Tick {
    fn put(&self, put: &mut Put<'_>) {
        put_time(put, self.at);
        put_source(put, self.source.as_ref());
    }

    fn parse(reader: &mut ByteReader<'_>) -> Result<Self, Malformed> {
        Ok(Self { at: parse_time(reader)?, source: parse_source(reader)? })
    }

    fn json(&self, _: Names<'_>) -> Value {
        json!({"at": self.at.to_string()})
    }

    fn words(&self, _: Names<'_>) -> String {
        let by = self.source.as_ref().map_or("the wall clock".into(), ToString::to_string);
        format!("to {}, by {by}", minute(self.at))
    }

    fn source(&self) -> Value {
        names::optional_source(self.source.as_ref())
    }
}

#[cfg(test)]
mod samples {
    use proptest::option;
    use proptest::prelude::*;

    use super::*;
    use crate::wire::record::samples::{DECIDED_AT, Sample, source, time};

    impl Sample for Tick {
        fn sample() -> Self {
            Self { at: DECIDED_AT, source: None }
        }

        fn any() -> BoxedStrategy<Self> {
            (time(), option::of(source())).prop_map(|(at, source)| Self { at, source }).boxed()
        }
    }
}
