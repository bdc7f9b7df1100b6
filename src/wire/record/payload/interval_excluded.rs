//! An interval that does not count, with its evidence.

use serde_json::{Value, json};

use crate::domain::{Exclusion, ExclusionKind};
use crate::wire::avro::{ByteReader, Malformed, Put};

use super::Payload;
use crate::wire::record::names::{self, Names};
use crate::wire::record::parts::{
    parse_hour, parse_jurisdiction, parse_source, put_hour, put_source,
};
use crate::wire::record::text::{hour, one_line};

impl Payload for Exclusion {
    fn put(&self, put: &mut Put<'_>) {
        put.int(self.jurisdiction.0);
        put_hour(put, self.first);
        put_hour(put, self.last);
        put.place(self.kind as u8);
        put.string(&self.evidence);
        put_source(put, self.source.as_ref());
    }

    fn parse(reader: &mut ByteReader<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            jurisdiction: parse_jurisdiction(reader)?,
            first: parse_hour(reader)?,
            last: parse_hour(reader)?,
            kind: reader.one_of(&ExclusionKind::ALL)?,
            evidence: reader.string()?.into(),
            source: parse_source(reader)?,
        })
    }

    fn json(&self, names: Names<'_>) -> Value {
        json!({
            "jurisdiction": names.jurisdiction(self.jurisdiction),
            "first": self.first.to_string(),
            "last": self.last.to_string(),
            "kind": self.kind.name(),
            "evidence": self.evidence,
        })
    }

    fn words(&self, names: Names<'_>) -> String {
        let who = names.jurisdiction(self.jurisdiction);
        let (first, last, kind) = (hour(self.first), hour(self.last), self.kind.name());
        format!("{who} {first} to {last}, {kind}: {}", one_line(&self.evidence))
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
    use crate::wire::record::samples::{
        HOUR, JURISDICTION, Sample, hour, jurisdiction, sample_source, source,
    };

    impl Sample for Exclusion {
        fn sample() -> Self {
            Self {
                jurisdiction: JURISDICTION,
                first: HOUR,
                last: HOUR.plus(12),
                kind: ExclusionKind::Sand,
                evidence: "沙尘".into(),
                source: Some(sample_source()),
            }
        }

        fn any() -> BoxedStrategy<Self> {
            let kind = select(&ExclusionKind::ALL[..]);
            (jurisdiction(), hour(), hour(), kind, ".*", option::of(source()))
                .prop_map(|(jurisdiction, first, last, kind, evidence, source)| Self {
                    jurisdiction,
                    first,
                    last,
                    kind,
                    evidence,
                    source,
                })
                .boxed()
        }
    }
}
