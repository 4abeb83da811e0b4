//! The answer to a preview.

use curator::{Home, Preview, Suspicion};
use domain::{Basis, DepartmentId, EntryId, Evidence, ItemId, LocalizedText, Relation};
use event_store::Position;
use matching::Verdict;
use read_model::Snapshot;
use serde::Serialize;
use utoipa::ToSchema;

/// What would become of an item if it were published now.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MatchPreview {
    /// Everything that the log holds up to here was considered.
    #[schema(value_type = String, max_length = 16, pattern = "^[0-9a-f]{16}$")]
    position: Position,
    placement: PreviewedPlacement,
    /// Items that may be the same service, the strongest suspicion first.
    #[schema(max_items = 6)]
    suspicions: Vec<SuspicionDocument>,
}

/// The entry that it would be in.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "kebab-case")]
enum PreviewedPlacement {
    /// One of its own: nothing is surely the same.
    Founds,
    /// That of an item that is the same service.
    Joins {
        /// That entry.
        entry: EntryName,
        /// The item that decides it, how surely, and why.
        basis: Basis,
    },
    /// The one that it is in already, whatever its content.
    Stays {
        /// That entry.
        entry: EntryName,
    },
}

/// An entry by name.
#[derive(Debug, Serialize, ToSchema)]
struct EntryName {
    /// Its identifier; of the survivor, where it was merged.
    id: EntryId,
    /// Its name.
    name: LocalizedText,
}

/// Another item that may be the same service.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct SuspicionDocument {
    /// The other item.
    item: ItemId,
    /// Its name.
    name: LocalizedText,
    /// Its department.
    department: DepartmentName,
    /// Its entry.
    entry: EntryName,
    /// How surely both are the same service, from 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 1)]
    probability: Option<f64>,
    verdict: VerdictDocument,
    /// What the two would be to each other.
    #[serde(skip_serializing_if = "Option::is_none")]
    relation: Option<Relation>,
    /// Why, the heaviest reason first.
    #[schema(max_items = 64)]
    evidence: Vec<Evidence>,
    /// Whether a case for a steward would be opened; not where there is one for the pair, or one that stands for all
    /// items of the entry that claim the same people.
    opens_case: bool,
}

/// A department by name.
#[derive(Debug, Serialize, ToSchema)]
struct DepartmentName {
    /// Its identifier.
    id: DepartmentId,
    /// Its name.
    name: LocalizedText,
}

/// What follows from a comparison.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
enum VerdictDocument {
    /// Strong evidence and no contradiction: one service.
    Same,
    /// Middling evidence: a steward would be asked.
    Suspect,
    /// Two services.
    Distinct,
}

impl MatchPreview {
    /// The curator's answer with the names that a snapshot knows.
    pub(super) fn of(preview: &Preview, snapshot: &Snapshot) -> Self {
        let name = |entry: &EntryId, like: Option<ItemId>| entry_name(snapshot, *entry, like);
        Self {
            position: preview.position,
            placement: match &preview.placing.home {
                Home::Founds => PreviewedPlacement::Founds,
                Home::Joins { entry, basis } => PreviewedPlacement::Joins {
                    entry: name(entry, basis.compared_with),
                    basis: basis.clone(),
                },
                Home::Stays { entry } => PreviewedPlacement::Stays { entry: name(entry, None) },
            },
            suspicions: preview
                .placing
                .suspicions
                .iter()
                .filter_map(|suspicion| SuspicionDocument::of(suspicion, snapshot))
                .collect(),
        }
    }
}

impl SuspicionDocument {
    /// Nothing where the other item has ended meanwhile.
    fn of(suspicion: &Suspicion, snapshot: &Snapshot) -> Option<Self> {
        let other = snapshot.item(suspicion.other)?;
        let id = other.state.department.clone();
        let name = snapshot
            .department(&id)
            .map_or_else(|| LocalizedText::zh(id.to_string()), |department| department.name.clone());
        Some(Self {
            item: suspicion.other,
            name: other.state.live()?.content.name.clone(),
            department: DepartmentName { id, name },
            entry: entry_name(snapshot, suspicion.entry, Some(suspicion.other)),
            probability: suspicion.basis.probability,
            verdict: match suspicion.verdict {
                Verdict::Same => VerdictDocument::Same,
                Verdict::Suspect => VerdictDocument::Suspect,
                Verdict::Distinct => VerdictDocument::Distinct,
            },
            relation: suspicion.basis.relation,
            evidence: suspicion.basis.evidence.clone(),
            opens_case: suspicion.opens,
        })
    }
}

/// An entry's own name, or that of an item in it while the entry itself is not readable yet.
fn entry_name(snapshot: &Snapshot, entry: EntryId, like: Option<ItemId>) -> EntryName {
    let own = snapshot.live_entry(entry).map(|view| view.name().clone());
    let of_item = || Some(snapshot.item(like?)?.state.live()?.content.name.clone());
    EntryName { id: snapshot.survivor(entry), name: own.or_else(of_item).unwrap_or_default() }
}
