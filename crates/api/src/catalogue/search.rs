//! The catalogue's list: filtered, and searched where somebody types.

use std::sync::Arc;

use axum::extract::{OriginalUri, State};
use axum::response::Response;
use domain::item::{Audience, EntryPointChannel, Kind};
use domain::{DepartmentId, Division};
use event_store::Position;
use http::HeaderMap;
use read_model::{EntryView, Filter, SearchError, SearchQuery};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::summary::EntrySummary;
use crate::App;
use crate::extract::{Cursor, Languages, Limit, Query, Reading};
use crate::paging::next_link;
use crate::problem::Problem;
use crate::representation::Representation;
use crate::responses::{LanguageHeaders, PublicProblems, ReadHeaders, Unchanged};

/// A part of the catalogue. All conditions have to hold, of one and the same offering.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct EntryListing {
    /// Words to search for, in Chinese, English or pinyin: the best come first. All entries where absent.
    #[param(max_length = 200, example = "养老")]
    q: Option<String>,
    /// Only what serves people in this division: offered for it, or for one above it.
    #[param(
        value_type = Option<String>, nullable = false, max_length = 12,
        pattern = "^([0-9]{6}|[0-9]{9}|[0-9]{12})$", example = "330106"
    )]
    region: Option<Division>,
    /// Only what this department offers.
    #[param(
        value_type = Option<String>, nullable = false, max_length = 192, pattern = "^[a-z0-9.-]{1,63}:.+$",
        example = "uscc:12441500196720244T"
    )]
    department: Option<DepartmentId>,
    /// Only this kind (事项类型).
    #[param(inline)]
    kind: Option<Kind>,
    /// Only what is for these people (服务对象).
    #[param(inline)]
    audience: Option<Audience>,
    /// Only what can be entered through this kind of channel.
    #[param(inline)]
    channel: Option<EntryPointChannel>,
    /// Where the part begins: `next` of the part before.
    #[param(max_length = 1024, pattern = "^[A-Za-z0-9_-]+$")]
    cursor: Option<String>,
    /// How many entries it has at most.
    #[serde(default)]
    #[param(inline, required = false)]
    limit: Limit,
}

/// Entries: the best first where words were searched for, else in order of their formation.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EntryPage)]
pub(crate) struct EntryPage<'a> {
    /// The entries.
    #[schema(max_items = 200)]
    items: Vec<EntrySummary<'a>>,
    /// Where the next part begins; null at the end.
    #[schema(max_length = 1024, pattern = "^[A-Za-z0-9_-]+$")]
    next: Option<String>,
}

/// List or search the catalogue
///
/// For anybody.
#[utoipa::path(get, path = "/entries", tag = "entries", params(EntryListing, LanguageHeaders, ReadHeaders),
    responses((status = 200, description = "A part of the catalogue.", body = EntryPage), Unchanged, PublicProblems))]
pub(crate) async fn list_entries(
    State(app): State<App>,
    reading: Reading,
    Query(listing): Query<EntryListing>,
    languages: Languages,
    uri: OriginalUri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let filter = Filter {
        region: listing.region,
        department: listing.department,
        kind: listing.kind,
        audience: listing.audience,
        channel: listing.channel,
    };
    let limit = listing.limit.get();
    let (entries, next) = match listing.q.filter(|text| !text.trim().is_empty()) {
        Some(text) => {
            reading.searchable(&app).await?;
            search(&app, SearchQuery { text, filter, cursor: listing.cursor, limit }).await?
        }
        None => {
            let after = listing.cursor.as_deref().map(place).transpose()?;
            let page = reading.snapshot.list(&filter, after, limit);
            (page.items, page.next.map(|next| Cursor(next).to_string()))
        }
    };
    let link = next.as_ref().map(|next| next_link(&uri, "cursor", next));
    let items = entries.iter().map(|view| EntrySummary::new(view, &languages)).collect();
    Ok(Representation::public(&EntryPage { items, next })?.with_next(link).answer(&headers))
}

fn place(cursor: &str) -> Result<Position, Problem> {
    let cursor: Result<Cursor<Position>, _> = cursor.parse();
    cursor.map(|cursor| cursor.0).map_err(|error| Problem::invalid_parameter("cursor", error.to_string()))
}

/// A search takes some milliseconds of CPU, so that it gets a thread of its own.
async fn search(app: &App, query: SearchQuery) -> Result<(Vec<Arc<EntryView>>, Option<String>), Problem> {
    let read_model = app.read_model.clone();
    let found =
        tokio::task::spawn_blocking(move || read_model.search(&query)).await.map_err(Problem::internal)?;
    let page = found.map_err(unsearchable)?;
    Ok((page.entries, page.next))
}

/// What a search that is not answered means to the client.
pub(super) fn unsearchable(error: SearchError) -> Problem {
    match error {
        SearchError::TooLong => Problem::invalid_parameter("q", error.to_string()),
        SearchError::Cursor => Problem::invalid_parameter("cursor", error.to_string()),
        SearchError::Index(_) => Problem::internal(error),
    }
}
