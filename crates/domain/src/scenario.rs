//! given(events) → when(command, actor) → then(events or refusal): the shape of every rule's test.

use std::fmt::Debug;

use jiff::{SignedDuration, Timestamp};

use crate::{Actor, Aggregate, Context, DepartmentId, Policy, Role, StaffId, fold};

/// What happened so far, and the circumstances of the next command.
pub(crate) struct Given<A> {
    state: A,
    now: Timestamp,
    policy: Policy,
}

/// What a command led to.
pub(crate) struct Outcome<A: Aggregate>(Result<Vec<A::Event>, A::Rejection>);

/// A history, on the day that [`today`] names and under the default policy.
pub(crate) fn given<A: Aggregate>(events: impl IntoIterator<Item = A::Event>) -> Given<A> {
    let events: Vec<_> = events.into_iter().collect();
    Given { state: fold(&events), now: today(), policy: Policy::default() }
}

impl<A: Aggregate> Given<A> {
    /// On another day.
    pub(crate) fn on(self, now: Timestamp) -> Self {
        Self { now, ..self }
    }

    /// Under the rules of another city.
    pub(crate) fn under(self, policy: Policy) -> Self {
        Self { policy, ..self }
    }

    /// The state that the history led to.
    pub(crate) fn state(self) -> A {
        self.state
    }

    /// Gives a command.
    pub(crate) fn when(&self, command: A::Command, actor: &Actor) -> Outcome<A> {
        Outcome(self.state.decide(&command, &Context { actor, now: self.now, policy: &self.policy }))
    }
}

impl<A: Aggregate> Outcome<A> {
    /// Expects exactly these events.
    #[track_caller]
    pub(crate) fn then(self, expected: impl IntoIterator<Item = A::Event>)
    where
        A::Event: PartialEq,
    {
        let events = self.0.expect("the command must be carried out");
        assert_eq!(events, expected.into_iter().collect::<Vec<_>>());
    }

    /// Expects that it is already so.
    #[track_caller]
    pub(crate) fn then_nothing(self)
    where
        A::Event: PartialEq,
    {
        self.then([]);
    }

    /// Expects this refusal.
    #[track_caller]
    pub(crate) fn refused(self, expected: &A::Rejection)
    where
        A::Rejection: PartialEq,
    {
        assert_eq!(self.rejection(), *expected);
    }

    /// Expects a refusal, and hands it over.
    #[track_caller]
    pub(crate) fn rejection(self) -> A::Rejection
    where
        Vec<A::Event>: Debug,
    {
        self.0.expect_err("the command must be refused")
    }
}

/// The day on which every story is told.
pub(crate) fn today() -> Timestamp {
    "2026-03-02T01:00:00Z".parse().expect("RFC 3339")
}

/// That many days after [`today`].
pub(crate) fn in_days(days: i64) -> Timestamp {
    today() + SignedDuration::from_hours(24 * days)
}

/// The department that owns what the stories are about.
pub(crate) fn xihu() -> DepartmentId {
    "local:xihu".parse().expect("well formed")
}

/// Another department.
pub(crate) fn yuhang() -> DepartmentId {
    "local:yuhang".parse().expect("well formed")
}

/// Somebody in a role; outside every department where none is named.
pub(crate) fn staff(id: &str, role: Role, department: Option<DepartmentId>) -> Actor {
    Actor { id: StaffId(id.to_owned()), role, department }
}

/// A clerk of [`xihu`].
pub(crate) fn clerk() -> Actor {
    staff("clerk.lin", Role::Clerk, Some(xihu()))
}

/// A first-stage reviewer of [`xihu`].
pub(crate) fn department_reviewer() -> Actor {
    staff("head.zhou", Role::DepartmentReviewer, Some(xihu()))
}

/// A second-stage reviewer.
pub(crate) fn reviewer() -> Actor {
    staff("reviewer.wu", Role::Reviewer, None)
}

/// A steward.
pub(crate) fn steward() -> Actor {
    staff("steward.shen", Role::Steward, None)
}

/// An operator.
pub(crate) fn operator() -> Actor {
    staff("operator.qian", Role::Operator, None)
}

/// An auditor, who may change nothing.
pub(crate) fn auditor() -> Actor {
    staff("auditor.sun", Role::Auditor, None)
}

/// Yimen itself.
pub(crate) fn system() -> Actor {
    Actor::system("calendar")
}
