//! Anchors of the log, signed with the keys of assertions.

use std::sync::{Arc, Mutex, PoisonError};

use event_store::{Anchor, Anchorer, EventStore, OutsideAnchors, SignAnchor};
use identity::{AnchorKeys, AssertionSigner};
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use crate::config::Integrity;

/// The future that keeps `log` anchored until `stop`.
pub fn keep(
    log: Arc<dyn EventStore>,
    signer: Arc<AssertionSigner>,
    settings: &Integrity,
    stop: CancellationToken,
) -> impl Future<Output = ()> + Send + 'static {
    let signer = Arc::new(OwnKeys { signer, known: Mutex::default() });
    let outside = settings.anchor_file.as_ref().map(OutsideAnchors::new);
    Anchorer::new(log, signer, settings.cadence(), outside).run(async move { stop.cancelled().await })
}

/// The gateway's keys, and what anchors announced of them so far.
#[derive(Debug)]
struct OwnKeys {
    signer: Arc<AssertionSigner>,
    known: Mutex<AnchorKeys>,
}

impl SignAnchor for OwnKeys {
    fn sign(&self, anchor: &Anchor) -> Result<String, Box<dyn std::error::Error + Send + Sync>> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let statement = self.signer.sign_anchor(anchor, &known, Timestamp::now())?;
        // What it announces is known from now on.
        known.open::<Anchor>(&statement)?;
        Ok(statement)
    }

    fn open(&self, statement: &str) -> Option<Anchor> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.open::<Anchor>(statement).ok().map(|believed| believed.claims)
    }
}
