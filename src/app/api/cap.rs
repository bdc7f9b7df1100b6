//! Warnings as CAP messages, and the Atom feed of them.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;

use super::access::Asker;
use super::answer::tagged;
use super::document::Answers;
use super::shared::Shared;
use crate::app::support::log_reader::Checkpoints;
use crate::io::http::Problem;
use crate::wire::cap::{Links, alert, feed as atom};
use crate::wire::identity::Call;

/// Where it is, without an address in the profile.
const ADDRESS: &str = "/v1/cap";

/// The warnings as an Atom feed of CAP messages: the newest ones, and the last one on each open
/// warning. Its ETag changes with each message.
#[utoipa::path(
    get,
    path = "/v1/cap/feed",
    tag = "decisions",
    operation_id = "cap_feed",
    responses(
        (status = 200, description = "The feed.", body = String,
            content_type = "application/atom+xml"),
        Answers,
    ),
)]
pub(super) async fn feed(
    State(shared): State<Arc<Shared>>,
    asker: Asker,
    asked: HeaderMap,
) -> Result<Response, Problem> {
    asker.may(&Call::ReadPublic)?;
    shared.ready()?;
    let (position, text) = {
        let view = shared.view();
        let messages = view.cap();
        let address = match messages.profile().address() {
            "" => ADDRESS,
            published => published,
        };
        let (own, before) = (format!("{address}/feed"), format!("{address}/"));
        let position = messages.all().last().map_or(0, |it| it.position() + 1);
        (position, atom(messages, Links { own: &own, before: &before, after: "" }))
    };
    Ok(tagged(&asked, position, "application/atom+xml", text))
}

/// A warning, or an act on it, as a message of the Common Alerting Protocol (CAP 1.2). With signed
/// checkpoints, it has the one that covers its record.
#[utoipa::path(
    get,
    path = "/v1/cap/{identifier}",
    tag = "decisions",
    operation_id = "cap_message",
    params(("identifier" = String, Path, description =
        "The identifier of the message, such as 13010000000000_20251204083000.")),
    responses(
        (status = 200, description = "The message.", body = String,
            content_type = "application/cap+xml"),
        Answers,
    ),
)]
pub(super) async fn message(
    State(shared): State<Arc<Shared>>,
    asker: Asker,
    Path(identifier): Path<String>,
    asked: HeaderMap,
) -> Result<Response, Problem> {
    asker.may(&Call::ReadPublic)?;
    shared.ready()?;
    let found = shared.view().cap().with_identifier(&identifier).map(Arc::clone);
    let message = found.ok_or_else(|| Problem::missing(format!("CAP message {identifier}")))?;
    let checkpoints = shared.read_much(|log| Ok(Checkpoints::of(log)?)).await?;
    let checkpoint = checkpoints.covering(message.position());
    let text = alert(&message, shared.view().cap().profile(), checkpoint);
    // A message is complete when a checkpoint covers it.
    let position = checkpoint.map_or(message.position(), |_| message.position() + 1);
    Ok(tagged(&asked, position, "application/cap+xml", text))
}
