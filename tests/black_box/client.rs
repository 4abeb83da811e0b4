//! HTTP as a client of Yimen speaks it: nothing is followed, decoded or repeated behind the test's back.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use reqwest::header::HeaderMap;
use reqwest::{Client, Method, RequestBuilder, Response, redirect};
use serde_json::Value;

use crate::binary::{Demo, PATIENCE};

/// The header field that says how far a writer wrote and a reader wants to see.
const POSITION: &str = "yimen-position";
const PROBLEM: &str = "urn:yimen:problem:";

/// A request in the making.
#[derive(Debug)]
pub(crate) struct Ask(RequestBuilder);

/// What came back, whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

/// The client. It keeps no connection: each test has a runtime of its own, and connections end with theirs.
pub(crate) fn client() -> &'static Client {
    static CLIENT: OnceLock<Client> = OnceLock::new();
    CLIENT.get_or_init(|| {
        let client =
            Client::builder().redirect(redirect::Policy::none()).no_proxy().pool_max_idle_per_host(0);
        // Tests of TLS look at certificates with clients of their own.
        let client = client.tls_danger_accept_invalid_certs(true);
        client.timeout(PATIENCE).build().expect("nothing is asked of the machine")
    })
}

/// Asks anybody for anything.
pub(crate) fn ask(method: Method, url: &str) -> Ask {
    Ask(client().request(method, url))
}

impl Demo {
    pub(crate) fn ask(&self, method: Method, path: &str) -> Ask {
        ask(method, &self.url(path))
    }

    pub(crate) fn get(&self, path: &str) -> Ask {
        self.ask(Method::GET, path)
    }

    /// A POST with this token.
    pub(crate) fn post(&self, path: &str, token: &str) -> Ask {
        self.ask(Method::POST, path).bearer(token)
    }

    /// A PUT with this token.
    pub(crate) fn put(&self, path: &str, token: &str) -> Ask {
        self.ask(Method::PUT, path).bearer(token)
    }
}

impl Ask {
    pub(crate) fn header(self, name: &str, value: &str) -> Self {
        Self(self.0.header(name, value))
    }

    pub(crate) fn bearer(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    /// Asks for an answer that shows what was written at this position.
    pub(crate) fn at(self, position: &str) -> Self {
        self.header(POSITION, position)
    }

    pub(crate) fn query(self, pairs: &[(&str, &str)]) -> Self {
        Self(self.0.query(pairs))
    }

    pub(crate) fn body(self, body: impl Into<reqwest::Body>) -> Self {
        Self(self.0.body(body))
    }

    pub(crate) async fn json(self, body: &Value) -> Answer {
        self.header("content-type", "application/json").body(body.to_string()).send().await
    }

    pub(crate) async fn send(self) -> Answer {
        self.attempt().await.expect("an answer")
    }

    /// The answer, or why there is none: for servers that may be gone.
    pub(crate) async fn attempt(self) -> Result<Answer, reqwest::Error> {
        let response = self.0.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Ok(Answer { status, headers, body: response.bytes().await?.to_vec() })
    }

    /// The head of the answer; its body is still to come.
    pub(crate) async fn open(self) -> Response {
        self.0.send().await.expect("the head of an answer")
    }
}

impl Answer {
    /// The body, if the status is this one.
    #[track_caller]
    pub(crate) fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text());
        if self.body.is_empty() { Value::Null } else { self.json() }
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Where a write ended up in the log.
    #[track_caller]
    pub(crate) fn position(&self) -> String {
        assert!(self.status < 300, "{}: {}", self.status, self.text());
        self.header(POSITION).expect("every write has a position").to_owned()
    }

    /// The problem's code, if it is a problem of this status in the documented form.
    #[track_caller]
    pub(crate) fn problem(&self, status: u16) -> String {
        let body = self.expect(status);
        assert_eq!(self.header("content-type"), Some("application/problem+json"));
        assert_eq!(body["status"], status);
        let trace = body["traceId"].as_str().unwrap_or_default();
        assert!(trace.len() == 32 && trace.bytes().all(|byte| byte.is_ascii_hexdigit()), "{body}");
        assert!(
            body["title"].is_string() && body["detail"].is_string() && body["fault"].is_string(),
            "{body}"
        );
        let code = body["type"].as_str().and_then(|kind| kind.strip_prefix(PROBLEM));
        code.unwrap_or_else(|| panic!("a type of ours: {body}")).to_owned()
    }

    /// The pointers and codes of the problem's errors.
    pub(crate) fn errors(&self) -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let body = self.json();
        let errors = body["errors"].as_array().into_iter().flatten();
        errors.map(|error| (text(&error["pointer"]), text(&error["code"]))).collect()
    }
}

/// The elements of a list in JSON.
#[track_caller]
pub(crate) fn list(value: &Value) -> &Vec<Value> {
    value.as_array().unwrap_or_else(|| panic!("a list: {value}"))
}

/// The text of a JSON string.
#[track_caller]
pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("text: {value}"))
}

/// Asks again and again until there is something. For what nobody announces, such as the curator's decisions.
pub(crate) async fn until<T>(what: &str, mut probe: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = probe().await {
            return found;
        }
        assert!(Instant::now() < deadline, "in vain: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
