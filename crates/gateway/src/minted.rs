//! Assertions that are sent again: signing one costs more than all the rest of a call.
//!
//! An assertion vouches for a method and a path of one caller towards one department, for a minute. So for the same
//! caller, offering, method and path it says the same as one minted anew, but for its name (`jti`) and its time; and
//! where the method is safe (RFC 9110, section 9.2.1), a call that is made twice does no more than one. Only then is it
//! sent again, and only for as long as the settings say. The caller was checked just now, as for every call; a token
//! that was verified anew, an offering that was changed and a key that signs since have assertions of their own.

use std::hash::{Hash, Hasher};
use std::sync::{Arc, Weak};

use http::{HeaderValue, Method};
use identity::{Principal, Recent};
use jiff::{SignedDuration, Timestamp};

use crate::refusal::Refusal;
use crate::{Gateway, Offering, access};

/// How much is kept, in bytes.
const CAPACITY_BYTES: u64 = 64 * 1024 * 1024;
/// What one takes besides its token and path, in bytes: an estimate for the bound.
const OVERHEAD_BYTES: usize = 256;

/// What was minted lately.
#[derive(Debug)]
pub(crate) struct MintedAssertions {
    reused_for: SignedDuration,
    recent: Recent<Call, Minted>,
}

/// Everything that an assertion says, but for its name and time. Caller and offering are told by their address, which
/// nobody else gets for as long as the assertion is kept; an offering that has left the table isn't kept for it.
#[derive(Debug, Clone)]
struct Call {
    caller: Arc<Principal>,
    offering: Weak<Offering>,
    method: Method,
    path: Arc<str>,
}

#[derive(Debug, Clone)]
struct Minted {
    token: HeaderValue,
    key_id: Arc<str>,
    until: Timestamp,
}

impl MintedAssertions {
    /// Sends an assertion again for that long; never, if it is zero.
    pub(crate) fn new(reused_for: std::time::Duration) -> Self {
        let reused_for = SignedDuration::try_from(reused_for).unwrap_or(SignedDuration::ZERO);
        Self { reused_for, recent: Recent::new(CAPACITY_BYTES, reused_for) }
    }

    /// The assertion for one call, ready to be sent.
    pub(crate) fn assertion(
        &self,
        gateway: &Gateway,
        offering: &Arc<Offering>,
        caller: &Arc<Principal>,
        method: &Method,
        path: &str,
    ) -> Result<HeaderValue, Refusal> {
        let now = gateway.clock().now();
        let mint = || access::assertion(gateway, offering, caller, method.as_str(), path, now);
        if !method.is_safe() || self.reused_for.is_zero() {
            return mint();
        }
        let call = Call {
            caller: Arc::clone(caller),
            offering: Arc::downgrade(offering),
            method: method.clone(),
            path: path.into(),
        };
        let signer = gateway.signer();
        if let Some(minted) = self.recent.get(&call, now)
            && minted.until > now
            && minted.until.duration_since(now) <= self.reused_for
            && signer.signs_with(&minted.key_id, now)
        {
            return Ok(minted.token);
        }
        let key_id = signer.key_id(now).into();
        let token = mint()?;
        if let Ok(until) = now.saturating_add(self.reused_for) {
            let weight = token.len() + path.len() + OVERHEAD_BYTES;
            let minted = Minted { token: token.clone(), key_id, until };
            self.recent.put(call, minted, u32::try_from(weight).unwrap_or(u32::MAX), now);
        }
        Ok(token)
    }
}

impl PartialEq for Call {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.caller, &other.caller)
            && self.offering.ptr_eq(&other.offering)
            && self.method == other.method
            && self.path == other.path
    }
}

impl Eq for Call {}

impl Hash for Call {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Arc::as_ptr(&self.caller).hash(state);
        self.offering.as_ptr().hash(state);
        self.method.hash(state);
        self.path.hash(state);
    }
}
