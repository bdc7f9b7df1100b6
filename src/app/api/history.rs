//! The records that change what can be seen: the log without readings, ticks and commands.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::IntoParams;

use super::access::Asker;
use super::caller::viewer;
use super::decisions::{LIMIT_MAX, Page};
use super::document::Answers;
use super::shared::Shared;
use super::view::View;
use crate::domain::cooperation::Body;
use crate::domain::{Event, Fact};
use crate::engine::Entry;
use crate::io::http::Problem;

/// A part of the history.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Part {
    /// From this position of the log on, that one included.
    #[serde(default)]
    #[param(maximum = 9_007_199_254_740_991_i64, default = 0)]
    after: u64,
    /// At most so many records, from 1 to 1000.
    #[serde(default = "default_limit")]
    #[param(minimum = 1, maximum = 1000, default = 1000)]
    limit: usize,
    /// What this body may see: a code such as 130100, a province such as 13, or region. Without it,
    /// what the caller's own body may see; for an operator, everything.
    #[serde(rename = "as")]
    #[param(rename = "as", pattern = "^(region|[0-9]{2}|[0-9]{6})$")]
    viewer: Option<String>,
}

fn default_limit() -> usize {
    LIMIT_MAX
}

/// The history of the log: every record but readings, ticks and commands, from the position `after`
/// on. `next` is what to give as `after` for those that follow, and null at the end. `first` is the
/// position from which on the history is whole: the oldest records of a long log are left out.
#[utoipa::path(
    get,
    path = "/v1/history",
    tag = "log",
    operation_id = "history",
    params(Part),
    responses((status = 200, description = "Records.", body = Object), Answers),
)]
pub(super) async fn history(
    State(shared): State<Arc<Shared>>,
    asker: Asker,
    Query(part): Query<Part>,
    asked: HeaderMap,
) -> Result<Response, Problem> {
    let body = viewer(part.viewer.as_deref(), &shared, &asker)?;
    let Page { after, limit } = Page { after: part.after, limit: part.limit }.check()?;
    let seen_by = body.as_ref().map_or("", Body::code);
    let request = format!("history/{after}/{limit}/{seen_by}");
    let make = |view: &mut View| Ok(part_json(view, after, limit, body.as_ref()));
    shared.answer(&asked, &request, make)
}

fn part_json(view: &View, after: u64, limit: usize, viewer: Option<&Body>) -> Value {
    let (first, mut rest) = view.history(after);
    let taken: Vec<&Arc<Entry>> = rest.by_ref().take(limit).collect();
    let next = rest.next().map(|it| it.record.position.0);
    let shown = taken.into_iter().filter_map(|it| view.shown(it, viewer)).map(without_texts);
    json!({
        "records": shown.collect::<Vec<_>>(),
        "next": next,
        "first": first,
        "position": view.next(),
    })
}

/// The texts of a rule book are long, and `/v1/airshed` says what they mean.
fn without_texts(mut record: Value) -> Value {
    if record["type"] == "rule_book_adopted"
        && let Some(body) = record["body"].as_object_mut()
    {
        body.remove("files");
    }
    record
}

/// Whether a record is part of the history.
pub(super) fn is_history(event: &Event) -> bool {
    !matches!(
        event,
        Event::Fact(
            Fact::ReadingsReceived(_)
                | Fact::Ticked(_)
                | Fact::CommandGiven(_)
                | Fact::StreamsJoined(_)
        )
    )
}
