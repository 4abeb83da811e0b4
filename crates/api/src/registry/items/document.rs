//! An item as the registry shows it.

use std::sync::Arc;

use domain::item::{ApprovalBasis, ContentHash, Outcome, Publication, Registered, Review, Stage, Transfer};
use domain::placement::Decider;
use domain::{DepartmentId, EntryId, ItemContent, ItemId, LocalCode, LocalizedText, Placement, StaffId};
use jiff::Timestamp;
use read_model::ItemView;
use serde::Serialize;
use utoipa::ToSchema;

use super::claim_changes::{ClaimChange, claim_changes};
use super::state::ItemState;
use crate::extract::Scope;

/// A registered item.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ItemDocument {
    /// Its identifier.
    id: ItemId,
    /// Its owner.
    department: DepartmentId,
    /// The owner's own code.
    local_code: LocalCode,
    /// Where it stands: its content on the way to the public, and what is public.
    #[schema(max_items = 2)]
    states: Vec<ItemState>,
    /// Its revision, for `If-Match`.
    #[schema(maximum = 9_007_199_254_740_991u64)]
    revision: u64,
    /// When it changed last.
    updated_at: Timestamp,
    /// Content on its way to the public; absent where there is none or the reader may not see it.
    #[serde(skip_serializing_if = "Option::is_none")]
    proposal: Option<ProposalDocument>,
    /// What is public, or was at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    publication: Option<PublicationDocument>,
    /// A change of owner under way.
    #[serde(skip_serializing_if = "Option::is_none")]
    transfer: Option<TransferDocument>,
    /// The entry that it is placed in.
    #[serde(skip_serializing_if = "Option::is_none")]
    placement: Option<PlacementDocument>,
}

/// Content on its way to the public.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ProposalDocument {
    /// The revision that a review has to name.
    #[schema(maximum = 9_007_199_254_740_991u64)]
    revision: u64,
    /// The hash that a review has to name.
    content_hash: ContentHash,
    content: Arc<ItemContent>,
    /// What it changes about what the department may learn of citizens, against what is public.
    #[schema(max_items = 64)]
    claim_changes: Vec<ClaimChange>,
    /// Everybody who wrote some of it.
    #[schema(max_items = 1000)]
    authors: Vec<StaffId>,
    review: ReviewDocument,
    /// When it was submitted last.
    #[serde(skip_serializing_if = "Option::is_none")]
    submitted_at: Option<Timestamp>,
    /// Who submitted it last.
    #[serde(skip_serializing_if = "Option::is_none")]
    submitted_by: Option<StaffId>,
}

/// How far the review of a proposal has come.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "kebab-case")]
enum ReviewDocument {
    /// Not handed in.
    Draft,
    /// Handed in.
    Submitted {
        /// The stage that it waits for.
        awaiting: Option<Stage>,
        /// Who passed the stages before.
        #[schema(max_items = 2)]
        passed: Vec<StaffId>,
    },
    /// Back at the author.
    ChangesRequested {
        /// What has to change.
        #[schema(max_length = 4000)]
        comment: String,
    },
    /// Refused.
    Rejected {
        /// Why.
        #[schema(max_length = 4000)]
        comment: String,
    },
    /// All stages passed.
    Approved {
        /// What the last approval rests on.
        basis: ApprovalBasis,
    },
}

/// What is public, or was at the end.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct PublicationDocument {
    content: Arc<ItemContent>,
    /// The revision that was published; absent once it is retired.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(maximum = 9_007_199_254_740_991u64)]
    revision: Option<u64>,
    /// The hash of what was published; absent once it is retired.
    #[serde(skip_serializing_if = "Option::is_none")]
    content_hash: Option<ContentHash>,
    /// What its approval rests on; absent once it is retired.
    #[serde(skip_serializing_if = "Option::is_none")]
    basis: Option<ApprovalBasis>,
    /// What callers are told while it is suspended.
    #[serde(skip_serializing_if = "Option::is_none")]
    notice: Option<LocalizedText>,
    /// Its end, announced or come.
    #[serde(skip_serializing_if = "Option::is_none")]
    end: Option<EndDocument>,
}

/// The end of an item.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct EndDocument {
    /// Why, and what people can do instead.
    explanation: LocalizedText,
    /// What takes its place.
    outcome: Outcome,
    /// When it ends; absent once it has.
    #[serde(skip_serializing_if = "Option::is_none")]
    effective: Option<Timestamp>,
}

/// A change of owner under way.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct TransferDocument {
    /// The department that would own it, or will.
    to: DepartmentId,
    /// What the public is told; absent until it is accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    announcement: Option<LocalizedText>,
    /// When it takes effect; absent until it is accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    effective: Option<Timestamp>,
}

/// Where an item is placed.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct PlacementDocument {
    /// The entry that it was placed in; a merge makes that an alias and leaves this as it is.
    entry: EntryId,
    /// Who decided.
    by: Decider,
    /// The entries that a steward took it out of: it is not suspected of being their service again.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 1000, required = false)]
    parted_from: Vec<EntryId>,
}

impl ItemDocument {
    /// The item as somebody of this scope may see it; nothing if they may not know of it.
    pub(crate) fn for_scope(view: &ItemView, scope: &Scope) -> Option<Self> {
        let state = &view.state;
        let sees_all = scope.includes(&state.department) || transfers_to(state, scope);
        let publication = publication(&state.publication);
        if !sees_all && publication.is_none() {
            return None;
        }
        Some(Self {
            id: view.id,
            department: state.department.clone(),
            local_code: state.local_code.clone(),
            states: ItemState::of(state).filter(|state| sees_all || state.is_public()).collect(),
            revision: view.revision,
            updated_at: view.updated_at,
            proposal: if sees_all { proposal(view) } else { None },
            publication,
            transfer: state.transfer.as_ref().filter(|_| sees_all).map(transfer),
            placement: match &view.placement {
                Placement::Unplaced | Placement::Withdrawn { .. } => None,
                Placement::Placed { entry, by, parted_from, .. } => Some(PlacementDocument {
                    entry: *entry,
                    by: *by,
                    parted_from: parted_from.iter().copied().collect(),
                }),
            },
        })
    }
}

impl ItemDocument {
    /// What is public of it, or was at the end; else what is proposed, as far as the reader may see it.
    pub(crate) fn content(&self) -> Option<&ItemContent> {
        let public = self.publication.as_ref().map(|publication| &publication.content);
        public.or(self.proposal.as_ref().map(|proposal| &proposal.content)).map(Arc::as_ref)
    }

    /// Whether it stands there, as far as the reader may know.
    pub(super) fn stands_at(&self, state: ItemState) -> bool {
        self.states.contains(&state)
    }
}

/// Whether the item is offered to the reader's department, which has to see what it would take over.
fn transfers_to(state: &Registered, scope: &Scope) -> bool {
    match &state.transfer {
        Some(Transfer::Proposed { to } | Transfer::Accepted { to, .. }) => scope.includes(to),
        None => false,
    }
}

fn proposal(view: &ItemView) -> Option<ProposalDocument> {
    let proposal = view.state.proposal.as_ref()?;
    let submission = view.submission.as_deref();
    Some(ProposalDocument {
        revision: proposal.revision,
        content_hash: proposal.content_hash.clone(),
        content: Arc::clone(&proposal.content),
        claim_changes: claim_changes(&view.state, &proposal.content),
        authors: proposal.authors.iter().cloned().collect(),
        review: match &proposal.review {
            Review::Draft => ReviewDocument::Draft,
            Review::Submitted { passed, .. } => {
                ReviewDocument::Submitted { awaiting: proposal.review.awaiting(), passed: passed.clone() }
            }
            Review::ChangesRequested { comment } => {
                ReviewDocument::ChangesRequested { comment: comment.clone() }
            }
            Review::Rejected { comment } => ReviewDocument::Rejected { comment: comment.clone() },
            Review::Approved { basis } => ReviewDocument::Approved { basis: basis.clone() },
        },
        submitted_at: submission.map(|submission| submission.at),
        submitted_by: submission.and_then(|submission| submission.by.clone()),
    })
}

fn publication(publication: &Publication) -> Option<PublicationDocument> {
    match publication {
        Publication::Never => None,
        Publication::Live(live) => Some(PublicationDocument {
            content: Arc::clone(&live.content),
            revision: Some(live.revision),
            content_hash: Some(live.content_hash.clone()),
            basis: Some(live.basis.clone()),
            notice: live.suspension.as_ref().map(|suspension| suspension.notice.clone()),
            end: live.retirement.as_ref().map(|retirement| EndDocument {
                explanation: retirement.explanation.clone(),
                outcome: retirement.outcome.clone(),
                effective: Some(retirement.effective),
            }),
        }),
        Publication::Retired { content, explanation, outcome } => Some(PublicationDocument {
            content: Arc::clone(content),
            revision: None,
            content_hash: None,
            basis: None,
            notice: None,
            end: Some(EndDocument {
                explanation: explanation.clone(),
                outcome: outcome.clone(),
                effective: None,
            }),
        }),
    }
}

fn transfer(transfer: &Transfer) -> TransferDocument {
    match transfer {
        Transfer::Proposed { to } => TransferDocument { to: to.clone(), announcement: None, effective: None },
        Transfer::Accepted { to, announcement, effective } => TransferDocument {
            to: to.clone(),
            announcement: Some(announcement.clone()),
            effective: Some(*effective),
        },
    }
}
