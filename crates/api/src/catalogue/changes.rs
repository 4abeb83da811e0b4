//! The change feed: what became of each entry since the reader last asked.

use axum::extract::OriginalUri;
use axum::response::Response;
use domain::item::Outcome;
use domain::{EntryId, LocalizedText};
use event_store::Position;
use http::HeaderMap;
use jiff::Timestamp;
use read_model::{Change, ChangeToken, Removal, ResyncRequired};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::summary::EntrySummary;
use crate::extract::{Languages, Limit, Query, Reading};
use crate::paging::next_link;
use crate::problem::{Code, Problem};
use crate::representation::Representation;
use crate::responses::{FollowProblems, LanguageHeaders, ReadHeaders, Unchanged};

/// Which changes.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ChangeListing {
    /// `next` of the answer before; from the beginning where absent.
    #[param(max_length = 82, pattern = "^[0-9a-f]{32}[.][0-9a-f]{16}([.][0-9a-f]{32})?$")]
    since: Option<String>,
    /// How many changes there are at most.
    #[serde(default)]
    #[param(inline, required = false)]
    limit: Limit,
}

/// The latest change of each entry that changed, in order of the log.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ChangePage)]
pub(crate) struct ChangePage<'a> {
    /// The changes. An entry comes once, with its latest.
    #[schema(max_items = 200)]
    items: Vec<ChangeDocument<'a>>,
    /// What to ask for next time, also when nothing has changed.
    #[schema(max_length = 82, pattern = "^[0-9a-f]{32}[.][0-9a-f]{16}([.][0-9a-f]{32})?$")]
    next: String,
    /// Whether there are more changes already.
    more: bool,
}

/// What became of an entry.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "kebab-case", rename_all_fields = "camelCase")]
#[schema(as = Change)]
enum ChangeDocument<'a> {
    /// It is there, and this is how.
    Upserted {
        id: EntryId,
        /// Of the change, in the log.
        #[schema(value_type = String, max_length = 16, pattern = "^[0-9a-f]{16}$")]
        position: Position,
        at: Timestamp,
        entry: Box<EntrySummary<'a>>,
    },
    /// It is there no more: forget it.
    Removed {
        id: EntryId,
        /// Of the change, in the log.
        #[schema(value_type = String, max_length = 16, pattern = "^[0-9a-f]{16}$")]
        position: Position,
        at: Timestamp,
        removal: RemovalDocument<'a>,
    },
}

/// Why an entry is there no more.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "kebab-case", rename_all_fields = "camelCase")]
#[schema(as = Removal)]
enum RemovalDocument<'a> {
    /// It is part of another entry now.
    MergedInto { entry: EntryId },
    /// Everything that it offered has ended.
    Retired { explanation: &'a LocalizedText, outcome: &'a Outcome },
    /// Its items were moved to other entries, or out of the catalogue.
    Withdrawn,
}

/// Follow the changes
///
/// For anybody who keeps a copy of the catalogue: ask with `next` of the answer before, and do so for ever. A 410 says
/// that the copy has to be made anew, from the beginning.
#[utoipa::path(get, path = "/changes", tag = "changes", params(ChangeListing, LanguageHeaders, ReadHeaders),
    responses((status = 200, description = "What changed.", body = ChangePage), Unchanged, FollowProblems))]
pub(crate) async fn list_changes(
    reading: Reading,
    Query(listing): Query<ChangeListing>,
    languages: Languages,
    uri: OriginalUri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let since: Option<ChangeToken> = listing.since.as_deref().map(str::parse).transpose().map_err(resync)?;
    let changes = reading.snapshot.changes(since, listing.limit.get()).map_err(resync)?;
    let page = ChangePage {
        items: changes.changes.iter().map(|change| ChangeDocument::new(change, &languages)).collect(),
        next: changes.next.to_string(),
        more: changes.more,
    };
    let link = changes.more.then(|| next_link(&uri, "since", &page.next));
    Ok(Representation::public(&page)?.with_next(link).answer(&headers))
}

impl<'a> ChangeDocument<'a> {
    fn new(change: &'a Change, languages: &Languages) -> Self {
        match change {
            Change::Upserted(view) => Self::Upserted {
                id: view.id,
                position: view.changed,
                at: view.updated_at,
                entry: Box::new(EntrySummary::new(view, languages)),
            },
            Change::Removed { id, removal, changed, at } => Self::Removed {
                id: *id,
                position: *changed,
                at: *at,
                removal: match removal {
                    Removal::MergedInto(entry) => RemovalDocument::MergedInto { entry: *entry },
                    Removal::Retired(view) => {
                        RemovalDocument::Retired { explanation: &view.explanation, outcome: &view.outcome }
                    }
                    Removal::Withdrawn => RemovalDocument::Withdrawn,
                },
            },
        }
    }
}

fn resync(error: ResyncRequired) -> Problem {
    Problem::new(Code::ResyncRequired, "forget your copy and ask again without since").caused_by(error)
}
