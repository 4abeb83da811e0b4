//! The fold of an item's events. Total: an event that does not fit leaves the item as it was.

use std::sync::Arc;

use super::{
    ApprovalBasis, ContentHash, Item, ItemContent, ItemEvent, LiveContent, Outcome, Proposal, Publication,
    Registered, Retirement, Review, Stage, Suspension, Transfer,
};
use crate::{Authors, LocalizedText, StaffId};

impl Item {
    pub(super) fn apply(&mut self, event: &ItemEvent) {
        if let Self::Registered(registered) = self {
            registered.revision += 1;
            registered.apply(event);
        } else if let ItemEvent::Drafted { department, local_code, content, author } = event {
            *self = Self::Registered(Box::new(Registered {
                department: department.clone(),
                local_code: local_code.clone(),
                revision: 0,
                proposal: Some(Box::new(Proposal::draft(
                    content,
                    0,
                    Authors::from([author.clone()]),
                    Authors::new(),
                ))),
                publication: Publication::Never,
                transfer: None,
            }));
        }
    }
}

impl Registered {
    fn apply(&mut self, event: &ItemEvent) {
        if matches!(self.publication, Publication::Retired { .. }) {
            return;
        }
        match event {
            // A second registration of one stream can't be: the store keeps the first.
            ItemEvent::Drafted { .. } => {}
            ItemEvent::Revised { content, author } => self.take_revision(content, author),
            ItemEvent::Submitted { revision, content_hash, stages, by } => {
                self.with_proposal(|proposal| {
                    proposal.submit(*revision, content_hash, stages);
                    proposal.submitters.extend(by.clone());
                });
            }
            ItemEvent::Withdrawn {} => self.with_proposal(Proposal::withdraw),
            ItemEvent::ChangesRequested { comment, .. } => {
                self.with_proposal(|proposal| {
                    proposal.send_back(Review::ChangesRequested { comment: comment.clone() });
                });
            }
            ItemEvent::Rejected { comment, .. } => {
                self.with_proposal(|proposal| {
                    proposal.send_back(Review::Rejected { comment: comment.clone() });
                });
            }
            ItemEvent::Approved { revision, content_hash, basis } => {
                self.with_proposal(|proposal| proposal.approve(*revision, content_hash, basis));
            }
            ItemEvent::Published { revision, content_hash } => self.make_public(*revision, content_hash),
            ItemEvent::Suspended { notice, by } => {
                self.with_live(|live| live.suspension = Some(Suspension { notice: notice.clone(), by: *by }));
            }
            ItemEvent::Resumed {} => self.with_live(|live| live.suspension = None),
            ItemEvent::TransferProposed { to } => self.transfer = Some(Transfer::Proposed { to: to.clone() }),
            ItemEvent::TransferAccepted { announcement, effective } => {
                if let Some(Transfer::Proposed { to }) = &self.transfer {
                    self.transfer = Some(Transfer::Accepted {
                        to: to.clone(),
                        announcement: announcement.clone(),
                        effective: *effective,
                    });
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
        let before = self.proposal.take().map(|proposal| (proposal.authors, proposal.submitters));
        let (mut authors, submitters) = before.unwrap_or_default();
        authors.insert(author.clone());
        self.proposal = Some(Box::new(Proposal::draft(content, self.revision, authors, submitters)));
    }

    fn with_proposal(&mut self, change: impl FnOnce(&mut Proposal)) {
        if let Some(proposal) = &mut self.proposal {
            change(proposal);
        }
    }

    fn with_live(&mut self, change: impl FnOnce(&mut LiveContent)) {
        if let Publication::Live(live) = &mut self.publication {
            change(live);
        }
    }

    fn make_public(&mut self, revision: u64, content_hash: &ContentHash) {
        let Some(proposal) = &self.proposal else { return };
        let Review::Approved { basis } = &proposal.review else { return };
        if !proposal.is(revision, content_hash) {
            return;
        }
        let (suspension, retirement) = match &mut self.publication {
            Publication::Live(live) => (live.suspension.take(), live.retirement.take()),
            Publication::Never | Publication::Retired { .. } => (None, None),
        };
        self.publication = Publication::Live(LiveContent {
            content: Arc::clone(&proposal.content),
            content_hash: content_hash.clone(),
            revision,
            basis: basis.clone(),
            suspension,
            retirement,
        });
        self.proposal = None;
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

impl Proposal {
    fn draft(content: &Arc<ItemContent>, revision: u64, authors: Authors, submitters: Authors) -> Self {
        Self {
            content: Arc::clone(content),
            content_hash: content.hash(),
            revision,
            authors,
            submitters,
            review: Review::Draft,
        }
    }

    /// Whether it is exactly the revision and content that an event names.
    fn is(&self, revision: u64, content_hash: &ContentHash) -> bool {
        self.revision == revision && self.content_hash == *content_hash
    }

    /// The review is bound to what the log says was handed in: a later schema may hash the same content
    /// otherwise, and a newer writer's events that were passed over are not counted.
    fn submit(&mut self, revision: u64, content_hash: &ContentHash, stages: &[Stage]) {
        self.revision = revision;
        self.content_hash = content_hash.clone();
        self.review = Review::Submitted { stages: stages.to_vec(), passed: Vec::new() };
    }

    fn withdraw(&mut self) {
        if self.review.is_handed_in() {
            self.review = Review::Draft;
        }
    }

    fn send_back(&mut self, review: Review) {
        if matches!(self.review, Review::Submitted { .. }) {
            self.review = review;
        }
    }

    /// Only what is under review can be approved, and only as it was handed in.
    fn approve(&mut self, revision: u64, content_hash: &ContentHash, basis: &ApprovalBasis) {
        let fits = self.is(revision, content_hash);
        let Review::Submitted { stages, passed } = &mut self.review else { return };
        if !fits {
            return;
        }
        if let ApprovalBasis::Review { reviewer, .. } = basis {
            passed.push(reviewer.clone());
            if passed.len() < stages.len() {
                return;
            }
        }
        self.review = Review::Approved { basis: basis.clone() };
    }
}
