//! Where an item stands, folded from its events.
//!
//! States can be serialised for a snapshot that the same build reads again; nothing else ever reads them in that form.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{ApprovalBasis, ContentHash, ItemContent, Outcome};
use crate::{Authors, DepartmentId, LocalCode, LocalizedText, Role, StaffId};

/// A service item.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Item {
    /// Nothing happened yet.
    #[default]
    Unregistered,
    /// A department registered it.
    Registered(Box<Registered>),
}

/// An item that exists.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Registered {
    /// The owner.
    pub department: DepartmentId,
    /// The owner's own code; stays the one that it was registered under.
    pub local_code: LocalCode,
    /// The last event's place in the stream.
    pub revision: u64,
    /// Content that is not public (yet).
    pub proposal: Option<Box<Proposal>>,
    /// What the public sees.
    pub publication: Publication,
    /// A change of owner under way.
    pub transfer: Option<Transfer>,
}

/// Content on its way to the public.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Proposal {
    /// The content.
    pub content: Arc<ItemContent>,
    /// Its hash.
    pub content_hash: ContentHash,
    /// The place in the stream of the event that brought it.
    pub revision: u64,
    /// Everybody who wrote some of it since the last publication.
    pub authors: Authors,
    /// Everybody who handed it in since the last publication.
    pub submitters: Authors,
    /// How far its review has come.
    pub review: Review,
}

/// How far a review has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Review {
    /// Not handed in.
    Draft,
    /// Handed in; waits for `stages[passed.len()]`.
    Submitted {
        /// The stages to pass, in order.
        stages: Vec<Stage>,
        /// Who passed the stages so far.
        passed: Vec<StaffId>,
    },
    /// Back at the author.
    ChangesRequested {
        /// What has to change.
        comment: String,
    },
    /// Refused; the author may start again.
    Rejected {
        /// Why.
        comment: String,
    },
    /// All stages passed.
    Approved {
        /// What the last approval rests on.
        basis: ApprovalBasis,
    },
}

impl Review {
    /// The stage that it waits for, if it is under review.
    pub fn awaiting(&self) -> Option<Stage> {
        match self {
            Self::Submitted { stages, passed } => stages.get(passed.len()).copied(),
            Self::Draft | Self::ChangesRequested { .. } | Self::Rejected { .. } | Self::Approved { .. } => {
                None
            }
        }
    }

    /// Whether it is out of its author's hands: under review, or approved and not yet public.
    pub(super) fn is_handed_in(&self) -> bool {
        match self {
            Self::Submitted { .. } | Self::Approved { .. } => true,
            Self::Draft | Self::ChangesRequested { .. } | Self::Rejected { .. } => false,
        }
    }
}

/// A stage of review.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Inside the department.
    Department,
    /// By the catalogue's reviewers.
    Catalogue,
}

/// What the public sees of an item.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Publication {
    /// Nothing yet.
    Never,
    /// Its content.
    Live(LiveContent),
    /// That it ended.
    Retired {
        /// What was public at the end.
        content: Arc<ItemContent>,
        /// Why it ended, and what is there instead.
        explanation: LocalizedText,
        /// What takes its place.
        outcome: Outcome,
    },
}

/// Public content, and what is announced about it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LiveContent {
    /// The content.
    pub content: Arc<ItemContent>,
    /// Its hash.
    pub content_hash: ContentHash,
    /// The revision that was published.
    pub revision: u64,
    /// What its approval rests on.
    pub basis: ApprovalBasis,
    /// Why it can't be called for now.
    pub suspension: Option<Suspension>,
    /// Its announced end.
    pub retirement: Option<Retirement>,
}

/// Calls stopped for now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suspension {
    /// What callers are told.
    pub notice: LocalizedText,
    /// In which role it was stopped: what an operator stopped, the department can't let through.
    pub by: Role,
}

/// An announced end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retirement {
    /// Why, and what people can do instead.
    pub explanation: LocalizedText,
    /// What takes its place.
    pub outcome: Outcome,
    /// When it ends.
    pub effective: Timestamp,
}

/// A change of owner under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Transfer {
    /// Offered, not yet accepted.
    Proposed {
        /// The department that would own it.
        to: DepartmentId,
    },
    /// Accepted and announced.
    Accepted {
        /// The department that will own it.
        to: DepartmentId,
        /// What the public is told.
        announcement: LocalizedText,
        /// When it takes effect.
        effective: Timestamp,
    },
}

impl Item {
    /// The item, if it is registered.
    pub fn registered(&self) -> Option<&Registered> {
        match self {
            Self::Unregistered => None,
            Self::Registered(registered) => Some(registered),
        }
    }
}

impl Registered {
    /// What the public sees, if it is live.
    pub fn live(&self) -> Option<&LiveContent> {
        match &self.publication {
            Publication::Live(live) => Some(live),
            Publication::Never | Publication::Retired { .. } => None,
        }
    }

    /// What is public, or was at the end.
    pub fn public_content(&self) -> Option<&Arc<ItemContent>> {
        match &self.publication {
            Publication::Live(live) => Some(&live.content),
            Publication::Retired { content, .. } => Some(content),
            Publication::Never => None,
        }
    }

    /// The newest content there is, public or not.
    pub fn newest_content(&self) -> Option<&Arc<ItemContent>> {
        self.proposal.as_ref().map(|proposal| &proposal.content).or(self.public_content())
    }
}
