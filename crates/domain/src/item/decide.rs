//! The rules of an item's life.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::{
    ApprovalBasis, Item, ItemCommand, ItemContent, ItemEvent, ItemRejection, LiveContent, Outcome, Proposal,
    Publication, Registered, Review, Stage, Transfer, Verdict,
};
use crate::{Actor, Aggregate, Context, DepartmentId, ItemId, LocalCode, LocalizedText, Role, Violations};

type Decision = Result<Vec<ItemEvent>, ItemRejection>;

impl Aggregate for Item {
    const CATEGORY: &'static str = "item";
    type Id = ItemId;
    type Command = ItemCommand;
    type Event = ItemEvent;
    type Rejection = ItemRejection;

    fn decide(&self, command: &ItemCommand, context: &Context<'_>) -> Decision {
        match (self, command) {
            (Self::Unregistered, ItemCommand::Draft { department, local_code, content }) => {
                draft(department, local_code, content, context)
            }
            (Self::Unregistered, ItemCommand::Migrate { department, local_code, content, source }) => {
                let mut events = first_migration(department, local_code, content, context)?;
                events.extend(migrated(0, content, source));
                Ok(events)
            }
            (Self::Unregistered, _) => Err(ItemRejection::NotRegistered),
            (Self::Registered(_), ItemCommand::Draft { .. }) => Err(ItemRejection::AlreadyRegistered),
            (Self::Registered(item), command) => item.decide(command, context),
        }
    }

    fn evolve(&mut self, event: &ItemEvent) {
        self.apply(event);
    }
}

fn draft(department: &DepartmentId, local_code: &LocalCode, content: &ItemContent, context: &Context<'_>) -> Decision {
    require(context.actor, Role::Clerk, department)?;
    check(content)?;
    Ok(vec![ItemEvent::Drafted {
        department: department.clone(),
        local_code: local_code.clone(),
        content: Arc::new(content.clone()),
        author: context.actor.id.clone(),
    }])
}

fn first_migration(
    department: &DepartmentId,
    local_code: &LocalCode,
    content: &ItemContent,
    context: &Context<'_>,
) -> Decision {
    require_any(context.actor, &[Role::Operator])?;
    check(content)?;
    Ok(vec![ItemEvent::Drafted {
        department: department.clone(),
        local_code: local_code.clone(),
        content: Arc::new(content.clone()),
        author: context.actor.id.clone(),
    }])
}

/// What follows the draft or revision that a migration brought at `revision`.
fn migrated(revision: u64, content: &ItemContent, source: &str) -> [ItemEvent; 3] {
    let content_hash = content.hash();
    [
        ItemEvent::Submitted { revision, content_hash: content_hash.clone(), stages: Vec::new() },
        ItemEvent::Approved {
            revision,
            content_hash: content_hash.clone(),
            basis: ApprovalBasis::Migration { source: source.to_owned() },
        },
        ItemEvent::Published { revision, content_hash },
    ]
}

impl Registered {
    fn decide(&self, command: &ItemCommand, context: &Context<'_>) -> Decision {
        let actor = context.actor;
        if matches!(self.publication, Publication::Retired { .. }) {
            return Err(ItemRejection::WrongState("the item is retired"));
        }
        match command {
            // Answered before: a registered item can't be registered again.
            ItemCommand::Draft { .. } => Err(ItemRejection::AlreadyRegistered),
            ItemCommand::Revise { content } => self.revise(content, actor),
            ItemCommand::Submit => self.submit(context),
            ItemCommand::Withdraw => self.withdraw(actor),
            ItemCommand::Review { revision, content_hash, verdict } => {
                self.review(*revision, &content_hash.to_string(), verdict, actor)
            }
            ItemCommand::Publish => self.publish(actor),
            ItemCommand::Suspend { notice } => self.suspend(notice, actor),
            ItemCommand::Resume => self.resume(actor),
            ItemCommand::ProposeTransfer { to } => self.propose_transfer(to, actor),
            ItemCommand::AcceptTransfer { announcement, effective } => {
                self.accept_transfer(announcement, *effective, context)
            }
            ItemCommand::CancelTransfer => self.cancel_transfer(actor),
            ItemCommand::CompleteTransfer => self.complete_transfer(context),
            ItemCommand::AnnounceRetirement { explanation, outcome, effective } => {
                self.announce_retirement(explanation, outcome, *effective, context)
            }
            ItemCommand::CancelRetirement => self.cancel_retirement(actor),
            ItemCommand::Retire => self.retire(context),
            ItemCommand::Migrate { department, content, source, .. } => {
                self.migrate(department, content, source, actor)
            }
        }
    }

    fn revise(&self, content: &ItemContent, actor: &Actor) -> Decision {
        require(actor, Role::Clerk, &self.department)?;
        if self.proposal.as_ref().is_some_and(|proposal| matches!(proposal.review, Review::Submitted { .. })) {
            return Err(ItemRejection::WrongState("the item is under review; withdraw the submission first"));
        }
        check(content)?;
        Ok(vec![ItemEvent::Revised { content: Arc::new(content.clone()), author: actor.id.clone() }])
    }

    fn submit(&self, context: &Context<'_>) -> Decision {
        require(context.actor, Role::Clerk, &self.department)?;
        let proposal = self.proposal("there is no draft to submit")?;
        if !matches!(proposal.review, Review::Draft) {
            return Err(ItemRejection::WrongState("only a draft can be submitted; revise it first"));
        }
        let (revision, content_hash) = (proposal.revision, proposal.content_hash.clone());
        let fields = &context.policy.approved_by_rule;
        let by_rule = self.live().is_some_and(|live| proposal.content.same_but(&live.content, fields));
        let stages = if by_rule { Vec::new() } else { stages(&proposal.content, context) };
        let mut events =
            vec![ItemEvent::Submitted { revision, content_hash: content_hash.clone(), stages }];
        if by_rule {
            events.push(ItemEvent::Approved { revision, content_hash, basis: ApprovalBasis::Rule {} });
        }
        Ok(events)
    }

    fn withdraw(&self, actor: &Actor) -> Decision {
        require(actor, Role::Clerk, &self.department)?;
        match self.proposal("there is nothing under review")?.review {
            Review::Submitted { .. } | Review::Approved { .. } => Ok(vec![ItemEvent::Withdrawn {}]),
            Review::Draft | Review::ChangesRequested { .. } | Review::Rejected { .. } => {
                Err(ItemRejection::WrongState("there is nothing under review"))
            }
        }
    }

    fn review(&self, revision: u64, content_hash: &str, verdict: &Verdict, actor: &Actor) -> Decision {
        require_any(actor, &[Role::DepartmentReviewer, Role::Reviewer])?;
        let proposal = self.proposal("there is nothing under review")?;
        if proposal.revision != revision || proposal.content_hash.to_string() != content_hash {
            return Err(ItemRejection::OtherRevision {
                revision: proposal.revision,
                content_hash: proposal.content_hash.to_string(),
            });
        }
        let (Review::Submitted { passed, .. }, Some(stage)) = (&proposal.review, proposal.review.awaiting()) else {
            return Err(ItemRejection::WrongState("there is nothing under review"));
        };
        self.require_reviewer(stage, actor)?;
        if proposal.authors.contains(&actor.id) || passed.contains(&actor.id) {
            return Err(ItemRejection::FourEyes);
        }
        Ok(vec![match verdict {
            Verdict::Approve => ItemEvent::Approved {
                revision,
                content_hash: proposal.content_hash.clone(),
                basis: ApprovalBasis::Review { stage, reviewer: actor.id.clone() },
            },
            Verdict::RequestChanges { comment } => {
                ItemEvent::ChangesRequested { stage, comment: checked_comment(comment)? }
            }
            Verdict::Reject { comment } => ItemEvent::Rejected { stage, comment: checked_comment(comment)? },
        }])
    }

    fn require_reviewer(&self, stage: Stage, actor: &Actor) -> Result<(), ItemRejection> {
        match (stage, actor.role) {
            (Stage::Department, Role::DepartmentReviewer) => require(actor, Role::DepartmentReviewer, &self.department),
            (Stage::Catalogue, Role::Reviewer) if actor.department.as_ref() == Some(&self.department) => {
                Err(ItemRejection::NotAllowed("the second stage is reviewed by somebody of another department"))
            }
            (Stage::Catalogue, Role::Reviewer) => Ok(()),
            (Stage::Department | Stage::Catalogue, _) => Err(ItemRejection::OtherStage),
        }
    }

    fn publish(&self, actor: &Actor) -> Decision {
        if actor.role != Role::Reviewer {
            require(actor, Role::Clerk, &self.department)
                .or_else(|_| require(actor, Role::DepartmentReviewer, &self.department))?;
        }
        let proposal = self.proposal("there is nothing to publish")?;
        if !matches!(proposal.review, Review::Approved { .. }) {
            return Err(ItemRejection::WrongState("only approved content can be published"));
        }
        Ok(vec![ItemEvent::Published {
            revision: proposal.revision,
            content_hash: proposal.content_hash.clone(),
        }])
    }

    fn suspend(&self, notice: &LocalizedText, actor: &Actor) -> Decision {
        self.require_owner_or(actor, Role::Operator)?;
        check_text("/notice", notice)?;
        match &self.require_live()?.suspension {
            Some(current) if current == notice => Ok(Vec::new()),
            Some(_) | None => Ok(vec![ItemEvent::Suspended { notice: notice.clone() }]),
        }
    }

    fn resume(&self, actor: &Actor) -> Decision {
        self.require_owner_or(actor, Role::Operator)?;
        match self.require_live()?.suspension {
            Some(_) => Ok(vec![ItemEvent::Resumed {}]),
            None => Err(ItemRejection::WrongState("the item is not suspended")),
        }
    }

    fn propose_transfer(&self, to: &DepartmentId, actor: &Actor) -> Decision {
        require(actor, Role::Clerk, &self.department)?;
        if *to == self.department {
            return Err(ItemRejection::WrongState("the department already owns the item"));
        }
        match &self.transfer {
            None => Ok(vec![ItemEvent::TransferProposed { to: to.clone() }]),
            Some(_) => Err(ItemRejection::WrongState("a transfer is already under way")),
        }
    }

    fn accept_transfer(&self, announcement: &LocalizedText, effective: Timestamp, context: &Context<'_>) -> Decision {
        let Some(Transfer::Proposed { to }) = &self.transfer else {
            return Err(ItemRejection::WrongState("no transfer is proposed"));
        };
        require(context.actor, Role::Clerk, to)?;
        check_text("/announcement", announcement)?;
        check_notice(effective, context)?;
        Ok(vec![ItemEvent::TransferAccepted { announcement: announcement.clone(), effective }])
    }

    fn cancel_transfer(&self, actor: &Actor) -> Decision {
        let to = match &self.transfer {
            None => return Err(ItemRejection::WrongState("no transfer is under way")),
            Some(Transfer::Proposed { to } | Transfer::Accepted { to, .. }) => to,
        };
        require(actor, Role::Clerk, &self.department).or_else(|_| require(actor, Role::Clerk, to))?;
        Ok(vec![ItemEvent::TransferCancelled {}])
    }

    fn complete_transfer(&self, context: &Context<'_>) -> Decision {
        require_any(context.actor, &[Role::System])?;
        match &self.transfer {
            Some(Transfer::Accepted { to, effective, .. }) if *effective <= context.now => {
                Ok(vec![ItemEvent::Transferred { from: self.department.clone(), to: to.clone() }])
            }
            Some(Transfer::Accepted { .. }) => Err(ItemRejection::NotYet),
            Some(Transfer::Proposed { .. }) | None => {
                Err(ItemRejection::WrongState("no transfer has been accepted"))
            }
        }
    }

    fn announce_retirement(
        &self,
        explanation: &LocalizedText,
        outcome: &Outcome,
        effective: Timestamp,
        context: &Context<'_>,
    ) -> Decision {
        require(context.actor, Role::Clerk, &self.department)?;
        check_text("/explanation", explanation)?;
        if self.require_live()?.retirement.is_some() {
            return Err(ItemRejection::WrongState("a retirement is already announced"));
        }
        check_notice(effective, context)?;
        Ok(vec![ItemEvent::RetirementAnnounced {
            explanation: explanation.clone(),
            outcome: outcome.clone(),
            effective,
        }])
    }

    fn cancel_retirement(&self, actor: &Actor) -> Decision {
        require(actor, Role::Clerk, &self.department)?;
        match self.require_live()?.retirement {
            Some(_) => Ok(vec![ItemEvent::RetirementCancelled {}]),
            None => Err(ItemRejection::WrongState("no retirement is announced")),
        }
    }

    fn retire(&self, context: &Context<'_>) -> Decision {
        require_any(context.actor, &[Role::System])?;
        match &self.require_live()?.retirement {
            Some(retirement) if retirement.effective <= context.now => Ok(vec![ItemEvent::Retired {
                explanation: retirement.explanation.clone(),
                outcome: retirement.outcome.clone(),
            }]),
            Some(_) => Err(ItemRejection::NotYet),
            None => Err(ItemRejection::WrongState("no retirement is announced")),
        }
    }

    /// Brings newer content of a migrated item; says nothing when it is the same, so that an import can be repeated.
    fn migrate(&self, department: &DepartmentId, content: &ItemContent, source: &str, actor: &Actor) -> Decision {
        require_any(actor, &[Role::Operator])?;
        check(content)?;
        let by_migration = self.live().is_some_and(|live| matches!(live.basis, ApprovalBasis::Migration { .. }));
        if !by_migration || self.proposal.is_some() || self.department != *department {
            return Err(ItemRejection::RevisedSinceMigration);
        }
        if self.live().is_some_and(|live| *live.content == *content) {
            return Ok(Vec::new());
        }
        let mut events =
            vec![ItemEvent::Revised { content: Arc::new(content.clone()), author: actor.id.clone() }];
        events.extend(migrated(self.revision + 1, content, source));
        Ok(events)
    }

    fn proposal(&self, missing: &'static str) -> Result<&Proposal, ItemRejection> {
        self.proposal.as_ref().ok_or(ItemRejection::WrongState(missing))
    }

    fn require_live(&self) -> Result<&LiveContent, ItemRejection> {
        self.live().ok_or(ItemRejection::WrongState("the item is not published"))
    }

    fn require_owner_or(&self, actor: &Actor, role: Role) -> Result<(), ItemRejection> {
        if actor.role == role { Ok(()) } else { require(actor, Role::Clerk, &self.department) }
    }
}

/// The stages that new content of this kind has to pass.
fn stages(content: &ItemContent, context: &Context<'_>) -> Vec<Stage> {
    if context.policy.single_stage_kinds.contains(&content.kind) {
        vec![Stage::Catalogue]
    } else {
        vec![Stage::Department, Stage::Catalogue]
    }
}

fn require(actor: &Actor, role: Role, department: &DepartmentId) -> Result<(), ItemRejection> {
    require_any(actor, &[role])?;
    if actor.department.as_ref() == Some(department) {
        Ok(())
    } else {
        Err(ItemRejection::NotAllowed("the item belongs to another department"))
    }
}

fn require_any(actor: &Actor, roles: &[Role]) -> Result<(), ItemRejection> {
    if actor.is_any_of(roles) { Ok(()) } else { Err(ItemRejection::NotAllowed("the role does not allow it")) }
}

fn check(content: &ItemContent) -> Result<(), ItemRejection> {
    let violations = content.check();
    if violations.is_empty() { Ok(()) } else { Err(ItemRejection::Invalid(violations)) }
}

fn check_text(pointer: &str, text: &LocalizedText) -> Result<(), ItemRejection> {
    let mut violations = Violations::default();
    text.check(pointer, 2000, true, &mut violations);
    let violations = violations.into_vec();
    if violations.is_empty() { Ok(()) } else { Err(ItemRejection::Invalid(violations)) }
}

fn checked_comment(comment: &str) -> Result<String, ItemRejection> {
    let mut violations = Violations::default();
    violations.check_text("/comment", comment, 4000);
    if comment.trim().is_empty() {
        violations.add("/comment", "blank", "say what is wrong");
    }
    let violations = violations.into_vec();
    if violations.is_empty() { Ok(comment.to_owned()) } else { Err(ItemRejection::Invalid(violations)) }
}

fn check_notice(effective: Timestamp, context: &Context<'_>) -> Result<(), ItemRejection> {
    let days = context.policy.notice_days;
    let earliest = context.now.checked_add(SignedDuration::from_hours(24 * i64::from(days)));
    match earliest {
        Ok(earliest) if effective >= earliest => Ok(()),
        Ok(_) | Err(_) => Err(ItemRejection::NoticeTooShort { days }),
    }
}
