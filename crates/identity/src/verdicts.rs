//! Remembered verdicts on tokens, so that a signature is checked once and not on every call.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use jiff::{SignedDuration, Timestamp};

use crate::revocations::Marks;
use crate::{CredentialError, Principal, Recent, VerdictCacheConfig};

/// What an entry takes besides the claims that it holds, in bytes: an estimate for the cache's bound.
const ENTRY_OVERHEAD_BYTES: u32 = 256;

/// Everything that a verdict depends on and that can change while a verifier lives: the token and the keys. The
/// configuration can't, and another configuration is another verifier with a cache of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct VerdictKey {
    token: [u8; 32],
    generation: u64,
}

/// A remembered verdict.
#[derive(Debug, Clone)]
pub(crate) enum Verdict {
    /// The token was good by the rules of its issuer.
    Accepted(Accepted),
    /// The token's signature is bad, and no passing of time will change that.
    Refused(CredentialError),
}

/// A good token, and what has to be looked at again each time it is shown.
#[derive(Debug, Clone)]
pub(crate) struct Accepted {
    pub(crate) principal: Arc<Principal>,
    /// The place of its issuer in the configuration.
    pub(crate) issuer: usize,
    /// Under which marks it may be revoked; none where nothing can be.
    pub(crate) marks: Option<Arc<Marks>>,
}

#[derive(Clone)]
struct Remembered {
    verdict: Verdict,
    until: Timestamp,
}

/// A bounded cache of verdicts.
pub(crate) struct Verdicts {
    recent: Recent<VerdictKey, Remembered>,
    accepted_for: SignedDuration,
    refused_for: SignedDuration,
}

impl VerdictKey {
    pub(crate) fn new(token: &str, generation: u64) -> Self {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest(&SHA256, token.as_bytes()).as_ref());
        Self { token: bytes, generation }
    }
}

impl Verdicts {
    pub(crate) fn new(config: &VerdictCacheConfig) -> Self {
        let longest = config.accepted_for.max(config.refused_for);
        Self {
            recent: Recent::new(
                config.capacity_bytes,
                SignedDuration::try_from(longest).unwrap_or(SignedDuration::MAX),
            ),
            accepted_for: SignedDuration::try_from(config.accepted_for).unwrap_or(SignedDuration::ZERO),
            refused_for: SignedDuration::try_from(config.refused_for).unwrap_or(SignedDuration::ZERO),
        }
    }

    pub(crate) fn get(&self, key: &VerdictKey, now: Timestamp) -> Option<Verdict> {
        self.recent
            .get(key, now)
            .filter(|remembered| now < remembered.until)
            .map(|remembered| remembered.verdict)
    }

    /// Remembers a token's acceptance, never past its end. `token_bytes` stands for the size of the principal.
    pub(crate) fn accept(&self, key: VerdictKey, accepted: Accepted, token_bytes: usize, now: Timestamp) {
        let Ok(limit) = now.saturating_add(self.accepted_for) else { return };
        let until = limit.min(accepted.principal.expires);
        let weight = u32::try_from(token_bytes).unwrap_or(u32::MAX).saturating_add(ENTRY_OVERHEAD_BYTES);
        if now < until {
            self.recent.put(key, Remembered { verdict: Verdict::Accepted(accepted), until }, weight, now);
        }
    }

    /// Remembers, briefly, a refusal that lies in the cryptography alone; every other refusal may pass with time.
    pub(crate) fn refuse(&self, key: VerdictKey, error: CredentialError, now: Timestamp) {
        if error != CredentialError::BadSignature {
            return;
        }
        if let Ok(until) = now.saturating_add(self.refused_for) {
            let remembered = Remembered { verdict: Verdict::Refused(error), until };
            self.recent.put(key, remembered, ENTRY_OVERHEAD_BYTES, now);
        }
    }
}

impl fmt::Debug for Verdicts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verdicts").field("entries", &self.recent.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("a second within range")
    }

    fn expiring(second: i64) -> Accepted {
        let principal = Arc::new(Principal {
            issuer: "https://id.example".to_owned(),
            subject: "citizen-1".to_owned(),
            client: None,
            assurance: None,
            audience: Vec::new(),
            scopes: BTreeSet::new(),
            claims: serde_json::Map::new(),
            confirmation: crate::Confirmation::default(),
            expires: at(second),
        });
        Accepted { principal, issuer: 0, marks: None }
    }

    #[test]
    fn an_acceptance_is_kept_for_its_time_but_never_past_the_token_s_end() {
        let verdicts = Verdicts::new(&VerdictCacheConfig::default());
        for (expires, last_hit) in [(5_i64, 4), (600, 59)] {
            let key = VerdictKey::new("token", expires.unsigned_abs());
            verdicts.accept(key, expiring(expires), 100, at(0));
            assert!(verdicts.get(&key, at(last_hit)).is_some(), "{expires}");
            assert!(verdicts.get(&key, at(last_hit + 1)).is_none(), "{expires}");
        }
    }

    #[test]
    fn another_generation_of_keys_knows_nothing() {
        let verdicts = Verdicts::new(&VerdictCacheConfig::default());
        verdicts.accept(VerdictKey::new("token", 1), expiring(600), 100, at(0));
        assert!(verdicts.get(&VerdictKey::new("token", 1), at(0)).is_some());
        assert!(verdicts.get(&VerdictKey::new("token", 2), at(0)).is_none());
    }
}
