//! Readings of stations that have no Kafka.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde_json::json;

use super::access::Asker;
use super::commands::check_json;
use super::document::Answers;
use super::shared::Shared;
use super::view::record_json;
use super::writes::Work;
use crate::domain::{Event, Fact};
use crate::io::http::{Kind, Problem};
use crate::wire::identity::Call;
use crate::wire::message::read_readings_json;

/// Gives readings, by the rules of the topic of readings. The answer comes when they are durable:
/// it counts what was received, and shows each refusal. An hour closes as soon as every station that
/// is expected has reported PM2.5 and PM10, a value or null, and else when its grace has passed.
#[utoipa::path(
    post,
    path = "/v1/readings",
    tag = "input",
    operation_id = "give_readings",
    request_body(content = ref("#/components/schemas/Readings"), description = "The same form as \
        schemas/readings.schema.json.", content_type = "application/json"),
    responses((status = 201, description = "What was recorded.", body = Object), Answers),
)]
pub(super) async fn give(
    State(shared): State<Arc<Shared>>,
    asker: Asker,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    asker.may(&Call::PostReadings)?;
    check_json(&headers)?;
    let message = read_readings_json(&body)
        .map_err(|error| Problem::new(Kind::BadRequest, error.to_string()))?;
    let recorded = shared.pending.carry(Work::Readings(message)).await?;
    let received = recorded.iter().map(|it| {
        if let Event::Fact(Fact::ReadingsReceived(batch)) = &it.record.event {
            batch.readings.len()
        } else {
            0
        }
    });
    let received: usize = received.sum();
    let refused = recorded
        .iter()
        .filter(|it| matches!(it.record.event, Event::Fact(Fact::InputRefused(_))))
        .map(|it| record_json(it));
    let answer = json!({
        "received": received,
        "refused": refused.collect::<Vec<_>>(),
        "position": recorded.last().map(|it| it.record.position.0),
    });
    Ok((StatusCode::CREATED, axum::Json(answer)).into_response())
}
