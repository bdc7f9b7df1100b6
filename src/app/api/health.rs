//! Whether the program lives, and whether it can answer.

use std::sync::Arc;

use axum::extract::State;
use serde_json::{Value, json};

use super::access::Asker;
use super::document::Answers;
use super::shared::Shared;
use crate::io::http::{Kind, Problem};
use crate::wire::identity::Call;

/// The program runs; status 503 if only a new start helps.
#[utoipa::path(
    get,
    path = "/live",
    tag = "operations",
    operation_id = "live",
    responses((status = 200, description = "It runs.", body = Object), Answers),
)]
pub(super) async fn live(State(shared): State<Arc<Shared>>) -> Result<axum::Json<Value>, Problem> {
    if (shared.health.live)() {
        return Ok(axum::Json(json!({"live": true})));
    }
    Err(Problem::new(Kind::Unavailable, "the engine has failed; the log of the program says why"))
}

/// The program can answer; else status 503 with the reason.
#[utoipa::path(
    get,
    path = "/ready",
    tag = "operations",
    operation_id = "ready",
    responses((status = 200, description = "It can answer.", body = Object), Answers),
)]
pub(super) async fn ready(State(shared): State<Arc<Shared>>) -> Result<axum::Json<Value>, Problem> {
    shared.ready()?;
    (shared.health.ready)().map_err(|words| Problem::new(Kind::Unavailable, words))?;
    Ok(axum::Json(json!({"ready": true})))
}

/// Metrics in the text format of Prometheus.
#[utoipa::path(
    get,
    path = "/metrics",
    tag = "operations",
    operation_id = "metrics",
    responses(
        (status = 200, description = "The metrics.", body = String, content_type = "text/plain"),
        Answers,
    ),
)]
pub(super) async fn metrics(
    State(shared): State<Arc<Shared>>,
    asker: Asker,
) -> Result<([(axum::http::HeaderName, &'static str); 1], String), Problem> {
    asker.may(&Call::ReadMetrics)?;
    let content = (axum::http::header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8");
    Ok(([content], (shared.health.metrics)()))
}

/// This document: OpenAPI 3.1.
#[utoipa::path(
    get,
    path = "/openapi.json",
    tag = "operations",
    operation_id = "openapi",
    responses((status = 200, description = "The document.", body = Object), Answers),
)]
pub(super) async fn openapi() -> ([(axum::http::HeaderName, &'static str); 1], &'static str) {
    ([(axum::http::header::CONTENT_TYPE, "application/json")], super::document::text())
}
