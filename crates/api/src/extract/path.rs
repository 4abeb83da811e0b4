//! Identifiers in the path.

use std::fmt::Display;
use std::str::FromStr;

use axum::extract::{FromRequestParts, Path};
use http::request::Parts;

use crate::App;
use crate::problem::Problem;

/// The identifier in the path. What can't be one names nothing: 404.
#[derive(Debug, Clone)]
pub(crate) struct Id<T>(pub(crate) T);

impl<T> FromRequestParts<App> for Id<T>
where
    T: FromStr<Err: Display> + Send + 'static,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let Path(text) = Path::<String>::from_request_parts(parts, app).await.map_err(Problem::internal)?;
        let id = text.parse().map_err(|_| Problem::not_found("resource"))?;
        Ok(Self(id))
    }
}
