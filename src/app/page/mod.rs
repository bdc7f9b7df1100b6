//! The live page: plain browser modules in `files`, embedded, without a build step. How it looks is
//! decided in `README.md`.

mod map;
#[cfg(test)]
mod tests;

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use sha2::{Digest as _, Sha256};

pub(in crate::app) use map::PageMap;

/// A file of the page.
struct File {
    name: &'static str,
    content_type: &'static str,
    bytes: &'static [u8],
}

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const JSON: &str = "application/json";
const SVG: &str = "image/svg+xml";

macro_rules! files {
    ($($name:literal $content_type:ident,)+) => {
        const FILES: &[File] = &[$(File {
            name: $name,
            content_type: $content_type,
            bytes: include_bytes!(concat!("files/", $name)),
        }),+];
    };
}

files! {
    "index.html" HTML,
    "page.css" CSS,
    "icon.svg" SVG,
    "map.json" JSON,
    "lit-html.js" SCRIPT,
    "app.js" SCRIPT,
    "state.js" SCRIPT,
    "past.js" SCRIPT,
    "source.js" SCRIPT,
    "words.js" SCRIPT,
    "common.js" SCRIPT,
    "head.js" SCRIPT,
    "map.js" SCRIPT,
    "table.js" SCRIPT,
    "chart.js" SCRIPT,
    "explain.js" SCRIPT,
    "proof.js" SCRIPT,
    "board.js" SCRIPT,
    "rooms.js" SCRIPT,
    "timeline.js" SCRIPT,
    "slider.js" SCRIPT,
    "officer.js" SCRIPT,
}

/// What the browser may load: nothing from elsewhere, and no script in the page itself.
const POLICY: &str = "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; \
                      base-uri 'none'; form-action 'self'";

/// The file with the map, for which a setting may name another one.
const MAP: &str = "map.json";

/// The page at `/`, and its files below `/page/`.
pub(in crate::app) fn router(map: PageMap) -> Router {
    let mut router = Router::new();
    let map = map.bytes();
    for file in FILES {
        let bytes = if file.name == MAP { map.clone() } else { Bytes::from_static(file.bytes) };
        let tag = tag(&bytes);
        let answer = move |asked: HeaderMap| {
            let answer = answer((file.content_type, bytes.clone()), &tag, &asked);
            async move { answer }
        };
        let path = match file.name {
            "index.html" => "/".to_owned(),
            name => format!("/page/{name}"),
        };
        router = router.route(&path, get(answer));
    }
    router
}

/// The first half of SHA-256 in quotes.
fn tag(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let digest = Sha256::digest(bytes);
    let mut tag = "\"".to_owned();
    for byte in digest.iter().take(16) {
        // Writing to a `String` never fails.
        write!(tag, "{byte:02x}").unwrap_or_default();
    }
    tag + "\""
}

fn answer((content_type, bytes): (&'static str, Bytes), tag: &str, asked: &HeaderMap) -> Response {
    let named = asked.get(header::IF_NONE_MATCH).map(HeaderValue::as_bytes);
    let is_known = named.is_some_and(|it| it.ends_with(tag.as_bytes()));
    let mut response = if is_known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(header::CONTENT_TYPE, content_type)], bytes).into_response()
    };
    let headers = [
        (header::ETAG, tag),
        (header::CACHE_CONTROL, "no-cache"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ];
    for (name, value) in headers {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}
