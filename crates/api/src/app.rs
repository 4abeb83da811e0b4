//! What the binary hands to the API: everything that a handler may reach.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use curator::{Curator, Previewer};
use domain::{Department, DepartmentId, Policy};
use event_store::{EventStore, Position, load};
use identity::{Clock, Verifier};
use read_model::ReadModel;
use tokio::sync::watch;

use crate::command::Recent;
use crate::extract::Acting;
use crate::freshness::Freshness;
use crate::operations::CallPath;
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
    /// How far behind the log the read model is, and may be; none where nobody looks.
    pub(crate) bound: Option<(Freshness, Duration)>,
    /// Up to where the curator has placed what was published; none where no curator is at work.
    pub(crate) curated: Option<watch::Receiver<Position>>,
    /// Says where the curator would place an item; none where no curator is at work.
    pub(crate) previewer: Option<Previewer>,
    /// Who knows how backends fare; none where no calls are carried.
    pub(crate) call_path: Option<CallPath>,
    /// Set once the log is not anchored any more; none where nobody anchors it.
    pub(crate) unanchored: Option<Arc<AtomicBool>>,
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
        Self {
            store,
            read_model,
            verifier,
            policy,
            clock,
            bound: None,
            curated: None,
            previewer: None,
            call_path: None,
            unanchored: None,
            recent: Recent::default(),
        }
    }

    /// The same with a curator at work: who reads their own write sees what the curator made of it, too, and a draft's
    /// fate can be told before it is submitted.
    #[must_use]
    pub fn with_curator(self, curator: &Curator) -> Self {
        Self { curated: Some(curator.progress()), previewer: Some(curator.previewer()), ..self }
    }

    /// The same, refusing everything while it is further behind the log than `bound`.
    #[must_use]
    pub fn with_bound(self, freshness: Freshness, bound: Duration) -> Self {
        Self { bound: Some((freshness, bound)), ..self }
    }

    /// The same where calls are carried, too: operators see how backends fare.
    #[must_use]
    pub fn with_call_path(self, call_path: CallPath) -> Self {
        Self { call_path: Some(call_path), ..self }
    }

    /// The same where the log is anchored: `/readyz` says when that has `stopped` for good.
    #[must_use]
    pub fn with_anchoring(self, stopped: Arc<AtomicBool>) -> Self {
        Self { unanchored: Some(stopped), ..self }
    }

    /// The position at which `position`, and what the curator wrote because of it, can be read.
    ///
    /// An item's publication shows in the catalogue only once it is placed, which is an event of its own.
    pub(crate) async fn settled(&self, position: Position, patience: Duration) -> Result<Position, Problem> {
        let Some(mut curated) = self.curated.clone() else { return Ok(position) };
        // The borrowed value is let go before the log is asked.
        let placed = tokio::time::timeout(patience, curated.wait_for(|done| *done >= position))
            .await
            .map(|placed| placed.is_ok());
        match placed {
            Ok(true) => Ok(self.store.head().await?),
            // The curator is away: what it has not placed yet is not there yet.
            Ok(false) => Ok(position),
            Err(_) => {
                let behind = Problem::new(Code::ReadModelBehind, "the write that you name is not placed yet");
                Err(behind.retry_after(1))
            }
        }
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
