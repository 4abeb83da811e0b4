//! Representations with an entity tag: 304 where the client has them already (RFC 9110, section 13).

use axum::response::{IntoResponse, Response};
use event_store::Digest;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH, LINK, VARY};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde::Serialize;

use crate::problem::Problem;

/// What a resource looks like now.
#[derive(Debug)]
pub(crate) struct Representation {
    body: Vec<u8>,
    etag: String,
    public: bool,
    next: Option<String>,
}

impl Representation {
    /// Of something that anybody may see: caches keep it and ask each time whether it still holds.
    pub(crate) fn public(content: &impl Serialize) -> Result<Self, Problem> {
        let body = serde_json::to_vec(content).map_err(Problem::internal)?;
        Ok(Self { etag: format!("\"{}\"", digest(&body)), body, public: true, next: None })
    }

    /// Of something that staff see.
    pub(crate) fn private(content: &impl Serialize) -> Result<Self, Problem> {
        Ok(Self { public: false, ..Self::public(content)? })
    }

    /// Of the subject of commands: the tag begins with the revision, which is all that `If-Match` compares.
    ///
    /// The rest of the tag tells apart what else is shown beside the subject and changes without it.
    pub(crate) fn of_revision(content: &impl Serialize, revision: u64) -> Result<Self, Problem> {
        let plain = Self::private(content)?;
        Ok(Self { etag: format!("\"{revision}-{}\"", digest(&plain.body)), ..plain })
    }

    /// A list's part, with a link to the next one (RFC 8288).
    #[must_use]
    pub(crate) fn with_next(self, next: Option<String>) -> Self {
        Self { next, ..self }
    }

    /// The answer to a request with these header fields.
    pub(crate) fn answer(self, request: &HeaderMap) -> Response {
        let mut response = if is_known(request, &self.etag) {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            ([(CONTENT_TYPE, "application/json")], self.body).into_response()
        };
        let headers = response.headers_mut();
        // Kept, and asked for again each time: nobody shows a service that has just been suspended.
        let caching = if self.public { "public, no-cache" } else { "private, no-cache" };
        headers.insert(CACHE_CONTROL, HeaderValue::from_static(caching));
        if self.public {
            headers.append(VARY, HeaderValue::from_static("accept-language"));
        }
        let link = self.next.map(|next| format!("<{next}>; rel=\"next\""));
        for (name, value) in [(ETAG, Some(self.etag)), (LINK, link)] {
            if let Some(value) = value.and_then(|value| HeaderValue::try_from(value).ok()) {
                headers.insert(name, value);
            }
        }
        response
    }
}

/// 128 bits of the body's SHA-256.
fn digest(body: &[u8]) -> String {
    let mut digits = Digest::of(body).to_string();
    digits.truncate(32);
    digits
}

/// Weak comparison, as `If-None-Match` asks for (RFC 9110, section 13.1.2).
fn is_known(request: &HeaderMap, etag: &str) -> bool {
    let values = request.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    values
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .any(|tag| tag == "*" || tag.trim_start_matches("W/") == etag)
}
