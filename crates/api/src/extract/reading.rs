//! What a reader sees: one snapshot for the whole answer, at least as new as the reader's own writes.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::FromRequestParts;
use domain::{DepartmentId, Role};
use event_store::Position;
use http::HeaderMap;
use http::header::{ACCEPT_LANGUAGE, IF_NONE_MATCH};
use http::request::Parts;
use read_model::{Behind, Snapshot};

use super::acting::{Staff, authenticate};
use crate::App;
use crate::command::YIMEN_POSITION;
use crate::problem::{Code, Problem};

/// How long a reader waits for the read model to reach the position that it names.
const PATIENCE: Duration = Duration::from_secs(5);

/// Longest `If-None-Match`, in bytes.
const LONGEST_TAGS: usize = 4096;
/// Longest `Accept-Language`, in bytes.
const LONGEST_LANGUAGES: usize = 1024;

/// The snapshot that answers; anybody may read it.
#[derive(Debug, Clone)]
pub(crate) struct Reading {
    pub(crate) snapshot: Arc<Snapshot>,
    /// The position that the reader asked for, if any.
    asked: Option<Position>,
}

/// The snapshot that answers, and how much of it this member of staff may see.
#[derive(Debug, Clone)]
pub(crate) struct StaffReading {
    pub(crate) snapshot: Arc<Snapshot>,
    pub(crate) scope: Scope,
}

/// How much of the registry somebody may see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Scope {
    /// Everything.
    All,
    /// What is public, and all of one department.
    Department(DepartmentId),
}

impl Scope {
    /// Whether what is not public may be seen of a department's items.
    pub(crate) fn includes(&self, department: &DepartmentId) -> bool {
        match self {
            Self::All => true,
            Self::Department(own) => own == department,
        }
    }

    fn of(staff: &Staff) -> Result<Self, Problem> {
        let sees_all = [Role::Reviewer, Role::Steward, Role::Operator, Role::Auditor];
        if staff.roles.iter().any(|role| sees_all.contains(role)) {
            return Ok(Self::All);
        }
        match (&staff.department, staff.roles.is_empty()) {
            (Some(department), false) => Ok(Self::Department(department.clone())),
            (None, false) => Err(Problem::new(Code::NotAllowed, "the token names no department")),
            (_, true) => Err(Problem::new(Code::RoleNotAllowed, "only staff may read the registry")),
        }
    }
}

impl FromRequestParts<App> for Reading {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        refuse_overlong(&parts.headers)?;
        let Some(value) = parts.headers.get(YIMEN_POSITION) else {
            return Ok(Self { snapshot: app.read_model.snapshot(), asked: None });
        };
        let foreign =
            || Problem::new(Code::InvalidHeader, "Yimen-Position takes a position that a write gave");
        let position: Position =
            value.to_str().ok().and_then(|text| text.parse().ok()).ok_or_else(foreign)?;
        // Nobody waits for what was never written, however often it is asked for.
        if position > app.read_model.snapshot().position() && position > app.store.head().await? {
            return Err(foreign());
        }
        let position = app.settled(position, PATIENCE).await?;
        let snapshot = app.read_model.at_least(position, PATIENCE).await.map_err(behind)?;
        Ok(Self { snapshot, asked: Some(position) })
    }
}

impl Reading {
    /// Waits until full-text search, too, shows what the reader asked for.
    pub(crate) async fn searchable(&self, app: &App) -> Result<(), Problem> {
        match self.asked {
            Some(position) => app.read_model.at_least_search(position, PATIENCE).await.map_err(behind),
            None => Ok(()),
        }
    }
}

/// Refuses header fields that are longer than the documents say.
pub(crate) fn refuse_overlong(headers: &HeaderMap) -> Result<(), Problem> {
    for (name, most) in [(IF_NONE_MATCH, LONGEST_TAGS), (ACCEPT_LANGUAGE, LONGEST_LANGUAGES)] {
        if headers.get_all(&name).iter().any(|value| value.len() > most) {
            let detail = format!("{name} has at most {most} characters");
            return Err(Problem::new(Code::InvalidHeader, detail));
        }
    }
    Ok(())
}

fn behind(error: Behind) -> Problem {
    Problem::new(Code::ReadModelBehind, "the write that you name is not visible yet")
        .retry_after(1)
        .caused_by(error)
}

impl FromRequestParts<App> for StaffReading {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let scope = Scope::of(&authenticate(parts, app).await?)?;
        let Reading { snapshot, .. } = Reading::from_request_parts(parts, app).await?;
        Ok(Self { snapshot, scope })
    }
}
