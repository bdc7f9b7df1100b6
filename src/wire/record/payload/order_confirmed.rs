//! An order that stands, although an hour on which it rests is amended.

use serde_json::{Value, json};

use crate::domain::{Grade, OrderConfirmed};
use crate::wire::avro::{ByteReader, Malformed, Put};

use super::Payload;
use crate::wire::record::names::{Names, list};
use crate::wire::record::parts::{
    parse_hour, parse_time, parse_warning, put_hour, put_time, put_warning,
};
use crate::wire::record::text::hour;

impl Payload for OrderConfirmed {
    fn put(&self, put: &mut Put<'_>) {
        put_warning(put, self.warning);
        put.place(self.grade as u8);
        put_hour(put, self.decision_hour);
        put_time(put, self.decided_at);
        put.array(&self.hours, |put, hour| put_hour(put, *hour));
    }

    fn parse(reader: &mut ByteReader<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            warning: parse_warning(reader)?,
            grade: reader.one_of(&Grade::ALL)?,
            decision_hour: parse_hour(reader)?,
            decided_at: parse_time(reader)?,
            hours: reader.array(parse_hour)?,
        })
    }

    fn json(&self, names: Names<'_>) -> Value {
        json!({
            "warning": names.warning(self.warning),
            "jurisdiction": names.jurisdiction(self.warning.jurisdiction),
            "grade": self.grade.name(),
            "decision_hour": self.decision_hour.to_string(),
            "decided_at": self.decided_at.to_string(),
            "hours": list(&self.hours, |it| it.to_string().into()),
        })
    }

    fn words(&self, names: Names<'_>) -> String {
        let hours = self.hours.iter().map(|it| hour(*it)).collect::<Vec<_>>().join(", ");
        format!("{} {} stands, amended: {hours}", names.warning(self.warning), self.grade)
    }
}

#[cfg(test)]
mod samples {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;
    use crate::wire::record::samples::{DECIDED_AT, HOUR, Sample, WARNING, hour, time, warning};

    impl Sample for OrderConfirmed {
        fn sample() -> Self {
            Self {
                warning: WARNING,
                grade: Grade::Orange,
                decision_hour: HOUR,
                decided_at: DECIDED_AT,
                hours: vec![HOUR.plus(-5), HOUR.plus(-4)],
            }
        }

        fn any() -> BoxedStrategy<Self> {
            (warning(), select(&Grade::ALL[..]), hour(), time(), vec(hour(), 0..4))
                .prop_map(|(warning, grade, decision_hour, decided_at, hours)| Self {
                    warning,
                    grade,
                    decision_hour,
                    decided_at,
                    hours,
                })
                .boxed()
        }
    }
}
