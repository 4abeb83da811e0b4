//! The registry: what departments, reviewers, stewards and operators do.

pub(crate) mod channels;
pub(crate) mod departments;
pub(crate) mod duplicate_cases;
pub(crate) mod entries;
pub(crate) mod items;
pub(crate) mod match_preview;
pub(crate) mod matching_report;

use domain::{LocalizedText, Violations};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::problem::Problem;

/// What the public is told.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct Notice {
    /// The text, at most 2000 characters a language.
    notice: LocalizedText,
}

/// Why something is done; kept in the log.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct Comment {
    /// The reason, 1 to 4000 characters.
    #[schema(min_length = 1, max_length = 4000, pattern = r"\S")]
    comment: String,
}

/// The comment, if it says something and not too much.
fn checked_comment(comment: String) -> Result<String, Problem> {
    let mut violations = Violations::default();
    violations.check_text("/comment", &comment, 4000);
    if comment.trim().is_empty() {
        violations.add("/comment", "blank", "say why");
    }
    let violations = violations.into_vec();
    if violations.is_empty() { Ok(comment) } else { Err(Problem::invalid(violations)) }
}
