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
    #[schema(
        example = "urn:yimen:problem:not-found",
        max_length = 128,
        pattern = "^urn:yimen:problem:[a-z0-9-]+$"
    )]
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
    #[schema(max_length = 65535)]
    instance: String,
    /// What is wrong, field by field. A query parameter's pointer is a slash and its name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 1000, required = false)]
    errors: Vec<Violation>,
    /// The trace id (W3C Trace Context) under which the operator finds it.
    #[schema(max_length = 32, pattern = "^[0-9a-f]{32}$")]
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
            detail: clip(&parts.detail, LONGEST_DETAIL),
            instance: instance.to_owned(),
            errors: listed(&parts.errors),
            trace_id,
            fault: fault(status),
            members: parts.members.clone(),
        }
    }
}

/// Longest `detail` of a problem, in characters.
const LONGEST_DETAIL: usize = 4096;
/// Longest pointer and detail of one thing that is wrong, in characters.
const LONGEST_WORDING: usize = 1024;
/// Most things that one answer lists.
const MOST_LISTED: usize = 1000;

/// What is wrong, within the bounds that the documents give: names of fields and values in it are the client's own.
pub(crate) fn listed(errors: &[Violation]) -> Vec<Violation> {
    let bounded = |error: &Violation| Violation {
        pointer: clip(&error.pointer, LONGEST_WORDING),
        code: error.code.clone(),
        detail: clip(&error.detail, LONGEST_WORDING),
    };
    errors.iter().take(MOST_LISTED).map(bounded).collect()
}

/// The first `most` characters; the last of them is an ellipsis where there are more.
fn clip(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most - 1).chain(['…']).collect()
}

fn fault(status: StatusCode) -> Fault {
    if status.is_server_error() { Fault::Gateway } else { Fault::Client }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::violation;

    #[test]
    fn what_is_wrong_is_listed_within_the_documents_bounds() {
        let long = "字".repeat(5000);
        let errors: Vec<_> = (0..1500).map(|_| violation(&long, "invalid", long.clone())).collect();
        let listed = listed(&errors);
        assert_eq!(listed.len(), MOST_LISTED);
        let first = listed.first().expect("there are some");
        assert_eq!(first.pointer.chars().count(), LONGEST_WORDING);
        assert!(first.detail.ends_with('…'));
        let short = violation("/a", "invalid", "short");
        assert_eq!(super::listed(std::slice::from_ref(&short)), [short]);
    }
}
