//! Authorisation, in the handler's signature: `Acting<(Operator, Clerk)>` lets operators and clerks in.

use std::marker::PhantomData;

use axum::extract::FromRequestParts;
use domain::{Actor, DepartmentId, Role, StaffId};
use http::header::AUTHORIZATION;
use http::request::Parts;
use identity::{CredentialError, Principal};

use crate::App;
use crate::problem::{Code, Problem};

/// A member of staff in one of the roles `R`: the first of them that their token has.
#[derive(Debug, Clone)]
pub(crate) struct Acting<R> {
    actor: Actor,
    held: Vec<Role>,
    permitted: PhantomData<R>,
}

/// Roles that an operation lets in, the one to act in first.
pub(crate) trait Permitted: Send + Sync + 'static {
    const ROLES: &'static [Role];
}

macro_rules! roles {
    ($($name:ident),*) => {$(
        /// The role of the same name.
        #[derive(Debug, Clone, Copy)]
        pub(crate) struct $name;

        impl Permitted for $name {
            const ROLES: &'static [Role] = &[Role::$name];
        }

        impl One for $name {
            const ROLE: Role = Role::$name;
        }
    )*};
}
roles!(Clerk, DepartmentReviewer, Reviewer, Steward, Operator, Auditor);

/// One role.
pub(crate) trait One: Send + Sync + 'static {
    const ROLE: Role;
}

impl<A: One, B: One> Permitted for (A, B) {
    const ROLES: &'static [Role] = &[A::ROLE, B::ROLE];
}

impl<A: One, B: One, C: One> Permitted for (A, B, C) {
    const ROLES: &'static [Role] = &[A::ROLE, B::ROLE, C::ROLE];
}

impl<R> Acting<R> {
    /// The actor, as commands and events name them.
    pub(crate) fn actor(&self) -> &Actor {
        &self.actor
    }

    /// The same person in another of the permitted roles, if they have it.
    pub(crate) fn also(&self, role: Role) -> Option<Actor> {
        self.held.contains(&role).then(|| Actor { role, ..self.actor.clone() })
    }

    /// The department that the actor belongs to, if any.
    pub(crate) fn department(&self) -> Option<&DepartmentId> {
        self.actor.department.as_ref()
    }
}

impl<R: Permitted> FromRequestParts<App> for Acting<R> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let staff = authenticate(parts, app).await?;
        let held: Vec<Role> = R::ROLES.iter().copied().filter(|role| staff.roles.contains(role)).collect();
        let Some(role) = held.first().copied() else {
            let names: Vec<_> = R::ROLES.iter().map(|role| role.as_str()).collect();
            let detail = format!("only these roles may do this: {}", names.join(", "));
            return Err(Problem::new(Code::RoleNotAllowed, detail));
        };
        let actor = Actor { id: staff.id, role, department: staff.department };
        Ok(Self { actor, held, permitted: PhantomData })
    }
}

/// Somebody with a good token, and the roles that it gives.
#[derive(Debug)]
pub(super) struct Staff {
    pub(super) id: StaffId,
    pub(super) roles: Vec<Role>,
    pub(super) department: Option<DepartmentId>,
}

/// The one identity check of the control plane.
pub(super) async fn authenticate(parts: &Parts, app: &App) -> Result<Staff, Problem> {
    let fields = parts.headers.get_all(AUTHORIZATION).iter().map(http::HeaderValue::as_bytes);
    let principal = app.verifier.verify(fields).await?;
    Ok(Staff {
        id: StaffId(principal.subject.clone()),
        roles: principal.roles().filter_map(Role::from_claim).collect(),
        department: department(&principal)?,
    })
}

fn department(principal: &Principal) -> Result<Option<DepartmentId>, CredentialError> {
    let parse = |text: &str| text.parse().map_err(|_| CredentialError::MalformedClaim("department"));
    principal.department().map(parse).transpose()
}
