use super::*;
use crate::scenario::{self, Given, auditor, clerk, operator, reviewer, staff, steward};

fn given(events: impl IntoIterator<Item = ChannelEvent>) -> Given<Channel> {
    scenario::given(events)
}

fn id() -> ChannelId {
    "sample-app".parse().expect("well formed")
}

fn filing() -> Filing {
    Filing {
        name: LocalizedText::zh("示例办事"),
        kind: ChannelKind::App,
        owner: LocalizedText::zh("示例市数据资源管理局"),
        sender_constraint: SenderConstraint::None,
    }
}

fn file(filing: Filing) -> (ChannelId, ChannelCommand) {
    (id(), ChannelCommand::File { filing })
}

fn approve() -> (ChannelId, ChannelCommand) {
    (id(), ChannelCommand::Approve)
}

fn suspend(reason: &str) -> (ChannelId, ChannelCommand) {
    (id(), ChannelCommand::Suspend { reason: reason.to_owned() })
}

fn constrain(constraint: SenderConstraint) -> (ChannelId, ChannelCommand) {
    (id(), ChannelCommand::ConstrainSender { constraint })
}

fn constrained(constraint: SenderConstraint) -> ChannelEvent {
    ChannelEvent::SenderConstrained { constraint, by: operator().id }
}

fn close() -> (ChannelId, ChannelCommand) {
    (id(), ChannelCommand::Close)
}

fn filed() -> Vec<ChannelEvent> {
    vec![ChannelEvent::Filed { channel: id(), filing: filing(), by: operator().id }]
}

fn approved() -> Vec<ChannelEvent> {
    [filed(), vec![ChannelEvent::Approved {}]].concat()
}

fn suspended() -> Vec<ChannelEvent> {
    [approved(), vec![ChannelEvent::Suspended { reason: "证书过期".to_owned() }]].concat()
}

fn closed() -> Vec<ChannelEvent> {
    [approved(), vec![ChannelEvent::Closed {}]].concat()
}

fn standing(events: Vec<ChannelEvent>) -> ChannelStanding {
    match given(events).state() {
        Channel::Filed { standing, .. } => standing,
        Channel::Unfiled => panic!("the story files the channel"),
    }
}

#[test]
fn an_operator_files_a_channel() {
    given([]).when(file(filing()), &operator()).then(filed());
    assert_eq!(standing(filed()), ChannelStanding::Pending);
}

#[test]
fn a_filing_names_the_channel_and_its_owner() {
    let nameless = Filing { name: LocalizedText::default(), owner: LocalizedText::zh(" "), ..filing() };
    let rejection = given([]).when(file(nameless), &operator()).rejection();
    let ChannelRejection::Invalid(found) = rejection else { panic!("{rejection:?}") };
    let pointers: Vec<_> = found.into_iter().map(|violation| violation.pointer).collect();
    assert_eq!(pointers, ["/name", "/owner/zh-CN"]);
}

#[test]
fn a_client_identifier_is_filed_once() {
    given(filed()).when(file(filing()), &operator()).refused(&ChannelRejection::AlreadyFiled);
}

#[test]
fn only_operators_file_suspend_and_close() {
    for actor in [clerk(), reviewer(), steward(), auditor()] {
        for command in [file(filing()), suspend("证书过期"), constrain(SenderConstraint::Dpop), close()] {
            given(approved()).when(command, &actor).refused(&ChannelRejection::NotAllowed);
        }
    }
}

#[test]
fn nothing_can_be_asked_of_a_channel_that_is_not_filed() {
    for command in [approve(), suspend("证书过期"), constrain(SenderConstraint::Dpop), close()] {
        given([]).when(command, &operator()).refused(&ChannelRejection::NotFiled);
    }
}

#[test]
fn a_reviewer_or_another_operator_approves() {
    for actor in [reviewer(), staff("operator.li", Role::Operator, None)] {
        given(filed()).when(approve(), &actor).then([ChannelEvent::Approved {}]);
    }
}

#[test]
fn nobody_else_approves() {
    for actor in [clerk(), steward(), auditor()] {
        given(filed()).when(approve(), &actor).refused(&ChannelRejection::NotAllowed);
    }
}

#[test]
fn whoever_filed_it_does_not_approve_it_in_any_role() {
    for role in [Role::Operator, Role::Reviewer] {
        let filer = staff(&operator().id.0, role, None);
        given(filed()).when(approve(), &filer).refused(&ChannelRejection::FourEyes);
        given(suspended()).when(approve(), &filer).refused(&ChannelRejection::FourEyes);
    }
}

#[test]
fn it_is_approved_once() {
    let refusal = ChannelRejection::WrongState("the channel is already approved");
    given(approved()).when(approve(), &reviewer()).refused(&refusal);
}

#[test]
fn an_approved_channel_is_suspended_with_a_reason() {
    let reason = "证书过期".to_owned();
    given(approved())
        .when(suspend(&reason), &operator())
        .then([ChannelEvent::Suspended { reason: reason.clone() }]);
    assert_eq!(standing(suspended()), ChannelStanding::Suspended { reason });
    let rejection = given(approved()).when(suspend(" "), &operator()).rejection();
    assert!(matches!(rejection, ChannelRejection::Invalid(found) if found[0].pointer == "/reason"));
}

#[test]
fn what_is_not_approved_is_not_suspended() {
    for history in [filed(), suspended()] {
        let refusal = ChannelRejection::WrongState("the channel is not approved");
        given(history).when(suspend("证书过期"), &operator()).refused(&refusal);
    }
}

#[test]
fn an_approval_ends_a_suspension() {
    given(suspended()).when(approve(), &reviewer()).then([ChannelEvent::Approved {}]);
    let history = [suspended(), vec![ChannelEvent::Approved {}]].concat();
    assert_eq!(standing(history), ChannelStanding::Approved);
}

#[test]
fn a_channel_is_closed_wherever_it_stands() {
    for history in [filed(), approved(), suspended()] {
        given(history).when(close(), &operator()).then([ChannelEvent::Closed {}]);
    }
}

#[test]
fn nothing_more_can_be_asked_of_a_closed_channel() {
    for command in [approve(), suspend("证书过期"), constrain(SenderConstraint::Dpop), close()] {
        let refusal = ChannelRejection::WrongState("the channel is closed");
        given(closed()).when(command, &staff("operator.li", Role::Operator, None)).refused(&refusal);
    }
}

#[test]
fn no_event_brings_a_closed_channel_back() {
    let reason = "证书过期".to_owned();
    for event in [ChannelEvent::Approved {}, ChannelEvent::Suspended { reason }] {
        assert_eq!(standing([closed(), vec![event]].concat()), ChannelStanding::Closed);
    }
}

#[test]
fn senders_have_to_prove_more_from_one_moment_to_the_next() {
    for history in [filed(), approved(), suspended()] {
        for constraint in [SenderConstraint::Dpop, SenderConstraint::Mtls] {
            given(history.clone()).when(constrain(constraint), &operator()).then([constrained(constraint)]);
        }
    }
    let Channel::Filed { filing, standing, .. } =
        given([approved(), vec![constrained(SenderConstraint::Dpop)]].concat()).state()
    else {
        panic!("the story files the channel")
    };
    assert_eq!((filing.sender_constraint, standing), (SenderConstraint::Dpop, ChannelStanding::Approved));
}

#[test]
fn senders_prove_less_only_once_somebody_else_approves_it() {
    let strict = [approved(), vec![constrained(SenderConstraint::Dpop)]].concat();
    let refusal = ChannelRejection::WrongState("suspend the channel before its senders have to prove less");
    let another = staff("operator.li", Role::Operator, None);
    for weaker in [SenderConstraint::None, SenderConstraint::Mtls] {
        given(strict.clone()).when(constrain(weaker), &operator()).refused(&refusal);
        let reason = "换用双向认证".to_owned();
        let stopped = [strict.clone(), vec![ChannelEvent::Suspended { reason }]].concat();
        let change = ChannelEvent::SenderConstrained { constraint: weaker, by: another.id.clone() };
        given(stopped.clone()).when(constrain(weaker), &another).then([change.clone()]);
        let changed = [stopped, vec![change]].concat();
        for own in [&another, &operator()] {
            given(changed.clone()).when(approve(), own).refused(&ChannelRejection::FourEyes);
        }
        given(changed).when(approve(), &reviewer()).then([ChannelEvent::Approved {}]);
    }
}

#[test]
fn what_senders_prove_already_is_no_change() {
    let refusal = ChannelRejection::WrongState("the channel's senders have to prove that already");
    given(approved()).when(constrain(SenderConstraint::None), &operator()).refused(&refusal);
}
