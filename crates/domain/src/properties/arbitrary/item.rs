//! Commands and events of items.

use std::sync::Arc;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::json;

use super::{any_content, department_id, entry_id, local_code, note, staff_id, text, time};
use crate::item::{ApprovalBasis, ContentHash, Outcome, Stage, Verdict};
use crate::{ItemCommand, ItemContent, ItemEvent, LocalizedText};

/// One of three contents that may be registered.
fn content() -> impl Strategy<Value = ItemContent> {
    select(vec!["食品经营许可", "食品经营许可变更", "老年优待证办理"]).prop_map(|name| {
        let content = json!({
            "name": { "zh-CN": name },
            "kind": "01",
            "audience": ["legal-person"],
            "level": 4,
            "regions": ["330106"],
        });
        serde_json::from_value(content).expect("complete")
    })
}

/// Mostly one of the three, sometimes anything.
fn drafted() -> impl Strategy<Value = ItemContent> {
    prop_oneof![8 => content(), 1 => any_content()]
}

fn content_hash() -> impl Strategy<Value = ContentHash> {
    let forged = "\\PC{0,8}".prop_map(|text| serde_json::from_value(json!(text)).expect("a string"));
    prop_oneof![8 => content().prop_map(|content| content.hash()), 1 => forged]
}

fn stage() -> impl Strategy<Value = Stage> {
    select(vec![Stage::Department, Stage::Catalogue])
}

fn outcome() -> impl Strategy<Value = Outcome> {
    prop_oneof![Just(Outcome::Gone), entry_id().prop_map(|entry| Outcome::ReplacedBy { entry })]
}

fn verdict() -> impl Strategy<Value = Verdict> {
    prop_oneof![
        6 => Just(Verdict::Approve),
        1 => note().prop_map(|comment| Verdict::RequestChanges { comment }),
        1 => note().prop_map(|comment| Verdict::Reject { comment }),
    ]
}

fn basis() -> impl Strategy<Value = ApprovalBasis> {
    prop_oneof![
        (stage(), staff_id()).prop_map(|(stage, reviewer)| ApprovalBasis::Review { stage, reviewer }),
        Just(ApprovalBasis::Rule {}),
        note().prop_map(|source| ApprovalBasis::Migration { source }),
    ]
}

/// Any command.
pub(in crate::properties) fn command() -> impl Strategy<Value = ItemCommand> {
    prop_oneof![
        2 => (department_id(), local_code(), drafted().prop_map(Box::new)).prop_map(
            |(department, local_code, content)| ItemCommand::Draft { department, local_code, content }
        ),
        2 => drafted().prop_map(|content| ItemCommand::Revise { content: Box::new(content) }),
        2 => Just(ItemCommand::Submit),
        1 => Just(ItemCommand::Withdraw),
        4 => (0u64..8, content_hash(), verdict()).prop_map(|(revision, content_hash, verdict)| {
            ItemCommand::Review { revision, content_hash, verdict }
        }),
        2 => Just(ItemCommand::Publish),
        1 => text().prop_map(|notice| ItemCommand::Suspend { notice }),
        1 => Just(ItemCommand::Resume),
        1 => department_id().prop_map(|to| ItemCommand::ProposeTransfer { to }),
        1 => (text(), time())
            .prop_map(|(announcement, effective)| ItemCommand::AcceptTransfer { announcement, effective }),
        1 => Just(ItemCommand::CancelTransfer),
        1 => Just(ItemCommand::CompleteTransfer),
        1 => (text(), outcome(), time()).prop_map(|(explanation, outcome, effective)| {
            ItemCommand::AnnounceRetirement { explanation, outcome, effective }
        }),
        1 => Just(ItemCommand::CancelRetirement),
        1 => Just(ItemCommand::Retire),
        2 => (department_id(), local_code(), drafted().prop_map(Box::new), note()).prop_map(
            |(department, local_code, content, source)| {
                ItemCommand::Migrate { department, local_code, content, source }
            }
        ),
    ]
}

/// A command; most often one on the way from a draft to its publication.
pub(in crate::properties) fn usual_command() -> impl Strategy<Value = ItemCommand> {
    let on_its_way = prop_oneof![
        2 => content().prop_map(|content| ItemCommand::Draft {
            department: crate::scenario::xihu(),
            local_code: "1".parse().expect("well formed"),
            content: Box::new(content),
        }),
        2 => content().prop_map(|content| ItemCommand::Revise { content: Box::new(content) }),
        3 => Just(ItemCommand::Submit),
        6 => (0u64..8, content_hash(), verdict()).prop_map(|(revision, content_hash, verdict)| {
            ItemCommand::Review { revision, content_hash, verdict }
        }),
        3 => Just(ItemCommand::Publish),
    ];
    prop_oneof![4 => on_its_way, 1 => command()]
}

/// Any event.
pub(in crate::properties) fn event() -> impl Strategy<Value = ItemEvent> {
    let shared = || drafted().prop_map(Arc::new);
    let bound = || (0u64..8, content_hash());
    let announced = || (text(), time());
    let ended = || (text(), outcome());
    prop_oneof![
        3 => (department_id(), local_code(), shared(), staff_id()).prop_map(
            |(department, local_code, content, author)| {
                ItemEvent::Drafted { department, local_code, content, author }
            }
        ),
        2 => (shared(), staff_id()).prop_map(|(content, author)| ItemEvent::Revised { content, author }),
        3 => (bound(), vec(stage(), 0..3), option::of(staff_id())).prop_map(|((revision, content_hash), stages, by)| {
            ItemEvent::Submitted { revision, content_hash, stages, by }
        }),
        1 => Just(ItemEvent::Withdrawn {}),
        1 => (stage(), note()).prop_map(|(stage, comment)| ItemEvent::ChangesRequested { stage, comment }),
        3 => (bound(), basis()).prop_map(|((revision, content_hash), basis)| {
            ItemEvent::Approved { revision, content_hash, basis }
        }),
        1 => (stage(), note()).prop_map(|(stage, comment)| ItemEvent::Rejected { stage, comment }),
        2 => bound().prop_map(|(revision, content_hash)| ItemEvent::Published { revision, content_hash }),
        1 => (text(), any::<bool>()).prop_map(|(notice, operator): (LocalizedText, bool)| ItemEvent::Suspended {
            notice,
            by: if operator { crate::Role::Operator } else { crate::Role::Clerk },
        }),
        1 => Just(ItemEvent::Resumed {}),
        1 => department_id().prop_map(|to| ItemEvent::TransferProposed { to }),
        1 => announced().prop_map(|(announcement, effective)| {
            ItemEvent::TransferAccepted { announcement, effective }
        }),
        1 => Just(ItemEvent::TransferCancelled {}),
        1 => (department_id(), department_id()).prop_map(|(from, to)| ItemEvent::Transferred { from, to }),
        1 => (ended(), time()).prop_map(|((explanation, outcome), effective)| {
            ItemEvent::RetirementAnnounced { explanation, outcome, effective }
        }),
        1 => Just(ItemEvent::RetirementCancelled {}),
        1 => ended().prop_map(|(explanation, outcome)| ItemEvent::Retired { explanation, outcome }),
    ]
}
