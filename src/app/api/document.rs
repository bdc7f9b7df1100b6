//! The addresses of the API and its OpenAPI document: both come from the same list.

use std::sync::{Arc, LazyLock};

use serde_json::{Map, Value};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::{Modify, OpenApi as _};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::shared::Shared;
use super::{
    airshed, caller, cap, commands, decisions, events, explain, health, history, jurisdictions,
    matters, proofs, readings, receipts, records, stations, status, things,
};
use crate::io::http::Problem;

/// Every address, with its document.
pub(super) fn router() -> OpenApiRouter<Arc<Shared>> {
    OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(status::status))
        .routes(routes!(airshed::airshed))
        .routes(routes!(jurisdictions::all))
        .routes(routes!(jurisdictions::one))
        .routes(routes!(stations::stations))
        .routes(routes!(decisions::warnings))
        .routes(routes!(decisions::warning))
        .routes(routes!(cap::feed))
        .routes(routes!(cap::message))
        .routes(routes!(decisions::order_sets))
        .routes(routes!(decisions::order_set))
        .routes(routes!(decisions::order))
        .routes(routes!(explain::decision))
        .routes(routes!(explain::hour))
        .routes(routes!(explain::story))
        .routes(routes!(matters::matters))
        .routes(routes!(things::consultations))
        .routes(routes!(things::consultation))
        .routes(routes!(things::cases))
        .routes(routes!(things::case))
        .routes(routes!(things::whistles))
        .routes(routes!(things::whistle))
        .routes(routes!(commands::give))
        .routes(routes!(receipts::receipt))
        .routes(routes!(readings::give))
        .routes(routes!(history::history))
        .routes(routes!(records::records))
        .routes(routes!(proofs::checkpoint))
        .routes(routes!(proofs::checkpoints))
        .routes(routes!(proofs::inclusion))
        .routes(routes!(proofs::consistency))
        .routes(routes!(proofs::evidence))
        .routes(routes!(events::events))
        .routes(routes!(caller::caller))
        .routes(routes!(health::live))
        .routes(routes!(health::ready))
        .routes(routes!(health::metrics))
        .routes(routes!(health::openapi))
}

/// The document as text. It is made once.
pub(in crate::app) fn text() -> &'static str {
    static TEXT: LazyLock<String> = LazyLock::new(make);
    &TEXT
}

fn make() -> String {
    let (_, document) = router().split_for_parts();
    let mut document = serde_json::to_value(document).unwrap_or_default();
    for (name, text) in BODIES {
        document["components"]["schemas"][name] = schema(text);
    }
    let paths = document["paths"].as_object_mut().into_iter().flat_map(|it| it.values_mut());
    let operations = paths.filter_map(Value::as_object_mut).flat_map(|it| it.values_mut());
    operations.filter_map(Value::as_object_mut).for_each(describe);
    serde_json::to_string_pretty(&document).unwrap_or_default() + "\n"
}

/// What is sent to the API.
const BODIES: [(&str, &str); 2] = [
    ("Command", include_str!("../../../schemas/command.schema.json")),
    ("Readings", include_str!("../../../schemas/readings.schema.json")),
];

/// A schema of a file, as a part of the document.
fn schema(text: &str) -> Value {
    let mut schema: Value = serde_json::from_str(text).unwrap_or_default();
    if let Some(schema) = schema.as_object_mut() {
        schema.remove("$schema");
    }
    schema
}

/// The comment of a handler is the description of its operation, and its first sentence the
/// summary.
fn describe(operation: &mut Map<String, Value>) {
    let of = |name: &str| operation.get(name).and_then(Value::as_str).unwrap_or_default();
    let whole = [of("summary"), of("description")].join("\n\n").trim().to_owned();
    let first = whole.split_once(". ").map_or(whole.trim_end_matches('.'), |it| it.0).to_owned();
    operation.insert("summary".to_owned(), first.into());
    operation.insert("description".to_owned(), whole.into());
    if let Some(body) = operation.get_mut("requestBody") {
        body["required"] = true.into();
    }
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
    components(schemas(Problem, explain::StoryOf, explain::DecisionOf)),
    servers((url = "/", description = "The server that has sent this document.")),
    modifiers(&Credentials),
    security(("token" = []), ("certificate" = []), ()),
)]
struct Document;

/// How a caller says who it is.
struct Credentials;

impl Modify for Credentials {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let token = "A token that `airshed token new` has printed. Without tokens, a server on a \
            loopback address lets in every program on its machine.";
        let token = Http::builder().scheme(HttpAuthScheme::Bearer).description(Some(token));
        let certificate = "A client certificate that is in the token file.";
        let certificate = SecurityScheme::MutualTls {
            description: Some(certificate.to_owned()),
            extensions: None,
            deprecated: None,
        };
        let known = document.components.get_or_insert_default();
        known.add_security_scheme("token", SecurityScheme::Http(token.build()));
        known.add_security_scheme("certificate", certificate);
    }
}

/// What every address may answer besides.
#[derive(utoipa::IntoResponses)]
#[expect(dead_code, reason = "It is only read by the macro that documents it.")]
pub(super) enum Answers {
    /// The request cannot be read.
    #[response(status = 400, content_type = "application/problem+json")]
    BadRequest(Problem),
    /// The caller is not known: a token is missing or wrong.
    #[response(status = 401, content_type = "application/problem+json")]
    Unauthorized(Problem),
    /// The caller may not do this.
    #[response(status = 403, content_type = "application/problem+json")]
    Forbidden(Problem),
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
