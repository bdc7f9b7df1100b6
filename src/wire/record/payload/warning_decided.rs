//! An act on a warning.

use serde_json::{Value, json};

use crate::domain::{ActKind, Cause, Grade, WarningAct, Window};
use crate::wire::avro::{ByteReader, Malformed, Put};

use super::Payload;
use crate::wire::record::names::{Names, list, text, texts};
use crate::wire::record::parts::{
    parse_hour, parse_time, parse_warning, put_hour, put_time, put_warning,
};
use crate::wire::record::text::hour;

impl Payload for WarningAct {
    fn put(&self, put: &mut Put<'_>) {
        put.place(self.kind as u8);
        put_hour(put, self.hour);
        put_time(put, self.decided_at);
        put_warning(put, self.warning);
        put.place(self.grade as u8);
        put.place(self.previous_grade as u8);
        put_hour(put, self.start);
        put.optional(self.end, put_hour);
        put.string(&self.standard);
        put.optional(self.clause.as_deref(), Put::string);
        put.int(self.lead_time_h);
        put.place(self.cause as u8);
        put.array(&self.windows, |put, window| {
            put_hour(put, window.end);
            put.int(window.mean_ug_m3);
            put.int(window.index);
            put.int(window.valid_hours);
        });
        put.int(self.observed_hours);
        put.int(self.forecast_hours);
        put.array(&self.makers, |put, maker| put.string(maker));
        put.optional(self.in_force_from, put_hour);
    }

    fn parse(reader: &mut ByteReader<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            kind: reader.one_of(&ActKind::ALL)?,
            hour: parse_hour(reader)?,
            decided_at: parse_time(reader)?,
            warning: parse_warning(reader)?,
            grade: reader.one_of(&Grade::ALL)?,
            previous_grade: reader.one_of(&Grade::ALL)?,
            start: parse_hour(reader)?,
            end: reader.optional(parse_hour)?,
            standard: reader.string()?.into(),
            clause: reader.optional(|reader| Ok(reader.string()?.into()))?,
            lead_time_h: reader.int()?,
            cause: reader.one_of(&Cause::ALL)?,
            windows: reader.array(|reader| {
                Ok(Window {
                    end: parse_hour(reader)?,
                    mean_ug_m3: reader.int()?,
                    index: reader.int()?,
                    valid_hours: reader.int()?,
                })
            })?,
            observed_hours: reader.int()?,
            forecast_hours: reader.int()?,
            makers: reader.array(|reader| Ok(reader.string()?.into()))?,
            in_force_from: reader.since(4, |reader| reader.optional(parse_hour))?,
        })
    }

    fn json(&self, names: Names<'_>) -> Value {
        let windows = list(&self.windows, |it| {
            json!({
                "end": it.end.to_string(),
                "mean_ug_m3": it.mean_ug_m3,
                "index": it.index,
                "valid_hours": it.valid_hours,
            })
        });
        let mut body = json!({
            "hour": self.hour.to_string(),
            "decided_at": self.decided_at.to_string(),
            "warning": names.warning(self.warning),
            "jurisdiction": names.jurisdiction(self.warning.jurisdiction),
            "grade": self.grade.name(),
            "previous_grade": self.previous_grade.name(),
            "start": self.start.to_string(),
            "end": text(self.end),
            "standard": &*self.standard,
            "clause": self.clause.as_deref(),
            "lead_time_h": self.lead_time_h,
            "cause": self.cause.name(),
            "windows": windows,
            "observed_hours": self.observed_hours,
            "forecast_hours": self.forecast_hours,
            "makers": texts(&self.makers),
        });
        // Only records of lowers have it.
        if let Some(hour) = self.in_force_from {
            body["in_force_from"] = hour.to_string().into();
        }
        body
    }

    fn words(&self, names: Names<'_>) -> String {
        let (grade, previous) = (self.grade, self.previous_grade);
        let (start, end) = (hour(self.start), self.end.map_or("further notice".into(), hour));
        let clause = self.clause.as_ref().map_or(String::new(), |it| format!(" {it}"));
        let (standard, lead, cause) = (&self.standard, self.lead_time_h, self.cause.name());
        let who = names.warning(self.warning);
        format!(
            "{who} {grade} (before {previous}), {start} to {end}, lead {lead} h, \
             {standard}{clause}, {cause}"
        )
    }
}

#[cfg(test)]
mod samples {
    use proptest::collection::vec;
    use proptest::option;
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;
    use crate::wire::record::samples::{
        DECIDED_AT, HOUR, Sample, WARNING, hour, text, time, warning,
    };

    impl Sample for WarningAct {
        fn sample() -> Self {
            let end = HOUR.plus(50);
            Self {
                kind: ActKind::Issue,
                hour: HOUR,
                decided_at: DECIDED_AT,
                warning: WARNING,
                grade: Grade::Orange,
                previous_grade: Grade::None,
                start: HOUR.plus(26),
                end: Some(HOUR.plus(98)),
                standard: "BTH-2018".into(),
                clause: Some("orange-1".into()),
                lead_time_h: 25,
                cause: Cause::Synchrony,
                windows: vec![Window { end, mean_ug_m3: 190, index: 240, valid_hours: 24 }],
                observed_hours: 3,
                forecast_hours: 21,
                makers: vec!["hindsight".into()],
                in_force_from: None,
            }
        }

        fn any() -> BoxedStrategy<Self> {
            let window = (hour(), any::<u16>(), any::<u16>(), any::<u8>()).prop_map(
                |(end, mean_ug_m3, index, valid_hours)| Window {
                    end,
                    mean_ug_m3,
                    index,
                    valid_hours,
                },
            );
            let what = (select(&ActKind::ALL[..]), hour(), time(), warning());
            let grades = (select(&Grade::ALL[..]), select(&Grade::ALL[..]));
            let when = (hour(), option::of(hour()), any::<i32>());
            let why = (text(), option::of(text()), select(&Cause::ALL[..]));
            let makers = (vec(text(), 0..3), option::of(hour()));
            let rests_on = (vec(window, 0..4), any::<[u16; 2]>(), makers);
            (what, grades, when, why, rests_on)
                .prop_map(|(what, grades, when, why, (windows, hours, (makers, in_force_from)))| {
                    Self {
                        kind: what.0,
                        hour: what.1,
                        decided_at: what.2,
                        warning: what.3,
                        grade: grades.0,
                        previous_grade: grades.1,
                        start: when.0,
                        end: when.1,
                        lead_time_h: when.2,
                        standard: why.0,
                        clause: why.1,
                        cause: why.2,
                        windows,
                        observed_hours: hours[0],
                        forecast_hours: hours[1],
                        makers,
                        in_force_from,
                    }
                })
                .boxed()
        }
    }
}
