//! What every request passes on its way in and every answer on its way out.

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use http::header::X_CONTENT_TYPE_OPTIONS;
use http::{HeaderName, HeaderValue};
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;

use crate::{problem, trace};

/// SemVer of the API's contract.
pub const API_VERSION: &str = "1.0.0";
/// Largest body of an ordinary request, in bytes: an item's content twice over.
const MAX_BODY: usize = 1024 * 1024;
/// Largest body of an import, in bytes.
pub(crate) const MAX_IMPORT: usize = 16 * 1024 * 1024;

/// Puts the stack around a router; the first layer is the outermost.
pub(crate) fn around(router: Router) -> Router {
    router.layer(
        ServiceBuilder::new()
            // Everything below is logged and answered under one trace id.
            .layer(from_fn(trace::follow))
            // Clients see which contract answers, errors included; browsers don't guess what it is.
            .layer(from_fn(announce))
            // Outside of problems, so that they are compressed too.
            .layer(CompressionLayer::new())
            // The one place where 4xx and 5xx get their body.
            .layer(from_fn(problem::render))
            // A defect costs one request, not the process; inside of problems, so that it becomes one.
            .layer(CatchPanicLayer::custom(problem::of_panic))
            // Innermost, so that a route may raise it.
            .layer(DefaultBodyLimit::max(MAX_BODY)),
    )
}

async fn announce(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(HeaderName::from_static("api-version"), HeaderValue::from_static(API_VERSION));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
