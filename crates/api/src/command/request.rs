//! Commands as they arrive.

use std::time::Duration;

use axum::extract::{FromRequest, Request};
use bytes::Bytes;
use http::request::Parts;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use utoipa::ToSchema;

use super::Terms;
use super::terms::{Condition, condition};
use crate::App;
use crate::json;
use crate::problem::{Code, Problem};

/// How long a whole body may take to arrive: a silent client holds no connection for ever.
const BODY_PATIENCE: Duration = Duration::from_secs(30);

/// A command: its content, and the terms under which it is sent.
#[derive(Debug)]
pub(crate) struct Command<T> {
    pub(crate) content: T,
    pub(crate) terms: Terms,
}

/// A command that replaces something, and so has to say which revision of it (`If-Match`).
#[derive(Debug)]
pub(crate) struct Replacement<T>(pub(crate) Command<T>);

/// What only asks, and is sent by POST because it does not fit a query: it has no terms.
#[derive(Debug)]
pub(crate) struct Question<T>(pub(crate) T);

/// A command that says everything by its path: without a body, or with an empty object.
#[derive(Debug)]
pub(crate) struct BareCommand(pub(crate) Terms);

impl<T: DeserializeOwned + ToSchema> FromRequest<App> for Command<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let (parts, bytes) = read(request, app).await?;
        json::require_media_type(&parts.headers)?;
        from_body(&parts, &bytes)
    }
}

impl<T: DeserializeOwned + ToSchema> FromRequest<App> for Replacement<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        if condition(request.headers())? == Condition::None {
            let detail = "send If-Match with the revision that you have read";
            return Err(Problem::new(Code::PreconditionRequired, detail));
        }
        Command::from_request(request, app).await.map(Self)
    }
}

impl<T: DeserializeOwned + ToSchema> FromRequest<App> for Question<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let (parts, bytes) = read(request, app).await?;
        json::require_media_type(&parts.headers)?;
        json::read(&bytes).map(Self)
    }
}

impl FromRequest<App> for BareCommand {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let (parts, bytes) = read(request, app).await?;
        if bytes.is_empty() {
            return Terms::of(&parts, b"{}").map(Self);
        }
        json::require_media_type(&parts.headers)?;
        let command: Command<Empty> = from_body(&parts, &bytes)?;
        Ok(Self(command.terms))
    }
}

#[derive(Debug, Deserialize, ToSchema)]
struct Empty {}

async fn read(request: Request, app: &App) -> Result<(Parts, Bytes), Problem> {
    let (parts, body) = request.into_parts();
    let again = Request::from_parts(parts.clone(), body);
    let bytes = tokio::time::timeout(BODY_PATIENCE, Bytes::from_request(again, app))
        .await
        .map_err(|_| Problem::new(Code::RequestTimeout, "the body did not arrive in time"))?
        .map_err(json::unreadable_body)?;
    Ok((parts, bytes))
}

fn from_body<T: DeserializeOwned + ToSchema>(parts: &Parts, bytes: &[u8]) -> Result<Command<T>, Problem> {
    let content = json::read(bytes)?;
    // Read as a value and written again, so that neither blanks nor the order of members make another command.
    let canonical = serde_json::from_slice::<Value>(bytes).and_then(|value| serde_json::to_vec(&value));
    let terms = Terms::of(parts, &canonical.map_err(Problem::internal)?)?;
    Ok(Command { content, terms })
}
