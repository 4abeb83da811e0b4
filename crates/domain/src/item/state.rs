//! Where an item stands, folded from its events.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{ApprovalBasis, ContentHash, ItemContent, ItemEvent, Outcome};
use crate::{Authors, DepartmentId, LocalCode, LocalizedText, StaffId};

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
#[derive(Debug, Clone, PartialEq)]
pub struct Registered {
    /// The owner.
    pub department: DepartmentId,
    /// The owner's own code; stays the one that it was registered under.
    pub local_code: LocalCode,
    /// The last event's place in the stream.
    pub revision: u64,
    /// Content that is not public (yet).
    pub proposal: Option<Proposal>,
    /// What the public sees.
    pub publication: Publication,
    /// A change of owner under way.
    pub transfer: Option<Transfer>,
}

/// Content on its way to the public.
#[derive(Debug, Clone, PartialEq)]
pub struct Proposal {
    /// The content.
    pub content: Arc<ItemContent>,
    /// Its hash.
    pub content_hash: ContentHash,
    /// The place in the stream of the event that brought it.
    pub revision: u64,
    /// Everybody who wrote some of it since the last publication.
    pub authors: Authors,
    /// How far its review has come.
    pub review: Review,
}

/// How far a review has come.
#[derive(Debug, Clone, PartialEq, Eq)]
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
            Self::Draft | Self::ChangesRequested { .. } | Self::Rejected { .. } | Self::Approved { .. } => None,
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
#[derive(Debug, Clone, PartialEq)]
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
#[derive(Debug, Clone, PartialEq)]
pub struct LiveContent {
    /// The content.
    pub content: Arc<ItemContent>,
    /// Its hash.
    pub content_hash: ContentHash,
    /// The revision that was published.
    pub revision: u64,
    /// What its approval rests on.
    pub basis: ApprovalBasis,
    /// The notice to callers while it is suspended.
    pub suspension: Option<LocalizedText>,
    /// Its announced end.
    pub retirement: Option<Retirement>,
}

/// An announced end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retirement {
    /// Why, and what people can do instead.
    pub explanation: LocalizedText,
    /// What takes its place.
    pub outcome: Outcome,
    /// When it ends.
    pub effective: Timestamp,
}

/// A change of owner under way.
#[derive(Debug, Clone, PartialEq, Eq)]
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

    pub(super) fn apply(&mut self, event: &ItemEvent) {
        if let Self::Registered(registered) = self {
            registered.revision += 1;
            registered.apply(event);
        } else if let ItemEvent::Drafted { department, local_code, content, author } = event {
            *self = Self::Registered(Box::new(Registered {
                department: department.clone(),
                local_code: local_code.clone(),
                revision: 0,
                proposal: Some(Proposal::draft(content, 0, Authors::from([author.clone()]))),
                publication: Publication::Never,
                transfer: None,
            }));
        }
    }
}

impl Proposal {
    fn draft(content: &Arc<ItemContent>, revision: u64, authors: Authors) -> Self {
        Self {
            content: Arc::clone(content),
            content_hash: content.hash(),
            revision,
            authors,
            review: Review::Draft,
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

    /// The newest content there is, public or not.
    pub fn newest_content(&self) -> Option<&Arc<ItemContent>> {
        let public = match &self.publication {
            Publication::Live(live) => Some(&live.content),
            Publication::Retired { content, .. } => Some(content),
            Publication::Never => None,
        };
        self.proposal.as_ref().map(|proposal| &proposal.content).or(public)
    }

    fn apply(&mut self, event: &ItemEvent) {
        match event {
            // A second registration of one stream can't be: the store keeps the first.
            ItemEvent::Drafted { .. } => {}
            ItemEvent::Revised { content, author } => self.take_revision(content, author),
            ItemEvent::Submitted { stages, .. } => {
                self.set_review(Review::Submitted { stages: stages.clone(), passed: Vec::new() });
            }
            ItemEvent::Withdrawn {} => self.set_review(Review::Draft),
            ItemEvent::ChangesRequested { comment, .. } => {
                self.set_review(Review::ChangesRequested { comment: comment.clone() });
            }
            ItemEvent::Rejected { comment, .. } => {
                self.set_review(Review::Rejected { comment: comment.clone() });
            }
            ItemEvent::Approved { basis, .. } => self.approve(basis),
            ItemEvent::Published { revision, content_hash } => self.make_public(*revision, content_hash),
            ItemEvent::Suspended { notice } => self.with_live(|live| live.suspension = Some(notice.clone())),
            ItemEvent::Resumed {} => self.with_live(|live| live.suspension = None),
            ItemEvent::TransferProposed { to } => self.transfer = Some(Transfer::Proposed { to: to.clone() }),
            ItemEvent::TransferAccepted { announcement, effective } => {
                if let Some(Transfer::Proposed { to }) = self.transfer.take() {
                    self.transfer =
                        Some(Transfer::Accepted { to, announcement: announcement.clone(), effective: *effective });
                }
            }
            ItemEvent::TransferCancelled {} => self.transfer = None,
            ItemEvent::Transferred { to, .. } => {
                self.department = to.clone();
                self.transfer = None;
            }
            ItemEvent::RetirementAnnounced { explanation, outcome, effective } => self.with_live(|live| {
                live.retirement = Some(Retirement {
                    explanation: explanation.clone(),
                    outcome: outcome.clone(),
                    effective: *effective,
                });
            }),
            ItemEvent::RetirementCancelled {} => self.with_live(|live| live.retirement = None),
            ItemEvent::Retired { explanation, outcome } => self.end(explanation, outcome),
        }
    }

    fn take_revision(&mut self, content: &Arc<ItemContent>, author: &StaffId) {
        let mut authors = self.proposal.take().map(|proposal| proposal.authors).unwrap_or_default();
        authors.insert(author.clone());
        self.proposal = Some(Proposal::draft(content, self.revision, authors));
    }

    fn set_review(&mut self, review: Review) {
        if let Some(proposal) = &mut self.proposal {
            proposal.review = review;
        }
    }

    fn approve(&mut self, basis: &ApprovalBasis) {
        let Some(proposal) = &mut self.proposal else { return };
        if let (Review::Submitted { stages, passed }, ApprovalBasis::Review { reviewer, .. }) =
            (&mut proposal.review, basis)
        {
            passed.push(reviewer.clone());
            if passed.len() < stages.len() {
                return;
            }
        }
        proposal.review = Review::Approved { basis: basis.clone() };
    }

    fn make_public(&mut self, revision: u64, content_hash: &ContentHash) {
        let Some(Proposal { review: Review::Approved { basis }, content, .. }) = &self.proposal else { return };
        let (basis, content) = (basis.clone(), Arc::clone(content));
        self.proposal = None;
        let (suspension, retirement) = match &mut self.publication {
            Publication::Live(live) => (live.suspension.take(), live.retirement.take()),
            Publication::Never | Publication::Retired { .. } => (None, None),
        };
        self.publication = Publication::Live(LiveContent {
            content,
            content_hash: content_hash.clone(),
            revision,
            basis,
            suspension,
            retirement,
        });
    }

    fn with_live(&mut self, change: impl FnOnce(&mut LiveContent)) {
        if let Publication::Live(live) = &mut self.publication {
            change(live);
        }
    }

    fn end(&mut self, explanation: &LocalizedText, outcome: &Outcome) {
        if let Publication::Live(live) = &self.publication {
            self.publication = Publication::Retired {
                content: Arc::clone(&live.content),
                explanation: explanation.clone(),
                outcome: outcome.clone(),
            };
            self.proposal = None;
            self.transfer = None;
        }
    }
}
