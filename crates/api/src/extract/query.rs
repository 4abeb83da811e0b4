//! Query parameters: known ones only, each sent once.

use std::collections::BTreeSet;

use axum::extract::FromRequestParts;
use axum::extract::rejection::QueryRejection;
use domain::Violation;
use http::Uri;
use http::request::Parts;
use serde::Deserialize;
use serde::de::{DeserializeOwned, value};
use utoipa::openapi::path::ParameterIn;
use utoipa::{IntoParams, ToSchema};

use crate::App;
use crate::nearest::nearest;
use crate::problem::{Code, Problem, violation};

/// The query parameters that `T` declares, and no others.
#[derive(Debug, Clone)]
pub(crate) struct Query<T>(pub(crate) T);

impl<T> FromRequestParts<App> for Query<T>
where
    T: DeserializeOwned + IntoParams + Send,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _app: &App) -> Result<Self, Problem> {
        let errors = foreign::<T>(&parts.uri)?;
        if !errors.is_empty() {
            return Err(refused(errors));
        }
        axum::extract::Query::try_from_uri(&parts.uri).map(|query| Self(query.0)).map_err(unreadable)
    }
}

/// The parameter that could not be read is named by one of the rejection's sources.
fn unreadable(rejection: QueryRejection) -> Problem {
    let first = std::error::Error::source(&rejection);
    let mut sources = std::iter::successors(first, |error| error.source());
    let named = sources.find_map(|error| error.downcast_ref::<serde_path_to_error::Error<value::Error>>());
    match named {
        Some(error) => Problem::invalid_parameter(&error.path().to_string(), error.inner().to_string()),
        None => Problem::new(Code::InvalidParameter, "the query can't be read").caused_by(rejection),
    }
}

fn refused(errors: Vec<Violation>) -> Problem {
    Problem::new(Code::InvalidParameter, format!("{} query parameter(s) are wrong; see errors", errors.len()))
        .with_errors(errors)
}

/// What is wrong with the names: unknown or repeated ones.
fn foreign<T: IntoParams>(uri: &Uri) -> Result<Vec<Violation>, Problem> {
    let pairs = axum::extract::Query::<Vec<(String, String)>>::try_from_uri(uri).map_err(unreadable)?;
    let known: Vec<String> =
        T::into_params(|| Some(ParameterIn::Query)).into_iter().map(|parameter| parameter.name).collect();
    let mut seen = BTreeSet::new();
    let mut errors = Vec::new();
    for (name, _) in &pairs.0 {
        let pointer = format!("/{name}");
        if !known.contains(name) {
            let detail = nearest(name, known.iter().map(String::as_str)).map_or_else(
                || "there is no such parameter".to_owned(),
                |near| format!("there is no such parameter; did you mean {near}?"),
            );
            errors.push(violation(&pointer, "unknown-parameter", detail));
        } else if !seen.insert(name) {
            errors.push(violation(&pointer, "repeated", "each parameter is sent once"));
        }
    }
    errors.truncate(100);
    Ok(errors)
}

/// How many elements a list may have at most, 1 to 200.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(try_from = "u16")]
#[schema(value_type = u16, minimum = 1, maximum = 200, default = 50)]
pub(crate) struct Limit(u16);

impl Limit {
    pub(crate) fn get(self) -> usize {
        usize::from(self.0)
    }
}

impl Default for Limit {
    fn default() -> Self {
        Self(50)
    }
}

impl TryFrom<u16> for Limit {
    type Error = &'static str;

    fn try_from(limit: u16) -> Result<Self, &'static str> {
        if (1..=200).contains(&limit) { Ok(Self(limit)) } else { Err("a limit is a number from 1 to 200") }
    }
}
