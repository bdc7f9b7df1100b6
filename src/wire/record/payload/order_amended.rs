//! An order that is another one because hours are amended.

use serde_json::{Value, json};

use crate::domain::{ActKind, ActSummary, Grade, OrderAmended};
use crate::wire::avro::{ByteReader, Malformed, Put};

use super::Payload;
use crate::wire::record::names::{Names, list, text};
use crate::wire::record::parts::{
    parse_hour, parse_jurisdiction, parse_time, parse_warning, put_hour, put_time, put_warning,
};
use crate::wire::record::text::hour;

impl Payload for OrderAmended {
    fn put(&self, put: &mut Put<'_>) {
        put_warning(put, self.warning);
        put.optional(self.epoch, Put::unsigned);
        put_hour(put, self.decision_hour);
        put_time(put, self.decided_at);
        put.array(&self.hours, |put, (jurisdiction, hour)| {
            put.int(jurisdiction.0);
            put_hour(put, *hour);
        });
        put.optional(self.without, put_act_summary);
        put.optional(self.with, put_act_summary);
    }

    fn parse(reader: &mut ByteReader<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            warning: parse_warning(reader)?,
            epoch: reader.optional(ByteReader::unsigned)?,
            decision_hour: parse_hour(reader)?,
            decided_at: parse_time(reader)?,
            hours: reader.array(|reader| Ok((parse_jurisdiction(reader)?, parse_hour(reader)?)))?,
            without: reader.optional(parse_act_summary)?,
            with: reader.optional(parse_act_summary)?,
        })
    }

    fn json(&self, names: Names<'_>) -> Value {
        let jurisdiction = names.jurisdiction(self.warning.jurisdiction);
        json!({
            "warning": names.warning(self.warning),
            "order": self.epoch.map(|epoch| format!("{epoch}-{jurisdiction}")),
            "jurisdiction": jurisdiction,
            "epoch": self.epoch,
            "decision_hour": self.decision_hour.to_string(),
            "decided_at": self.decided_at.to_string(),
            "hours": list(&self.hours, |(at, hour)| {
                json!({"jurisdiction": names.jurisdiction(*at), "hour": hour.to_string()})
            }),
            "without": self.without.as_ref().map(act_summary_json),
            "with": self.with.as_ref().map(act_summary_json),
        })
    }

    fn words(&self, names: Names<'_>) -> String {
        let (who, with) = (names.warning(self.warning), act_summary_words(self.with.as_ref()));
        format!("{who} {with}, without late values {}", act_summary_words(self.without.as_ref()))
    }
}

/// An act, as the state has it too.
pub(crate) fn put_act_summary(put: &mut Put<'_>, it: ActSummary) {
    put.place(it.kind as u8);
    put.place(it.grade as u8);
    put_hour(put, it.start);
    put.optional(it.end, put_hour);
}

/// An act, as the state has it too.
pub(crate) fn parse_act_summary(reader: &mut ByteReader<'_>) -> Result<ActSummary, Malformed> {
    Ok(ActSummary {
        kind: reader.one_of(&ActKind::ALL)?,
        grade: reader.one_of(&Grade::ALL)?,
        start: parse_hour(reader)?,
        end: reader.optional(parse_hour)?,
    })
}

pub(super) fn act_summary_json(it: &ActSummary) -> Value {
    json!({
        "act": it.kind.record_type(),
        "grade": it.grade.name(),
        "start": it.start.to_string(),
        "end": text(it.end),
    })
}

/// An act in few words.
pub(super) fn act_summary_words(it: Option<&ActSummary>) -> String {
    it.map_or("nothing".to_owned(), |it| {
        let name = it.kind.record_type();
        format!("{name} {} from {}", it.grade, hour(it.start))
    })
}

#[cfg(test)]
mod samples {
    use proptest::collection::vec;
    use proptest::option;
    use proptest::prelude::*;

    use super::*;
    use crate::wire::record::samples::{
        DECIDED_AT, HOUR, JURISDICTION, Sample, WARNING, done, hour, jurisdiction, milder,
        stricter, time, warning,
    };

    impl Sample for OrderAmended {
        fn sample() -> Self {
            Self {
                warning: WARNING,
                epoch: Some(43),
                decision_hour: HOUR,
                decided_at: DECIDED_AT,
                hours: vec![(JURISDICTION, HOUR.plus(-5))],
                without: Some(milder()),
                with: Some(stricter()),
            }
        }

        fn any() -> BoxedStrategy<Self> {
            let hours = vec((jurisdiction(), hour()), 0..4);
            let epoch = option::of(any::<u64>());
            let acts = (option::of(done()), option::of(done()));
            (warning(), epoch, hour(), time(), hours, acts)
                .prop_map(|(warning, epoch, decision_hour, decided_at, hours, (without, with))| {
                    Self { warning, epoch, decision_hour, decided_at, hours, without, with }
                })
                .boxed()
        }
    }
}
