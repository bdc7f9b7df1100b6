//! What a decision rests on, and what became of one thing.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use utoipa::ToSchema;

use super::access::Asker;
use super::caller::Viewer;
use super::document::Answers;
use super::shared::Shared;
use crate::app::read::explain::{self, Named, Subject, What};
use crate::app::support::log_reader::LogLocation;
use crate::app::support::moment;
use crate::domain::cooperation::Body;
use crate::io::http::{Kind, Problem};
use crate::wire::identity::Call;

/// What became of things of these kinds.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum StoryOf {
    Order,
    Response,
    Matter,
    Proposal,
    Consultation,
    Case,
    Whistle,
}

impl StoryOf {
    fn named(self, id: String) -> Named {
        match self {
            Self::Order => Named::Order { id },
            Self::Response => Named::Response { id },
            Self::Matter => Named::Matter { id },
            Self::Proposal => Named::Proposal { id },
            Self::Consultation => Named::Consultation { id },
            Self::Case => Named::Case { id },
            Self::Whistle => Named::Whistle { id },
        }
    }
}

/// Decisions of these kinds.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum DecisionOf {
    OrderSet,
    Warning,
}

/// What an order set, or each act on a warning, rests on: clauses, windows, stations, readings,
/// forecasts, how far the next grade is away, and what missing readings could change. The same as
/// `airshed explain --json` prints.
#[utoipa::path(
    get,
    path = "/v1/explain/decisions/{kind}/{id}",
    tag = "decisions",
    operation_id = "explain_decision",
    params(
        ("kind" = DecisionOf, Path, description = "The kind of decision."),
        ("id" = String, Path, description =
            "The number of the order set, or the id of the warning, such as 130100-1."),
    ),
    responses((status = 200, description = "The tree.", body = Object), Answers),
)]
pub(super) async fn decision(
    State(shared): State<Arc<Shared>>,
    asker: Asker,
    Path((kind, id)): Path<(DecisionOf, String)>,
    asked: HeaderMap,
) -> Result<Response, Problem> {
    asker.is_member()?;
    let what = match kind {
        DecisionOf::Warning => What::Warning { id },
        DecisionOf::OrderSet => What::OrderSet {
            epoch: id.parse().map_err(|_| Problem::missing(format!("order set {id}")))?,
        },
    };
    answer(&shared, &asked, Subject::Decision(what), None).await
}

/// What one hour of one jurisdiction rests on, with or without a decision.
#[utoipa::path(
    get,
    path = "/v1/explain/hours/{jurisdiction}/{hour}",
    tag = "decisions",
    operation_id = "explain_hour",
    params(
        ("jurisdiction" = String, Path, description = "The code, such as 130100."),
        ("hour" = String, Path, description =
            "The end of the hour, such as 2025-12-04T09:00:00+08:00."),
    ),
    responses((status = 200, description = "The tree.", body = Object), Answers),
)]
pub(super) async fn hour(
    State(shared): State<Arc<Shared>>,
    asker: Asker,
    Path((jurisdiction, hour)): Path<(String, String)>,
    asked: HeaderMap,
) -> Result<Response, Problem> {
    asker.may(&Call::ReadPublic)?;
    let hour = moment::parse(&hour).map_err(|words| Problem::new(Kind::NotFound, words))?;
    let subject = Subject::Decision(What::Hour { jurisdiction, hour });
    answer(&shared, &asked, subject, None).await
}

/// What became of an order, response, matter, proposal, consultation, case or whistle: each record
/// that concerns it, and what led to it. In the id of a matter `/` is written `%2F`.
#[utoipa::path(
    get,
    path = "/v1/explain/{kind}/{id}",
    tag = "answers",
    operation_id = "explain",
    params(
        ("kind" = StoryOf, Path, description = "The kind of thing."),
        ("id" = String, Path, description = "Its id, such as 1-130400 or region-c1."),
        Viewer,
    ),
    responses((status = 200, description = "The story.", body = Object), Answers),
)]
pub(super) async fn story(
    State(shared): State<Arc<Shared>>,
    asker: Asker,
    Path((kind, id)): Path<(StoryOf, String)>,
    Query(viewer): Query<Viewer>,
    asked: HeaderMap,
) -> Result<Response, Problem> {
    shared.ready()?;
    let viewer = viewer.body(&shared, &asker)?;
    answer(&shared, &asked, Subject::Story(kind.named(id)), viewer).await
}

async fn answer(
    shared: &Shared,
    asked: &HeaderMap,
    subject: Subject,
    viewer: Option<Body>,
) -> Result<Response, Problem> {
    let name = subject.named();
    let request = format!("explain/{name}/{}", viewer.as_ref().map_or("", Body::code));
    let read = move |log: &LogLocation, records: u64| {
        let records = usize::try_from(records).unwrap_or(usize::MAX);
        Ok(explain::json(log, records, &subject, viewer.as_ref())?)
    };
    let found = shared.answer_from_log(asked, &request, read).await?;
    found.ok_or_else(|| Problem::missing(name))
}
