//! What waits for an answer, as one body may see it.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::Response;

use super::access::Asker;
use super::caller::Viewer;
use super::document::Answers;
use super::shared::Shared;
use super::view::View;
use crate::app::read::matters::board_json;
use crate::domain::cooperation::Body;
use crate::io::http::Problem;

/// The order board: order sets, proposals, open matters with their deadlines.
#[utoipa::path(
    get,
    path = "/v1/matters",
    tag = "answers",
    operation_id = "matters",
    params(Viewer),
    responses((status = 200, description = "The board.", body = Object), Answers),
)]
pub(super) async fn matters(
    State(shared): State<Arc<Shared>>,
    asker: Asker,
    Query(viewer): Query<Viewer>,
    asked: HeaderMap,
) -> Result<Response, Problem> {
    let body = viewer.body(&shared, &asker)?;
    let request = format!("matters/{}", body.as_ref().map_or("", Body::code));
    let make = |view: &mut View| Ok(board_json(&view.board, body));
    shared.answer(&asked, &request, make)
}
