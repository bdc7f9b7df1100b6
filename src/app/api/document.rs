//! The addresses of the API and its OpenAPI document: both come from the same list.

use std::sync::Arc;

use utoipa::OpenApi as _;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::shared::Shared;
use super::{
    commands, decisions, events, explain, health, jurisdictions, matters, readings, records, status,
};
use crate::io::http::Problem;

/// Every address, with its document.
pub(super) fn router() -> OpenApiRouter<Arc<Shared>> {
    OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(status::status))
        .routes(routes!(jurisdictions::all))
        .routes(routes!(jurisdictions::one))
        .routes(routes!(decisions::warnings))
        .routes(routes!(decisions::warning))
        .routes(routes!(decisions::order_sets))
        .routes(routes!(decisions::order_set))
        .routes(routes!(decisions::order))
        .routes(routes!(explain::decision))
        .routes(routes!(explain::hour))
        .routes(routes!(explain::story))
        .routes(routes!(matters::matters))
        .routes(routes!(commands::give))
        .routes(routes!(readings::give))
        .routes(routes!(records::records))
        .routes(routes!(events::events))
        .routes(routes!(health::live))
        .routes(routes!(health::ready))
        .routes(routes!(health::metrics))
        .routes(routes!(health::openapi))
}

/// The document as text.
pub(in crate::app) fn text() -> String {
    let (_, document) = router().split_for_parts();
    document.to_pretty_json().unwrap_or_default() + "\n"
}

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "airshed",
        description = "Warnings, order sets and answers of the jurisdictions that breathe the \
            same air. Every state has the position of the log as its ETag. Errors are \
            application/problem+json (RFC 9457).",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    tags(
        (name = "state", description = "What holds now."),
        (name = "decisions", description = "Warnings and orders."),
        (name = "answers", description = "What bodies do, and what waits for them."),
        (name = "input", description = "Readings."),
        (name = "log", description = "The log, and a stream of it."),
        (name = "operations", description = "For operators."),
    ),
    components(schemas(Problem)),
)]
struct Document;

/// What every address may answer besides.
#[derive(utoipa::IntoResponses)]
#[expect(dead_code, reason = "It is only read by the macro that documents it.")]
pub(super) enum Answers {
    /// The request cannot be read.
    #[response(status = 400, content_type = "application/problem+json")]
    BadRequest(Problem),
    /// There is no such thing.
    #[response(status = 404, content_type = "application/problem+json")]
    NotFound(Problem),
    /// The body is too large.
    #[response(status = 413, content_type = "application/problem+json")]
    TooLarge(Problem),
    /// The body is of another type.
    #[response(status = 415, content_type = "application/problem+json")]
    UnsupportedMediaType(Problem),
    /// Too many requests.
    #[response(status = 429, content_type = "application/problem+json")]
    TooManyRequests(Problem),
    /// A fault of the program.
    #[response(status = 500, content_type = "application/problem+json")]
    Internal(Problem),
    /// It cannot answer now.
    #[response(status = 503, content_type = "application/problem+json")]
    Unavailable(Problem),
    /// The answer took too long.
    #[response(status = 504, content_type = "application/problem+json")]
    TimedOut(Problem),
}
