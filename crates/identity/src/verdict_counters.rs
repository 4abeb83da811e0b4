//! How many verdicts were reached, and how.

use std::fmt;
use std::sync::Arc;

use metrics::Counter;

use crate::{CredentialError, Fault, Principal};

/// `yimen_identity_verdicts_total`, one counter per outcome and way of reaching it.
pub(crate) struct VerdictCounters {
    absent: Counter,
    malformed: Counter,
    accepted_hit: Counter,
    accepted_miss: Counter,
    refused_hit: Counter,
    refused_miss: Counter,
    unavailable: Counter,
}

impl VerdictCounters {
    pub(crate) fn register() -> Self {
        let counter = |outcome: &'static str, cache: &'static str| metrics::counter!("yimen_identity_verdicts_total", "outcome" => outcome, "cache" => cache);
        Self {
            absent: counter("absent", "none"),
            malformed: counter("refused", "none"),
            accepted_hit: counter("accepted", "hit"),
            accepted_miss: counter("accepted", "miss"),
            refused_hit: counter("refused", "hit"),
            refused_miss: counter("refused", "miss"),
            unavailable: counter("unavailable", "miss"),
        }
    }

    /// The header fields hold no token.
    pub(crate) fn unread(&self, error: CredentialError) -> &Counter {
        match error.fault() {
            Fault::NoCredential => &self.absent,
            Fault::Request | Fault::Token | Fault::Proof | Fault::Provider => &self.malformed,
        }
    }

    pub(crate) fn remembered(&self, outcome: &Result<Arc<Principal>, CredentialError>) -> &Counter {
        match outcome {
            Ok(_) => &self.accepted_hit,
            Err(_) => &self.refused_hit,
        }
    }

    pub(crate) fn fresh(&self, outcome: &Result<Arc<Principal>, CredentialError>) -> &Counter {
        match outcome {
            Ok(_) => &self.accepted_miss,
            Err(error) if error.fault() == Fault::Provider => &self.unavailable,
            Err(_) => &self.refused_miss,
        }
    }
}

impl fmt::Debug for VerdictCounters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("VerdictCounters")
    }
}
