//! The paths of the data plane.

use axum::Router;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};

use crate::Gateway;

/// How long backends may keep our public keys. A new key is published for longer than this before it signs.
const JWKS_CACHE_CONTROL: &str = "public, max-age=300";

/// The routes of the data plane: `ANY /call/{entry}/{*path}` and `GET /.well-known/jwks.json`.
///
/// Serve it with `into_make_service_with_connect_info::<SocketAddr>()`, or backends aren't told the client's address.
pub fn router(gateway: Gateway) -> Router {
    Router::new()
        .route("/call/{*target}", any(answer))
        .route("/.well-known/jwks.json", get(get_assertion_keys))
        .with_state(gateway)
}

/// A call that came through a router; a server may as well hand it to [`Gateway::answer`] itself.
async fn answer(State(gateway): State<Gateway>, request: Request) -> Response {
    gateway.answer(request).await
}

/// The keys by which backends check assertions, as a JWK Set (RFC 7517).
async fn get_assertion_keys(State(gateway): State<Gateway>) -> Response {
    let headers = [(CONTENT_TYPE, "application/jwk-set+json"), (CACHE_CONTROL, JWKS_CACHE_CONTROL)];
    (headers, gateway.signer().jwks(gateway.clock().now()).to_string()).into_response()
}
