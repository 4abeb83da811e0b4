use super::*;
use crate::scenario::{self, Given, auditor, clerk, operator, reviewer, steward, system, xihu};
use crate::{Evidence, LocalCode, LocalizedText};

fn given(events: impl IntoIterator<Item = DuplicateCaseEvent>) -> Given<DuplicateCase> {
    scenario::given(events)
}

fn item(code: &str) -> ItemId {
    ItemId::new(&xihu(), &code.parse::<LocalCode>().expect("well formed"))
}

/// The two items, lower identifier first.
fn pair() -> [ItemId; 2] {
    let (a, b) = (item("1"), item("2"));
    [a.min(b), a.max(b)]
}

fn basis() -> Basis {
    Basis { probability: Some(0.7), ..Basis::default() }
}

fn suspect(items: [ItemId; 2]) -> DuplicateCaseCommand {
    DuplicateCaseCommand::Suspect { items, basis: basis() }
}

fn confirm(resolution: Resolution) -> DuplicateCaseCommand {
    DuplicateCaseCommand::Confirm { resolution }
}

fn keep_first() -> Resolution {
    Resolution::KeepPrimary { primary: pair()[0] }
}

fn dismiss(comment: &str) -> DuplicateCaseCommand {
    DuplicateCaseCommand::Dismiss { comment: comment.to_owned() }
}

fn suspected() -> Vec<DuplicateCaseEvent> {
    vec![DuplicateCaseEvent::Suspected { items: pair(), basis: basis() }]
}

fn confirmed() -> Vec<DuplicateCaseEvent> {
    [suspected(), vec![DuplicateCaseEvent::Confirmed { resolution: keep_first() }]].concat()
}

fn dismissed() -> Vec<DuplicateCaseEvent> {
    [suspected(), vec![DuplicateCaseEvent::Dismissed { comment: "核发与变更不同".to_owned() }]].concat()
}

#[test]
fn the_curator_or_a_steward_suspects_a_pair() {
    for actor in [system(), steward()] {
        given([]).when(suspect(pair()), &actor).then(suspected());
    }
}

#[test]
fn the_order_of_the_pair_does_not_matter() {
    let [low, high] = pair();
    given([]).when(suspect([high, low]), &system()).then(suspected());
}

#[test]
fn an_item_is_not_its_own_duplicate() {
    given([]).when(suspect([item("1"), item("1")]), &system()).refused(&DuplicateCaseRejection::SameItem);
}

#[test]
fn a_pair_is_suspected_once_whatever_was_decided() {
    for history in [suspected(), confirmed(), dismissed()] {
        given(history).when(suspect(pair()), &system()).then_nothing();
    }
}

#[test]
fn nobody_else_touches_a_case() {
    for actor in [clerk(), reviewer(), operator(), auditor()] {
        for command in [suspect(pair()), confirm(keep_first()), dismiss("不同"), DuplicateCaseCommand::Reopen]
        {
            given(suspected()).when(command, &actor).refused(&DuplicateCaseRejection::NotAllowed);
        }
    }
}

#[test]
fn only_a_steward_decides() {
    for command in [confirm(keep_first()), dismiss("不同"), DuplicateCaseCommand::Reopen] {
        given(suspected()).when(command, &system()).refused(&DuplicateCaseRejection::NotAllowed);
    }
}

#[test]
fn there_has_to_be_a_case() {
    for command in [confirm(keep_first()), dismiss("不同"), DuplicateCaseCommand::Reopen] {
        given([]).when(command, &steward()).refused(&DuplicateCaseRejection::NotSuspected);
    }
}

#[test]
fn a_steward_confirms_and_keeps_one_of_the_two() {
    given(suspected())
        .when(confirm(keep_first()), &steward())
        .then([DuplicateCaseEvent::Confirmed { resolution: keep_first() }]);
}

#[test]
fn the_one_that_is_kept_is_one_of_the_two() {
    let foreign = Resolution::KeepPrimary { primary: item("3") };
    given(suspected()).when(confirm(foreign), &steward()).refused(&DuplicateCaseRejection::ForeignPrimary);
}

#[test]
fn a_steward_who_lets_both_stay_says_why() {
    let both = |comment: &str| Resolution::BothStay { comment: comment.to_owned() };
    given(suspected())
        .when(confirm(both("两个窗口")), &steward())
        .then([DuplicateCaseEvent::Confirmed { resolution: both("两个窗口") }]);
    let rejection = given(suspected()).when(confirm(both(" ")), &steward()).rejection();
    assert!(matches!(rejection, DuplicateCaseRejection::Invalid(found) if found[0].pointer == "/comment"));
}

#[test]
fn a_steward_dismisses_and_says_why() {
    given(suspected())
        .when(dismiss("核发与变更不同"), &steward())
        .then([DuplicateCaseEvent::Dismissed { comment: "核发与变更不同".to_owned() }]);
    let rejection = given(suspected()).when(dismiss(""), &steward()).rejection();
    assert!(matches!(rejection, DuplicateCaseRejection::Invalid(found) if found[0].pointer == "/comment"));
}

#[test]
fn a_decided_case_is_reopened_first() {
    for history in [confirmed(), dismissed()] {
        for command in [confirm(keep_first()), dismiss("不同")] {
            given(history.clone()).when(command, &steward()).refused(&DuplicateCaseRejection::Decided);
        }
        given(history.clone())
            .when(DuplicateCaseCommand::Reopen, &steward())
            .then([DuplicateCaseEvent::Reopened {}]);
        given([history, vec![DuplicateCaseEvent::Reopened {}]].concat())
            .when(dismiss("核发与变更不同"), &steward())
            .then([DuplicateCaseEvent::Dismissed { comment: "核发与变更不同".to_owned() }]);
    }
}

#[test]
fn an_open_case_is_not_reopened() {
    given(suspected())
        .when(DuplicateCaseCommand::Reopen, &steward())
        .refused(&DuplicateCaseRejection::StillOpen);
}

#[test]
fn evidence_that_json_cannot_hold_is_left_out() {
    let evidence =
        |weight| Evidence { feature: "name".to_owned(), weight, text: LocalizedText::zh("名称相同") };
    let suspicion = Basis {
        probability: Some(f64::NAN),
        evidence: vec![evidence(f64::INFINITY), evidence(1.5), evidence(f64::NAN)],
        ..Basis::default()
    };
    let recorded = Basis { evidence: vec![evidence(1.5)], ..Basis::default() };
    given([])
        .when(DuplicateCaseCommand::Suspect { items: pair(), basis: suspicion }, &system())
        .then([DuplicateCaseEvent::Suspected { items: pair(), basis: recorded }]);
}
