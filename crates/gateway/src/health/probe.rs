//! Asks backends whether they are well, on connections of its own and to allowed addresses only, as calls do.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use http::{Request, Uri};
use metrics::counter;
use rand::seq::SliceRandom;
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use crate::upload::Upload;
use crate::{Gateway, HealthSettings, Route, Upstream};

/// Probes that run at once.
const AT_ONCE: usize = 32;

/// Probes every backend with a health path once per interval, in an order of its own each time, spread over the
/// interval: neither the backends nor the gateway feel a wave.
pub(crate) async fn keep_probing(gateway: &Gateway) {
    let settings = gateway.settings().health;
    if settings.probe_interval.is_zero() {
        return;
    }
    let running = Arc::new(Semaphore::new(AT_ONCE));
    loop {
        let begun = Instant::now();
        let mut due = probed(gateway);
        due.shuffle(&mut rand::rng());
        let gap = settings.probe_interval / u32::try_from(due.len().max(1)).unwrap_or(u32::MAX);
        for (place, upstream) in (0..).zip(due) {
            sleep_until(begun + gap * place + gap.mul_f64(rand::random_range(0.0..0.5))).await;
            let Ok(turn) = Arc::clone(&running).acquire_owned().await else { return };
            let gateway = gateway.clone();
            tokio::spawn(async move {
                probe(&gateway, &upstream, &settings).await;
                drop(turn);
            });
        }
        let rest = settings.probe_interval.saturating_sub(begun.elapsed());
        sleep(rest.max(Duration::from_millis(1))).await;
    }
}

fn probed(gateway: &Gateway) -> Vec<Arc<Upstream>> {
    let table = gateway.routes().load();
    let live = table.routes().filter_map(|route| match route.as_ref() {
        Route::Live { offerings } => Some(offerings),
        Route::Alias(_) | Route::Retired { .. } => None,
    });
    let upstreams = live.flatten().filter_map(|offering| offering.upstream.as_ref());
    upstreams.filter(|upstream| upstream.probe_target().is_some()).cloned().collect()
}

async fn probe(gateway: &Gateway, upstream: &Arc<Upstream>, settings: &HealthSettings) {
    let Some(target) = upstream.probe_target() else { return };
    let limit = settings.probe_timeout;
    let is_well = timeout(limit, answers_well(gateway, upstream, target, limit)).await.unwrap_or(false);
    let found = if is_well { "well" } else { "unwell" };
    counter!("yimen_probes_total", "found" => found).increment(1);
    upstream.health().probed(is_well, settings);
}

/// Whether the health path answers 2xx on a connection that is new, so that it tells how new calls would fare.
async fn answers_well(gateway: &Gateway, upstream: &Arc<Upstream>, target: Uri, limit: Duration) -> bool {
    let backend = upstream.backend(gateway.backends());
    let mut request = Request::new(Upload::new(Body::empty(), 0, limit));
    *request.uri_mut() = target;
    match backend.ask_apart(request, limit).await {
        Ok(status) => status.is_success(),
        Err(error) => {
            tracing::debug!(error = error.as_ref(), "a probe failed");
            false
        }
    }
}
