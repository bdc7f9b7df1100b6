//! Two jurisdictions with like air and unlike grades.

use serde_json::{Value, json};

use crate::domain::{Grade, UnlikeGrades, UnlikeSide};
use crate::wire::avro::{ByteReader, Malformed, Put};

use super::Payload;
use crate::wire::record::names::{Names, list, text};
use crate::wire::record::parts::{parse_hour, parse_jurisdiction, parse_time, put_hour, put_time};

impl Payload for UnlikeGrades {
    fn put(&self, put: &mut Put<'_>) {
        put_hour(put, self.hour);
        put_time(put, self.decided_at);
        put.string(&self.standard);
        put.int(self.differ_by_ug_m3);
        put.int(self.windows);
        for side in &self.sides {
            put.int(side.jurisdiction.0);
            put.place(side.grade as u8);
            put.optional(side.start, put_hour);
            put.place(side.episode_grade as u8);
            put.optional(side.clause.as_deref(), Put::string);
            put.optional(side.mean_24h_ug_m3, Put::int);
        }
    }

    fn parse(reader: &mut ByteReader<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            hour: parse_hour(reader)?,
            decided_at: parse_time(reader)?,
            standard: reader.string()?.into(),
            differ_by_ug_m3: reader.int()?,
            windows: reader.int()?,
            sides: [parse_side(reader)?, parse_side(reader)?],
        })
    }

    fn json(&self, names: Names<'_>) -> Value {
        let side = |it: &UnlikeSide| {
            json!({
                "jurisdiction": names.jurisdiction(it.jurisdiction),
                "grade": it.grade.name(),
                "start": text(it.start),
                "episode_grade": it.episode_grade.name(),
                "clause": it.clause.as_deref(),
                "mean_24h_ug_m3": it.mean_24h_ug_m3,
            })
        };
        json!({
            "hour": self.hour.to_string(),
            "decided_at": self.decided_at.to_string(),
            "standard": &*self.standard,
            "differ_by_ug_m3": self.differ_by_ug_m3,
            "windows": self.windows,
            "jurisdictions": list(&self.sides, side),
        })
    }

    fn words(&self, names: Names<'_>) -> String {
        let side =
            |it: &UnlikeSide| format!("{} {}", names.jurisdiction(it.jurisdiction), it.grade);
        let [a, b] = self.sides.each_ref().map(side);
        format!("{a}, {b}, at most {} µg/m³ apart", self.differ_by_ug_m3)
    }
}

fn parse_side(reader: &mut ByteReader<'_>) -> Result<UnlikeSide, Malformed> {
    Ok(UnlikeSide {
        jurisdiction: parse_jurisdiction(reader)?,
        grade: reader.one_of(&Grade::ALL)?,
        start: reader.optional(parse_hour)?,
        episode_grade: reader.one_of(&Grade::ALL)?,
        clause: reader.optional(|reader| Ok(reader.string()?.into()))?,
        mean_24h_ug_m3: reader.optional(ByteReader::int)?,
    })
}

#[cfg(test)]
mod samples {
    use proptest::option;
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;
    use crate::domain::JurisdictionIndex;
    use crate::wire::record::samples::{DECIDED_AT, HOUR, Sample, hour, jurisdiction, text, time};

    impl Sample for UnlikeGrades {
        fn sample() -> Self {
            let side = |place, grade| UnlikeSide {
                jurisdiction: JurisdictionIndex(place),
                grade,
                start: (grade > Grade::None).then_some(HOUR.plus(2)),
                episode_grade: Grade::Red,
                clause: Some("red-1".into()),
                mean_24h_ug_m3: Some(251),
            };
            Self {
                hour: HOUR,
                decided_at: DECIDED_AT,
                standard: "BTH-2018".into(),
                differ_by_ug_m3: 3,
                windows: 193,
                sides: [side(0, Grade::Red), side(1, Grade::None)],
            }
        }

        fn any() -> BoxedStrategy<Self> {
            (hour(), time(), text(), any::<[u16; 2]>(), [any_side(), any_side()])
                .prop_map(|(hour, decided_at, standard, [differ_by_ug_m3, windows], sides)| Self {
                    hour,
                    decided_at,
                    standard,
                    differ_by_ug_m3,
                    windows,
                    sides,
                })
                .boxed()
        }
    }

    fn any_side() -> impl Strategy<Value = UnlikeSide> {
        let grades = (select(&Grade::ALL[..]), select(&Grade::ALL[..]));
        let rest = (option::of(hour()), option::of(text()), option::of(any::<u16>()));
        (jurisdiction(), grades, rest).prop_map(
            |(jurisdiction, (grade, episode_grade), (start, clause, mean_24h_ug_m3))| UnlikeSide {
                jurisdiction,
                grade,
                start,
                episode_grade,
                clause,
                mean_24h_ug_m3,
            },
        )
    }
}
