//! Readings of one hour, each with what became of it.

use serde_json::{Value, json};

use crate::domain::{Batch, MISSING, Outcome, Reading, Tenths};
use crate::wire::avro::{ByteReader, Malformed, Put};

use super::Payload;
use crate::wire::record::names::{Names, list, position_in};
use crate::wire::record::readings::{parse_batch, put_batch};
use crate::wire::record::text::hour;

impl Payload for Batch {
    fn put(&self, put: &mut Put<'_>) {
        put_batch(put, self);
    }

    fn parse(reader: &mut ByteReader<'_>) -> Result<Self, Malformed> {
        parse_batch(reader)
    }

    fn json(&self, names: Names<'_>) -> Value {
        json!({
            "hour": self.hour.to_string(),
            "rows": list(&self.rows, |it| json!({"at": it.position, "readings": it.readings})),
            "readings": list(&self.readings, |it| reading(it, names)),
        })
    }

    fn words(&self, _: Names<'_>) -> String {
        let (readings, rows) = (self.readings.len(), self.rows.len());
        let count =
            |of: fn(Outcome) -> bool| self.readings.iter().filter(|it| of(it.outcome)).count();
        let taken = count(|it| matches!(it, Outcome::Taken | Outcome::Replaces));
        let missing = count(|it| it == Outcome::ReportedMissing);
        let from = self.rows.first().map_or(0, |it| it.position);
        let (when, stream) = (hour(self.hour), &self.stream);
        let mut words = format!("{when}: {readings} readings in {rows} rows, from {stream}:{from}");
        for (count, what) in [(missing, "missing"), (readings - taken - missing, "refused")] {
            if count > 0 {
                words = format!("{words}, {count} {what}");
            }
        }
        words
    }

    /// Where its first row stood.
    fn source(&self) -> Value {
        self.rows.first().map_or(Value::Null, |it| position_in(&self.stream, it.position))
    }
}

fn reading(it: &Reading, names: Names<'_>) -> Value {
    json!({
        "station": names.station(it.station),
        "pollutant": it.pollutant.name(),
        "value_ug_m3": ug_m3(it.tenths),
        "revision": it.revision,
        "outcome": it.outcome.name(),
    })
}

/// Whole where it is whole, else with its one decimal.
pub(in crate::wire::record) fn ug_m3(tenths: Tenths) -> Value {
    match (tenths, tenths % 10) {
        (MISSING, _) => Value::Null,
        (_, 0) => (tenths / 10).into(),
        _ => (f64::from(tenths) / 10.0).into(),
    }
}

#[cfg(test)]
mod samples {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;
    use crate::domain::{Pollutant, Row, StationIndex};
    use crate::wire::record::samples::{Sample, hour, stream, wide_batch};

    impl Sample for Batch {
        fn sample() -> Self {
            let mut batch = wide_batch(3, 2);
            batch.readings[4].tenths = MISSING;
            batch.readings[4].outcome = Outcome::ReportedMissing;
            batch.readings[5].outcome = Outcome::Duplicate;
            batch
        }

        /// Rows of any lengths, wide ones and single readings among them.
        fn any() -> BoxedStrategy<Self> {
            let step = prop_oneof![3 => Just(1), 1 => any::<u64>()];
            (stream(), hour(), vec((step, any_row()), 0..20))
                .prop_map(|(stream, hour, rows)| {
                    let mut batch = Self { stream, hour, rows: Vec::new(), readings: Vec::new() };
                    let mut position = 0_u64;
                    for (step, row) in rows {
                        position = position.wrapping_add(step);
                        let readings = u32::try_from(row.len()).unwrap();
                        batch.rows.push(Row { position, readings });
                        batch.readings.extend(row);
                    }
                    batch
                })
                .boxed()
        }
    }

    fn any_row() -> impl Strategy<Value = Vec<Reading>> {
        let tenths = prop_oneof![
            4 => (0..9000_i32).prop_map(|it| it * 10),
            2 => any::<i32>(),
            1 => Just(MISSING),
        ];
        let outcome = prop_oneof![3 => Just(Outcome::Taken), 1 => select(&Outcome::ALL[..])];
        let revision = prop_oneof![3 => Just(0), 1 => any::<u16>()];
        let station = prop_oneof![3 => 0..90_u16, 1 => any::<u16>()];
        let reading = (tenths, station, revision, select(&Pollutant::ALL[..]), outcome).prop_map(
            |(tenths, station, revision, pollutant, outcome)| Reading {
                tenths,
                station: StationIndex(station),
                revision,
                pollutant,
                outcome,
            },
        );
        let wide = (0..40_u16, 0..6_usize).prop_map(|(stations, pollutant)| {
            let mut readings = wide_batch(stations, 1).readings;
            for it in &mut readings {
                it.pollutant = Pollutant::ALL[pollutant];
            }
            readings
        });
        prop_oneof![wide, vec(reading, 0..8)]
    }

    #[test]
    fn values_have_decimals_only_where_they_need_them() {
        let check = |tenths, text: &str| assert_eq!(ug_m3(tenths).to_string(), text);
        check(350, "35");
        check(352, "35.2");
        check(-5, "-0.5");
        check(MISSING, "null");
    }
}
