//! What airshed does now.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::{Value, json};

use super::access::Asker;
use super::document::Answers;
use super::shared::Shared;
use super::view::View;
use crate::domain::ClockRule;
use crate::io::http::Problem;
use crate::wire::identity::Call;

/// What airshed does now: its clock, the hour that it waits for, the head of its log. `clock_kind` is
/// `wall`, or `sources` in replays and drills: then deadlines pass by the clock of the readings.
#[utoipa::path(
    get,
    path = "/v1/status",
    tag = "state",
    operation_id = "status",
    responses((status = 200, description = "The state.", body = Object), Answers),
)]
pub(super) async fn status(
    State(shared): State<Arc<Shared>>,
    asker: Asker,
    asked: HeaderMap,
) -> Result<Response, Problem> {
    asker.may(&Call::ReadPublic)?;
    shared.answer(&asked, "status", |view| Ok(status_json(view, shared.has_checkpoints)))
}

/// By which clock hours close and deadlines pass.
fn clock_kind(rule: ClockRule) -> &'static str {
    match rule {
        ClockRule::Wall => "wall",
        ClockRule::Sources => "sources",
    }
}

fn status_json(view: &View, has_checkpoints: bool) -> Value {
    let airshed = view.board.airshed();
    let rules = view.rules();
    let on_board = view.board.all();
    let silent = airshed.silent_stations();
    let station = |it: crate::domain::StationIndex| {
        let found = rules.and_then(|rules| rules.stations.get(usize::from(it.0)));
        found.map(|it| it.code.to_string())
    };
    json!({
        "airshed": rules.map(|it| it.airshed.to_string()),
        "version": env!("CARGO_PKG_VERSION"),
        "records": view.next(),
        "clock": airshed.clock().map(|it| it.to_string()),
        "clock_kind": rules.map(|it| clock_kind(it.parameters.closing.clock)),
        "next_hour": airshed.next_hour().map(|it| it.to_string()),
        "rule_book": airshed.book().map(|it| it.digest.to_string()),
        "has_checkpoints": has_checkpoints,
        "asks_for_answers": view.board.numbers().is_some(),
        "jurisdictions": rules.map_or(0, |it| it.jurisdictions.len()),
        "stations": rules.map_or(0, |it| it.stations.len()),
        "silent_stations": silent.filter_map(station).collect::<Vec<_>>(),
        "open_matters": on_board.matters.len(),
        "pending_proposals": on_board.proposals.len(),
    })
}
