//! Type-ahead.

use axum::extract::State;
use axum::response::Response;
use domain::{Division, EntryId, LocalizedText};
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::search::unsearchable;
use crate::App;
use crate::extract::{Languages, Query, Reading};
use crate::problem::Problem;
use crate::representation::Representation;
use crate::responses::{LanguageHeaders, PublicProblems, ReadHeaders, Unchanged};

/// What somebody has typed so far.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Typed {
    /// The text: the beginning of a name, a part of it, pinyin, or its initials.
    #[param(max_length = 200, example = "yl")]
    q: String,
    /// Only what serves people in this division.
    #[param(
        value_type = Option<String>, nullable = false, max_length = 12,
        pattern = "^([0-9]{6}|[0-9]{9}|[0-9]{12})$", example = "330106"
    )]
    region: Option<Division>,
    /// How many suggestions there are at most.
    #[serde(default)]
    #[param(inline, required = false)]
    limit: Few,
}

/// How many suggestions, 1 to 10.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(try_from = "u8")]
#[schema(value_type = u8, minimum = 1, maximum = 10, default = 10)]
struct Few(u8);

impl Default for Few {
    fn default() -> Self {
        Self(10)
    }
}

impl TryFrom<u8> for Few {
    type Error = &'static str;

    fn try_from(limit: u8) -> Result<Self, &'static str> {
        if (1..=10).contains(&limit) { Ok(Self(limit)) } else { Err("a limit is a number from 1 to 10") }
    }
}

/// Suggestions, best first.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SuggestionList)]
pub(crate) struct SuggestionList<'a> {
    #[schema(max_items = 10)]
    items: Vec<Suggestion<'a>>,
}

/// An entry that somebody may want.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Suggestion)]
struct Suggestion<'a> {
    id: EntryId,
    /// Its name in the reader's language.
    #[schema(max_length = 200)]
    name: String,
    /// Its name in every language.
    names: &'a LocalizedText,
}

/// Suggest entries
///
/// For anybody, on every key stroke.
#[utoipa::path(get, path = "/suggest", tag = "entries", params(Typed, LanguageHeaders, ReadHeaders),
    responses((status = 200, description = "What may be meant.", body = SuggestionList), Unchanged, PublicProblems))]
pub(crate) async fn suggest_entries(
    State(app): State<App>,
    reading: Reading,
    Query(Typed { q, region, limit }): Query<Typed>,
    languages: Languages,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    reading.searchable(&app).await?;
    let suggesting = app.read_model.clone();
    let found =
        tokio::task::spawn_blocking(move || suggesting.suggest(&q, region.as_ref(), usize::from(limit.0)));
    let found = found.await.map_err(Problem::internal)?.map_err(unsearchable)?;
    let suggestion = |view| {
        let view: &read_model::EntryView = view;
        Suggestion { id: view.id, name: languages.pick(view.name()), names: view.name() }
    };
    let items = found.entries.iter().map(|view| suggestion(view)).collect();
    Ok(Representation::public(&SuggestionList { items })?.answer(&headers))
}
