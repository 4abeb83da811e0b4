//! Whether the process takes requests, as the admin listener says.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::json;

/// Whether the gateway takes requests; what `/readyz` says.
#[derive(Debug, Clone, Default)]
pub struct Readiness(Arc<AtomicBool>);

impl Readiness {
    /// Whether it does.
    pub fn is_ready(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }

    /// Says whether it does.
    pub fn set(&self, ready: bool) {
        self.0.store(ready, Ordering::Release);
    }
}

/// `inner`, whose `/readyz` says no from the moment that the process is told to stop.
pub fn with_readiness(inner: Router, ready: Readiness) -> Router {
    inner.layer(from_fn_with_state(ready, gate))
}

async fn gate(State(ready): State<Readiness>, request: Request, next: Next) -> Response {
    if matches!(request.uri().path(), "/readyz" | "/readyz/reads") && !ready.is_ready() {
        return (StatusCode::SERVICE_UNAVAILABLE, axum::Json(json!({ "ready": false, "stopping": true })))
            .into_response();
    }
    next.run(request).await
}
