//! A problem as it is written.

use domain::Violation;
use http::StatusCode;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::Problem;

/// Problem details (RFC 9457). Some kinds carry further members, which clients may pass over.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProblemDetails {
    /// The kind of problem, as a URI that never changes: `urn:yimen:problem:` and its code.
    #[serde(rename = "type")]
    #[schema(example = "urn:yimen:problem:not-found", max_length = 128)]
    problem_type: String,
    /// The kind in words.
    #[schema(max_length = 128)]
    title: &'static str,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// What is the matter this time.
    #[schema(max_length = 4096)]
    detail: String,
    /// The path that was asked for.
    #[schema(max_length = 8192)]
    instance: String,
    /// What is wrong, field by field. A query parameter's pointer is a slash and its name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 10000, required = false)]
    errors: Vec<Violation>,
    /// The trace id (W3C Trace Context) under which the operator finds it.
    #[schema(pattern = "^[0-9a-f]{32}$")]
    trace_id: String,
    /// Whose fault it is.
    fault: Fault,
    #[serde(flatten)]
    #[schema(ignore)]
    members: Map<String, Value>,
}

/// Whose fault a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Fault {
    /// The request has to change.
    Client,
    /// A department's service failed.
    Backend,
    /// Yimen failed.
    Gateway,
}

impl ProblemDetails {
    pub(super) fn new(problem: &Problem, instance: &str, trace_id: String) -> Self {
        let parts = &problem.0;
        let status = parts.code.status();
        Self {
            problem_type: format!("urn:yimen:problem:{}", parts.code.as_str()),
            title: parts.code.title(),
            status: status.as_u16(),
            detail: parts.detail.clone().into_owned(),
            instance: instance.to_owned(),
            errors: parts.errors.clone(),
            trace_id,
            fault: fault(status),
            members: parts.members.clone(),
        }
    }
}

fn fault(status: StatusCode) -> Fault {
    if status.is_server_error() { Fault::Gateway } else { Fault::Client }
}
