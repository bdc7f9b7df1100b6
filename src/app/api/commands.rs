//! Commands of bodies.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};

use super::access::Asker;
use super::document::Answers;
use super::receipts;
use super::shared::Shared;
use super::view::record_json;
use super::writes::Work;
use crate::app::answer::remedy;
use crate::app::support::log_reader::LogLocation;
use crate::domain::cooperation::{CommandRefused, What, Why};
use crate::domain::{Event, Fact};
use crate::engine::{Entry, Position};
use crate::io::http::{Kind, Problem};
use crate::wire::identity::{Call, CallKind};
use crate::wire::message::read_command;

/// Gives a command: the envelope of the topic of commands, in JSON. The answer comes when the
/// command and its outcome are durable. The same command again is answered with the first outcome.
#[utoipa::path(
    post,
    path = "/v1/commands",
    tag = "answers",
    operation_id = "give_command",
    request_body(content = ref("#/components/schemas/Command"), description = "The same form as \
        schemas/command.schema.json.", content_type = "application/json"),
    responses(
        (status = 201, description = "Taken: the command and what it led to.", body = Object),
        (status = 200, description = "It was given before: the first outcome.", body = Object),
        (status = 409, description = "The id was used for another command.",
            body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The rules refuse it: `reason` is the name of the reason.",
            body = Problem, content_type = "application/problem+json"),
        Answers,
    ),
)]
pub(super) async fn give(
    State(shared): State<Arc<Shared>>,
    asker: Asker,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    asker.may_ever(CallKind::GiveCommand)?;
    check_json(&headers)?;
    shared.ready()?;
    let given = read_command(&body, None)
        .map_err(|error| Problem::new(Kind::BadRequest, error.to_string()))?;
    asker.may(&Call::GiveCommand { actor: &given.actor, command: &given.command })?;
    let recorded = shared.pending.carry(Work::Command(Box::new(given))).await?;
    let outcome = Outcome::of(&recorded)
        .ok_or_else(|| Problem::new(Kind::Internal, "the log has not recorded the command"))?;
    match outcome.refused() {
        None => Ok(answer(&shared, StatusCode::CREATED, &outcome)),
        Some(refused) => again(&shared, &outcome, refused).await,
    }
}

fn answer(shared: &Shared, status: StatusCode, outcome: &Outcome) -> Response {
    (status, axum::Json(outcome.json(shared.access.key.is_some()))).into_response()
}

/// The body must be JSON, and as it is: an envelope of `CloudEvents` around it is not opened.
pub(super) fn check_json(headers: &HeaderMap) -> Result<(), Problem> {
    let named = headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
    let named = named.map(|it| it.split(|byte| *byte == b';').next().unwrap_or_default());
    let is_json = named.is_some_and(|it| it.trim_ascii().eq_ignore_ascii_case(b"application/json"));
    if is_json {
        return Ok(());
    }
    let words = "send the header `Content-Type: application/json`";
    Err(Problem::new(Kind::UnsupportedMediaType, words))
}

/// A command, and what it led to.
struct Outcome {
    command: Arc<Entry>,
    followed_by: Vec<Arc<Entry>>,
}

impl Outcome {
    fn of(recorded: &[Arc<Entry>]) -> Option<Self> {
        let is_command =
            |it: &&Arc<Entry>| matches!(it.record.event, Event::Fact(Fact::CommandGiven(_)));
        let command = Arc::clone(recorded.iter().find(is_command)?);
        let position = command.record.position;
        let followed = recorded.iter().filter(|it| it.record.causation == Some(position));
        let followed_by = followed.cloned().collect();
        Some(Self { command, followed_by })
    }

    fn refused(&self) -> Option<&CommandRefused> {
        self.followed_by.iter().find_map(|entry| {
            let Event::Cooperation(event) = &entry.record.event else { return None };
            if let What::CommandRefused(refused) = &event.what { Some(refused) } else { None }
        })
    }

    /// `is_signed`: the log has a key, so that there are receipts.
    fn json(&self, is_signed: bool) -> Value {
        let first = self.followed_by.first().filter(|_| is_signed);
        json!({
            "position": self.command.record.position.0,
            "command": record_json(&self.command),
            "outcome": self.followed_by.iter().map(|it| record_json(it)).collect::<Vec<_>>(),
            "receipt": first.and_then(|it| receipts::address(it)),
        })
    }
}

/// The answer to a command that is refused: where it was given before, the first outcome.
async fn again(
    shared: &Arc<Shared>,
    outcome: &Outcome,
    refused: &CommandRefused,
) -> Result<Response, Problem> {
    if refused.reason == Why::Duplicate
        && let Some(first) = refused.first
    {
        let first = first_outcome(shared, first).await?;
        return match first.refused() {
            None => Ok(answer(shared, StatusCode::OK, &first)),
            Some(refused) => Err(problem(refused, &first)),
        };
    }
    Err(problem(refused, outcome))
}

fn problem(refused: &CommandRefused, outcome: &Outcome) -> Problem {
    let kind = if refused.reason == Why::IdReused { Kind::Conflict } else { Kind::Refused };
    let detail = refused.detail.as_ref().map(|it| format!(" ({it})")).unwrap_or_default();
    let words = format!("{}{detail}: {}", refused.reason.name(), remedy(refused.reason));
    Problem::new(kind, words).because(refused.reason.name()).at(outcome.command.record.position.0)
}

/// Records that may follow a command before its outcome ends.
const FOLLOWED_MAX: usize = 1_000;

/// A command that was given before, and what it led to, from the log.
async fn first_outcome(shared: &Arc<Shared>, position: u64) -> Result<Outcome, Problem> {
    let mut book = shared.view().book_before(position);
    let read = move |log: &LogLocation| -> anyhow::Result<Option<Outcome>> {
        let records = log.read_from(Position(position))?.take(FOLLOWED_MAX);
        let mut found = Vec::new();
        for record in records {
            let entry = book.entry(record?);
            let position = Some(Position(position));
            if Some(entry.record.position) != position && entry.record.correlation != position {
                break;
            }
            found.push(Arc::new(entry));
        }
        Ok(Outcome::of(&found))
    };
    let found = shared.read_log(read).await?;
    found.ok_or_else(|| Problem::new(Kind::Internal, "the log has not recorded the command"))
}
