//! The rules of an item's life, topic by topic, and the stories that they are told on.

mod content;
mod drafting;
mod folding;
mod four_eyes;
mod migration;
mod publication;
mod retirement;
mod review;
mod rule_approval;
mod submission;
mod suspension;
mod transfer;

use std::sync::Arc;

use serde_json::json;

use super::{
    ApprovalBasis, ContentHash, Item, ItemCommand, ItemContent, ItemEvent, ItemRejection, Registered, Review,
    Stage, Verdict,
};
use crate::scenario::{self, Given, clerk, department_reviewer, reviewer, xihu};
use crate::{LocalCode, LocalizedText, StaffId};

fn given(events: impl IntoIterator<Item = ItemEvent>) -> Given<Item> {
    scenario::given(events)
}

fn state(events: impl IntoIterator<Item = ItemEvent>) -> Registered {
    match given(events).state() {
        Item::Registered(registered) => *registered,
        Item::Unregistered => panic!("the story registers the item"),
    }
}

/// The smallest content that may be registered, under a name.
fn named(name: &str) -> ItemContent {
    let content = json!({
        "name": { "zh-CN": name },
        "kind": "01",
        "audience": ["legal-person"],
        "level": 4,
        "regions": ["330106"],
    });
    serde_json::from_value(content).expect("complete")
}

fn content() -> ItemContent {
    named("食品经营许可")
}

fn other_content() -> ItemContent {
    named("食品经营许可证核发")
}

fn local_code() -> LocalCode {
    "SP-001".parse().expect("well formed")
}

fn text() -> LocalizedText {
    LocalizedText::zh("因系统升级暂停办理")
}

/// A text that no rule allows.
fn blank() -> LocalizedText {
    LocalizedText::zh(" ")
}

/// The pointers of what an `Invalid` refusal names.
fn pointers(rejection: ItemRejection) -> Vec<String> {
    let ItemRejection::Invalid(violations) = rejection else { panic!("{rejection:?} names no violations") };
    violations.into_iter().map(|violation| violation.pointer).collect()
}

fn drafted_with(content: &ItemContent) -> ItemEvent {
    ItemEvent::Drafted {
        department: xihu(),
        local_code: local_code(),
        content: Arc::new(content.clone()),
        author: clerk().id,
    }
}

fn revised_by(content: &ItemContent, author: &StaffId) -> ItemEvent {
    ItemEvent::Revised { content: Arc::new(content.clone()), author: author.clone() }
}

/// Handed in to both stages, by the clerk.
fn handed_in(revision: u64, content_hash: ContentHash) -> ItemEvent {
    handed_in_by(&clerk().id, revision, content_hash)
}

fn handed_in_by(clerk: &StaffId, revision: u64, content_hash: ContentHash) -> ItemEvent {
    let stages = vec![Stage::Department, Stage::Catalogue];
    ItemEvent::Submitted { revision, content_hash, stages, by: Some(clerk.clone()) }
}

fn approved_at(stage: Stage, revision: u64, content_hash: ContentHash, reviewer: &StaffId) -> ItemEvent {
    let basis = ApprovalBasis::Review { stage, reviewer: reviewer.clone() };
    ItemEvent::Approved { revision, content_hash, basis }
}

/// Drafted: the item's history up to a first draft at revision 0.
fn drafted() -> Vec<ItemEvent> {
    vec![drafted_with(&content())]
}

/// … then handed in to both stages.
fn submitted() -> Vec<ItemEvent> {
    followed_by(drafted(), [handed_in(0, content().hash())])
}

/// … then passed by the department.
fn passed_once() -> Vec<ItemEvent> {
    let passed = approved_at(Stage::Department, 0, content().hash(), &department_reviewer().id);
    followed_by(submitted(), [passed])
}

/// … then passed by the catalogue.
fn approved() -> Vec<ItemEvent> {
    followed_by(passed_once(), [approved_at(Stage::Catalogue, 0, content().hash(), &reviewer().id)])
}

/// … then public.
fn published() -> Vec<ItemEvent> {
    followed_by(approved(), [ItemEvent::Published { revision: 0, content_hash: content().hash() }])
}

/// … then a next revision drafted, at revision 5.
fn published_and_revised() -> Vec<ItemEvent> {
    followed_by(published(), [revised_by(&other_content(), &clerk().id)])
}

/// … then a next revision handed in.
fn published_and_submitted() -> Vec<ItemEvent> {
    followed_by(published_and_revised(), [handed_in(5, other_content().hash())])
}

fn followed_by(mut history: Vec<ItemEvent>, next: impl IntoIterator<Item = ItemEvent>) -> Vec<ItemEvent> {
    history.extend(next);
    history
}

/// A verdict on what [`submitted`] handed in.
fn verdict(verdict: Verdict) -> ItemCommand {
    ItemCommand::Review { revision: 0, content_hash: content().hash(), verdict }
}

fn approval() -> ItemCommand {
    verdict(Verdict::Approve)
}

fn review_of(events: Vec<ItemEvent>) -> Review {
    state(events).proposal.expect("the story leaves a proposal").review
}
