//! Errors as RFC 9457 describes them: `application/problem+json`.

use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

/// The kinds of error. Each has one status, one title and one address.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// The request cannot be read: syntax, a parameter, a header.
    BadRequest,
    /// It needs a token or a certificate.
    Unauthorized,
    /// The caller may not do this.
    Forbidden,
    /// There is no such thing.
    NotFound,
    /// The address has no such method.
    MethodNotAllowed,
    /// The state does not allow it.
    Conflict,
    /// The body is too large.
    TooLarge,
    /// The body is of another type.
    UnsupportedMediaType,
    /// The request can be read and is refused by a rule.
    Refused,
    /// Too many requests.
    TooManyRequests,
    /// A fault of the program.
    Internal,
    /// It cannot answer now.
    Unavailable,
    /// The answer took too long.
    TimedOut,
}

/// Status, last part of the address, title, and what to do where the answer says no more.
type Row = (StatusCode, &'static str, &'static str, &'static str);

const BAD_REQUEST: Row = (
    StatusCode::BAD_REQUEST,
    "bad-request",
    "The request cannot be read",
    "compare it with /openapi.json",
);
const UNAUTHORIZED: Row = (
    StatusCode::UNAUTHORIZED,
    "unauthorized",
    "A token is needed",
    "send the header `Authorization: Bearer TOKEN`; `airshed token new` makes one",
);
const FORBIDDEN: Row = (
    StatusCode::FORBIDDEN,
    "forbidden",
    "This role may not do this",
    "use a token of a body and role that may",
);
const NOT_FOUND: Row = (
    StatusCode::NOT_FOUND,
    "not-found",
    "There is no such thing",
    "/openapi.json lists all addresses",
);
const METHOD_NOT_ALLOWED: Row = (
    StatusCode::METHOD_NOT_ALLOWED,
    "method-not-allowed",
    "This address has no such method",
    "the header Allow lists the methods of this address",
);
const CONFLICT: Row =
    (StatusCode::CONFLICT, "conflict", "The state does not allow it", "read the state again");
const TOO_LARGE: Row = (
    StatusCode::PAYLOAD_TOO_LARGE,
    "too-large",
    "The body is too large",
    "send less at a time; http.body_bytes_max is the limit",
);
const UNSUPPORTED_MEDIA_TYPE: Row = (
    StatusCode::UNSUPPORTED_MEDIA_TYPE,
    "unsupported-media-type",
    "The body is of another type",
    "send the header `Content-Type: application/json`",
);
const REFUSED: Row = (
    StatusCode::UNPROCESSABLE_ENTITY,
    "refused",
    "The rules refuse it",
    "the reason says what would be right",
);
const TOO_MANY_REQUESTS: Row = (
    StatusCode::TOO_MANY_REQUESTS,
    "too-many-requests",
    "Too many requests",
    "wait as long as the header Retry-After says",
);
const INTERNAL: Row = (
    StatusCode::INTERNAL_SERVER_ERROR,
    "internal",
    "A fault of the program",
    "the log of the program has the cause",
);
const UNAVAILABLE: Row = (
    StatusCode::SERVICE_UNAVAILABLE,
    "unavailable",
    "It cannot answer now",
    "try again soon; /ready says what it waits for",
);
const TIMED_OUT: Row = (
    StatusCode::GATEWAY_TIMEOUT,
    "timed-out",
    "The answer took too long",
    "ask for less at a time, or again later",
);

impl Kind {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::BadRequest,
        Self::Unauthorized,
        Self::Forbidden,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::Conflict,
        Self::TooLarge,
        Self::UnsupportedMediaType,
        Self::Refused,
        Self::TooManyRequests,
        Self::Internal,
        Self::Unavailable,
        Self::TimedOut,
    ];

    fn row(self) -> Row {
        match self {
            Self::BadRequest => BAD_REQUEST,
            Self::Unauthorized => UNAUTHORIZED,
            Self::Forbidden => FORBIDDEN,
            Self::NotFound => NOT_FOUND,
            Self::MethodNotAllowed => METHOD_NOT_ALLOWED,
            Self::Conflict => CONFLICT,
            Self::TooLarge => TOO_LARGE,
            Self::UnsupportedMediaType => UNSUPPORTED_MEDIA_TYPE,
            Self::Refused => REFUSED,
            Self::TooManyRequests => TOO_MANY_REQUESTS,
            Self::Internal => INTERNAL,
            Self::Unavailable => UNAVAILABLE,
            Self::TimedOut => TIMED_OUT,
        }
    }

    /// The HTTP status.
    pub fn status(self) -> StatusCode {
        self.row().0
    }

    fn of(status: StatusCode) -> Self {
        let same = Self::ALL.into_iter().find(|it| it.status() == status);
        same.unwrap_or(if status.is_server_error() { Self::Internal } else { Self::BadRequest })
    }
}

/// An error, as it is sent.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Problem {
    /// The kind of error, as an address.
    #[serde(rename = "type")]
    #[schema(format = "uri-reference", example = "/problems/not-found")]
    address: String,
    /// The kind of error in words.
    title: &'static str,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// What is wrong with this request, and what to do.
    detail: String,
    /// Of a command that the rules refuse, and of a caller that is turned away: the name of the
    /// reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// Of a command: the position of the record that shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(maximum = 9_223_372_036_854_775_807_i64)]
    position: Option<u64>,
}

impl Problem {
    /// An error of this kind; `detail` says what is wrong and what to do.
    pub fn new(kind: Kind, detail: impl Into<String>) -> Self {
        let (status, name, title, _) = kind.row();
        let (address, status) = (format!("/problems/{name}"), status.as_u16());
        Self { address, title, status, detail: detail.into(), reason: None, position: None }
    }

    /// There is nothing with this name.
    pub fn missing(what: impl std::fmt::Display) -> Self {
        Self::new(Kind::NotFound, format!("there is no {what}"))
    }

    /// With the name of a reason.
    #[must_use]
    pub fn because(self, reason: impl Into<String>) -> Self {
        Self { reason: Some(reason.into()), ..self }
    }

    /// With the record that shows it.
    #[must_use]
    pub fn at(self, position: u64) -> Self {
        Self { position: Some(position), ..self }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let headers = [
            (header::CONTENT_TYPE, "application/problem+json"),
            (header::CACHE_CONTROL, "no-store"),
        ];
        let mut response = (status, headers, body).into_response();
        if status == StatusCode::UNAUTHORIZED {
            let bearer = HeaderValue::from_static("Bearer");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, bearer);
        }
        response
    }
}

/// The most bytes of an error in plain text that are shown.
const TEXT_MAX: usize = 4_096;

/// Layers and extractors answer with plain text; here it becomes a problem.
pub(super) async fn everything_is_a_problem(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let status = response.status();
    let content = response.headers().get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
    let is_problem = content.is_some_and(|it| it.starts_with(b"application/problem+json"));
    if is_problem || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let (parts, body) = response.into_parts();
    let text = axum::body::to_bytes(body, TEXT_MAX).await.unwrap_or_default();
    let (kind, text) = (Kind::of(status), String::from_utf8_lossy(&text));
    let advice = kind.row().3;
    let is_fault = kind == Kind::Internal;
    let detail = match text.trim() {
        "" => advice.to_owned(),
        _ if is_fault => advice.to_owned(),
        text => format!("{text}; {advice}"),
    };
    let mut problem = Problem::new(kind, detail).into_response();
    for name in [header::ALLOW, header::RETRY_AFTER, header::WWW_AUTHENTICATE] {
        if let Some(value) = parts.headers.get(&name) {
            problem.headers_mut().insert(name, value.clone());
        }
    }
    problem
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_kind_has_a_status_and_an_address_of_its_own() {
        let statuses: BTreeSet<u16> = Kind::ALL.iter().map(|it| it.status().as_u16()).collect();
        let names: BTreeSet<&str> = Kind::ALL.iter().map(|it| it.row().1).collect();
        assert_eq!((statuses.len(), names.len()), (Kind::ALL.len(), Kind::ALL.len()));
        assert!(Kind::ALL.iter().all(|it| Kind::of(it.status()) == *it));
    }
}
