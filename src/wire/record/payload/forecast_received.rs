//! An outlook, hour by hour.

use serde_json::{Value, json};

use crate::domain::{Forecast, Outlook, OutlookHour};
use crate::wire::avro::{ByteReader, Malformed, Put};

use super::Payload;
use crate::wire::record::names::{self, Names, list};
use crate::wire::record::parts::{
    parse_hour, parse_jurisdiction, parse_source, parse_time, put_hour, put_source, put_time,
};
use crate::wire::record::text::minute;

impl Payload for Forecast {
    fn put(&self, put: &mut Put<'_>) {
        put_time(put, self.issued_at);
        put.string(&self.maker);
        put_source(put, self.source.as_ref());
        put.array(&self.outlooks, |put, outlook| {
            put.int(outlook.jurisdiction.0);
            put_hour(put, outlook.first);
            put.array(&outlook.hours, |put, hour| put_outlook_hour(put, *hour));
        });
    }

    fn parse(reader: &mut ByteReader<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            issued_at: parse_time(reader)?,
            maker: reader.string()?.into(),
            source: parse_source(reader)?,
            outlooks: reader.array(|reader| {
                Ok(Outlook {
                    jurisdiction: parse_jurisdiction(reader)?,
                    first: parse_hour(reader)?,
                    hours: reader.array(parse_outlook_hour)?,
                })
            })?,
        })
    }

    fn json(&self, names: Names<'_>) -> Value {
        let outlook = |it: &Outlook| {
            json!({
                "jurisdiction": names.jurisdiction(it.jurisdiction),
                "first": it.first.to_string(),
                "hours": list(&it.hours, |it| outlook_hour(*it)),
            })
        };
        json!({
            "issued_at": self.issued_at.to_string(),
            "maker": &*self.maker,
            "outlooks": list(&self.outlooks, outlook),
        })
    }

    fn words(&self, _: Names<'_>) -> String {
        let jurisdictions = self.outlooks.len();
        let hours = self.outlooks.iter().map(|it| it.hours.len()).max().unwrap_or(0);
        let (maker, issued_at) = (&self.maker, minute(self.issued_at));
        format!("{maker} of {issued_at}: {jurisdictions} jurisdictions, {hours} hours")
    }

    fn source(&self) -> Value {
        names::optional_source(self.source.as_ref())
    }
}

fn outlook_hour(it: OutlookHour) -> Value {
    match it {
        OutlookHour::Silent => json!({"says": "silent"}),
        OutlookHour::Missing => json!({"says": "missing"}),
        OutlookHour::Range { lower_ug_m3, upper_ug_m3 } => {
            json!({"says": "range", "lower_ug_m3": lower_ug_m3, "upper_ug_m3": upper_ug_m3})
        }
    }
}

/// The kinds of statement, by their places in the schema.
#[derive(Clone, Copy)]
#[repr(u8)]
enum Says {
    Silent = 0,
    Missing = 1,
    Range = 2,
}

/// One hour, as messages have it too.
pub(crate) fn put_outlook_hour(put: &mut Put<'_>, hour: OutlookHour) {
    let (says, lower, upper) = match hour {
        OutlookHour::Silent => (Says::Silent, 0, 0),
        OutlookHour::Missing => (Says::Missing, 0, 0),
        OutlookHour::Range { lower_ug_m3, upper_ug_m3 } => (Says::Range, lower_ug_m3, upper_ug_m3),
    };
    put.place(says as u8);
    put.int(lower);
    put.int(upper);
}

/// One hour, as messages have it too.
pub(crate) fn parse_outlook_hour(reader: &mut ByteReader<'_>) -> Result<OutlookHour, Malformed> {
    let says = reader.one_of(&[Says::Silent, Says::Missing, Says::Range])?;
    let (lower_ug_m3, upper_ug_m3) = (reader.int()?, reader.int()?);
    Ok(match says {
        Says::Silent => OutlookHour::Silent,
        Says::Missing => OutlookHour::Missing,
        Says::Range => OutlookHour::Range { lower_ug_m3, upper_ug_m3 },
    })
}

#[cfg(test)]
mod samples {
    use proptest::collection::vec;
    use proptest::option;
    use proptest::prelude::*;

    use super::*;
    use crate::domain::JurisdictionIndex;
    use crate::wire::record::samples::{HOUR, Sample, hour, jurisdiction, source, text, time};

    impl Sample for Forecast {
        fn sample() -> Self {
            let range = OutlookHour::Range { lower_ug_m3: 150, upper_ug_m3: 210 };
            Self {
                issued_at: HOUR.end(),
                maker: "hindsight".into(),
                source: None,
                outlooks: vec![Outlook {
                    jurisdiction: JurisdictionIndex(0),
                    first: HOUR.plus(1),
                    hours: vec![range, OutlookHour::Missing, OutlookHour::Silent],
                }],
            }
        }

        fn any() -> BoxedStrategy<Self> {
            let said = prop_oneof![
                Just(OutlookHour::Silent),
                Just(OutlookHour::Missing),
                (any::<u16>(), any::<u16>()).prop_map(|(lower_ug_m3, upper_ug_m3)| {
                    OutlookHour::Range { lower_ug_m3, upper_ug_m3 }
                }),
            ];
            let outlook = (jurisdiction(), hour(), vec(said, 0..30))
                .prop_map(|(jurisdiction, first, hours)| Outlook { jurisdiction, first, hours });
            (time(), text(), option::of(source()), vec(outlook, 0..4))
                .prop_map(|(issued_at, maker, source, outlooks)| Self {
                    issued_at,
                    maker,
                    source,
                    outlooks,
                })
                .boxed()
        }
    }
}
