//! What happened to an item.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{ContentHash, ItemContent, Outcome, Stage};
use crate::{DepartmentId, DomainEvent, LocalCode, LocalizedText, Role, StaffId};

/// An event of an item's stream.
///
/// `rename_all_fields` is for serde; the generated schema reads only the variants' own `rename_all`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", content = "data", rename_all_fields = "camelCase")]
pub enum ItemEvent {
    /// Registered with its first draft.
    #[serde(rename_all = "camelCase")]
    Drafted {
        /// The owner.
        department: DepartmentId,
        /// The owner's own code.
        local_code: LocalCode,
        /// The draft.
        content: Arc<ItemContent>,
        /// Who wrote it.
        author: StaffId,
    },
    /// The draft was replaced, or the next revision of a published item begun.
    Revised {
        /// The new draft.
        content: Arc<ItemContent>,
        /// Who wrote it.
        author: StaffId,
    },
    /// Handed to review.
    #[serde(rename_all = "camelCase")]
    Submitted {
        /// The revision under review.
        revision: u64,
        /// The hash of its content.
        content_hash: ContentHash,
        /// The stages that it has to pass, in order; none where a rule or a migration approves.
        stages: Vec<Stage>,
        /// Who handed it in; absent in a migration and in events that were written before it was kept.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<StaffId>,
    },
    /// The submission was taken back into draft.
    Withdrawn {},
    /// A reviewer wants something changed.
    ChangesRequested {
        /// The stage of the review.
        stage: Stage,
        /// What has to change.
        comment: String,
    },
    /// One stage was passed.
    #[serde(rename_all = "camelCase")]
    Approved {
        /// The revision that was approved.
        revision: u64,
        /// The hash of its content.
        content_hash: ContentHash,
        /// What the approval rests on.
        basis: ApprovalBasis,
    },
    /// A reviewer refused it.
    Rejected {
        /// The stage of the review.
        stage: Stage,
        /// Why.
        comment: String,
    },
    /// The approved content became public, in place of what was public before.
    #[serde(rename_all = "camelCase")]
    Published {
        /// The revision that became public.
        revision: u64,
        /// The hash of its content.
        content_hash: ContentHash,
    },
    /// Calls were stopped.
    Suspended {
        /// What callers are told.
        notice: LocalizedText,
        /// In which role they were stopped: what an operator stopped, the department can't let through.
        by: Role,
    },
    /// The suspension ended.
    Resumed {},
    /// The owner offered it to another department.
    TransferProposed {
        /// The department that would own it.
        to: DepartmentId,
    },
    /// The new owner accepted, and it was announced.
    TransferAccepted {
        /// What the public is told.
        announcement: LocalizedText,
        /// When the new owner takes over.
        effective: Timestamp,
    },
    /// The transfer was called off.
    TransferCancelled {},
    /// The new owner took over.
    Transferred {
        /// The owner before.
        from: DepartmentId,
        /// The owner from now on.
        to: DepartmentId,
    },
    /// Its end was announced.
    RetirementAnnounced {
        /// Why, and what people can do instead.
        explanation: LocalizedText,
        /// What takes its place.
        outcome: Outcome,
        /// When it ends.
        effective: Timestamp,
    },
    /// The retirement was called off.
    RetirementCancelled {},
    /// It ended.
    Retired {
        /// Why, and what people can do instead.
        explanation: LocalizedText,
        /// What takes its place.
        outcome: Outcome,
    },
}

/// What an approval rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum ApprovalBasis {
    /// A reviewer read it.
    Review {
        /// The stage that was passed.
        stage: Stage,
        /// The reviewer.
        reviewer: StaffId,
    },
    /// Only fields changed that the city's rules call insensitive.
    Rule {},
    /// An operator brought it over from another system, where it was reviewed.
    Migration {
        /// That system or file.
        #[schema(min_length = 1, max_length = 500)]
        source: String,
    },
}

impl DomainEvent for ItemEvent {
    const TYPES: &'static [(&'static str, u16)] = &[
        ("Drafted", 1),
        ("Revised", 1),
        ("Submitted", 1),
        ("Withdrawn", 1),
        ("ChangesRequested", 1),
        ("Approved", 1),
        ("Rejected", 1),
        ("Published", 1),
        ("Suspended", 1),
        ("Resumed", 1),
        ("TransferProposed", 1),
        ("TransferAccepted", 1),
        ("TransferCancelled", 1),
        ("Transferred", 1),
        ("RetirementAnnounced", 1),
        ("RetirementCancelled", 1),
        ("Retired", 1),
    ];

    fn event_type(&self) -> &'static str {
        match self {
            Self::Drafted { .. } => "Drafted",
            Self::Revised { .. } => "Revised",
            Self::Submitted { .. } => "Submitted",
            Self::Withdrawn {} => "Withdrawn",
            Self::ChangesRequested { .. } => "ChangesRequested",
            Self::Approved { .. } => "Approved",
            Self::Rejected { .. } => "Rejected",
            Self::Published { .. } => "Published",
            Self::Suspended { .. } => "Suspended",
            Self::Resumed {} => "Resumed",
            Self::TransferProposed { .. } => "TransferProposed",
            Self::TransferAccepted { .. } => "TransferAccepted",
            Self::TransferCancelled {} => "TransferCancelled",
            Self::Transferred { .. } => "Transferred",
            Self::RetirementAnnounced { .. } => "RetirementAnnounced",
            Self::RetirementCancelled {} => "RetirementCancelled",
            Self::Retired { .. } => "Retired",
        }
    }
}
