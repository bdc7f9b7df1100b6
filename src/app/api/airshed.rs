//! What the rule book says of places and bounds: names for codes, points for a map, lines for a chart.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::{Value, json};

use super::access::Asker;
use super::document::Answers;
use super::shared::Shared;
use super::view::View;
use crate::domain::{
    Averaging, Clause, Condition, Date, Jurisdiction, JurisdictionIndex, Pollutant, Rules,
};
use crate::io::http::Problem;
use crate::wire::identity::Call;
use crate::wire::rule_book::station_places;

/// The airshed by the rule book in force: jurisdictions, stations, measures, and the clauses of the
/// standard that is in force in each jurisdiction, with the 24 h mean from which on each bound is
/// exceeded.
#[utoipa::path(
    get,
    path = "/v1/airshed",
    tag = "state",
    operation_id = "airshed",
    responses((status = 200, description = "The airshed.", body = Object), Answers),
)]
pub(super) async fn airshed(
    State(shared): State<Arc<Shared>>,
    asker: Asker,
    asked: HeaderMap,
) -> Result<Response, Problem> {
    asker.may(&Call::ReadPublic)?;
    shared.answer(&asked, "airshed", |view| Ok(airshed_json(view)))
}

fn airshed_json(view: &View) -> Value {
    let airshed = view.board.airshed();
    let Some((book, rules)) = airshed.book().zip(airshed.rules()) else { return json!({}) };
    let date = airshed.next_hour().map(|it| it.plus(-1).date());
    let date = date.or(airshed.clock().map(|it| it.hour_at_or_before().date()));
    let code = |it: JurisdictionIndex| {
        rules.jurisdictions.get(usize::from(it.0)).map(|it| it.division.to_string())
    };
    let jurisdiction = |(place, it): (u16, &Jurisdiction)| {
        let graded = it.follows.unwrap_or(JurisdictionIndex(place));
        let standard = date.and_then(|date| rules.standard(graded, date));
        let clauses = standard.map_or(&[][..], |it| &it.clauses);
        json!({
            "jurisdiction": it.division.to_string(),
            "name": it.name,
            "name_zh": it.name_zh,
            "follows": it.follows.and_then(code),
            "standard": standard.map(|it| &it.id),
            "standard_title": standard.map(|it| &it.title),
            "clauses": clauses.iter().map(|it| clause(it, rules, date)).collect::<Vec<_>>(),
        })
    };
    let places = station_places(book);
    let stations = rules.stations.iter().map(|it| {
        let place = places.get(&it.code);
        json!({
            "station": it.code,
            "name": it.name,
            "jurisdiction": code(it.jurisdiction),
            "control_point": it.control_point,
            "stop": it.stop.map(|it| it.to_string()),
            "lon": place.map(|it| it.0),
            "lat": place.map(|it| it.1),
        })
    });
    let measures = rules.measures.iter().map(
        |it| json!({"measure": it.id, "sector": it.sector, "text": it.text, "text_zh": it.text_zh}),
    );
    let bodies = view.board.numbers().map(|it| it.bodies.named().map(|it| it.code().to_owned()));
    json!({
        "airshed": rules.airshed,
        "rule_book": book.digest,
        "jurisdictions": (0..).zip(&rules.jurisdictions).map(jurisdiction).collect::<Vec<_>>(),
        "stations": stations.collect::<Vec<_>>(),
        "measures": measures.collect::<Vec<_>>(),
        "bodies": bodies.into_iter().flatten().collect::<Vec<_>>(),
    })
}

fn clause(it: &Clause, rules: &Rules, date: Option<Date>) -> Value {
    let condition = |it: Condition| {
        json!({
            "index_from": it.bound.lowest(),
            "hours": u32::from(it.windows) * 24,
            "mean_24h_from_ug_m3": date.and_then(|date| exceeds_ug_m3(it, rules, date)),
        })
    };
    json!({
        "clause": it.id,
        "grade": it.grade.name(),
        "text": it.text,
        "main": condition(it.main),
        "within": it.within.map(condition),
    })
}

/// No bound is above this concentration.
const HIGHEST_UG_M3: u16 = 1_500;

/// The lowest whole 24 h mean with an index that exceeds the bound.
fn exceeds_ug_m3(condition: Condition, rules: &Rules, date: Date) -> Option<u16> {
    let scale = rules.index(date)?.scale(Pollutant::Pm25, Averaging::Hour24)?;
    (0..=HIGHEST_UG_M3).find(|it| condition.bound.exceeded_by(scale.index((*it * 10).into())))
}
