use super::*;
use crate::scenario::{self, Given, auditor, clerk, operator, steward, xihu, yuhang};

fn given(events: impl IntoIterator<Item = DepartmentEvent>) -> Given<Department> {
    scenario::given(events)
}

fn name() -> LocalizedText {
    LocalizedText::zh("示例区市场监督管理局")
}

fn other_name() -> LocalizedText {
    LocalizedText::zh("示例区市场监管局")
}

fn region() -> Division {
    "330106".parse().expect("well formed")
}

fn to_xihu(command: DepartmentCommand) -> (DepartmentId, DepartmentCommand) {
    (xihu(), command)
}

fn enrol(name: LocalizedText) -> (DepartmentId, DepartmentCommand) {
    to_xihu(DepartmentCommand::Enrol { name, region: region() })
}

fn suspend(notice: LocalizedText) -> (DepartmentId, DepartmentCommand) {
    to_xihu(DepartmentCommand::Suspend { notice })
}

fn rename(name: LocalizedText) -> (DepartmentId, DepartmentCommand) {
    to_xihu(DepartmentCommand::Rename { name })
}

fn succeed() -> (DepartmentId, DepartmentCommand) {
    to_xihu(DepartmentCommand::Succeed { by: yuhang() })
}

fn enrolled() -> Vec<DepartmentEvent> {
    vec![DepartmentEvent::Enrolled { department: xihu(), name: name(), region: region() }]
}

fn suspended() -> Vec<DepartmentEvent> {
    [enrolled(), vec![DepartmentEvent::Suspended { notice: name() }]].concat()
}

fn succeeded() -> Vec<DepartmentEvent> {
    [enrolled(), vec![DepartmentEvent::Succeeded { by: yuhang() }]].concat()
}

fn standing(events: Vec<DepartmentEvent>) -> Standing {
    match given(events).state() {
        Department::Enrolled { standing, .. } => standing,
        Department::Unknown => panic!("the story enrols the department"),
    }
}

#[test]
fn an_operator_enrols() {
    given([]).when(enrol(name()), &operator()).then(enrolled());
}

#[test]
fn nobody_else_keeps_the_register() {
    for actor in [clerk(), steward(), auditor()] {
        for command in [enrol(name()), suspend(name()), rename(other_name()), succeed()] {
            given(enrolled()).when(command, &actor).refused(&DepartmentRejection::NotAllowed);
        }
    }
}

#[test]
fn the_same_enrolment_again_says_nothing() {
    given(enrolled()).when(enrol(name()), &operator()).then_nothing();
}

#[test]
fn an_organisation_code_is_enrolled_once() {
    given(enrolled()).when(enrol(other_name()), &operator()).refused(&DepartmentRejection::AlreadyEnrolled);
    let elsewhere = DepartmentCommand::Enrol { name: name(), region: Division::national() };
    given(enrolled()).when(to_xihu(elsewhere), &operator()).refused(&DepartmentRejection::AlreadyEnrolled);
}

#[test]
fn a_department_has_a_name() {
    for command in [enrol(LocalizedText::default()), rename(LocalizedText::default())] {
        let history =
            if matches!(command.1, DepartmentCommand::Enrol { .. }) { Vec::new() } else { enrolled() };
        let rejection = given(history).when(command, &operator()).rejection();
        assert!(matches!(rejection, DepartmentRejection::Invalid(found) if found[0].pointer == "/name"));
    }
}

#[test]
fn nothing_can_be_asked_of_a_department_that_is_not_enrolled() {
    for command in [rename(name()), suspend(name()), to_xihu(DepartmentCommand::Resume), succeed()] {
        given([]).when(command, &operator()).refused(&DepartmentRejection::NotEnrolled);
    }
}

#[test]
fn it_is_renamed() {
    let renamed = DepartmentEvent::Renamed { name: other_name() };
    given(enrolled()).when(rename(other_name()), &operator()).then([renamed.clone()]);
    let department = given([enrolled(), vec![renamed]].concat()).state();
    assert_eq!(department.name(), Some(&other_name()));
}

#[test]
fn the_name_that_it_has_says_nothing() {
    given(enrolled()).when(rename(name()), &operator()).then_nothing();
}

#[test]
fn it_is_suspended_with_a_notice() {
    given(enrolled())
        .when(suspend(name()), &operator())
        .then([DepartmentEvent::Suspended { notice: name() }]);
    let rejection = given(enrolled()).when(suspend(LocalizedText::zh("")), &operator()).rejection();
    assert!(matches!(rejection, DepartmentRejection::Invalid(found) if found[0].pointer == "/notice/zh-CN"));
}

#[test]
fn the_same_suspension_again_says_nothing() {
    given(suspended()).when(suspend(name()), &operator()).then_nothing();
}

#[test]
fn another_notice_takes_the_place_of_the_first() {
    given(suspended())
        .when(suspend(other_name()), &operator())
        .then([DepartmentEvent::Suspended { notice: other_name() }]);
}

#[test]
fn a_suspended_department_may_not_act_until_it_is_resumed() {
    assert!(given(enrolled()).state().is_active());
    assert!(!given(suspended()).state().is_active());
    given(suspended())
        .when(to_xihu(DepartmentCommand::Resume), &operator())
        .then([DepartmentEvent::Resumed {}]);
    assert!(given([suspended(), vec![DepartmentEvent::Resumed {}]].concat()).state().is_active());
}

#[test]
fn what_is_not_suspended_is_not_resumed() {
    given(enrolled())
        .when(to_xihu(DepartmentCommand::Resume), &operator())
        .refused(&DepartmentRejection::NotSuspended);
}

#[test]
fn another_department_takes_its_place() {
    for history in [enrolled(), suspended()] {
        given(history).when(succeed(), &operator()).then([DepartmentEvent::Succeeded { by: yuhang() }]);
    }
    assert!(!given(succeeded()).state().is_active());
}

#[test]
fn it_does_not_succeed_itself() {
    given(enrolled())
        .when(to_xihu(DepartmentCommand::Succeed { by: xihu() }), &operator())
        .refused(&DepartmentRejection::OwnSuccessor);
}

#[test]
fn nothing_more_happens_to_a_succeeded_department() {
    for command in [rename(other_name()), suspend(name()), to_xihu(DepartmentCommand::Resume), succeed()] {
        given(succeeded()).when(command, &operator()).refused(&DepartmentRejection::Succeeded(yuhang()));
    }
}

#[test]
fn no_event_brings_a_succeeded_department_back() {
    for event in [DepartmentEvent::Resumed {}, DepartmentEvent::Suspended { notice: name() }] {
        let history = [succeeded(), vec![event]].concat();
        assert_eq!(standing(history), Standing::Succeeded { by: yuhang() });
    }
}

#[test]
fn events_before_the_enrolment_change_nothing() {
    for event in [DepartmentEvent::Resumed {}, DepartmentEvent::Renamed { name: name() }] {
        assert_eq!(given([event]).state(), Department::Unknown);
    }
}
