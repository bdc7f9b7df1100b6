//! Answers as JSON, with the position of the log as their ETag.

use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// JSON that is right at one position of the log.
pub(super) struct At {
    pub(super) position: u64,
    pub(super) json: Bytes,
}

impl At {
    /// The answer; status 304 without a body where the client has this state already.
    pub(super) fn answer(self, asked: &HeaderMap) -> Response {
        tagged(asked, self.position, "application/json", self.json)
    }
}

/// An answer with a number as its tag.
pub(super) fn tagged(
    asked: &HeaderMap,
    tag: u64,
    content: &'static str,
    body: impl Into<Bytes>,
) -> Response {
    let tag = format!("\"{tag}\"");
    let known = asked.get_all(header::IF_NONE_MATCH);
    let same = known.iter().filter_map(|it| it.to_str().ok()).any(|it| has_tag(it, &tag));
    let caching = (header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    // Callers that may see different things get different answers.
    let varies = (header::VARY, HeaderValue::from_static("authorization"));
    let tag = (header::ETAG, HeaderValue::from_str(&tag).unwrap_or(caching.1.clone()));
    if same {
        return (StatusCode::NOT_MODIFIED, [tag, caching, varies]).into_response();
    }
    let content = (header::CONTENT_TYPE, HeaderValue::from_static(content));
    ([tag, caching, varies, content], body.into()).into_response()
}

/// Whether a list such as `"5", W/"7"`, or `*`, has this tag.
fn has_tag(list: &str, tag: &str) -> bool {
    list.split(',').map(str::trim).any(|it| it == "*" || it.trim_start_matches("W/") == tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_may_name_several_states() {
        for (list, expected) in [
            ("\"5\"", true),
            ("\"4\", W/\"5\"", true),
            ("*", true),
            ("\"55\"", false),
            ("5", false),
            ("", false),
        ] {
            assert_eq!(has_tag(list, "\"5\""), expected, "{list}");
        }
    }
}
