//! The demo's identity provider, as far as a gateway needs one: who it is, and its public keys.

use axum::routing::get;
use axum::{Json, Router};
use identity::DevelopmentIssuer;
use serde_json::json;

/// Answers discovery (OpenID Connect Discovery 1.0, section 4) and the key set (RFC 7517).
pub fn router(issuer: &DevelopmentIssuer) -> Router {
    let jwks = issuer.jwks();
    let about = json!({
        "issuer": issuer.issuer(),
        "jwks_uri": format!("{}/jwks.json", issuer.issuer()),
        "response_types_supported": [],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
    });
    Router::new()
        .route("/.well-known/openid-configuration", get(async move || Json(about)))
        .route("/jwks.json", get(async move || Json(jwks)))
}
