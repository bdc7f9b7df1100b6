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
use crate::domain::{AirEvent, Division, Event};
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

/// One jurisdiction, with its closed hours of the last nine days, the oldest first.
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
        Ok(shown)
    };
    shared.answer(&asked, &format!("jurisdictions/{code}"), make)
}

fn hours(view: &View, division: Division) -> Vec<Value> {
    let of_hour = |entry: &Arc<crate::engine::Entry>| {
        let Event::Air(AirEvent::HourClosed(closed)) = &entry.record.event else { return None };
        let rules = entry.rules()?;
        let own = |it: crate::domain::JurisdictionIndex| {
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
