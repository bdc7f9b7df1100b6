//! Records as JSON: the names on which scripts and other programs rely.
//!
//! Jurisdictions are six-digit codes, stations their codes, times RFC 3339 in Beijing time.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::domain::{
    Batch, CityHour, Event, Exclusion, Forecast, Grade, HourClosed, JurisdictionIndex, MISSING,
    Order, OrderSet, Outlook, OutlookHour, Reading, Refusal, Review, Rules, Silence, Source,
    StationIndex, Stream, Tenths, WarningAct, WarningId,
};
use crate::engine::Record;

/// A record by the rules in force at it; none: as long as there are none.
pub fn record(record: &Record, rules: Option<&Rules>) -> Value {
    json!({
        "position": record.position.0,
        "type": record.event.record_type(),
        "happened_at": record.happened_at.to_string(),
        "recorded_at": record.recorded_at.to_string(),
        "source": source_of(&record.event),
        "correlation": record.correlation.map(|it| it.0),
        "causation": record.causation.map(|it| it.0),
        "body": Names(rules).body(&record.event),
    })
}

/// What an event says, by these rules.
pub fn body(event: &Event, rules: &Rules) -> Value {
    Names(Some(rules)).body(event)
}

/// `{topic, partition, offset}`, or `{file, line}`.
pub fn source(source: &Source) -> Value {
    place(&source.stream, source.position)
}

/// From places in the rule book to names.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Names<'a>(pub(crate) Option<&'a Rules>);

impl Names<'_> {
    /// `110000`; where the rules do not know it, its place such as `#7`.
    pub(crate) fn jurisdiction(self, index: JurisdictionIndex) -> String {
        let found = self.0.and_then(|it| it.jurisdictions.get(usize::from(index.0)));
        found.map_or_else(|| format!("#{}", index.0), |it| it.division.to_string())
    }

    /// `1001A`; where the rules do not know it, its place such as `#7`.
    pub(crate) fn station(self, index: StationIndex) -> String {
        let found = self.0.and_then(|it| it.stations.get(usize::from(index.0)));
        found.map_or_else(|| format!("#{}", index.0), |it| it.code.to_string())
    }

    /// `130100-7`.
    pub(crate) fn warning(self, id: WarningId) -> String {
        format!("{}-{}", self.jurisdiction(id.jurisdiction), id.number)
    }

    fn body(self, event: &Event) -> Value {
        match event {
            Event::RuleBookAdopted(book) => json!({
                "digest": &*book.digest,
                "files": list(&book.files, |(name, text)| json!({"name": &**name, "text": &**text})),
            }),
            Event::StreamsJoined(streams) => json!({"streams": list(streams, stream)}),
            Event::Ticked(tick) => json!({"at": tick.at.to_string()}),
            Event::ReadingsReceived(batch) => self.batch(batch),
            Event::ForecastReceived(forecast) => self.forecast(forecast),
            Event::IntervalExcluded(exclusion) => self.exclusion(exclusion),
            Event::InputRefused(refusal) => refused(refusal),
            Event::StationSilent(silence) | Event::StationHeard(silence) => self.silence(silence),
            Event::HourClosed(closed) => self.hour_closed(closed),
            Event::WarningDecided(act) => self.act(act),
            Event::OrderSetIssued(set) => self.order_set(set),
            Event::ReviewDue(review) => self.review(review),
            Event::HourAmended(it) => self.hour_amended(it),
            Event::OrderConfirmedByAmendment(it) => self.confirmed(it),
            Event::OrderAmended(it) => self.order_amended(it),
            Event::DataInsufficient(it) => self.insufficient(it),
            Event::SameAirUnlikeGrade(it) => self.unlike(it),
        }
    }

    fn batch(self, batch: &Batch) -> Value {
        let rows = list(&batch.rows, |it| json!({"at": it.position, "readings": it.readings}));
        json!({
            "hour": batch.hour.to_string(),
            "rows": rows,
            "readings": list(&batch.readings, |it| self.reading(it)),
        })
    }

    fn reading(self, it: &Reading) -> Value {
        json!({
            "station": self.station(it.station),
            "pollutant": it.pollutant.name(),
            "value_ug_m3": ug_m3(it.tenths),
            "revision": it.revision,
            "outcome": it.outcome.name(),
        })
    }

    fn forecast(self, it: &Forecast) -> Value {
        json!({
            "issued_at": it.issued_at.to_string(),
            "maker": &*it.maker,
            "outlooks": list(&it.outlooks, |it| self.outlook(it)),
        })
    }

    fn outlook(self, it: &Outlook) -> Value {
        json!({
            "jurisdiction": self.jurisdiction(it.jurisdiction),
            "first": it.first.to_string(),
            "hours": list(&it.hours, |it| outlook_hour(*it)),
        })
    }

    fn exclusion(self, it: &Exclusion) -> Value {
        json!({
            "jurisdiction": self.jurisdiction(it.jurisdiction),
            "first": it.first.to_string(),
            "last": it.last.to_string(),
            "kind": it.kind.name(),
            "evidence": it.evidence,
        })
    }

    fn silence(self, it: &Silence) -> Value {
        json!({
            "station": self.station(it.station),
            "hour": it.hour.to_string(),
            "last_heard": text(it.last_heard),
        })
    }

    fn hour_closed(self, it: &HourClosed) -> Value {
        json!({
            "hour": it.hour.to_string(),
            "closed_at": it.closed_at.to_string(),
            "stale": it.stale,
            "jurisdictions": list(&it.jurisdictions, |it| self.city_hour(it)),
        })
    }

    fn city_hour(self, it: &CityHour) -> Value {
        let flagged = list(
            &it.flagged,
            |(station, flag)| json!({"station": self.station(*station), "flag": flag.name()}),
        );
        json!({
            "jurisdiction": self.jurisdiction(it.jurisdiction),
            "pm25_ug_m3": it.pm25_ug_m3,
            "stations_reporting": it.stations_reporting,
            "stations_expected": it.stations_expected,
            "mean_24h_ug_m3": it.mean_24h_ug_m3,
            "index_24h": it.index_24h,
            "valid_hours": it.valid_hours,
            "excluded_hours": it.excluded_hours,
            "flagged": flagged,
            "left_out": list(&it.left_out, |it| self.station(*it).into()),
            "grade": it.grade.map(Grade::name),
            "below_decisions": it.below_decisions,
            "unknown_decisions": it.unknown_decisions,
        })
    }

    fn act(self, it: &WarningAct) -> Value {
        let windows = list(&it.windows, |it| {
            json!({
                "end": it.end.to_string(),
                "mean_ug_m3": it.mean_ug_m3,
                "index": it.index,
                "valid_hours": it.valid_hours,
            })
        });
        json!({
            "hour": it.hour.to_string(),
            "decided_at": it.decided_at.to_string(),
            "warning": self.warning(it.warning),
            "jurisdiction": self.jurisdiction(it.warning.jurisdiction),
            "grade": it.grade.name(),
            "previous_grade": it.previous_grade.name(),
            "start": it.start.to_string(),
            "end": text(it.end),
            "standard": &*it.standard,
            "clause": it.clause.as_deref(),
            "lead_time_h": it.lead_time_h,
            "cause": it.cause.name(),
            "windows": windows,
            "observed_hours": it.observed_hours,
            "forecast_hours": it.forecast_hours,
            "makers": texts(&it.makers),
        })
    }

    fn order_set(self, it: &OrderSet) -> Value {
        json!({
            "hour": it.hour.to_string(),
            "decided_at": it.decided_at.to_string(),
            "epoch": it.epoch,
            "effective_at": text(it.effective_at),
            "linked": it.linked,
            "orders": list(&it.orders, |order| self.order(order, it.epoch)),
        })
    }

    fn order(self, it: &Order, epoch: u64) -> Value {
        let jurisdiction = self.jurisdiction(it.jurisdiction);
        let floors = list(
            &it.floors,
            |(emission, percent)| json!({"emission": &**emission, "percent": percent}),
        );
        json!({
            "order": format!("{epoch}-{jurisdiction}"),
            "jurisdiction": jurisdiction,
            "warning": self.warning(it.warning),
            "act": it.act.name(),
            "effective_at": text(it.effective_at),
            "grade": it.grade.name(),
            "level": it.grade.level(),
            "measures": texts(&it.measures),
            "floors": floors,
            "causes": list(&it.causes, |it| it.name().into()),
            "expected_end": text(it.expected_end),
            "acknowledge_by": it.acknowledge_by.to_string(),
        })
    }

    fn review(self, it: &Review) -> Value {
        json!({
            "hour": it.hour.to_string(),
            "decided_at": it.decided_at.to_string(),
            "warning": self.warning(it.warning),
            "jurisdiction": self.jurisdiction(it.warning.jurisdiction),
            "decisions": it.decisions,
        })
    }
}

/// Where an input came from; of a batch, where its first row did.
fn source_of(event: &Event) -> Value {
    let found = match event {
        Event::ReadingsReceived(batch) => {
            return batch.rows.first().map_or(Value::Null, |it| place(&batch.stream, it.position));
        }
        Event::Ticked(it) => &it.source,
        Event::ForecastReceived(it) => &it.source,
        Event::IntervalExcluded(it) => &it.source,
        Event::InputRefused(it) => &it.source,
        Event::RuleBookAdopted(_)
        | Event::StreamsJoined(_)
        | Event::StationSilent(_)
        | Event::StationHeard(_)
        | Event::HourClosed(_)
        | Event::WarningDecided(_)
        | Event::OrderSetIssued(_)
        | Event::ReviewDue(_)
        | Event::HourAmended(_)
        | Event::OrderConfirmedByAmendment(_)
        | Event::OrderAmended(_)
        | Event::DataInsufficient(_)
        | Event::SameAirUnlikeGrade(_) => &None,
    };
    found.as_ref().map_or(Value::Null, source)
}

fn place(stream: &Stream, position: u64) -> Value {
    match stream.partition {
        Some(partition) => {
            json!({"topic": &*stream.name, "partition": partition, "offset": position})
        }
        None => json!({"file": &*stream.name, "line": position}),
    }
}

fn stream(stream: &Stream) -> Value {
    match stream.partition {
        Some(partition) => json!({"topic": &*stream.name, "partition": partition}),
        None => json!({"file": &*stream.name}),
    }
}

fn refused(it: &Refusal) -> Value {
    json!({
        "reason": it.reason.name(),
        "source": it.source.as_ref().map(source),
        "hour": text(it.hour),
        "excerpt": it.excerpt,
        "count": it.count,
    })
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

/// Whole where it is whole, else with its one decimal.
fn ug_m3(tenths: Tenths) -> Value {
    match (tenths, tenths % 10) {
        (MISSING, _) => Value::Null,
        (_, 0) => (tenths / 10).into(),
        _ => (f64::from(tenths) / 10.0).into(),
    }
}

pub(super) fn text(value: Option<impl ToString>) -> Value {
    value.map_or(Value::Null, |it| it.to_string().into())
}

fn texts(items: &[Arc<str>]) -> Value {
    list(items, |it| (**it).into())
}

pub(super) fn list<T>(items: &[T], each: impl FnMut(&T) -> Value) -> Value {
    items.iter().map(each).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::record::samples::{one_of_each, rules};

    #[test]
    fn each_record_has_the_names_that_scripts_rely_on() {
        let rules = rules();
        let lines = one_of_each().into_iter().map(|it| record(&it, Some(&rules)).to_string());
        let found = lines.collect::<Vec<_>>().join(
            "
",
        ) + "
";
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/records.jsonl");
        let expected = std::fs::read_to_string(path).unwrap_or_default();
        assert!(found == expected, "{path} should be:\n{found}");
    }

    #[test]
    fn without_rules_places_stand_for_names() {
        let records = one_of_each();
        assert_eq!(record(&records[7], None)["body"]["station"], "#9");
        assert_eq!(record(&records[11], None)["body"]["orders"][0]["order"], "42-#1");
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
