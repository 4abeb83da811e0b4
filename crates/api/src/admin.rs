//! What the admin listener answers: is the process alive, is it ready, what does it measure.
//!
//! `/readyz` says no when anything is amiss. A log that can't be written keeps nobody from reading and calling:
//! `/readyz/reads` is for balancers of the catalogue and of calls, and says yes then.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use event_store::{Position, StoreError, WriteFault};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use serde::Serialize;

use crate::App;

/// How long the log may take to answer before the process counts as not ready.
const PATIENCE: Duration = Duration::from_secs(1);

/// Gives the metrics in the Prometheus text format.
type Render = Arc<dyn Fn() -> String + Send + Sync>;

#[derive(Clone)]
struct Admin {
    app: App,
    metrics: Render,
}

impl fmt::Debug for Admin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Admin").finish_non_exhaustive()
    }
}

/// `/healthz`, `/readyz` and `/metrics`, for a listener that only operators reach.
pub fn admin_router(app: App, metrics: impl Fn() -> String + Send + Sync + 'static) -> Router {
    Router::new()
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .route("/readyz/reads", get(ready_for_reads))
        .route("/metrics", get(show_metrics))
        .with_state(Admin { app, metrics: Arc::new(metrics) })
}

/// Alive: the process answers. Restarting it would not make a broken disk whole, so nothing else counts.
async fn healthz() -> &'static str {
    "ok\n"
}

/// Whether requests may be sent here, and why not.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Readiness {
    ready: bool,
    /// Whether the log answers.
    log: Check,
    /// Whether what is written now would be on the disk, or why not.
    writes: Check,
    /// Whether the read model shows what the log held a moment ago.
    read_model: Check,
    /// Whether the keys of every trusted issuer have been fetched.
    issuer_keys: Check,
    /// Whether what is written now will be vouched for by an anchor. No reason to send anybody away: hash chains go on.
    anchoring: Check,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Check {
    Ok,
    Unavailable,
    Behind,
    Missing,
    DiskFull,
    ReadOnly,
    DeviceFailing,
    Damaged,
    Stopped,
}

impl From<WriteFault> for Check {
    fn from(fault: WriteFault) -> Self {
        match fault {
            WriteFault::DiskFull => Self::DiskFull,
            WriteFault::ReadOnly => Self::ReadOnly,
            WriteFault::Device => Self::DeviceFailing,
            WriteFault::Damaged => Self::Damaged,
            WriteFault::Unreachable => Self::Unavailable,
        }
    }
}

async fn readyz(State(admin): State<Admin>) -> Response {
    let readiness = readiness(&admin.app).await;
    answer(readiness.ready, readiness)
}

/// For balancers of what is only read: a log that can't be written is no reason to send readers away.
async fn ready_for_reads(State(admin): State<Admin>) -> Response {
    let readiness = readiness(&admin.app).await;
    let ready = readiness.reads();
    answer(ready, Readiness { ready, ..readiness })
}

fn answer(ready: bool, readiness: Readiness) -> Response {
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(readiness)).into_response()
}

impl Readiness {
    fn reads(&self) -> bool {
        [self.log, self.read_model, self.issuer_keys].iter().all(|check| *check == Check::Ok)
    }
}

async fn readiness(app: &App) -> Readiness {
    // A disk that hangs says nothing at all.
    let writes = match tokio::time::timeout(PATIENCE, app.store.writable()).await {
        Ok(Ok(())) => Check::Ok,
        Ok(Err(fault)) => fault.into(),
        Err(_) => Check::Unavailable,
    };
    let head = tokio::time::timeout(PATIENCE, reach(app)).await.ok().and_then(Result::ok);
    let issuer_keys = if app.verifier.has_all_keys() { Check::Ok } else { Check::Missing };
    let read_model = match head {
        Some(head) => caught_up(app, head).await,
        None => Check::Behind,
    };
    let log = if head.is_some() { Check::Ok } else { Check::Unavailable };
    let unanchored = app.unanchored.as_ref().is_some_and(|stopped| stopped.load(Ordering::Relaxed));
    let anchoring = if unanchored { Check::Stopped } else { Check::Ok };
    let readiness = Readiness { ready: false, log, writes, read_model, issuer_keys, anchoring };
    Readiness { ready: writes == Check::Ok && readiness.reads(), ..readiness }
}

/// Reads from the log itself: an adapter may know its head without it.
async fn reach(app: &App) -> Result<Position, StoreError> {
    app.store.read_all(Position::START, 1).await?;
    app.store.head().await
}

/// The head is taken first, so that a stream of writes does not make a follower that keeps up look late.
async fn caught_up(app: &App, head: Position) -> Check {
    match app.read_model.at_least(head, PATIENCE).await {
        Ok(_) => Check::Ok,
        Err(_) => Check::Behind,
    }
}

async fn show_metrics(State(admin): State<Admin>) -> Response {
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], (admin.metrics)()).into_response()
}
