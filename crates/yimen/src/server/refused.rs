//! The answer to what is no request: a problem, and the connection's end.

use std::sync::OnceLock;

use axum::body::Body;
use framing::Refusal;
use http::header::{CACHE_CONTROL, CONNECTION, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use serde_json::json;
use uuid::Uuid;

/// Why a client's last request was replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// It isn't a request, or can be read in more than one way.
    Message(Refusal),
    /// Its head didn't come in time.
    TooSlow,
}

/// Why the last request of a connection was replaced, if it was: told by the gate, read by the service.
#[derive(Debug, Default)]
pub struct Refused(OnceLock<Reason>);

/// The target of a request that stands for a refused one. No client's request has it: the asterisk goes with OPTIONS
/// only, and the gate sees to that.
const ASKS: &[u8] = b"GET * HTTP/1.1\r\nhost: refused\r\nconnection: close\r\n\r\n";
/// The same where the answer must have no body.
const ASKS_HEAD: &[u8] = b"HEAD * HTTP/1.1\r\nhost: refused\r\nconnection: close\r\n\r\n";

impl Refused {
    /// Keeps the reason; the request that is to stand in the place of `replaced`.
    pub fn because(&self, reason: Reason, replaced: &[u8]) -> &'static [u8] {
        self.0.get_or_init(|| reason);
        if replaced.starts_with(b"HEAD ") { ASKS_HEAD } else { ASKS }
    }

    /// The answer, if this is the request that stands for the refused one.
    pub fn answer<B>(&self, request: &Request<B>) -> Option<Response<Body>> {
        let asks = request.uri().path() == "*" && request.method() != Method::OPTIONS;
        self.0.get().filter(|_| asks).map(|reason| reason.answer())
    }
}

impl Reason {
    const fn status(self) -> u16 {
        match self {
            Self::Message(refusal) => refusal.status(),
            Self::TooSlow => 408,
        }
    }

    const fn code(self) -> &'static str {
        match self {
            Self::Message(refusal) => refusal.code(),
            Self::TooSlow => "request-timeout",
        }
    }

    const fn detail(self) -> &'static str {
        match self {
            Self::Message(refusal) => refusal.detail(),
            Self::TooSlow => "The head of the request did not come in time.",
        }
    }

    const fn title(self) -> &'static str {
        match self.status() {
            408 => "The request came too slowly",
            414 | 431 => "The request is too large",
            501 | 505 => "The request asks for what the gateway does not do",
            _ => "The request is malformed",
        }
    }

    fn answer(self) -> Response<Body> {
        let status = StatusCode::from_u16(self.status()).unwrap_or(StatusCode::BAD_REQUEST);
        let trace_id = Uuid::now_v7().simple().to_string();
        metrics::counter!("yimen_requests_refused_total", "outcome" => self.code()).increment(1);
        tracing::info!(
            target: gateway::ACCESS_LOG,
            status = status.as_u16(),
            outcome = self.code(),
            fault = "client",
            trace_id,
        );
        let problem = json!({
            "type": format!("urn:yimen:problem:{}", self.code()),
            "title": self.title(),
            "status": status.as_u16(),
            "detail": self.detail(),
            "fault": "client",
            "traceId": trace_id,
        });
        let mut response = Response::new(Body::from(problem.to_string()));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
        response
    }
}

/// Describes the metric to the recorder that is installed.
pub fn describe_metrics() {
    metrics::describe_counter!(
        "yimen_requests_refused_total",
        "Requests that were malformed, ambiguous, too large or too slow, by the code of their problem"
    );
}
