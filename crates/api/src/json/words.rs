//! What serde found, in our words.

use domain::Violation;
use serde_path_to_error::{Path, Segment};

use super::pointer;
use crate::problem::violation;

/// The violation at `path` that serde describes as `message`.
pub(super) fn explain(path: &Path, message: &str) -> Violation {
    // serde_json appends the place in the text, which the pointer says better.
    let message = message.rsplit_once(" at line ").map_or(message, |(head, _)| head);
    let mut tokens: Vec<String> = path.iter().filter_map(token).collect();
    if let Some(field) = message.strip_prefix("missing field `").and_then(|rest| rest.strip_suffix('`')) {
        tokens.push(field.to_owned());
        return violation(&pointer(&tokens), "required", "this field has to be there");
    }
    let code = match message {
        message if message.starts_with("invalid type") => "type",
        message if message.starts_with("unknown variant") => "unknown-value",
        message if message.starts_with("duplicate field") => "repeated",
        _ => "invalid",
    };
    violation(&pointer(&tokens), code, message)
}

fn token(segment: &Segment) -> Option<String> {
    match segment {
        Segment::Seq { index } => Some(index.to_string()),
        Segment::Map { key } => Some(key.clone()),
        Segment::Enum { .. } | Segment::Unknown => None,
    }
}
