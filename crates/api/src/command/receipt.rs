//! What a client gets for a command that was carried out.

use axum::response::{IntoResponse, Response};
use event_store::Position;
use http::header::{ETAG, LOCATION};
use http::{HeaderName, HeaderValue, StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

/// The header field with the position of a write; a reader that sends it back sees the write.
pub(crate) const YIMEN_POSITION: HeaderName = HeaderName::from_static("yimen-position");
/// Says that a repeated command was answered, not carried out again.
const IDEMPOTENT_REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// Says that a command was carried out, and where in the log.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Receipt {
    /// Identifier of what was changed.
    #[schema(max_length = 256)]
    id: String,
    /// Its revision now; what `If-Match` takes.
    #[schema(value_type = u64, maximum = 9_007_199_254_740_991u64)]
    revision: Option<u64>,
    /// Where the log was then; a read that sends it as `Yimen-Position` sees the change.
    #[schema(value_type = String, max_length = 16, pattern = "^[0-9a-f]{16}$")]
    position: Position,
    #[serde(skip)]
    location: Option<String>,
    #[serde(skip)]
    replayed: bool,
}

impl Receipt {
    pub(super) fn new(id: String, revision: Option<u64>, position: Position, replayed: bool) -> Self {
        Self { id, revision, position, location: None, replayed }
    }

    pub(super) fn again(&self) -> Self {
        Self { replayed: true, ..self.clone() }
    }

    /// The same, for something that the command brought into being, at `location`.
    #[must_use]
    pub(crate) fn created_at(self, location: String) -> Self {
        Self { location: Some(location), ..self }
    }

    /// The same, for a command that wrote to other streams than its subject's.
    #[must_use]
    pub(crate) fn about(self, id: String, revision: Option<u64>) -> Self {
        Self { id, revision, ..self }
    }

    /// Where the log was right after the command.
    pub fn position(&self) -> Position {
        self.position
    }
}

/// The entity tag of a revision (RFC 9110, section 8.8.3).
fn etag(revision: u64) -> String {
    format!("\"{revision}\"")
}

impl IntoResponse for Receipt {
    fn into_response(self) -> Response {
        let status = if self.location.is_some() { StatusCode::CREATED } else { StatusCode::OK };
        let mut fields = vec![(YIMEN_POSITION, self.position.to_string())];
        fields.extend(self.revision.map(|revision| (ETAG, etag(revision))));
        fields.extend(self.location.clone().map(|location| (LOCATION, location)));
        fields.extend(self.replayed.then(|| (IDEMPOTENT_REPLAYED, "true".to_owned())));
        let mut response = (status, axum::Json(self)).into_response();
        for (name, value) in fields {
            if let Ok(value) = HeaderValue::try_from(value) {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }
}
