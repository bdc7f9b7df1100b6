//! An input that was not taken, and why.

use serde_json::{Value, json};

use crate::domain::{Reason, Refusal};
use crate::wire::avro::{ByteReader, Malformed, Put};

use super::Payload;
use crate::wire::record::names::{self, Names, text};
use crate::wire::record::parts::{parse_hour, parse_source, put_hour, put_source};
use crate::wire::record::text::one_line;

impl Payload for Refusal {
    fn put(&self, put: &mut Put<'_>) {
        put.place(self.reason as u8);
        put_source(put, self.source.as_ref());
        put.optional(self.hour, put_hour);
        put.string(&self.excerpt);
        put.unsigned(self.count);
    }

    fn parse(reader: &mut ByteReader<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            reason: reader.one_of(&Reason::ALL)?,
            source: parse_source(reader)?,
            hour: reader.optional(parse_hour)?,
            excerpt: reader.string()?.into(),
            count: reader.unsigned()?,
        })
    }

    fn json(&self, _: Names<'_>) -> Value {
        json!({
            "reason": self.reason.name(),
            "source": self.source.as_ref().map(names::source),
            "hour": text(self.hour),
            "excerpt": self.excerpt,
            "count": self.count,
        })
    }

    fn words(&self, _: Names<'_>) -> String {
        let (reason, count) = (self.reason.name(), self.count);
        let at = self.source.as_ref().map_or(String::new(), |it| format!(" at {it}"));
        format!("{count} {reason}{at}: {}", one_line(&self.excerpt))
    }

    fn source(&self) -> Value {
        names::optional_source(self.source.as_ref())
    }
}

#[cfg(test)]
mod samples {
    use proptest::option;
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;
    use crate::wire::record::samples::{HOUR, Sample, hour, sample_source, source};

    impl Sample for Refusal {
        fn sample() -> Self {
            Self {
                reason: Reason::UnknownStation,
                source: Some(sample_source()),
                hour: Some(HOUR),
                excerpt: "9999A=35".into(),
                count: 1,
            }
        }

        fn any() -> BoxedStrategy<Self> {
            let reason = select(&Reason::ALL[..]);
            (reason, option::of(source()), option::of(hour()), ".*", any::<u64>())
                .prop_map(|(reason, source, hour, excerpt, count)| Self {
                    reason,
                    source,
                    hour,
                    excerpt,
                    count,
                })
                .boxed()
        }
    }
}
