//! When an issuer's keys are fetched again: regularly with jitter, and sooner with back-off after a failure.

use std::sync::Arc;
use std::time::Duration;

use crate::RefreshConfig;
use crate::issuer_keys::IssuerKeys;

/// Doubling stops here; the interval caps the delay long before.
const MAX_DOUBLINGS: u32 = 16;

/// Refreshes one issuer's keys for ever. Dropping the future at any point is safe.
pub(crate) async fn keep_fresh(keys: Arc<IssuerKeys>, config: RefreshConfig) {
    let mut failures = u32::from(!keys.are_loaded());
    loop {
        tokio::time::sleep(with_jitter(delay(&config, failures))).await;
        failures = match keys.refresh().await {
            Ok(()) => 0,
            Err(_) => failures.saturating_add(1),
        };
    }
}

/// The time to the next refresh after so many failures in a row.
fn delay(config: &RefreshConfig, failures: u32) -> Duration {
    match failures.checked_sub(1) {
        None => config.interval,
        Some(doublings) => {
            config.first_retry.saturating_mul(1 << doublings.min(MAX_DOUBLINGS)).min(config.interval)
        }
    }
}

/// Up to a tenth more or less, so that replicas don't ask in step.
fn with_jitter(delay: Duration) -> Duration {
    delay.mul_f64(rand::random_range(0.9..=1.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_double_the_delay_up_to_the_interval() {
        let config = RefreshConfig::default();
        let seconds: Vec<u64> = [0, 1, 2, 3, 9, 10, u32::MAX].map(|n| delay(&config, n).as_secs()).to_vec();
        assert_eq!(seconds, [300, 1, 2, 4, 256, 300, 300]);
    }

    #[test]
    fn jitter_stays_within_a_tenth() {
        for _ in 0..100 {
            let jittered = with_jitter(Duration::from_secs(100)).as_secs_f64();
            assert!((89.9..=110.1).contains(&jittered), "{jittered}");
        }
    }
}
