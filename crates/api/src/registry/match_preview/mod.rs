//! What an item would join or collide with, before anybody submits it.

mod document;
mod sketch;

use axum::Json;
use axum::extract::State;
use curator::department_name;
use domain::{DepartmentId, ItemId};
use read_model::Snapshot;
use serde::Deserialize;
use utoipa::ToSchema;

use self::document::MatchPreview;
use self::sketch::Sketch;
use crate::App;
use crate::command::Question;
use crate::extract::{Scope, StaffReading};
use crate::problem::{Code, Problem};
use crate::responses::{PositionHeaders, PreviewProblems};

/// An item that is not saved, or not as it is here.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PreviewRequest {
    /// The item that is being edited: it is not compared with itself, and keeps the place that it may have.
    item_id: Option<ItemId>,
    /// The department in whose name it would be registered; that of the item, or the reader's own, where absent.
    department: Option<DepartmentId>,
    /// What the department would say about it.
    content: Sketch,
}

/// Preview how an item would be matched
///
/// For all staff. Says which entry an item with this content would join or found if it were published now, and which
/// other items it may be the same as, by the rule that the curator itself follows. Nothing is stored. Only the name is
/// needed; the more is said, the surer is the answer. Clerks and department reviewers may name only items and departments
/// of their own.
#[utoipa::path(post, path = "/match-preview", tag = "items", params(PositionHeaders), request_body = PreviewRequest,
    responses((status = 200, description = "What would become of it.", body = MatchPreview), PreviewProblems))]
pub(crate) async fn preview_match(
    State(app): State<App>,
    reading: StaffReading,
    Question(request): Question<PreviewRequest>,
) -> Result<Json<MatchPreview>, Problem> {
    request.content.check()?;
    let department = request.department(&reading)?;
    let name = department.map(|department| department_name(&reading.snapshot, &department));
    let profile = request.content.description().profile(name.as_deref());
    let behind =
        || Problem::new(Code::ReadModelBehind, "the curator has not read the log yet").retry_after(1);
    let previewer = app.previewer.clone().ok_or_else(behind)?;
    // It may have to wait for the curator, though not for long.
    let asked = tokio::task::spawn_blocking(move || {
        let preview = previewer.preview(request.item_id, &profile, &reading.snapshot)?;
        // Taken now: it knows every item that the curator knew.
        Some(MatchPreview::of(&preview, &app.read_model.snapshot()))
    });
    asked.await.map_err(Problem::internal)?.map(Json).ok_or_else(behind)
}

impl PreviewRequest {
    /// The department in whose name the question is asked, if any.
    fn department(&self, reading: &StaffReading) -> Result<Option<DepartmentId>, Problem> {
        let owner = self.item_id.map(|item| owner(&reading.snapshot, &reading.scope, item)).transpose()?;
        match &self.department {
            Some(named) if !reading.scope.includes(named) => {
                Err(Problem::new(Code::NotAllowed, "the department is not your own"))
            }
            Some(named) => Ok(Some(named.clone())),
            None => Ok(owner.or_else(|| match &reading.scope {
                Scope::All => None,
                Scope::Department(own) => Some(own.clone()),
            })),
        }
    }
}

/// The department of an item that the reader may edit.
fn owner(snapshot: &Snapshot, scope: &Scope, item: ItemId) -> Result<DepartmentId, Problem> {
    let view = snapshot.item(item).filter(|view| scope.includes(&view.state.department));
    let unknown = || Problem::invalid_field("/itemId", "unknown-item", "there is no such item of yours");
    view.map(|view| view.state.department.clone()).ok_or_else(unknown)
}
