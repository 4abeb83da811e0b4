//! Strategies: small pools of names, so that commands and events meet; wild values everywhere else.

pub(super) mod call_count;
pub(super) mod channel;
pub(super) mod department;
pub(super) mod duplicate_case;
pub(super) mod entry;
pub(super) mod item;
mod item_content;
pub(super) mod placement;
pub(super) mod revocation;

pub(super) use item_content::any_content;

use jiff::Timestamp;
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use crate::{
    Actor, Basis, DepartmentId, Division, EntryId, Evidence, ItemId, LocalCode, LocalizedText, Relation,
    Role, StaffId,
};

pub(super) fn department_id() -> impl Strategy<Value = DepartmentId> {
    select(vec!["local:xihu", "local:yuhang"]).prop_map(|id| id.parse().expect("well formed"))
}

pub(super) fn local_code() -> impl Strategy<Value = LocalCode> {
    select(vec!["1", "2", "3"]).prop_map(|code| code.parse().expect("well formed"))
}

pub(super) fn item_id() -> impl Strategy<Value = ItemId> {
    (department_id(), local_code()).prop_map(|(department, code)| ItemId::new(&department, &code))
}

pub(super) fn entry_id() -> impl Strategy<Value = EntryId> {
    item_id().prop_map(EntryId::founded_by)
}

pub(super) fn division() -> impl Strategy<Value = Division> {
    select(vec!["000000", "330000", "330100", "330106", "330106001"])
        .prop_map(|code| code.parse().expect("well formed"))
}

pub(super) fn staff_id() -> impl Strategy<Value = StaffId> {
    select(vec!["lin", "zhou", "wu", "gu"]).prop_map(|id| StaffId(id.to_owned()))
}

/// Anybody in any role; most often in the department that owns most items.
pub(super) fn actor() -> impl Strategy<Value = Actor> {
    let role = select(vec![
        Role::Clerk,
        Role::DepartmentReviewer,
        Role::Reviewer,
        Role::Steward,
        Role::Operator,
        Role::Auditor,
        Role::System,
    ]);
    (staff_id(), role, option::weighted(0.8, department_id())).prop_map(|(id, role, department)| Actor {
        id,
        role,
        department,
    })
}

/// Comments and reasons: ordinary, blank, over-long, with control characters.
pub(super) fn note() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => Just("样例".to_owned()),
        4 => "\\PC{0,12}",
        2 => any::<String>(),
        1 => Just("长".repeat(4001)),
    ]
}

/// Texts in any language, mostly fit to be shown.
pub(super) fn text() -> impl Strategy<Value = LocalizedText> {
    let tag = prop_oneof![4 => Just("zh-CN".to_owned()), 2 => Just("en".to_owned()), 1 => "\\PC{0,40}"];
    prop_oneof![
        3 => Just(LocalizedText::zh("样例")),
        1 => btree_map(tag, note(), 0..4).prop_map(|versions| {
            versions.into_iter().fold(LocalizedText::default(), |text, (tag, version)| text.with(&tag, version))
        }),
    ]
}

/// Times around the stories' day, and the ends of time.
pub(super) fn time() -> impl Strategy<Value = Timestamp> {
    let near = (-50i64..200).prop_map(crate::scenario::in_days);
    prop_oneof![8 => near, 1 => Just(Timestamp::MAX), 1 => Just(Timestamp::MIN)]
}

/// A basis with weights from `weight`.
fn basis_of(weight: impl Strategy<Value = f64> + Clone) -> impl Strategy<Value = Basis> {
    let evidence = ("\\PC{0,8}", weight.clone(), text()).prop_map(|(feature, weight, text)| Evidence {
        feature,
        weight,
        text,
    });
    let relation = select(vec![Relation::OtherImplementer, Relation::Duplicate]);
    (option::of(item_id()), option::of(weight), option::of(relation), vec(evidence, 0..3)).prop_map(
        |(compared_with, probability, relation, evidence)| Basis {
            compared_with,
            probability,
            relation,
            evidence,
        },
    )
}

/// What an event holds: JSON has no other numbers.
pub(super) fn recorded_basis() -> impl Strategy<Value = Basis> {
    basis_of(proptest::num::f64::NORMAL | proptest::num::f64::SUBNORMAL | proptest::num::f64::ZERO)
}

/// What a caller may come with, NaN and infinity too.
pub(super) fn basis() -> impl Strategy<Value = Basis> {
    basis_of(proptest::num::f64::ANY)
}
