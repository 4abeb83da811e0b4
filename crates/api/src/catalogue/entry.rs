//! One entry with all its offerings.

use axum::response::{IntoResponse, Response};
use domain::EntryId;
use domain::item::Outcome;
use http::{HeaderMap, StatusCode, header};
use jiff::Timestamp;
use read_model::{EntryStanding, EntryView, RetiredView, Snapshot};
use serde::Serialize;
use utoipa::ToSchema;

use super::offering::OfferingDocument;
use super::summary::EntrySummary;
use crate::extract::{Id, Languages, Reading};
use crate::location::location;
use crate::problem::{Code, Problem};
use crate::representation::Representation;
use crate::responses::{EntryProblems, LanguageHeaders, Moved, ReadHeaders, Unchanged};

/// An entry with all its offerings.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Entry)]
pub(crate) struct EntryDocument<'a> {
    #[serde(flatten)]
    summary: EntrySummary<'a>,
    /// Its offerings, in order of their registration.
    #[schema(max_items = 10000)]
    offerings: Vec<OfferingDocument<'a>>,
    /// The identifiers that lead here.
    #[schema(max_items = 10000)]
    aliases: &'a [EntryId],
    /// When it changed last.
    updated_at: Timestamp,
}

/// Read an entry
///
/// For anybody. An entry that was merged redirects to the one that survives, and one that was replaced to its
/// successor; one that ended otherwise says why.
#[utoipa::path(get, path = "/entries/{entry}", tag = "entries",
    params(("entry" = EntryId, Path, description = "The entry."), LanguageHeaders, ReadHeaders),
    responses(
        (status = 200, description = "The entry.", body = EntryDocument),
        Moved, Unchanged, EntryProblems))]
pub(crate) async fn get_entry(
    reading: Reading,
    Id(id): Id<EntryId>,
    languages: Languages,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    match reading.snapshot.entry(id) {
        Some(EntryStanding::Live(view)) => {
            Ok(Representation::public(&EntryDocument::new(view, &languages))?.answer(&headers))
        }
        Some(EntryStanding::Alias { into }) => Ok(moved_to(*into)),
        Some(EntryStanding::Retired(view)) => retired(&reading.snapshot, view, &languages),
        None => Err(Problem::not_found("entry")),
    }
}

impl<'a> EntryDocument<'a> {
    fn new(view: &'a EntryView, languages: &Languages) -> Self {
        let offerings = view.offerings.iter();
        Self {
            summary: EntrySummary::new(view, languages),
            offerings: offerings
                .map(|offering| OfferingDocument::new(offering, view.is_primary(offering), languages))
                .collect(),
            aliases: &view.aliases,
            updated_at: view.updated_at,
        }
    }
}

fn moved_to(entry: EntryId) -> Response {
    let location = location("/catalogue/v1/entries", &entry);
    // A merge can be undone, so nobody may remember the way for longer than one answer.
    let headers = [(header::LOCATION, location), (header::CACHE_CONTROL, "no-cache".to_owned())];
    (StatusCode::PERMANENT_REDIRECT, headers).into_response()
}

/// A successor that has itself ended is no place to send anybody: the explanation is.
fn retired(snapshot: &Snapshot, view: &RetiredView, languages: &Languages) -> Result<Response, Problem> {
    if let Outcome::ReplacedBy { entry } = view.outcome
        && let Some(successor) = snapshot.live_entry(entry)
    {
        return Ok(moved_to(successor.id));
    }
    Err(Problem::new(Code::EntryRetired, languages.pick(&view.explanation))
        .with_member("name", languages.pick(view.name()))
        .with_member("explanation", &view.explanation)
        .with_member("outcome", &view.outcome))
}
