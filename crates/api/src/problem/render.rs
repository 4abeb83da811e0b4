//! Writes problems, ours and the framework's, at the one edge where the request is still known.

use std::any::Any;

use axum::body::Body;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderValue, StatusCode};

use super::{Code, Problem, ProblemDetails};
use crate::trace::TraceContext;

const MEDIA_TYPE: HeaderValue = HeaderValue::from_static("application/problem+json");

/// Gives every 4xx and 5xx answer its body.
pub(crate) async fn render(request: Request, next: Next) -> Response {
    let trace = TraceContext::of(request.extensions());
    let instance = request.uri().path().to_owned();
    let mut response = next.run(request).await;
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return response;
    }
    let problem = response.extensions_mut().remove::<Problem>().unwrap_or_else(|| of_framework(status));
    log(&problem, &instance);
    let document = ProblemDetails::new(&problem, &instance, trace.trace_id());
    let body = serde_json::to_vec(&document).unwrap_or_default();
    let headers = response.headers_mut();
    headers.remove(CONTENT_LENGTH);
    headers.insert(CONTENT_TYPE, MEDIA_TYPE);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    *response.body_mut() = Body::from(body);
    response
}

/// The answer to a panic. Its message may hold anything, so it stays here.
pub(crate) fn of_panic(panic: Box<dyn Any + Send + 'static>) -> Response {
    let message = panic
        .downcast_ref::<&str>()
        .map(|message| (*message).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a panic without a message".to_owned());
    Problem::internal(format!("panic: {message}")).into_response()
}

fn of_framework(status: StatusCode) -> Problem {
    let code = Code::of_status(status);
    Problem::new(code, code.title())
}

fn log(problem: &Problem, instance: &str) {
    let code = problem.code().as_str();
    let cause = problem.0.cause.as_deref().map(chain);
    if problem.code().status().is_server_error() {
        tracing::error!(code, instance, cause, "request failed");
    } else {
        tracing::debug!(code, instance, cause, "request refused");
    }
}

/// An error with all its sources, for the log.
fn chain(error: &(dyn std::error::Error + Send + Sync)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}
