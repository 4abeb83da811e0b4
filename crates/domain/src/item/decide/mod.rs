//! The rules of an item's life, one file per part of it.

mod authority;
mod drafting;
mod migration;
mod retirement;
mod review;
mod suspension;
mod transfer;
mod wording;

use super::{Item, ItemCommand, ItemEvent, ItemRejection, LiveContent, Proposal, Publication, Registered};
use crate::{Aggregate, Context, ItemId};

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
                drafting::draft(department, local_code, content, context)
            }
            (Self::Unregistered, ItemCommand::Migrate { department, local_code, content, source }) => {
                migration::register(department, local_code, content, source, context)
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

impl Registered {
    fn decide(&self, command: &ItemCommand, context: &Context<'_>) -> Decision {
        let actor = context.actor;
        if matches!(self.publication, Publication::Retired { .. }) {
            return Err(ItemRejection::WrongState("the item is retired"));
        }
        match command {
            // Answered before: a registered item can't be registered again.
            ItemCommand::Draft { .. } => Err(ItemRejection::AlreadyRegistered),
            ItemCommand::Revise { content } => self.revise(content, context),
            ItemCommand::Submit => self.submit(context),
            ItemCommand::Withdraw => self.withdraw(actor),
            ItemCommand::Review { revision, content_hash, verdict } => {
                self.review(*revision, content_hash, verdict, actor)
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
                self.migrate(department, content, source, context)
            }
        }
    }

    fn proposal(&self, missing: &'static str) -> Result<&Proposal, ItemRejection> {
        self.proposal.as_deref().ok_or(ItemRejection::WrongState(missing))
    }

    fn require_live(&self) -> Result<&LiveContent, ItemRejection> {
        self.live().ok_or(ItemRejection::WrongState("the item is not published"))
    }
}
