//! The tree of an explanation, as JSON.

use serde_json::{Value, json};

use crate::domain::{
    Bound, Event, ExplainedClause, ExplainedCondition, ExplainedHour, ExplainedStation, Grade,
    Jurisdiction, LeftOut, MISSING, Standard, StationIndex, Tenths, WarningEvent, Window,
};
use crate::engine::Record;
use crate::wire::record::json::{self as record_json, Names};
use crate::wire::record::words;

use super::find::{DecisionHour, Said};
use super::{conditions, robustness};

/// The whole tree.
pub(super) fn tree(what: &str, found: &[DecisionHour]) -> Value {
    json!({"of": what, "decisions": found.iter().map(decision).collect::<Vec<_>>()})
}

fn decision(found: &DecisionHour) -> Value {
    let (explanation, rules) = (&found.explanation, &found.book.rules);
    let (index, own) = (explanation.index.as_ref(), jurisdiction(found));
    let of_day =
        found.closed.jurisdictions.iter().find(|it| it.jurisdiction == explanation.measured);
    let conditions = conditions::conditions(found).into_iter();
    let mut decision = json!({
        "jurisdiction": found.division.to_string(),
        "name": own.map(|it| &*it.name),
        "name_zh": own.map(|it| &*it.name_zh),
        "follows": found.follows.map(|it| it.to_string()),
        "hour": found.closed.hour.to_string(),
        "closed_at": found.closed.closed_at.to_string(),
        "stale": found.closed.stale,
        "record": found.position.0,
        "warning": found.act.as_ref().map(|(position, act)| {
            let mut body = record_json::body(&Event::Warning(WarningEvent::WarningDecided(act.clone())), rules);
            body["act"] = act.kind.record_type().trim_start_matches("warning_").into();
            body["record"] = position.0.into();
            body
        }),
        "order": found.order.as_ref().map(|(position, epoch, order)| json!({
            "order": format!("{epoch}-{}", found.division),
            "act": order.act.name(),
            "grade": order.grade.name(),
            "level": order.grade.level(),
            "effective_at": order.effective_at.map(|it| it.to_string()),
            "expected_end": order.expected_end.map(|it| it.to_string()),
            "causes": order.causes.iter().map(|it| it.name()).collect::<Vec<_>>(),
            "measures": order.measures.iter().map(|it| &**it).collect::<Vec<_>>(),
            "acknowledge_by": order.acknowledge_by.to_string(),
            "record": position.0,
        })),
        "measures": measures(found),
        "conditions": conditions
            .map(|(text, holds)| json!({"text": text, "holds": holds}))
            .collect::<Vec<_>>(),
        "standard": explanation.standard.as_ref().map(standard),
        "episode": explanation.episode.as_ref().map(|it| json!({
            "grade": it.grade.name(),
            "begin": it.begin.to_string(),
            "end": it.end.to_string(),
            "clause": &*it.clause,
        })),
        "margin": margin(found),
        "clauses": explanation.clauses.iter().map(clause).collect::<Vec<_>>(),
        "air": {
            "pm25_ug_m3": explanation.pm25_ug_m3,
            "index_1h": explanation.index_1h,
            "mean_24h_ug_m3": of_day.and_then(|it| it.mean_24h_ug_m3),
            "index_24h": of_day.and_then(|it| it.index_24h),
            "valid_hours": of_day.map(|it| it.valid_hours),
            "excluded_hours": of_day.map(|it| it.excluded_hours),
            "index_standard": index.map(|it| json!({"id": &*it.id, "reference": &*it.reference})),
        },
        "stations": stations(found),
        "outlooks": outlooks(found),
        "series": explanation.hours.iter().map(|it| hour(found, it)).collect::<Vec<_>>(),
    });
    robustness::add(found, &mut decision);
    decision["amendments"] = found.amendments.iter().map(|it| record(found, it)).collect();
    let later = found.later.iter().map(|(it, said)| {
        let mut json = record(found, it);
        json["readings"] = said.iter().map(|it| late(found, it)).collect();
        json
    });
    decision["later"] = later.collect();
    decision
}

/// The measures of an order, with their texts.
fn measures(found: &DecisionHour) -> Value {
    let named = found.order.iter().flat_map(|(_, _, order)| &order.measures);
    let known = named.filter_map(|id| found.book.rules.measures.iter().find(|it| it.id == *id));
    known
        .map(|it| {
            json!({
                "measure": &*it.id,
                "text": &*it.text,
                "text_zh": it.text_zh.as_deref(),
                "reference": &*it.reference,
                "certainty": it.certainty.name(),
            })
        })
        .collect()
}

/// A record about amended air: its JSON and its text.
fn record(found: &DecisionHour, it: &Record) -> Value {
    json!({
        "type": it.event.record_type(),
        "record": it.position.0,
        "text": words(&it.event, Names(Some(&found.book.rules))),
        "body": record_json::body(&it.event, &found.book.rules),
    })
}

/// A value that came late.
fn late(found: &DecisionHour, (station, said): &(StationIndex, Said)) -> Value {
    json!({
        "station": Names(Some(&found.book.rules)).station(*station),
        "value_ug_m3": ug_m3(said.tenths),
        "source": record_json::source(&said.source),
        "record": said.record.0,
    })
}

fn jurisdiction(found: &DecisionHour) -> Option<&Jurisdiction> {
    found.book.rules.jurisdictions.iter().find(|it| it.division == found.division)
}

fn standard(it: &Standard) -> Value {
    json!({
        "id": &*it.id,
        "title": &*it.title,
        "reference": &*it.reference,
        "certainty": it.certainty.name(),
    })
}

fn clause(it: &ExplainedClause) -> Value {
    json!({
        "clause": &*it.clause.id,
        "grade": it.clause.grade.name(),
        "text": &*it.clause.text,
        "holds": it.holds,
        "conditions": it.conditions.iter().map(condition).collect::<Vec<_>>(),
    })
}

fn condition(it: &ExplainedCondition) -> Value {
    let (word, bound) = match it.condition.bound {
        Bound::Above(bound) => ("above", bound),
        Bound::AtLeast(bound) => ("at_least", bound),
    };
    let window = |end: crate::domain::Hour, it: Option<Window>| {
        json!({
            "end": end.to_string(),
            "mean_ug_m3": it.map(|it| it.mean_ug_m3),
            "index": it.map(|it| it.index),
            "valid_hours": it.map(|it| it.valid_hours),
        })
    };
    json!({
        word: bound,
        "hours": u32::from(it.condition.windows) * 24,
        "holds": it.holds,
        "windows": it.windows.iter().map(|(end, it)| window(*end, *it)).collect::<Vec<_>>(),
        "exceeds_from_ug_m3": it.exceeds_from_ug_m3,
        "margin_ug_m3": it.margin_ug_m3,
    })
}

/// The rise of the windows to the next grade, and the fall to a lower one.
fn margin(found: &DecisionHour) -> Value {
    let explanation = &found.explanation;
    let grade = explanation.episode.as_ref().map_or(Grade::None, |it| it.grade);
    let lowest =
        |it: &ExplainedClause| it.conditions.iter().map(|it| it.margin_ug_m3).min().flatten();
    let above = explanation.clauses.iter().filter(|it| it.clause.grade > grade);
    let near = above.filter_map(|it| Some(((-lowest(it)?).max(0), it)));
    let up = near.min_by_key(|(rise, it)| (*rise, it.clause.grade));
    let named = explanation.episode.as_ref().map(|it| &it.clause);
    let named = explanation.clauses.iter().find(|it| it.holds && Some(&it.clause.id) == named);
    let down = named.and_then(|it| Some((lowest(it)? + 1, it)));
    json!({
        "up": up.map(|(rise, it)| json!({
            "grade": it.clause.grade.name(), "clause": &*it.clause.id, "rise_ug_m3": rise,
        })),
        "down": down.map(|(fall, it)| json!({"clause": &*it.clause.id, "fall_ug_m3": fall})),
    })
}

/// The stations that are live at the hour, and others that sent something for it.
fn stations(found: &DecisionHour) -> Value {
    let stations =
        found.explanation.stations.iter().filter(|it| {
            it.left_out != Some(LeftOut::NotLive) || found.said.contains_key(&it.station)
        });
    stations.map(|it| station(found, it)).collect()
}

fn station(found: &DecisionHour, it: &ExplainedStation) -> Value {
    let known = found.book.rules.stations.get(usize::from(it.station.0));
    let said = found.said.get(&it.station).into_iter().flatten();
    json!({
        "station": Names(Some(&found.book.rules)).station(it.station),
        "name": known.map(|it| &*it.name),
        "value_ug_m3": it.tenths.map(ug_m3),
        "used": it.left_out.is_none(),
        "left_out": it.left_out.map(LeftOut::name),
        "flag": it.flag.map(crate::domain::Flag::name),
        "readings": said.map(|it| json!({
            "value_ug_m3": (it.tenths != MISSING).then(|| ug_m3(it.tenths)),
            "outcome": it.outcome.name(),
            "source": record_json::source(&it.source),
            "record": it.record.0,
        })).collect::<Vec<_>>(),
    })
}

/// A whole number if possible, otherwise with one decimal.
pub(super) fn ug_m3(tenths: Tenths) -> Value {
    if tenths % 10 == 0 { (tenths / 10).into() } else { (f64::from(tenths) / 10.0).into() }
}

/// The number of hours of the series from each maker.
fn outlooks(found: &DecisionHour) -> Value {
    let mut makers: Vec<(&str, u32)> = Vec::new();
    for maker in found.explanation.hours.iter().filter_map(|it| it.maker.as_deref()) {
        match makers.iter_mut().find(|it| it.0 == maker) {
            Some(known) => known.1 += 1,
            None => makers.push((maker, 1)),
        }
    }
    let issue = |maker: &str| {
        found.issues.get(maker).map(|it| {
            json!({
                "issued_at": it.issued_at.to_string(),
                "source": it.source.as_ref().map(record_json::source),
                "record": it.record.0,
            })
        })
    };
    let each = makers.iter().map(
        |(maker, hours)| json!({"maker": maker, "hours": hours, "newest_issue": issue(maker)}),
    );
    each.collect()
}

fn hour(found: &DecisionHour, it: &ExplainedHour) -> Value {
    let from = match (&it.maker, it.ug_m3) {
        (Some(_), _) => "forecast",
        (None, Some(_)) => "observed",
        (None, None) => "missing",
    };
    let amended = found.amended.get(&(it.hour, found.explanation.measured));
    let closed = (it.hour == found.closed.hour).then_some(&found.position);
    let record = closed.or(amended).or(found.closings.get(&it.hour));
    json!({
        "hour": it.hour.to_string(),
        "ug_m3": it.ug_m3,
        "from": from,
        "maker": it.maker.as_deref(),
        "excluded": it.excluded,
        "record": record.map(|it| it.0),
    })
}
