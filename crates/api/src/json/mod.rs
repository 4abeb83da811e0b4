//! JSON from clients, read strictly: what is wrong is said with a pointer, and an unknown field with the nearest known.

mod objects;
mod shape;
mod words;

use axum::extract::rejection::BytesRejection;
use http::{HeaderMap, StatusCode, header};
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::error::Category;
use utoipa::ToSchema;

use self::objects::Objects;
use self::words::explain;
use crate::problem::{Code, Problem, violation};

/// Most unknown fields that one answer lists.
const LISTED: usize = 100;

/// Refuses a body that does not say that it is JSON.
pub(crate) fn require_media_type(headers: &HeaderMap) -> Result<(), Problem> {
    let media_type =
        headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let is_json =
        essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"));
    if is_json {
        Ok(())
    } else {
        Err(Problem::new(Code::UnsupportedMediaType, "send application/json and say so in Content-Type"))
    }
}

/// The problem of a body that could not be received.
pub(crate) fn unreadable_body(rejection: BytesRejection) -> Problem {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return Problem::new(Code::ContentTooLarge, "the body is larger than this operation takes");
    }
    Problem::new(Code::MalformedRequest, "the body could not be received").caused_by(rejection)
}

/// Reads one JSON document as a `T`, and nothing else.
pub(crate) fn read<T: DeserializeOwned + ToSchema>(bytes: &[u8]) -> Result<T, Problem> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    // From the text first, because a value no longer knows that a field came twice.
    let _: T = deserialize(&mut deserializer)?;
    deserializer.end().map_err(|error| malformed(&error))?;
    read_value(serde_json::from_slice(bytes).map_err(|error| malformed(&error))?)
}

/// Reads a part of a document that was taken as it is.
pub(crate) fn read_value<T: DeserializeOwned + ToSchema>(value: Value) -> Result<T, Problem> {
    deserialize(Objects(value))
}

fn deserialize<'de, D, T>(deserializer: D) -> Result<T, Problem>
where
    D: serde::Deserializer<'de, Error = serde_json::Error>,
    T: DeserializeOwned + ToSchema,
{
    let mut unknown = Vec::new();
    let mut note = |path: serde_ignored::Path<'_>| {
        if unknown.len() < LISTED {
            unknown.push(tokens(&path));
        }
    };
    let outcome = serde_path_to_error::deserialize(serde_ignored::Deserializer::new(deserializer, &mut note));
    let mut errors = Vec::new();
    let content = match outcome {
        Ok(content) => Some(content),
        Err(error) if matches!(error.inner().classify(), Category::Syntax | Category::Eof | Category::Io) => {
            return Err(malformed(error.inner()));
        }
        Err(error) => {
            errors.push(explain(error.path(), &error.inner().to_string()));
            None
        }
    };
    for place in unknown {
        let detail = match shape::nearest_field::<T>(&place) {
            Some(known) => format!("there is no such field; did you mean {known}?"),
            None => "there is no such field".to_owned(),
        };
        errors.push(violation(&pointer(&place), "unknown-field", detail));
    }
    match content {
        Some(content) if errors.is_empty() => Ok(content),
        Some(_) | None => Err(Problem::invalid(errors)),
    }
}

fn malformed(error: &serde_json::Error) -> Problem {
    Problem::new(Code::MalformedJson, format!("line {}, column {}: {error}", error.line(), error.column()))
}

/// The reference tokens (RFC 6901) of a place in a document.
fn tokens(path: &serde_ignored::Path<'_>) -> Vec<String> {
    use serde_ignored::Path;
    let (parent, token) = match path {
        Path::Root => return Vec::new(),
        Path::Seq { parent, index } => (parent, Some(index.to_string())),
        Path::Map { parent, key } => (parent, Some(key.clone())),
        Path::Some { parent } | Path::NewtypeStruct { parent } | Path::NewtypeVariant { parent } => {
            (parent, None)
        }
    };
    let mut tokens = tokens(parent);
    tokens.extend(token);
    tokens
}

/// The JSON Pointer of reference tokens.
fn pointer(tokens: &[String]) -> String {
    tokens.iter().map(|token| format!("/{}", token.replace('~', "~0").replace('/', "~1"))).collect()
}

#[cfg(test)]
mod tests {
    use domain::{Division, ItemContent};
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize, ToSchema)]
    #[serde(rename_all = "camelCase")]
    struct Outer {
        region: Division,
        #[serde(default)]
        inner_parts: Vec<Inner>,
    }

    #[derive(Debug, PartialEq, Deserialize, ToSchema)]
    struct Inner {
        #[serde(default)]
        weight: u8,
    }

    #[test]
    fn what_is_right_is_read() {
        let read =
            read::<Outer>(br#"{"region": "330106", "innerParts": [{"weight": 7}]}"#).expect("all is right");
        let region = "330106".parse().expect("well formed");
        assert_eq!(read, Outer { region, inner_parts: vec![Inner { weight: 7 }] });
    }

    fn refused(text: &str) -> (Code, Vec<(String, String)>) {
        let problem = read::<Outer>(text.as_bytes()).expect_err("must be refused");
        let errors =
            problem.errors().iter().map(|error| (error.pointer.clone(), error.code.clone())).collect();
        (problem.code(), errors)
    }

    fn one(pointer: &str, code: &str) -> Vec<(String, String)> {
        vec![(pointer.to_owned(), code.to_owned())]
    }

    #[test]
    fn what_is_no_json_is_malformed() {
        for text in ["", "{", "{\"region\":\"330106\"} x", "{\"region\":\"330106\",}", "\u{feff}{}"] {
            assert_eq!(refused(text), (Code::MalformedJson, vec![]), "{text}");
        }
        let deep = "[".repeat(100_000);
        assert_eq!(refused(&format!("{{\"region\":\"330106\",\"x\":{deep}")).0, Code::MalformedJson);
    }

    #[test]
    fn a_wrong_shape_is_said_with_its_pointer() {
        assert_eq!(refused("{}"), (Code::InvalidContent, one("/region", "required")));
        assert_eq!(refused("{\"region\":\"33\"}"), (Code::InvalidContent, one("/region", "invalid")));
        assert_eq!(refused("{\"region\":7}"), (Code::InvalidContent, one("/region", "type")));
        let text = "{\"region\":\"330106\",\"innerParts\":[{},{\"weight\":\"x\"}]}";
        assert_eq!(refused(text), (Code::InvalidContent, one("/innerParts/1/weight", "type")));
        assert_eq!(refused("[]").0, Code::InvalidContent);
        // serde's own structs would take their fields from an array, in order.
        assert_eq!(refused("[\"330106\", []]"), (Code::InvalidContent, one("", "type")));
        let text = "{\"region\":\"330106\",\"innerParts\":[{\"weight\":1},[1]]}";
        assert_eq!(refused(text), (Code::InvalidContent, one("/innerParts/1", "type")));
    }

    #[test]
    fn an_unknown_field_is_refused_with_the_nearest_known() {
        let text = "{\"region\":\"330106\",\"innerParts\":[{\"weigth\":1}],\"a/b\":0}";
        let problem = read::<Outer>(text.as_bytes()).expect_err("must be refused");
        let said: Vec<_> =
            problem.errors().iter().map(|error| (error.pointer.as_str(), error.detail.as_str())).collect();
        let expected = [
            ("/innerParts/0/weigth", "there is no such field; did you mean weight?"),
            ("/a~1b", "there is no such field"),
        ];
        assert_eq!(said, expected);
    }

    #[test]
    fn the_nearest_is_found_in_an_items_content_too() {
        let value = serde_json::json!({
            "name": {"zh-CN": "x"}, "kind": "01", "audience": ["natural-person"], "level": 3, "regions": ["330100"],
            "backend": {"baseUrl": "http://x", "timeouts": {"conectMs": 1}},
        });
        let problem = read_value::<ItemContent>(value).expect_err("must be refused");
        let said = problem.errors().first().map(|error| error.detail.clone());
        assert_eq!(said.as_deref(), Some("there is no such field; did you mean connectMs?"));
    }
}
