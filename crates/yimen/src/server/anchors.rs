//! Anchors of the log, signed with the keys of assertions.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use event_store::{Anchor, Anchorer, EventStore, OutsideAnchors, SignAnchor, SignFailure};
use identity::{AnchorError, AnchorKeys, AssertionSigner};
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use crate::config::Integrity;

/// The future that keeps `log` anchored until `stop`; sets `stopped` if it has to give up before.
pub fn keep(
    log: Arc<dyn EventStore>,
    signer: Arc<AssertionSigner>,
    settings: &Integrity,
    stop: CancellationToken,
    stopped: Arc<AtomicBool>,
) -> impl Future<Output = ()> + Send + 'static {
    let signer = Arc::new(OwnKeys { signer, known: Mutex::default() });
    let outside = settings.anchor_file.as_ref().map(OutsideAnchors::new);
    let anchorer = Anchorer::new(log, signer, settings.cadence(), outside);
    async move {
        // Why, it has said in the log.
        if anchorer.run(async move { stop.cancelled().await }).await.is_err() {
            stopped.store(true, Ordering::Relaxed);
        }
    }
}

/// The gateway's keys, and what anchors announced of them so far.
#[derive(Debug)]
struct OwnKeys {
    signer: Arc<AssertionSigner>,
    known: Mutex<AnchorKeys>,
}

impl SignAnchor for OwnKeys {
    fn sign(&self, anchor: &Anchor) -> Result<String, SignFailure> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let statement = self.signer.sign_anchor(anchor, &known, Timestamp::now());
        let statement = statement.map_err(|error| SignFailure::Failed(error.into()))?;
        // What it announces is known from now on.
        match known.open::<Anchor>(&statement) {
            Ok(_) => Ok(statement),
            Err(AnchorError::UnknownKey { .. }) => Err(SignFailure::Stranger),
            Err(error @ (AnchorError::Malformed | AnchorError::WrongType | AnchorError::BadSignature)) => {
                Err(SignFailure::Failed(error.into()))
            }
        }
    }

    fn open(&self, statement: &str) -> Option<Anchor> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.open::<Anchor>(statement).ok().map(|believed| believed.claims)
    }
}

#[cfg(test)]
mod tests {
    use event_store::{Digest, Place};
    use identity::{Es256Key, KeyRing, PseudonymSecret};
    use uuid::Uuid;

    use super::*;

    /// A gateway with a key of its own.
    fn gateway() -> OwnKeys {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let secret = PseudonymSecret::load_or_generate(&folder.path().join("secret")).expect("made");
        let ring = KeyRing::of(Arc::new(Es256Key::generate().expect("randomness")));
        let signer = Arc::new(AssertionSigner::new("https://yimen.test", secret, ring));
        OwnKeys { signer, known: Mutex::default() }
    }

    #[test]
    fn a_gateway_whose_keys_the_log_does_not_know_is_a_stranger() {
        let (old, new) = (gateway(), gateway());
        let anchor = Anchor {
            log: Uuid::nil(),
            after: 0,
            through: 0,
            digest: Digest::of(b""),
            last: Place { stream: "item-1".to_owned(), revision: 0 },
            marks: String::new(),
            at: Timestamp::UNIX_EPOCH,
        };
        let statement = old.sign(&anchor).expect("the first is believed");
        assert_eq!(new.open(&statement).as_ref(), Some(&anchor), "so it is by whoever reads it");
        assert!(old.sign(&anchor).is_ok());
        assert!(matches!(new.sign(&anchor), Err(SignFailure::Stranger)));
    }
}
