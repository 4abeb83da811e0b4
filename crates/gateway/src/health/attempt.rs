//! One call at a backend, and what it tells of the backend.

use std::sync::Arc;

use super::{Admission, HealthSettings};
use crate::Upstream;
use crate::refusal::{Phase, Refusal};
use crate::upload::UploadProgress;

/// A call at a backend, counted until it is dropped.
#[derive(Debug)]
pub(crate) struct Attempt {
    upstream: Arc<Upstream>,
    admission: Admission,
    settings: HealthSettings,
    is_told: bool,
}

impl Attempt {
    /// Begins a call, unless the backend's circuit is open. One that is `forced` goes through in any case.
    pub(crate) fn begin(
        upstream: &Arc<Upstream>,
        forced: bool,
        settings: HealthSettings,
    ) -> Result<Self, Refusal> {
        let admission = if forced { Ok(Admission::Trial) } else { upstream.health().admit() };
        let admission = admission.map_err(|wait| Refusal::CircuitOpen { wait })?;
        upstream.enters();
        Ok(Self { upstream: Arc::clone(upstream), admission, settings, is_told: false })
    }

    /// The head of a response came.
    pub(crate) fn responded(&mut self) {
        self.is_told = true;
        self.upstream.health().responded(self.admission);
    }

    /// The call was refused. It tells something of the backend only if it was the backend's fault.
    pub(crate) fn refused(&mut self, refusal: &Refusal, upload: &UploadProgress) {
        // A client that takes its time uses up the total, too.
        let is_its_fault = matches!(
            refusal,
            Refusal::BackendUnreachable
                | Refusal::BackendAddressRefused
                | Refusal::BackendTimeout(Phase::Connect | Phase::FirstByte)
        );
        // Backends may well hang up on a client that sends too slowly or too much.
        let gave_up = matches!(refusal, Refusal::BackendBrokeOff | Refusal::BackendTimeout(Phase::Body));
        if is_its_fault || (gave_up && upload.has_gone()) {
            let (health, code) = (self.upstream.health(), refusal.terms().code);
            if self.is_told {
                health.broke_off(code, &self.settings);
            } else {
                health.failed(self.admission, code, &self.settings);
            }
            self.is_told = true;
        }
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        self.upstream.leaves();
        if !self.is_told {
            self.upstream.health().abandoned(self.admission);
        }
    }
}
