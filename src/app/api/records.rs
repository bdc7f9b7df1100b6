//! The log itself.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::{Value, json};

use super::access::Asker;
use super::answer::At;
use super::decisions::Page;
use super::document::Answers;
use super::shared::Shared;
use super::view::record_json;
use crate::app::support::log_reader::LogLocation;
use crate::engine::{BookInForce, Entry, Position};
use crate::io::http::Problem;
use crate::wire::identity::Call;

/// Records of the log, from the position `after` on (that one included). `next` is the position of
/// the record that follows, and null at the end of the log.
#[utoipa::path(
    get,
    path = "/v1/log/records",
    tag = "log",
    operation_id = "records",
    params(Page),
    responses((status = 200, description = "Records.", body = Object), Answers),
)]
pub(super) async fn records(
    State(shared): State<Arc<Shared>>,
    asker: Asker,
    Query(page): Query<Page>,
    asked: HeaderMap,
) -> Result<Response, Problem> {
    asker.may(&Call::ReadLog)?;
    let Page { after, limit } = page.check()?;
    shared.ready()?;
    let position = shared.view().next();
    let found = from(&shared, after, limit).await?;
    let end = after.saturating_add(found.len() as u64);
    let shown: Vec<Value> = found.iter().map(|it| record_json(it)).collect();
    let answer = json!({"records": shown, "next": (end < position).then_some(end)});
    let json = serde_json::to_vec(&answer).unwrap_or_default().into();
    Ok(At { position, json }.answer(&asked))
}

/// Records from a position on, at most so many: from memory, or else from the log. Only those
/// that the view has taken.
pub(super) async fn from(
    shared: &Arc<Shared>,
    position: u64,
    records_max: usize,
) -> Result<Vec<Arc<Entry>>, Problem> {
    let (end, newest, book) = {
        let view = shared.view();
        (view.next(), view.newest(position, records_max), view.book_before(position))
    };
    if let Some(newest) = newest {
        return Ok(newest);
    }
    if position >= end {
        return Ok(Vec::new());
    }
    let count = usize::try_from(end - position).unwrap_or(usize::MAX).min(records_max);
    shared.read_log(move |log| read(log, position, count, book)).await
}

fn read(
    log: &LogLocation,
    position: u64,
    count: usize,
    mut book: BookInForce,
) -> anyhow::Result<Vec<Arc<Entry>>> {
    let records = log.read_from(Position(position))?.take(count);
    let mut found = Vec::new();
    for record in records {
        found.push(Arc::new(book.entry(record?)));
    }
    Ok(found)
}
