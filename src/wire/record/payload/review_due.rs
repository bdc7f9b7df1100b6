//! A warning that silence keeps open, to be looked at by a person.

use serde_json::{Value, json};

use crate::domain::ReviewDue;
use crate::wire::avro::{ByteReader, Malformed, Put};

use super::Payload;
use crate::wire::record::names::Names;
use crate::wire::record::parts::{
    parse_hour, parse_time, parse_warning, put_hour, put_time, put_warning,
};

impl Payload for ReviewDue {
    fn put(&self, put: &mut Put<'_>) {
        put_warning(put, self.warning);
        put_hour(put, self.hour);
        put_time(put, self.decided_at);
        put.unsigned(self.decisions.into());
    }

    fn parse(reader: &mut ByteReader<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            warning: parse_warning(reader)?,
            hour: parse_hour(reader)?,
            decided_at: parse_time(reader)?,
            decisions: reader.int()?,
        })
    }

    fn json(&self, names: Names<'_>) -> Value {
        json!({
            "hour": self.hour.to_string(),
            "decided_at": self.decided_at.to_string(),
            "warning": names.warning(self.warning),
            "jurisdiction": names.jurisdiction(self.warning.jurisdiction),
            "decisions": self.decisions,
        })
    }

    fn words(&self, names: Names<'_>) -> String {
        let warning = names.warning(self.warning);
        format!("{warning}, kept open by silence for {} decisions", self.decisions)
    }
}

#[cfg(test)]
mod samples {
    use proptest::prelude::*;

    use super::*;
    use crate::wire::record::samples::{DECIDED_AT, HOUR, Sample, WARNING, hour, time, warning};

    impl Sample for ReviewDue {
        fn sample() -> Self {
            Self { warning: WARNING, hour: HOUR, decided_at: DECIDED_AT, decisions: 24 }
        }

        fn any() -> BoxedStrategy<Self> {
            (warning(), hour(), time(), any::<u32>())
                .prop_map(|(warning, hour, decided_at, decisions)| Self {
                    warning,
                    hour,
                    decided_at,
                    decisions,
                })
                .boxed()
        }
    }
}
