//! A closed hour that late values amend.

use serde_json::{Value, json};

use crate::domain::{AmendmentEffect, HourAmended, Otherwise};
use crate::wire::avro::{ByteReader, Malformed, Put};

use super::Payload;
use super::order_amended::{
    act_summary_json, act_summary_words, parse_act_summary, put_act_summary,
};
use crate::wire::record::names::{Names, list};
use crate::wire::record::parts::{
    parse_hour, parse_jurisdiction, parse_station, parse_time, put_hour, put_time,
};
use crate::wire::record::text::hour;

impl Payload for HourAmended {
    fn put(&self, put: &mut Put<'_>) {
        put.int(self.jurisdiction.0);
        put_hour(put, self.hour);
        put_hour(put, self.decision_hour);
        put_time(put, self.decided_at);
        put.optional(self.old_ug_m3, Put::int);
        put.optional(self.new_ug_m3, Put::int);
        put.array(&self.stations, |put, station| put.int(station.0));
        put.place(self.effect as u8);
        put.optional(self.otherwise, |put, it| {
            put_hour(put, it.decision_hour);
            put.optional(it.was, put_act_summary);
            put.optional(it.would_be, put_act_summary);
        });
    }

    fn parse(reader: &mut ByteReader<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            jurisdiction: parse_jurisdiction(reader)?,
            hour: parse_hour(reader)?,
            decision_hour: parse_hour(reader)?,
            decided_at: parse_time(reader)?,
            old_ug_m3: reader.optional(ByteReader::int)?,
            new_ug_m3: reader.optional(ByteReader::int)?,
            stations: reader.array(parse_station)?,
            effect: reader.one_of(&AmendmentEffect::ALL)?,
            otherwise: reader.optional(|reader| {
                Ok(Otherwise {
                    decision_hour: parse_hour(reader)?,
                    was: reader.optional(parse_act_summary)?,
                    would_be: reader.optional(parse_act_summary)?,
                })
            })?,
        })
    }

    fn json(&self, names: Names<'_>) -> Value {
        json!({
            "jurisdiction": names.jurisdiction(self.jurisdiction),
            "hour": self.hour.to_string(),
            "decision_hour": self.decision_hour.to_string(),
            "decided_at": self.decided_at.to_string(),
            "old_ug_m3": self.old_ug_m3,
            "new_ug_m3": self.new_ug_m3,
            "stations": list(&self.stations, |it| names.station(*it).into()),
            "effect": self.effect.name(),
            "otherwise": self.otherwise.as_ref().map(otherwise),
        })
    }

    fn words(&self, names: Names<'_>) -> String {
        let value = |it: Option<u16>| it.map_or("missing".to_owned(), |it| it.to_string());
        let (who, when) = (names.jurisdiction(self.jurisdiction), hour(self.hour));
        let (old, new) = (value(self.old_ug_m3), value(self.new_ug_m3));
        let effect = self.effect.name();
        let at = self.otherwise.map_or(String::new(), |it| {
            let would_be = act_summary_words(it.would_be.as_ref());
            let was = act_summary_words(it.was.as_ref());
            format!(": {} {would_be}, was {was}", hour(it.decision_hour))
        });
        format!("{who} {when}: {old} to {new} µg/m³, {effect}{at}")
    }
}

fn otherwise(it: &Otherwise) -> Value {
    json!({
        "decision_hour": it.decision_hour.to_string(),
        "was": it.was.as_ref().map(act_summary_json),
        "would_be": it.would_be.as_ref().map(act_summary_json),
    })
}

#[cfg(test)]
mod samples {
    use proptest::collection::vec;
    use proptest::option;
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;
    use crate::domain::StationIndex;
    use crate::wire::record::samples::{
        DECIDED_AT, HOUR, JURISDICTION, Sample, done, hour, jurisdiction, milder, station, time,
    };

    impl Sample for HourAmended {
        fn sample() -> Self {
            Self {
                jurisdiction: JURISDICTION,
                hour: HOUR.plus(-5),
                decision_hour: HOUR,
                decided_at: DECIDED_AT,
                old_ug_m3: None,
                new_ug_m3: Some(215),
                stations: vec![StationIndex(4), StationIndex(9)],
                effect: AmendmentEffect::WouldHaveBeenOrdered,
                otherwise: Some(Otherwise {
                    decision_hour: HOUR.plus(-3),
                    was: None,
                    would_be: Some(milder()),
                }),
            }
        }

        fn any() -> BoxedStrategy<Self> {
            let otherwise = (hour(), option::of(done()), option::of(done())).prop_map(
                |(decision_hour, was, would_be)| Otherwise { decision_hour, was, would_be },
            );
            let when = (jurisdiction(), hour(), hour(), time());
            let values = (option::of(any::<u16>()), option::of(any::<u16>()), vec(station(), 0..4));
            (when, values, select(&AmendmentEffect::ALL[..]), option::of(otherwise))
                .prop_map(|(when, (old_ug_m3, new_ug_m3, stations), effect, otherwise)| Self {
                    jurisdiction: when.0,
                    hour: when.1,
                    decision_hour: when.2,
                    decided_at: when.3,
                    old_ug_m3,
                    new_ug_m3,
                    stations,
                    effect,
                    otherwise,
                })
                .boxed()
        }
    }
}
