//! An hour closed for the whole airshed.

use serde_json::{Value, json};

use crate::domain::{CityHour, Flag, Grade, HourClosed};
use crate::wire::avro::{ByteReader, Malformed, Put};

use super::Payload;
use crate::wire::record::names::{Names, list};
use crate::wire::record::parts::{
    parse_hour, parse_jurisdiction, parse_station, parse_time, put_hour, put_time,
};
use crate::wire::record::text::hour;

impl Payload for HourClosed {
    fn put(&self, put: &mut Put<'_>) {
        put_hour(put, self.hour);
        put_time(put, self.closed_at);
        put.boolean(self.stale);
        put.array(&self.jurisdictions, put_city_hour);
    }

    fn parse(reader: &mut ByteReader<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            hour: parse_hour(reader)?,
            closed_at: parse_time(reader)?,
            stale: reader.boolean()?,
            jurisdictions: reader.array(parse_city_hour)?,
        })
    }

    fn json(&self, names: Names<'_>) -> Value {
        json!({
            "hour": self.hour.to_string(),
            "closed_at": self.closed_at.to_string(),
            "stale": self.stale,
            "jurisdictions": list(&self.jurisdictions, |it| city_hour(it, names)),
        })
    }

    fn words(&self, names: Names<'_>) -> String {
        let all = self.jurisdictions.len();
        let with = self.jurisdictions.iter().filter(|it| it.pm25_ug_m3.is_some()).count();
        let highest = self
            .jurisdictions
            .iter()
            .max_by_key(|it| it.index_24h)
            .and_then(|it| Some((names.jurisdiction(it.jurisdiction), it.index_24h?)))
            .map_or(String::new(), |(who, index)| format!(", highest 24 h index {index} in {who}"));
        let stale = if self.stale { ", too late for a decision" } else { "" };
        format!("{}: {with} of {all} with a value{highest}{stale}", hour(self.hour))
    }
}

fn put_city_hour(put: &mut Put<'_>, it: &CityHour) {
    put.int(it.jurisdiction.0);
    put.optional(it.pm25_ug_m3, Put::int);
    put.int(it.stations_reporting);
    put.int(it.stations_expected);
    put.optional(it.mean_24h_ug_m3, Put::int);
    put.optional(it.index_24h, Put::int);
    put.int(it.valid_hours);
    put.int(it.excluded_hours);
    put.array(&it.flagged, |put, (station, flag)| {
        put.int(station.0);
        put.place(*flag as u8);
    });
    put.array(&it.left_out, |put, station| put.int(station.0));
    put.optional(it.grade, |put, grade| put.place(grade as u8));
    put.int(it.below_decisions);
    put.int(it.unknown_decisions);
}

fn parse_city_hour(reader: &mut ByteReader<'_>) -> Result<CityHour, Malformed> {
    Ok(CityHour {
        jurisdiction: parse_jurisdiction(reader)?,
        pm25_ug_m3: reader.optional(ByteReader::int)?,
        stations_reporting: reader.int()?,
        stations_expected: reader.int()?,
        mean_24h_ug_m3: reader.optional(ByteReader::int)?,
        index_24h: reader.optional(ByteReader::int)?,
        valid_hours: reader.int()?,
        excluded_hours: reader.int()?,
        flagged: reader.array(|reader| Ok((parse_station(reader)?, reader.one_of(&Flag::ALL)?)))?,
        left_out: reader.array(parse_station)?,
        grade: reader.optional(|reader| reader.one_of(&Grade::ALL))?,
        below_decisions: reader.int()?,
        unknown_decisions: reader.int()?,
    })
}

pub(in crate::wire::record) fn city_hour(it: &CityHour, names: Names<'_>) -> Value {
    let flagged = list(
        &it.flagged,
        |(station, flag)| json!({"station": names.station(*station), "flag": flag.name()}),
    );
    json!({
        "jurisdiction": names.jurisdiction(it.jurisdiction),
        "pm25_ug_m3": it.pm25_ug_m3,
        "stations_reporting": it.stations_reporting,
        "stations_expected": it.stations_expected,
        "mean_24h_ug_m3": it.mean_24h_ug_m3,
        "index_24h": it.index_24h,
        "valid_hours": it.valid_hours,
        "excluded_hours": it.excluded_hours,
        "flagged": flagged,
        "left_out": list(&it.left_out, |it| names.station(*it).into()),
        "grade": it.grade.map(Grade::name),
        "below_decisions": it.below_decisions,
        "unknown_decisions": it.unknown_decisions,
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
        DECIDED_AT, HOUR, JURISDICTION, Sample, hour, jurisdiction, station, time,
    };

    impl Sample for HourClosed {
        fn sample() -> Self {
            let city = CityHour {
                jurisdiction: JURISDICTION,
                pm25_ug_m3: Some(215),
                stations_reporting: 11,
                stations_expected: 12,
                mean_24h_ug_m3: Some(188),
                index_24h: Some(238),
                valid_hours: 24,
                excluded_hours: 0,
                flagged: vec![(StationIndex(4), Flag::Spike)],
                left_out: vec![StationIndex(9)],
                grade: Some(Grade::Orange),
                below_decisions: 0,
                unknown_decisions: 2,
            };
            Self { hour: HOUR, closed_at: DECIDED_AT, stale: false, jurisdictions: vec![city] }
        }

        fn any() -> BoxedStrategy<Self> {
            (hour(), time(), any::<bool>(), vec(any_city(), 0..5))
                .prop_map(|(hour, closed_at, stale, jurisdictions)| Self {
                    hour,
                    closed_at,
                    stale,
                    jurisdictions,
                })
                .boxed()
        }
    }

    fn any_city() -> impl Strategy<Value = CityHour> {
        let number = || option::of(any::<u16>());
        let flagged = vec((station(), select(&Flag::ALL[..])), 0..4);
        let grade = option::of(select(&Grade::ALL[..]));
        let values = (jurisdiction(), number(), number(), number());
        let counts = (any::<[u16; 4]>(), any::<[u8; 2]>());
        (values, counts, flagged, vec(station(), 0..4), grade).prop_map(
            |(values, (wide, narrow), flagged, left_out, grade)| CityHour {
                jurisdiction: values.0,
                pm25_ug_m3: values.1,
                stations_reporting: wide[0],
                stations_expected: wide[1],
                mean_24h_ug_m3: values.2,
                index_24h: values.3,
                valid_hours: narrow[0],
                excluded_hours: narrow[1],
                flagged,
                left_out,
                grade,
                below_decisions: wide[2],
                unknown_decisions: wide[3],
            },
        )
    }
}
