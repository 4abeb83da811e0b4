//! The paths of the data plane.

use axum::Router;
use axum::extract::State;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use tower::ServiceBuilder;

use crate::Gateway;
use crate::call::call;
use crate::layers::{admit, contain_panics, record};

/// How long backends may keep our public keys. A new key is published for longer than this before it signs.
const JWKS_CACHE_CONTROL: &str = "public, max-age=300";

/// The routes of the data plane: `ANY /call/{entry}/{*path}` and `GET /.well-known/jwks.json`.
///
/// Serve it with `into_make_service_with_connect_info::<SocketAddr>()`, or backends aren't told the client's address.
pub fn router(gateway: Gateway) -> Router {
    let layers = ServiceBuilder::new()
        // One line and one count for every call, also for those that the layers below turn away.
        .layer(from_fn_with_state(gateway.clone(), record))
        // A bug that one call meets must not end the connection of others.
        .layer(from_fn_with_state(gateway.clone(), contain_panics))
        // Past what can be carried, answering quickly is the best that can be done.
        .layer(from_fn_with_state(gateway.clone(), admit));
    Router::new()
        .route("/call/{*target}", any(call).layer(layers))
        .route("/.well-known/jwks.json", get(get_assertion_keys))
        .with_state(gateway)
}

/// The keys by which backends check assertions, as a JWK Set (RFC 7517).
async fn get_assertion_keys(State(gateway): State<Gateway>) -> Response {
    let headers = [(CONTENT_TYPE, "application/jwk-set+json"), (CACHE_CONTROL, JWKS_CACHE_CONTROL)];
    (headers, gateway.signer().jwks(gateway.clock().now()).to_string()).into_response()
}
