//! A refusal as the client gets it: problem details (RFC 9457).

use axum::body::Body;
use axum::response::Response;
use http::header::{ALLOW, CACHE_CONTROL, CONNECTION, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderName, HeaderValue};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::Settings;
use crate::outcome::Fault;
use crate::refusal::{Refusal, Terms};
use crate::trace_context::TraceContext;

/// The media type of problem details.
const PROBLEM_JSON: HeaderValue = HeaderValue::from_static("application/problem+json");
/// The methods that are forwarded.
const METHODS: &str = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Problem {
    r#type: String,
    title: &'static str,
    status: u16,
    detail: String,
    fault: Fault,
    trace_id: String,
    #[serde(flatten)]
    members: Map<String, Value>,
}

/// The answer to a refusal. It is never stored: the same call may go through the next time.
pub(crate) fn response(refusal: &Refusal, trace: &TraceContext, settings: &Settings) -> Response {
    let Terms { status, code, fault, title } = refusal.terms();
    let problem = Problem {
        r#type: format!("urn:yimen:problem:{code}"),
        title,
        status: status.as_u16(),
        detail: refusal.detail(),
        fault,
        trace_id: trace.to_string(),
        members: refusal.member().map(|(name, value)| (name.to_owned(), value)).into_iter().collect(),
    };
    // Maps of strings to plain values always serialise; should that change, the status still says what matters.
    let mut response = Response::new(serde_json::to_vec(&problem).map_or_else(|_| Body::empty(), Body::from));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, PROBLEM_JSON);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let mut set = |name: HeaderName, text: Option<String>| {
        if let Some(value) = text.and_then(|text| HeaderValue::try_from(text).ok()) {
            headers.insert(name, value);
        }
    };
    set(WWW_AUTHENTICATE, refusal.challenge());
    set(RETRY_AFTER, refusal.retry_after(settings).map(|seconds| seconds.to_string()));
    // What is left of a body that nobody reads can't be told from the next request.
    set(CONNECTION, refusal.leaves_body_unread().then(|| "close".to_owned()));
    set(ALLOW, matches!(refusal, Refusal::MethodNotAllowed).then(|| METHODS.to_owned()));
    response
}
