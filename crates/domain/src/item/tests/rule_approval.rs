//! A change that touches nothing sensitive is approved by rule, and an event says so.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::*;
use crate::{Policy, RuleField};

/// The content with one member replaced.
fn with(pointer: &str, value: Value) -> ItemContent {
    let mut changed = serde_json::to_value(content()).expect("serialisable");
    let members = changed.as_object_mut().expect("an object");
    members.insert(pointer.to_owned(), value);
    serde_json::from_value(changed).expect("complete")
}

fn published_then(change: &ItemContent) -> Given<Item> {
    given(followed_by(published(), [revised_by(change, &clerk().id)]))
}

fn by_rule(change: &ItemContent) -> [ItemEvent; 2] {
    [
        ItemEvent::Submitted {
            revision: 5,
            content_hash: change.hash(),
            stages: Vec::new(),
            by: Some(clerk().id),
        },
        ItemEvent::Approved { revision: 5, content_hash: change.hash(), basis: ApprovalBasis::Rule {} },
    ]
}

#[test]
fn a_change_of_insensitive_fields_is_approved_by_rule() {
    let change = with("keywords", json!(["餐饮"]));
    published_then(&change).when(ItemCommand::Submit, &clerk()).then(by_rule(&change));
}

#[test]
fn what_a_rule_approved_can_be_published() {
    let change = with("keywords", json!(["餐饮"]));
    let history = followed_by(followed_by(published(), [revised_by(&change, &clerk().id)]), by_rule(&change));
    given(history)
        .when(ItemCommand::Publish, &clerk())
        .then([ItemEvent::Published { revision: 5, content_hash: change.hash() }]);
}

#[test]
fn a_change_of_a_sensitive_field_is_reviewed_whatever_the_policy_says() {
    let every_field = BTreeSet::from([
        RuleField::Summary,
        RuleField::Keywords,
        RuleField::Office,
        RuleField::Complaint,
        RuleField::Steps,
        RuleField::Fees,
        RuleField::Materials,
    ]);
    for change in [
        with("name", json!({ "zh-CN": "食品生产许可" })),
        with("kind", json!("20")),
        with("regions", json!(["330106", "330110"])),
        with("organisation", json!({ "scheme": "local", "value": "yuhang" })),
        with("entryPoints", json!([{ "channel": "h5", "target": "https://example.gov.cn/" }])),
        with("backend", json!({ "baseUrl": "https://api.example.gov.cn" })),
        with("access", json!({ "claims": [{ "claim": "name", "purpose": { "zh-CN": "核对" } }] })),
        with("openapi", json!({ "openapi": "3.1.0" })),
    ] {
        let policy = Policy { approved_by_rule: every_field.clone(), ..Policy::default() };
        published_then(&change)
            .under(policy)
            .when(ItemCommand::Submit, &clerk())
            .then([handed_in(5, change.hash())]);
    }
}

#[test]
fn each_field_that_a_city_calls_insensitive_is_approved_by_rule_and_else_reviewed() {
    for (field, change) in [
        (RuleField::Summary, with("summary", json!({ "zh-CN": "经营食品须先取得许可" }))),
        (RuleField::Keywords, with("keywords", json!(["餐饮"]))),
        (RuleField::Office, with("office", json!({ "phone": "0571-00000000" }))),
        (RuleField::Complaint, with("complaint", json!({ "zh-CN": "12345" }))),
        (RuleField::Steps, with("steps", json!([{ "zh-CN": "申请" }]))),
        (RuleField::Fees, with("fees", json!({ "zh-CN": "不收费" }))),
        (RuleField::Materials, with("materials", json!([{ "name": { "zh-CN": "申请书" } }]))),
    ] {
        let only = |fields: &[RuleField]| Policy {
            approved_by_rule: fields.iter().copied().collect(),
            ..Policy::default()
        };
        published_then(&change)
            .under(only(&[field]))
            .when(ItemCommand::Submit, &clerk())
            .then(by_rule(&change));
        published_then(&change)
            .under(only(&[]))
            .when(ItemCommand::Submit, &clerk())
            .then([handed_in(5, change.hash())]);
    }
}

#[test]
fn what_was_never_public_is_always_reviewed() {
    let change = with("keywords", json!(["餐饮"]));
    given(followed_by(drafted(), [revised_by(&change, &clerk().id)]))
        .when(ItemCommand::Submit, &clerk())
        .then([handed_in(1, change.hash())]);
}
