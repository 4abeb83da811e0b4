//! How many calls a channel, and a caller, may make in a time.
//!
//! A bucket each, by the generic cell rate algorithm (ITU-T I.371): one number says when the bucket will be full again. As
//! many buckets are kept as the settings allow; one that has not been asked for longer than it takes to fill is
//! forgotten, which changes nothing.

use std::collections::hash_map::RandomState;
use std::fmt::Write;
use std::hash::BuildHasher;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use domain::ChannelId;
use http::{HeaderMap, HeaderName, HeaderValue};
use identity::Principal;
use moka::sync::Cache;

use crate::refusal::Refusal;
use crate::settings::{Rate, RateLimitSettings};

/// draft-ietf-httpapi-ratelimit-headers-10.
const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// The limits, and who has used how much of them.
#[derive(Debug)]
pub(crate) struct RateLimits {
    channel: Option<Buckets>,
    caller: Option<Buckets>,
    hasher: RandomState,
    begun: Instant,
}

/// The buckets of one policy.
#[derive(Debug)]
struct Buckets {
    name: &'static str,
    rate: Rate,
    /// Nanoseconds from the beginning to when the bucket will be full again.
    full_at: Cache<u64, Arc<AtomicU64>>,
}

/// What is left of a policy after a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Left {
    name: &'static str,
    rate: Rate,
    calls: u64,
    /// Until the bucket is full again.
    full_in: Duration,
    /// How long to wait, if there was nothing left for the call itself.
    wait: Option<Duration>,
}

/// What is left of every policy that the call came under.
#[derive(Debug, Clone, Default)]
pub(crate) struct Quota(Vec<Left>);

impl RateLimits {
    pub(crate) fn new(settings: &RateLimitSettings) -> Self {
        let buckets = |name, rate: Option<Rate>| {
            rate.map(|rate| Buckets {
                name,
                rate,
                full_at: Cache::builder().max_capacity(settings.tracked).time_to_idle(rate.within).build(),
            })
        };
        Self {
            channel: buckets("channel", settings.per_channel),
            caller: buckets("caller", settings.per_caller),
            hasher: RandomState::new(),
            begun: Instant::now(),
        }
    }

    /// Takes one call from the caller's bucket and from the channel's.
    pub(crate) fn take(&self, caller: &Principal, channel: &ChannelId) -> Quota {
        let now = self.begun.elapsed();
        let mut quota = Quota::default();
        // The caller's first: one who has had enough takes nothing from the others.
        if let Some(buckets) = &self.caller {
            let key = self.hasher.hash_one((&caller.issuer, &caller.subject));
            quota.0.push(buckets.take(key, now));
        }
        if let Some(buckets) = self.channel.as_ref().filter(|_| quota.refusal().is_none()) {
            quota.0.push(buckets.take(self.hasher.hash_one(channel), now));
        }
        quota
    }
}

impl Buckets {
    fn take(&self, key: u64, now: Duration) -> Left {
        let within = nanoseconds(self.rate.within);
        let interval = (within / u64::from(self.rate.calls.get())).max(1);
        let now = nanoseconds(now);
        let bucket = self.full_at.get_with(key, Arc::default);
        let taken = bucket.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |full_at| {
            let full_at = full_at.max(now) + interval;
            (full_at <= now + within).then_some(full_at)
        });
        let (used, wait) = match taken {
            Ok(before) => (before.max(now) + interval - now, None),
            Err(full_at) => {
                (full_at.saturating_sub(now), Some((full_at + interval).saturating_sub(now + within)))
            }
        };
        Left {
            name: self.name,
            rate: self.rate,
            calls: if wait.is_some() { 0 } else { within.saturating_sub(used) / interval },
            full_in: Duration::from_nanos(used),
            wait: wait.map(Duration::from_nanos),
        }
    }
}

impl Quota {
    /// Why the call isn't carried, if a bucket had nothing left for it.
    pub(crate) fn refusal(&self) -> Option<Refusal> {
        let exhausted = self.0.iter().find_map(|left| Some((left.name, left.wait?)));
        exhausted.map(|(policy, wait)| Refusal::RateLimited { policy, wait })
    }

    /// Tells the client what it may, and what is left.
    pub(crate) fn write(&self, headers: &mut HeaderMap) {
        let (mut policies, mut limits) = (String::new(), String::new());
        for Left { name, rate, calls, full_in, .. } in &self.0 {
            let comma = if policies.is_empty() { "" } else { ", " };
            // Writing to a string can't fail.
            let _ = write!(policies, "{comma}\"{name}\";q={};w={}", rate.calls, seconds(rate.within));
            let _ = write!(limits, "{comma}\"{name}\";r={calls};t={}", seconds(*full_in));
        }
        for (name, text) in [(RATE_LIMIT_POLICY, policies), (RATE_LIMIT, limits)] {
            if let Some(value) =
                Some(text).filter(|text| !text.is_empty()).and_then(|text| HeaderValue::try_from(text).ok())
            {
                headers.insert(name, value);
            }
        }
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX / 4)
}

/// Whole seconds, rounded up.
fn seconds(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn buckets(calls: u32, tracked: u64) -> Buckets {
        let rate = Rate { calls: NonZeroU32::new(calls).expect("some"), within: SECOND * 10 };
        let settings = RateLimitSettings { per_caller: Some(rate), tracked, ..RateLimitSettings::default() };
        RateLimits::new(&settings).caller.expect("it is set")
    }

    #[test]
    fn a_bucket_gives_what_it_holds_and_fills_evenly() {
        let buckets = buckets(5, 10);
        let now = SECOND * 100;
        for left in [4, 3, 2, 1, 0] {
            let taken = buckets.take(1, now);
            assert_eq!((taken.calls, taken.wait), (left, None));
        }
        let refused = buckets.take(1, now);
        assert_eq!((refused.calls, refused.wait, refused.full_in), (0, Some(SECOND * 2), SECOND * 10));
        assert_eq!(buckets.take(1, now + SECOND).wait, Some(SECOND));
        assert_eq!(buckets.take(2, now).calls, 4);
        assert_eq!(buckets.take(1, now + SECOND * 2).wait, None);
        let full = buckets.take(1, now + SECOND * 60);
        assert_eq!((full.calls, full.full_in), (4, SECOND * 2));
    }

    #[test]
    fn no_more_buckets_are_kept_than_allowed() {
        let buckets = buckets(5, 10);
        for key in 0..1000 {
            let _ = buckets.take(key, SECOND);
        }
        buckets.full_at.run_pending_tasks();
        assert!(buckets.full_at.entry_count() <= 10);
    }

    #[test]
    fn fields_are_written_as_the_draft_has_them() {
        let left = buckets(5, 10).take(1, SECOND);
        let mut headers = HeaderMap::new();
        Quota(vec![left, Left { name: "channel", ..left }]).write(&mut headers);
        assert_eq!(headers[RATE_LIMIT_POLICY], "\"caller\";q=5;w=10, \"channel\";q=5;w=10");
        assert_eq!(headers[RATE_LIMIT], "\"caller\";r=4;t=2, \"channel\";r=4;t=2");
        Quota::default().write(&mut headers);
        assert_eq!(headers.len(), 2);
    }
}
