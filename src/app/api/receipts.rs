//! Receipts: what a body keeps to show later that its command was recorded.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;

use super::access::Asker;
use super::document::Answers;
use super::proofs::bundle;
use super::records;
use super::shared::Shared;
use crate::app::trust::prove::Wanted;
use crate::domain::Event;
use crate::domain::cooperation::Body;
use crate::engine::Entry;
use crate::io::http::Problem;
use crate::wire::identity::Call;

/// The receipt for a command: a bundle with the record of its outcome, the proof that the log has
/// it, and the signed checkpoint. `airshed verify-bundle` checks it without the log. It is for the
/// body that gave the command; the answer to the command has this address as `receipt`.
#[utoipa::path(
    get,
    path = "/v1/receipts/{position}",
    tag = "answers",
    operation_id = "receipt",
    params(("position" = u64, Path, description = "The position of the outcome.",
        maximum = 9_007_199_254_740_991_i64)),
    responses((status = 200, description = "The bundle.", body = Object), Answers),
)]
pub(super) async fn receipt(
    State(shared): State<Arc<Shared>>,
    asker: Asker,
    Path(position): Path<u64>,
) -> Result<Response, Problem> {
    asker.is_member()?;
    shared.ready()?;
    let found = records::from(&shared, position, 1).await?;
    let missing = || Problem::missing(format!("outcome of a command at position {position}"));
    let by = found.first().and_then(|it| actor(it)).ok_or_else(missing)?;
    asker.may(&Call::ReadBody(&by))?;
    bundle(&shared, Wanted::of(position, true, None)).await
}

/// The body that gave the command from which a record follows.
fn actor(entry: &Entry) -> Option<Body> {
    let Event::Cooperation(event) = &entry.record.event else { return None };
    event.by.as_ref().map(|it| it.body.clone())
}

/// Where the receipt for an outcome is.
pub(super) fn address(outcome: &Entry) -> Option<String> {
    actor(outcome).map(|_| format!("/v1/receipts/{}", outcome.record.position.0))
}
