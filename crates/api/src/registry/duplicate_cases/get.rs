//! One duplicate case, its two items side by side.

use axum::response::Response;
use domain::placement::Decider;
use domain::{CaseId, DepartmentId, EntryId, ItemId, LocalizedText, Placement};
use http::HeaderMap;
use read_model::Snapshot;
use serde::Serialize;
use utoipa::ToSchema;

use super::comparison::{FieldComparison, compare};
use super::document::CaseDocument;
use super::next_steps::{NextStep, next_steps};
use crate::extract::{Id, StaffReading};
use crate::problem::Problem;
use crate::registry::items::ItemDocument;
use crate::representation::Representation;
use crate::responses::{ReadHeaders, ReadProblems, Unchanged};

/// A duplicate case with both items.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CaseSideBySide {
    /// The case.
    case: CaseDocument,
    /// The two items in the case's order, as far as the reader may see them.
    #[schema(max_items = 2)]
    side_by_side: Vec<ItemDocument>,
    /// Where each of the two is: left and right, in the case's order.
    #[schema(value_type = Vec<CaseSide>, min_items = 2, max_items = 2)]
    sides: [CaseSide; 2],
    /// Field by field what the two say: what is public of each, else what is proposed. Empty where the reader may not
    /// see both.
    #[schema(max_items = 256)]
    fields: Vec<FieldComparison>,
    /// What a steward can do next.
    #[schema(max_items = 8)]
    next_steps: Vec<NextStep>,
}

/// One of the two items, and where it is now.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CaseSide {
    /// The item.
    item: ItemId,
    /// Its owner; absent where the reader may not know of the item.
    #[serde(skip_serializing_if = "Option::is_none")]
    department: Option<DepartmentId>,
    /// Its owner's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    department_name: Option<LocalizedText>,
    /// Its place in the catalogue; absent where it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<SidePlace>,
}

/// The place of one of the two items.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct SidePlace {
    /// The entry that it was placed in.
    entry: EntryId,
    /// The entry under which readers find it: another one where that was merged.
    under: EntryId,
    /// That entry's name; absent where readers find nothing there.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<LocalizedText>,
    /// Whether it speaks for that entry.
    is_primary: bool,
    /// Who placed it.
    by: Decider,
}

/// Read a duplicate case
///
/// For all staff. Both items come with it, compared field by field, with where they are and what a steward can do next.
#[utoipa::path(get, path = "/duplicate-cases/{case}", tag = "duplicate-cases",
    params(("case" = CaseId, Path, description = "The case."), ReadHeaders),
    responses((status = 200, description = "The case.", body = CaseSideBySide), Unchanged, ReadProblems))]
pub(crate) async fn get_duplicate_case(
    reading: StaffReading,
    Id(id): Id<CaseId>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let snapshot = &reading.snapshot;
    let view = snapshot.case(id).ok_or_else(|| Problem::not_found("duplicate case"))?;
    let [left, right] = view
        .items
        .map(|item| snapshot.item(item).and_then(|item| ItemDocument::for_scope(item, &reading.scope)));
    let fields =
        match (left.as_ref().and_then(ItemDocument::content), right.as_ref().and_then(ItemDocument::content))
        {
            (Some(left), Some(right)) => compare(left, right),
            (None, _) | (_, None) => Vec::new(),
        };
    let [one, other] = view.items;
    let sides = [side(snapshot, one, left.as_ref()), side(snapshot, other, right.as_ref())];
    let under = |side: &CaseSide| side.place.as_ref().map(|place| place.under);
    let document = CaseSideBySide {
        case: CaseDocument::from(view.as_ref()),
        next_steps: next_steps(view, sides.each_ref().map(under)),
        sides,
        fields,
        side_by_side: left.into_iter().chain(right).collect(),
    };
    Ok(Representation::of_revision(&document, view.revision)?.answer(&headers))
}

fn side(snapshot: &Snapshot, item: ItemId, document: Option<&ItemDocument>) -> CaseSide {
    let view = document.and_then(|_| snapshot.item(item));
    let department = view.map(|view| view.state.department.clone());
    CaseSide {
        item,
        department_name: department
            .as_ref()
            .and_then(|department| snapshot.department(department))
            .map(|department| department.name.clone()),
        department,
        place: view.and_then(|view| match view.placement {
            Placement::Unplaced | Placement::Withdrawn { .. } => None,
            Placement::Placed { entry, by, .. } => {
                let found = snapshot.live_entry(entry);
                Some(SidePlace {
                    entry,
                    under: snapshot.survivor(entry),
                    name: found.map(|found| found.name().clone()),
                    is_primary: found.is_some_and(|found| found.primary == item),
                    by,
                })
            }
        }),
    }
}
