use super::*;
use crate::LocalCode;
use crate::scenario::{self, Given, auditor, clerk, operator, reviewer, steward, system, xihu};

fn given(events: impl IntoIterator<Item = PlacementEvent>) -> Given<Placement> {
    scenario::given(events)
}

fn entry(code: &str) -> EntryId {
    EntryId::founded_by(ItemId::new(&xihu(), &code.parse::<LocalCode>().expect("well formed")))
}

fn basis() -> Basis {
    Basis { probability: Some(0.98), ..Basis::default() }
}

fn place(at: &str) -> PlacementCommand {
    PlacementCommand::Place { entry: entry(at), basis: basis() }
}

fn move_to(to: &str) -> PlacementCommand {
    PlacementCommand::Move { entry: entry(to), basis: basis() }
}

fn split(from: &str, into: &str) -> PlacementCommand {
    PlacementCommand::Split { from: entry(from), into: entry(into) }
}

/// A steward's move that no comparison asked for.
fn taken(from: &str, to: &str) -> PlacementEvent {
    PlacementEvent::Moved { from: entry(from), to: entry(to), by: Decider::Steward, basis: Basis::default() }
}

/// The entries that the item is parted from after these events.
fn parted_from(events: impl IntoIterator<Item = PlacementEvent>) -> Vec<EntryId> {
    match given(events).state() {
        Placement::Unplaced | Placement::Withdrawn { .. } => Vec::new(),
        Placement::Placed { parted_from, .. } => parted_from.into_iter().collect(),
    }
}

fn placed(by: Decider) -> Vec<PlacementEvent> {
    vec![PlacementEvent::Placed { entry: entry("1"), by, basis: basis() }]
}

fn moved(to: &str, by: Decider) -> PlacementEvent {
    PlacementEvent::Moved { from: entry("1"), to: entry(to), by, basis: basis() }
}

#[test]
fn the_curator_and_stewards_place_items() {
    given([]).when(place("1"), &system()).then(placed(Decider::Curator));
    given([]).when(place("1"), &steward()).then(placed(Decider::Steward));
}

#[test]
fn nobody_else_does() {
    for actor in [clerk(), reviewer(), operator(), auditor()] {
        for command in [place("1"), move_to("2"), split("1", "2"), PlacementCommand::Withdraw] {
            given(placed(Decider::Curator)).when(command, &actor).refused(&PlacementRejection::NotAllowed);
        }
    }
}

#[test]
fn placing_what_is_placed_says_nothing() {
    for by in [Decider::Curator, Decider::Steward] {
        given(placed(by)).when(place("2"), &system()).then_nothing();
    }
}

#[test]
fn what_is_not_placed_is_not_moved_or_withdrawn() {
    for command in [move_to("2"), split("1", "2"), PlacementCommand::Withdraw] {
        given([]).when(command, &steward()).refused(&PlacementRejection::NotPlaced);
    }
}

#[test]
fn the_curator_moves_what_it_placed() {
    given(placed(Decider::Curator)).when(move_to("2"), &system()).then([moved("2", Decider::Curator)]);
}

#[test]
fn moving_it_where_it_is_says_nothing() {
    given(placed(Decider::Curator)).when(move_to("1"), &system()).then_nothing();
    given(placed(Decider::Steward)).when(move_to("1"), &steward()).then_nothing();
}

#[test]
fn a_steward_moves_what_anybody_placed() {
    for by in [Decider::Curator, Decider::Steward] {
        given(placed(by)).when(move_to("2"), &steward()).then([moved("2", Decider::Steward)]);
    }
}

#[test]
fn a_steward_confirms_what_the_curator_placed() {
    given(placed(Decider::Curator)).when(move_to("1"), &steward()).then([moved("1", Decider::Steward)]);
}

#[test]
fn the_curator_undoes_nothing_that_a_steward_decided() {
    let confirmed = [placed(Decider::Curator), vec![moved("1", Decider::Steward)]].concat();
    for history in [placed(Decider::Steward), confirmed] {
        for command in [move_to("2"), PlacementCommand::Withdraw] {
            given(history.clone()).when(command, &system()).refused(&PlacementRejection::StewardDecided);
        }
    }
}

#[test]
fn what_is_withdrawn_can_be_placed_again() {
    let withdrawn = PlacementEvent::Withdrawn { from: entry("1"), by: Decider::Curator };
    given(placed(Decider::Curator)).when(PlacementCommand::Withdraw, &system()).then([withdrawn.clone()]);
    given([placed(Decider::Curator), vec![withdrawn]].concat())
        .when(place("1"), &steward())
        .then(placed(Decider::Steward));
}

#[test]
fn what_a_steward_withdrew_the_curator_does_not_place_again() {
    let withdrawn = PlacementEvent::Withdrawn { from: entry("1"), by: Decider::Steward };
    given([placed(Decider::Curator), vec![withdrawn]].concat())
        .when(place("1"), &system())
        .refused(&PlacementRejection::StewardDecided);
}

#[test]
fn a_steward_splits_an_item_from_its_entry() {
    for by in [Decider::Curator, Decider::Steward] {
        given(placed(by)).when(split("1", "2"), &steward()).then([taken("1", "2")]);
    }
    given(placed(Decider::Curator)).when(split("1", "2"), &system()).refused(&PlacementRejection::NotAllowed);
}

#[test]
fn the_same_split_again_says_nothing_and_one_of_what_has_moved_is_refused() {
    let history = [placed(Decider::Curator), vec![taken("1", "2")]].concat();
    given(history.clone()).when(split("1", "2"), &steward()).then_nothing();
    given(history).when(split("1", "3"), &steward()).refused(&PlacementRejection::Elsewhere(entry("2")));
}

#[test]
fn what_a_steward_took_out_is_parted_from_it_until_it_is_put_back() {
    let split = [placed(Decider::Curator), vec![taken("1", "2")]].concat();
    assert_eq!(parted_from(split.clone()), [entry("1")]);
    assert!(given(split.clone()).state().is_parted_from(entry("1")));
    assert_eq!(parted_from([split, vec![taken("2", "1")]].concat()), []);
}

#[test]
fn what_a_confirmed_case_moved_is_parted_from_nothing_new() {
    let compared = Basis { compared_with: Some(entry("2").founder()), ..Basis::default() };
    let joined = |by| PlacementEvent::Moved { from: entry("1"), to: entry("2"), by, basis: compared.clone() };
    for by in [Decider::Curator, Decider::Steward] {
        assert_eq!(parted_from([placed(Decider::Curator), vec![joined(by)]].concat()), []);
    }
    // Said to be different and then, of one pair, the same: where it is now counts.
    let history = [taken("2", "1"), joined(Decider::Steward)];
    let there = given([placed(Decider::Curator), history.to_vec()].concat()).state();
    assert!(!there.is_parted_from(entry("2")));
}
