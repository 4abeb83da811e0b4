//! What the binary hands to the API: everything that a handler may reach.

use std::sync::Arc;

use domain::{Department, DepartmentId, Policy};
use event_store::{EventStore, load};
use identity::{Clock, Verifier};
use read_model::ReadModel;

use crate::command::Recent;
use crate::extract::Acting;
use crate::problem::{Code, Problem};

/// The API's surroundings; cheap to clone.
#[derive(Debug, Clone)]
pub struct App {
    /// The event log.
    pub store: Arc<dyn EventStore>,
    /// What readers ask.
    pub read_model: ReadModel,
    /// Whose tokens are accepted.
    pub verifier: Arc<Verifier>,
    /// The city's rules.
    pub policy: Arc<Policy>,
    /// Where "now" comes from.
    pub clock: Clock,
    /// Commands that are being carried out or were a short while ago.
    pub(crate) recent: Recent,
}

impl App {
    /// The surroundings of one process.
    pub fn new(
        store: Arc<dyn EventStore>,
        read_model: ReadModel,
        verifier: Arc<Verifier>,
        policy: Arc<Policy>,
        clock: Clock,
    ) -> Self {
        Self { store, read_model, verifier, policy, clock, recent: Recent::default() }
    }

    /// Refuses unless the department is enrolled and may act.
    ///
    /// Read from the log, not from the read model: a suspension holds from the moment it is acknowledged.
    pub(crate) async fn require_active(&self, department: &DepartmentId) -> Result<(), Problem> {
        let loaded = load::<Department>(self.store.as_ref(), department).await?;
        if loaded.state.is_active() {
            return Ok(());
        }
        let detail = format!("{department} is not enrolled, or may not act now");
        Err(Problem::new(Code::DepartmentNotActive, detail))
    }

    /// The actor's own department, if it may act.
    pub(crate) async fn active_department_of<R>(&self, acting: &Acting<R>) -> Result<DepartmentId, Problem> {
        let department = acting
            .department()
            .ok_or_else(|| Problem::new(Code::NotAllowed, "the token names no department"))?;
        self.require_active(department).await?;
        Ok(department.clone())
    }
}
