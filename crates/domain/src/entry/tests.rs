use super::*;
use crate::LocalCode;
use crate::scenario::{self, Given, auditor, clerk, operator, reviewer, steward, system, xihu};

fn given(events: impl IntoIterator<Item = EntryEvent>) -> Given<Entry> {
    scenario::given(events)
}

fn item(code: &str) -> ItemId {
    ItemId::new(&xihu(), &code.parse::<LocalCode>().expect("well formed"))
}

/// The entry that the stories are about.
fn this() -> EntryId {
    EntryId::founded_by(item("1"))
}

/// The entry that it is merged into.
fn other() -> EntryId {
    EntryId::founded_by(item("2"))
}

/// A third entry.
fn third() -> EntryId {
    EntryId::founded_by(item("3"))
}

fn name() -> LocalizedText {
    LocalizedText::zh("食品经营许可")
}

fn merge(into: EntryId, lineage: &[EntryId]) -> EntryCommand {
    EntryCommand::Merge { entry: this(), into, lineage: lineage.to_vec() }
}

fn formed() -> Vec<EntryEvent> {
    vec![EntryEvent::Formed {}]
}

fn merged() -> Vec<EntryEvent> {
    vec![EntryEvent::Formed {}, EntryEvent::MergedInto { entry: other() }]
}

#[test]
fn the_curator_or_a_steward_founds_an_entry() {
    for actor in [system(), steward()] {
        given([]).when(EntryCommand::Form, &actor).then(formed());
    }
}

#[test]
fn founding_it_again_says_nothing() {
    for history in [formed(), merged()] {
        given(history).when(EntryCommand::Form, &system()).then_nothing();
    }
}

#[test]
fn nobody_else_changes_entries() {
    for actor in [clerk(), reviewer(), operator(), auditor()] {
        for command in [
            EntryCommand::Form,
            EntryCommand::Rename { name: name() },
            EntryCommand::WithdrawName,
            EntryCommand::ChoosePrimary { item: item("1") },
            EntryCommand::WithdrawPrimary,
            merge(other(), &[other()]),
            EntryCommand::Restore,
        ] {
            given(formed()).when(command, &actor).refused(&EntryRejection::NotAllowed);
        }
    }
}

#[test]
fn nothing_can_be_asked_of_an_entry_that_is_not_founded() {
    for command in [EntryCommand::Rename { name: name() }, merge(other(), &[]), EntryCommand::Restore] {
        given([]).when(command, &steward()).refused(&EntryRejection::NotFormed);
    }
}

#[test]
fn a_steward_names_it() {
    let renamed = EntryEvent::Renamed { name: name() };
    given(formed()).when(EntryCommand::Rename { name: name() }, &steward()).then([renamed.clone()]);
    given([formed(), vec![renamed]].concat())
        .when(EntryCommand::Rename { name: name() }, &steward())
        .then_nothing();
}

#[test]
fn a_name_is_a_text() {
    let blank = EntryCommand::Rename { name: LocalizedText::zh("") };
    let rejection = given(formed()).when(blank, &steward()).rejection();
    assert!(matches!(rejection, EntryRejection::Invalid(found) if found[0].pointer == "/name/zh-CN"));
}

#[test]
fn a_steward_chooses_the_item_that_speaks_for_it() {
    let command = EntryCommand::ChoosePrimary { item: item("1") };
    let chosen = EntryEvent::PrimaryChosen { item: item("1") };
    given(formed()).when(command.clone(), &steward()).then([chosen.clone()]);
    given([formed(), vec![chosen]].concat()).when(command, &steward()).then_nothing();
}

#[test]
fn a_name_and_a_choice_that_are_taken_back_leave_no_trace() {
    let pairs = [
        (EntryEvent::Renamed { name: name() }, EntryCommand::WithdrawName, EntryEvent::NameWithdrawn {}),
        (
            EntryEvent::PrimaryChosen { item: item("1") },
            EntryCommand::WithdrawPrimary,
            EntryEvent::PrimaryWithdrawn {},
        ),
    ];
    for (done, command, undone) in pairs {
        given([formed(), vec![done.clone()]].concat())
            .when(command.clone(), &steward())
            .then([undone.clone()]);
        assert_eq!(given([formed(), vec![done, undone]].concat()).state(), given(formed()).state());
        given(formed()).when(command.clone(), &steward()).then_nothing();
        given(merged()).when(command, &steward()).refused(&EntryRejection::Merged(other()));
    }
}

#[test]
fn a_steward_merges_it_into_another() {
    given(formed())
        .when(merge(other(), &[other()]), &steward())
        .then([EntryEvent::MergedInto { entry: other() }]);
}

#[test]
fn the_same_merge_again_says_nothing() {
    given(merged()).when(merge(other(), &[other()]), &steward()).then_nothing();
}

#[test]
fn it_is_not_merged_into_itself() {
    given(formed()).when(merge(this(), &[]), &steward()).refused(&EntryRejection::Loop);
}

#[test]
fn it_is_not_merged_into_its_own_alias() {
    given(formed())
        .when(merge(other(), &[other(), third(), this()]), &steward())
        .refused(&EntryRejection::Loop);
}

#[test]
fn an_alias_is_not_changed_but_points_to_the_entry_that_survives() {
    for command in [
        EntryCommand::Rename { name: name() },
        EntryCommand::ChoosePrimary { item: item("1") },
        merge(third(), &[third()]),
    ] {
        given(merged()).when(command, &steward()).refused(&EntryRejection::Merged(other()));
    }
}

#[test]
fn a_merge_is_undone() {
    let restored = EntryEvent::Restored { from: other() };
    given(merged()).when(EntryCommand::Restore, &steward()).then([restored.clone()]);
    assert_eq!(given([merged(), vec![restored]].concat()).state(), given(formed()).state());
}

#[test]
fn what_is_not_merged_is_not_restored() {
    given(formed()).when(EntryCommand::Restore, &steward()).refused(&EntryRejection::NotMerged);
}

#[test]
fn a_restored_entry_keeps_the_name_that_it_had() {
    let history = [
        EntryEvent::Formed {},
        EntryEvent::Renamed { name: name() },
        EntryEvent::MergedInto { entry: other() },
        EntryEvent::Restored { from: other() },
    ];
    let expected = Entry::Formed { name: Some(name()), primary: None, merged_into: None };
    assert_eq!(given(history).state(), expected);
}

#[test]
fn the_curator_founds_entries_and_changes_none() {
    for command in [
        EntryCommand::Rename { name: name() },
        merge(other(), &[other()]),
        EntryCommand::ChoosePrimary { item: item("1") },
    ] {
        given(formed()).when(command, &system()).refused(&EntryRejection::NotAllowed);
    }
}
