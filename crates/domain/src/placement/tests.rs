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
        for command in [place("1"), move_to("2"), PlacementCommand::Withdraw] {
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
    for command in [move_to("2"), PlacementCommand::Withdraw] {
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
