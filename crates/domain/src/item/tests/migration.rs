//! An operator brings items over from another system.

use super::*;
use crate::scenario::{auditor, operator, steward, system, yuhang};

const SOURCE: &str = "items.csv";

fn migrate(content: ItemContent) -> ItemCommand {
    ItemCommand::Migrate {
        department: xihu(),
        local_code: local_code(),
        content: Box::new(content),
        source: SOURCE.to_owned(),
    }
}

fn made_public(revision: u64, content_hash: ContentHash) -> [ItemEvent; 3] {
    [
        ItemEvent::Submitted { revision, content_hash: content_hash.clone(), stages: Vec::new(), by: None },
        ItemEvent::Approved {
            revision,
            content_hash: content_hash.clone(),
            basis: ApprovalBasis::Migration { source: SOURCE.to_owned() },
        },
        ItemEvent::Published { revision, content_hash },
    ]
}

fn migrated() -> Vec<ItemEvent> {
    let draft = ItemEvent::Drafted {
        department: xihu(),
        local_code: local_code(),
        content: Arc::new(content()),
        author: operator().id,
    };
    followed_by(vec![draft], made_public(0, content().hash()))
}

#[test]
fn an_operator_registers_and_publishes_at_once() {
    given([]).when(migrate(content()), &operator()).then(migrated());
}

#[test]
fn a_migrated_item_is_public_and_says_where_it_comes_from() {
    let item = state(migrated());
    let live = item.live().expect("public");
    assert_eq!(live.basis, ApprovalBasis::Migration { source: SOURCE.to_owned() });
    assert_eq!((live.revision, item.proposal), (0, None));
}

#[test]
fn only_operators_migrate() {
    for actor in [clerk(), reviewer(), steward(), auditor(), system()] {
        for history in [Vec::new(), migrated()] {
            let refusal = ItemRejection::NotAllowed("the role does not allow it");
            given(history).when(migrate(content()), &actor).refused(&refusal);
        }
    }
}

#[test]
fn what_breaks_a_rule_is_not_migrated() {
    for history in [Vec::new(), migrated()] {
        let outcome = given(history).when(migrate(named("")), &operator());
        assert_eq!(pointers(outcome.rejection()), ["/name/zh-CN"]);
    }
}

#[test]
fn a_migration_names_its_source() {
    for source in [" ".to_owned(), "源".repeat(501)] {
        let command = ItemCommand::Migrate {
            department: xihu(),
            local_code: local_code(),
            content: Box::new(content()),
            source,
        };
        assert_eq!(pointers(given([]).when(command, &operator()).rejection()), ["/source"]);
    }
}

#[test]
fn the_same_migration_again_says_nothing() {
    given(migrated()).when(migrate(content()), &operator()).then_nothing();
}

#[test]
fn newer_content_is_made_public() {
    let revised = revised_by(&other_content(), &operator().id);
    let expected = followed_by(vec![revised], made_public(4, other_content().hash()));
    given(migrated()).when(migrate(other_content()), &operator()).then(expected.clone());
    let item = state(followed_by(migrated(), expected));
    let live = item.live().expect("public");
    assert_eq!((live.revision, live.content.as_ref()), (4, &other_content()));
}

#[test]
fn a_departments_draft_is_not_overwritten() {
    let history = followed_by(migrated(), [revised_by(&named("食品经营备案"), &clerk().id)]);
    given(history).when(migrate(other_content()), &operator()).refused(&ItemRejection::RevisedSinceMigration);
}

#[test]
fn what_is_public_already_needs_no_migration_whoever_published_it() {
    given(published()).when(migrate(content()), &operator()).then_nothing();
    given(published_and_revised()).when(migrate(content()), &operator()).then_nothing();
}

#[test]
fn what_a_review_made_public_is_not_overwritten() {
    given(published())
        .when(migrate(other_content()), &operator())
        .refused(&ItemRejection::RevisedSinceMigration);
}

#[test]
fn what_was_never_public_is_not_published_by_a_migration() {
    for history in [drafted(), submitted(), approved()] {
        given(history).when(migrate(content()), &operator()).refused(&ItemRejection::RevisedSinceMigration);
    }
}

#[test]
fn what_another_department_took_over_is_not_overwritten() {
    let history = followed_by(migrated(), [ItemEvent::Transferred { from: xihu(), to: yuhang() }]);
    given(history).when(migrate(content()), &operator()).refused(&ItemRejection::RevisedSinceMigration);
}

#[test]
fn a_migration_does_not_end_a_suspension() {
    let suspended =
        followed_by(migrated(), [ItemEvent::Suspended { notice: text(), by: crate::Role::Clerk }]);
    let revised = [revised_by(&other_content(), &operator().id)];
    let history = followed_by(followed_by(suspended, revised), made_public(5, other_content().hash()));
    assert_eq!(
        state(history).live().expect("public").suspension.as_ref().map(|suspension| &suspension.notice),
        Some(&text())
    );
}

#[test]
fn what_ended_does_not_come_back() {
    let ended = ItemEvent::Retired { explanation: text(), outcome: crate::item::Outcome::Gone };
    given(followed_by(migrated(), [ended]))
        .when(migrate(other_content()), &operator())
        .refused(&ItemRejection::WrongState("the item is retired"));
}
