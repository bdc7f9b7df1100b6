//! Records as lines for people.

use std::collections::BTreeMap;

use crate::domain::{
    Batch, Done, Event, Exclusion, Forecast, Hour, HourAmended, HourClosed, JurisdictionIndex,
    OrderAct, OrderSet, Outcome, Refusal, Rules, Silence, Stream, Timestamp, WarningAct,
};
use crate::engine::Record;

use super::json::Names;

/// One line for one record, by the rules in force at it; none: as long as there are none.
pub fn line(record: &Record, rules: Option<&Rules>) -> String {
    let position = record.position.0;
    let recorded_at = minute(record.recorded_at);
    let kind = record.event.record_type();
    let words = words(&record.event, Names(rules));
    format!("{position:>8}  {recorded_at}  {kind:<17}  {words}")
}

/// What an event says, in one line.
pub(crate) fn words(event: &Event, names: Names<'_>) -> String {
    match event {
        Event::RuleBookAdopted(book) => {
            let airshed = &book.rules.airshed;
            format!("{airshed}, {} files, digest {}", book.files.len(), book.digest)
        }
        Event::StreamsJoined(streams) => {
            streams.iter().map(Stream::to_string).collect::<Vec<_>>().join(", ")
        }
        Event::Ticked(tick) => {
            let by = tick.source.as_ref().map_or("the wall clock".into(), ToString::to_string);
            format!("to {}, by {by}", minute(tick.at))
        }
        Event::ReadingsReceived(batch) => readings(batch),
        Event::ForecastReceived(forecast) => outlook(forecast),
        Event::IntervalExcluded(exclusion) => excluded(exclusion, names),
        Event::InputRefused(refusal) => refused(refusal),
        Event::StationSilent(silence) | Event::StationHeard(silence) => silent(silence, names),
        Event::HourClosed(closed) => hour_closed(closed, names),
        Event::WarningDecided(act) => warning(act, names),
        Event::OrderSetIssued(set) => order_set(set, names),
        Event::HourAmended(it) => hour_amended(it, names),
        Event::OrderConfirmedByAmendment(it) => {
            let hours = it.hours.iter().map(|it| hour(*it)).collect::<Vec<_>>().join(", ");
            format!("{} {} stands, amended: {hours}", names.warning(it.warning), it.grade)
        }
        Event::OrderAmended(it) => {
            let (who, with) = (names.warning(it.warning), done(it.with.as_ref()));
            format!("{who} {with}, without late values {}", done(it.without.as_ref()))
        }
        Event::DataInsufficient(it) => {
            let (who, fallback) = (names.jurisdiction(it.jurisdiction), it.fallback.name());
            format!("{who} {} of {} hours, fallback {fallback}", it.valid_hours, it.needed_hours)
        }
        Event::SameAirUnlikeGrade(it) => {
            let side = |it: &crate::domain::UnlikeSide| {
                format!("{} {}", names.jurisdiction(it.jurisdiction), it.grade)
            };
            let [a, b] = it.sides.each_ref().map(side);
            format!("{a}, {b}, at most {} µg/m³ apart", it.differ_by_ug_m3)
        }
        Event::ReviewDue(review) => {
            let warning = names.warning(review.warning);
            format!("{warning}, kept open by silence for {} decisions", review.decisions)
        }
    }
}

fn hour_amended(it: &HourAmended, names: Names<'_>) -> String {
    let value = |it: Option<u16>| it.map_or("missing".to_owned(), |it| it.to_string());
    let (who, when) = (names.jurisdiction(it.jurisdiction), hour(it.hour));
    let (old, new, effect) = (value(it.old_ug_m3), value(it.new_ug_m3), it.effect.name());
    let at = it.otherwise.map_or(String::new(), |it| {
        let would_be = done(it.would_be.as_ref());
        format!(": {} {would_be}, was {}", hour(it.decision_hour), done(it.was.as_ref()))
    });
    format!("{who} {when}: {old} to {new} µg/m³, {effect}{at}")
}

/// What is done, in few words.
fn done(it: Option<&Done>) -> String {
    it.map_or("nothing".to_owned(), |it| {
        let name = it.kind.record_type();
        format!("{name} {} from {}", it.grade, hour(it.start))
    })
}

fn readings(batch: &Batch) -> String {
    let (readings, rows) = (batch.readings.len(), batch.rows.len());
    let taken = |it: Outcome| matches!(it, Outcome::Taken | Outcome::Replaces);
    let missing = batch.readings.iter().filter(|it| it.outcome == Outcome::ReportedMissing).count();
    let refused = batch.readings.iter().filter(|it| !taken(it.outcome)).count() - missing;
    let from = batch.rows.first().map_or(0, |it| it.position);
    let mut words = format!(
        "{}: {readings} readings in {rows} rows, from {}:{from}",
        hour(batch.hour),
        batch.stream
    );
    for (count, what) in [(missing, "missing"), (refused, "refused")] {
        if count > 0 {
            words = format!("{words}, {count} {what}");
        }
    }
    words
}

fn outlook(forecast: &Forecast) -> String {
    let jurisdictions = forecast.outlooks.len();
    let hours = forecast.outlooks.iter().map(|it| it.hours.len()).max().unwrap_or(0);
    let (maker, issued_at) = (&forecast.maker, minute(forecast.issued_at));
    format!("{maker} of {issued_at}: {jurisdictions} jurisdictions, {hours} hours")
}

fn excluded(it: &Exclusion, names: Names<'_>) -> String {
    let who = names.jurisdiction(it.jurisdiction);
    let (first, last, kind) = (hour(it.first), hour(it.last), it.kind.name());
    format!("{who} {first} to {last}, {kind}: {}", one_line(&it.evidence))
}

fn refused(it: &Refusal) -> String {
    let (reason, count) = (it.reason.name(), it.count);
    let at = it.source.as_ref().map_or(String::new(), |it| format!(" at {it}"));
    format!("{count} {reason}{at}: {}", one_line(&it.excerpt))
}

fn silent(it: &Silence, names: Names<'_>) -> String {
    let last = it.last_heard.map_or("never".into(), hour);
    format!("{} at {}, last heard {last}", names.station(it.station), hour(it.hour))
}

fn hour_closed(it: &HourClosed, names: Names<'_>) -> String {
    let all = it.jurisdictions.len();
    let with = it.jurisdictions.iter().filter(|it| it.pm25_ug_m3.is_some()).count();
    let highest = it.jurisdictions.iter().max_by_key(|it| it.index_24h);
    let highest = highest.and_then(|it| Some((names.jurisdiction(it.jurisdiction), it.index_24h?)));
    let highest = highest
        .map_or(String::new(), |(who, index)| format!(", highest 24 h index {index} in {who}"));
    let stale = if it.stale { ", too late for a decision" } else { "" };
    format!("{}: {with} of {all} with a value{highest}{stale}", hour(it.hour))
}

fn warning(it: &WarningAct, names: Names<'_>) -> String {
    let (grade, previous) = (it.grade, it.previous_grade);
    let (start, end) = (hour(it.start), it.end.map_or("further notice".into(), hour));
    let clause = it.clause.as_ref().map_or(String::new(), |it| format!(" {it}"));
    let (standard, lead, cause) = (&it.standard, it.lead_time_h, it.cause.name());
    let who = names.warning(it.warning);
    format!(
        "{who} {grade} (before {previous}), {start} to {end}, lead {lead} h, \
         {standard}{clause}, {cause}"
    )
}

fn order_set(it: &OrderSet, names: Names<'_>) -> String {
    let mut acts: BTreeMap<OrderAct, Vec<String>> = BTreeMap::new();
    for order in &it.orders {
        let who: JurisdictionIndex = order.jurisdiction;
        let whom = format!("{} {}", names.jurisdiction(who), order.grade);
        acts.entry(order.act).or_default().push(whom);
    }
    let acts = acts.iter().map(|(act, whom)| format!("{} {}", act.name(), whom.join(", ")));
    let acts = acts.collect::<Vec<_>>().join("; ");
    let from = it.effective_at.map_or(String::new(), |it| format!(" from {}", hour(it)));
    let linked = if it.linked { ", linked" } else { "" };
    format!("{}{from}{linked}: {acts}", it.epoch)
}

/// `2019-01-12 16:00`.
fn minute(at: Timestamp) -> String {
    let text = at.to_string().replacen('T', " ", 1);
    text.strip_suffix(":00+08:00").map(str::to_owned).unwrap_or(text)
}

fn hour(hour: Hour) -> String {
    minute(hour.end())
}

/// Texts from outside stay on their line.
fn one_line(text: &str) -> String {
    text.chars().map(|it| if it.is_control() { ' ' } else { it }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::record::samples::{one_of_each, rules};

    #[test]
    fn each_record_is_one_readable_line() {
        let rules = rules();
        let lines = one_of_each().into_iter().map(|it| line(&it, Some(&rules)));
        let found = lines.collect::<Vec<_>>().join("\n") + "\n";
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/records.txt");
        let expected = std::fs::read_to_string(path).unwrap_or_default();
        assert!(found == expected, "{path} should be:\n{found}");
    }
}
