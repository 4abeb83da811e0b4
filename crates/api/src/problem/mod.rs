//! Problem details (RFC 9457): the one form of every 4xx and 5xx answer.
//!
//! A handler returns a [`Problem`]; [`render()`] writes it, so that the framework's own refusals (405, 413, …)
//! come out in the same form. The client sees a stable code; the cause goes to `tracing` and nowhere else.

mod code;
mod document;
mod render;

use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use domain::Violation;
use http::{HeaderName, HeaderValue};
use serde::Serialize;
use serde_json::{Map, Value};

pub use self::code::Code;
pub(crate) use self::document::listed;
pub use self::document::{Fault, ProblemDetails};
pub(crate) use self::render::{of_panic, render};

/// An answer that says what is wrong.
#[derive(Debug, Clone)]
pub struct Problem(Box<Parts>);

#[derive(Debug, Clone)]
struct Parts {
    code: Code,
    detail: Cow<'static, str>,
    errors: Vec<Violation>,
    members: Map<String, Value>,
    headers: Vec<(HeaderName, HeaderValue)>,
    /// For the operator's log only.
    cause: Option<Arc<dyn Error + Send + Sync>>,
}

impl Problem {
    /// A problem of this kind; `detail` is what this occurrence tells the client.
    pub fn new(code: Code, detail: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Parts {
            code,
            detail: detail.into(),
            errors: Vec::new(),
            members: Map::new(),
            headers: Vec::new(),
            cause: None,
        }))
    }

    /// Input of the right form that breaks these rules.
    pub fn invalid(errors: Vec<Violation>) -> Self {
        let detail = format!("{} rule(s) are broken; see errors", errors.len());
        Self::new(Code::InvalidContent, detail).with_errors(errors)
    }

    /// Input whose field at `pointer` breaks one rule.
    pub fn invalid_field(pointer: &str, code: &str, detail: impl Into<String>) -> Self {
        Self::invalid(vec![violation(pointer, code, detail)])
    }

    /// A query parameter that is not acceptable.
    pub(crate) fn invalid_parameter(name: &str, detail: impl Into<String>) -> Self {
        Self::new(Code::InvalidParameter, "a query parameter is wrong; see errors")
            .with_errors(vec![violation(&format!("/{name}"), "invalid", detail)])
    }

    /// A failure of ours: the client learns that, the operator's log learns `cause`.
    pub fn internal(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(Code::Internal, "something went wrong here; the trace id finds it in the log")
            .caused_by(cause)
    }

    /// Which resource there is none of.
    pub fn not_found(what: &'static str) -> Self {
        Self::new(Code::NotFound, format!("there is no such {what}"))
    }

    /// The same, with what is wrong field by field.
    #[must_use]
    pub fn with_errors(mut self, errors: Vec<Violation>) -> Self {
        self.0.errors = errors;
        self
    }

    /// The same, with a further member in the body (RFC 9457, section 3.2).
    #[must_use]
    pub fn with_member(mut self, name: &str, value: impl Serialize) -> Self {
        if let Ok(value) = serde_json::to_value(value) {
            self.0.members.insert(name.to_owned(), value);
        }
        self
    }

    /// The same, with a further header field.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: impl TryInto<HeaderValue>) -> Self {
        if let Ok(value) = value.try_into() {
            self.0.headers.push((name, value));
        }
        self
    }

    /// The same, telling the client to try again after that many seconds.
    #[must_use]
    pub fn retry_after(self, seconds: u32) -> Self {
        self.with_header(http::header::RETRY_AFTER, seconds)
    }

    /// The same, with a cause for the operator's log.
    #[must_use]
    pub fn caused_by(mut self, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.0.cause = Some(Arc::from(cause.into()));
        self
    }

    /// The same, with every pointer below `prefix`: what was checked is a part of the document that was sent.
    #[must_use]
    pub fn under(mut self, prefix: &str) -> Self {
        for error in &mut self.0.errors {
            error.pointer.insert_str(0, prefix);
        }
        self
    }

    /// The kind of problem.
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// What this occurrence tells the client.
    pub fn detail(&self) -> &str {
        &self.0.detail
    }

    /// What is wrong, field by field.
    pub fn errors(&self) -> &[Violation] {
        &self.0.errors
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.code.title(), self.0.detail)
    }
}

impl Error for Problem {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.cause.as_deref().map(|cause| cause as &(dyn Error + 'static))
    }
}

/// One broken rule.
pub(crate) fn violation(pointer: &str, code: &str, detail: impl Into<String>) -> Violation {
    Violation { pointer: pointer.to_owned(), code: code.to_owned(), detail: detail.into() }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.0.code.status().into_response();
        for (name, value) in &self.0.headers {
            response.headers_mut().append(name, value.clone());
        }
        response.extensions_mut().insert(self);
        response
    }
}
