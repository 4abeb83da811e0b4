//! What is wrong with input, said field by field.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One thing wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Violation {
    /// JSON Pointer (RFC 6901) to the field, from the root of the document that was sent.
    #[schema(max_length = 1024)]
    pub pointer: String,
    /// Stable, kebab-case name of the rule, for example `too-long`.
    #[schema(max_length = 64, pattern = "^[a-z][a-z0-9-]*$")]
    pub code: String,
    /// The rule in words.
    #[schema(max_length = 1024)]
    pub detail: String,
}

/// Collects violations under a pointer.
#[derive(Debug, Default)]
pub struct Violations(Vec<Violation>);

impl Violations {
    /// Notes one violation.
    pub fn add(&mut self, pointer: impl Into<String>, code: &str, detail: impl Into<String>) {
        self.0.push(Violation { pointer: pointer.into(), code: code.to_owned(), detail: detail.into() });
    }

    /// Notes `too-long` when `text` has more than `max` characters, `control-character` when it holds one.
    pub fn check_text(&mut self, pointer: &str, text: &str, max: usize) {
        if text.chars().count() > max {
            self.add(pointer, "too-long", format!("at most {max} characters"));
        }
        if text.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
            self.add(pointer, "control-character", "control characters are not allowed");
        }
    }

    /// Notes `too-many` when there are more than `max` elements.
    pub fn check_count(&mut self, pointer: &str, count: usize, max: usize) {
        if count > max {
            self.add(pointer, "too-many", format!("at most {max} elements"));
        }
    }

    /// All that was noted, in order.
    pub fn into_vec(self) -> Vec<Violation> {
        self.0
    }
}
