//! `…/echo`: what arrived, so that anybody can see what the gateway sent.

use std::error::Error;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use futures_util::TryStreamExt;
use http::StatusCode;
use http::request::Parts;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::Backend;

/// Answers any method with the request's own parts. The body is digested as it flows by, whatever its size.
pub(super) async fn answer(backend: &Backend, parts: &Parts, body: Body) -> Response {
    let assertion = match backend.caller(parts) {
        Ok(claims) => json!({ "verified": true, "claims": claims }),
        Err(error) => json!({ "verified": false, "error": error }),
    };
    let (length, digest) = match digest(body).await {
        Ok(found) => found,
        Err(error) => return super::problem(StatusCode::BAD_REQUEST, "body", &error.to_string()),
    };
    let headers: Vec<[String; 2]> = parts
        .headers
        .iter()
        .map(|(name, value)| [name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()])
        .collect();
    let echo: Value = json!({
        "department": backend.department.id(),
        "method": parts.method.as_str(),
        "target": parts.uri.to_string(),
        "httpVersion": format!("{:?}", parts.version),
        "headers": headers,
        "body": { "length": length, "sha256": digest },
        "assertion": assertion,
    });
    axum::Json(echo).into_response()
}

async fn digest(body: Body) -> Result<(u64, String), Box<dyn Error + Send + Sync>> {
    let start = (0_u64, Sha256::new());
    let (length, hasher) = body
        .into_data_stream()
        .try_fold(start, |(length, mut hasher), chunk| async move {
            hasher.update(&chunk);
            Ok((length.saturating_add(chunk.len() as u64), hasher))
        })
        .await?;
    Ok((length, hex::encode(hasher.finalize())))
}
