//! Requests to a house, and what comes back.

use axum::body::Body;
use event_store::EventStore;
use http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::BodyExt;
use serde_json::Value;
use tower::ServiceExt;

use super::house::House;

/// A request in the making.
pub(crate) struct Asking<'h> {
    house: &'h House,
    request: http::request::Builder,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl<'h> Asking<'h> {
    pub(super) fn new(house: &'h House, method: Method, path: &str) -> Self {
        Self { house, request: Request::builder().method(method).uri(path) }
    }

    pub(crate) fn bearer(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    pub(crate) fn header(self, name: &str, value: &str) -> Self {
        Self { request: self.request.header(name, value), ..self }
    }

    /// Asks for an answer that shows everything that the log holds now.
    pub(crate) async fn current(self) -> Self {
        let head = self.house.store.head().await.expect("the log answers");
        self.header("yimen-position", &head.to_string())
    }

    pub(crate) async fn json(self, body: &Value) -> Answer {
        self.text(&body.to_string()).await
    }

    pub(crate) async fn text(self, body: &str) -> Answer {
        self.header("content-type", "application/json").body(Body::from(body.to_owned())).await
    }

    pub(crate) async fn send(self) -> Answer {
        self.body(Body::empty()).await
    }

    pub(crate) async fn body(self, body: Body) -> Answer {
        let request = self.request.body(body).expect("a request");
        let response = self.house.router.clone().oneshot(request).await.expect("the router always answers");
        let (parts, body) = response.into_parts();
        let body = body.collect().await.expect("the body comes").to_bytes().to_vec();
        Answer { status: parts.status, headers: parts.headers, body }
    }
}

impl Answer {
    /// The body, if the status is this one.
    #[track_caller]
    pub(crate) fn expect(&self, status: StatusCode) -> Value {
        assert_eq!(self.status, status, "{}", String::from_utf8_lossy(&self.body));
        if self.body.is_empty() { Value::Null } else { self.json() }
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("the body is JSON")
    }

    /// The problem's code, after a look at its form.
    #[track_caller]
    pub(crate) fn problem(&self, status: u16) -> String {
        let body = self.expect(StatusCode::from_u16(status).expect("a status"));
        assert_eq!(self.header("content-type"), Some("application/problem+json"));
        assert_eq!(body["status"], status);
        assert_eq!(body["traceId"].as_str().map(str::len), Some(32));
        assert!(body["title"].is_string() && body["detail"].is_string(), "{body}");
        let code = body["type"].as_str().and_then(|kind| kind.strip_prefix("urn:yimen:problem:"));
        code.expect("a type of ours").to_owned()
    }

    /// The pointers and codes of the problem's errors.
    pub(crate) fn errors(&self) -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let body = self.json();
        body["errors"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|error| (text(&error["pointer"]), text(&error["code"])))
            .collect()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    pub(crate) fn etag(&self) -> String {
        self.header(header::ETAG.as_str()).expect("an entity tag").to_owned()
    }
}
