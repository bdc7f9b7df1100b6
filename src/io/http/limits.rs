//! The limits that hold for every request.

use std::any::Any;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, DefaultBodyLimit, Request};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse as _, Response};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::sensitive_headers::SetSensitiveRequestHeadersLayer;
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::timeout::TimeoutLayer;

use super::problem::everything_is_a_problem;
use super::{Kind, Problem, Rate};

/// What one request, and one client, may ask for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Limits {
    /// Bytes of a body.
    pub body_bytes: usize,
    /// Until the head of the answer; a stream of events may go on.
    pub answer_within: Duration,
    /// Requests of one client in a second.
    pub requests_per_s: u32,
}

/// Adds the limits, and makes every error a problem.
pub fn limited(router: Router, limits: Limits) -> Router {
    let rate = Arc::new(Rate::new(limits.requests_per_s));
    let hidden = [header::AUTHORIZATION, header::COOKIE];
    let no_sniff = (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let answer_within = limits.answer_within;
    router
        .layer(DefaultBodyLimit::max(limits.body_bytes))
        .layer(TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, answer_within))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn(move |request, next| admitted(Arc::clone(&rate), request, next)))
        .layer(from_fn(everything_is_a_problem))
        .layer(CompressionLayer::new())
        .layer(SetResponseHeaderLayer::if_not_present(no_sniff.0, no_sniff.1))
        .layer(SetSensitiveRequestHeadersLayer::new(hidden))
}

/// Clients are told apart by their address.
async fn admitted(rate: Arc<Rate>, request: Request, next: Next) -> Response {
    let from = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let client = from.map_or_else(String::new, |it| it.0.ip().to_string());
    match rate.admit(&client) {
        Ok(()) => next.run(request).await,
        Err(wait) => {
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            let detail = format!("this client may ask again in {} ms", wait.as_millis());
            let mut refused = Problem::new(Kind::TooManyRequests, detail).into_response();
            refused.headers_mut().insert(header::RETRY_AFTER, seconds.into());
            refused
        }
    }
}

/// A fault is a line in the program's own log, and an answer without its words.
#[expect(clippy::needless_pass_by_value, reason = "The signature of the layer.")]
fn panicked(fault: Box<dyn Any + Send + 'static>) -> Response {
    let words = fault.downcast_ref::<&str>().copied().map(str::to_owned);
    let words = words.or_else(|| fault.downcast_ref::<String>().cloned()).unwrap_or_default();
    tracing::error!("a request met a fault of the program: {words}");
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}
