//! Each jurisdiction: air, warning, order, and the last hours.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::{Value, json};

use super::access::Asker;
use super::document::Answers;
use super::shared::Shared;
use super::view::View;
use crate::domain::{AirEvent, Bound, Condition, Division, Event, Hour, JurisdictionIndex};
use crate::io::http::Problem;
use crate::wire::identity::Call;
use crate::wire::publication::standing;
use crate::wire::record::json::city_hour;

/// Every jurisdiction, by rising code: its air, its warning and its last order.
#[utoipa::path(
    get,
    path = "/v1/jurisdictions",
    tag = "state",
    operation_id = "jurisdictions",
    responses((status = 200, description = "All jurisdictions.", body = Object), Answers),
)]
pub(super) async fn all(
    State(shared): State<Arc<Shared>>,
    asker: Asker,
    asked: HeaderMap,
) -> Result<Response, Problem> {
    asker.may(&Call::ReadPublic)?;
    let list = |view: &mut View| {
        let all: Vec<Value> = view.overview.standings().values().map(standing).collect();
        Ok(json!({"records": view.next(), "jurisdictions": all}))
    };
    shared.answer(&asked, "jurisdictions", list)
}

/// One jurisdiction: its closed hours of the last nine days, the oldest first, what forecasts expect
/// of the hours to come, and the bounds of each grade by the standard in force.
#[utoipa::path(
    get,
    path = "/v1/jurisdictions/{code}",
    tag = "state",
    operation_id = "jurisdiction",
    params(("code" = String, Path, description = "The code, such as 130100.")),
    responses((status = 200, description = "The jurisdiction.", body = Object), Answers),
)]
pub(super) async fn one(
    State(shared): State<Arc<Shared>>,
    asker: Asker,
    Path(code): Path<String>,
    asked: HeaderMap,
) -> Result<Response, Problem> {
    asker.may(&Call::ReadPublic)?;
    let make = |view: &mut View| {
        let all = view.overview.standings();
        let found = all.iter().find(|(division, _)| division.to_string() == code);
        let (division, mut shown) = found
            .map(|(division, it)| (*division, standing(it)))
            .ok_or_else(|| Problem::missing(format!("jurisdiction {code}")))?;
        shown["hours"] = hours(view, division).into();
        shown["forecast"] = forecast(view, division);
        shown["standard"] = standard(view, division);
        Ok(shown)
    };
    shared.answer(&asked, &format!("jurisdictions/{code}"), make)
}

/// The jurisdiction whose air counts: its own, or that of the one that it follows.
fn measured(view: &View, division: Division) -> Option<JurisdictionIndex> {
    let all = &view.rules()?.jurisdictions;
    let place = all.iter().position(|it| it.division == division)?;
    let own = JurisdictionIndex(u16::try_from(place).ok()?);
    Some(all.get(place)?.follows.unwrap_or(own))
}

/// The newest outlook for each hour that has not closed. The upper bound counts.
fn forecast(view: &View, division: Division) -> Value {
    let Some(measured) = measured(view, division) else { return Value::Null };
    let expected = view.board.airshed().expected_hours(measured).map(|it| {
        json!({
            "hour": it.hour.to_string(),
            "lower_ug_m3": it.lower_ug_m3,
            "upper_ug_m3": it.upper_ug_m3,
            "maker": &*it.maker,
            "issued_at": it.issued_at.to_string(),
        })
    });
    expected.collect()
}

/// The standard in force at the hour that closes next, with the bounds of its clauses: of the
/// index, and as the lowest 24 h mean that exceeds them.
fn standard(view: &View, division: Division) -> Value {
    let airshed = view.board.airshed();
    let of_hour = |hour: Hour| {
        let standard = view.rules()?.standard(measured(view, division)?, hour.date())?;
        let condition = |it: Condition| {
            let (name, bound) = match it.bound {
                Bound::Above(bound) => ("above", bound),
                Bound::AtLeast(bound) => ("at_least", bound),
            };
            json!({
                name: bound,
                "hours": u32::from(it.windows) * 24,
                "exceeds_from_ug_m3": airshed.exceeds_from(it.bound, hour),
            })
        };
        let clauses = standard.clauses.iter().map(|it| {
            let conditions = [Some(it.main), it.within].into_iter().flatten();
            json!({
                "clause": &*it.id,
                "grade": it.grade.name(),
                "text": &*it.text,
                "conditions": conditions.map(condition).collect::<Vec<_>>(),
            })
        });
        Some(json!({
            "id": &*standard.id,
            "title": &*standard.title,
            "reference": &*standard.reference,
            "certainty": standard.certainty.name(),
            "clauses": clauses.collect::<Vec<_>>(),
        }))
    };
    airshed.next_hour().and_then(of_hour).unwrap_or_default()
}

fn hours(view: &View, division: Division) -> Vec<Value> {
    let of_hour = |entry: &Arc<crate::engine::Entry>| {
        let Event::Air(AirEvent::HourClosed(closed)) = &entry.record.event else { return None };
        let rules = entry.rules()?;
        let own = |it: JurisdictionIndex| {
            rules.jurisdictions.get(usize::from(it.0)).is_some_and(|it| it.division == division)
        };
        let city = closed.jurisdictions.iter().find(|it| own(it.jurisdiction))?;
        let mut shown = city_hour(city, rules);
        shown["hour"] = closed.hour.to_string().into();
        shown["record"] = entry.record.position.0.into();
        Some(shown)
    };
    view.hours().filter_map(of_hour).collect()
}
