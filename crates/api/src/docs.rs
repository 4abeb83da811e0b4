//! The documents as they are served, the page that shows them, and where they are found.

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use http::HeaderValue;
use http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use serde_json::json;
use utoipa_swagger_ui::{Config, SwaggerUi, Url};

use crate::documents::openapi_documents;
use crate::router::{CATALOGUE, OPERATIONS, REGISTRY};

/// Serves `/openapi/….json` and, at `/docs`, a vendored page that shows all of them; nothing leaves the host.
pub(crate) fn router() -> Router {
    let documents = openapi_documents().into_iter().map(|(name, document)| {
        let url = format!("/openapi/{name}.json");
        (Url::from(url), document)
    });
    // Without "none" the page would show a badge that a service elsewhere draws.
    let config = Config::default().validator_url("none").try_it_out_enabled(true).persist_authorization(true);
    let pages: Router = SwaggerUi::new("/docs").urls(documents.collect()).config(config).into();
    pages.layer(from_fn(keep_inside))
}

/// Tells the browser to fetch nothing from anywhere else.
async fn keep_inside(request: Request, next: Next) -> Response {
    const POLICY: HeaderValue = HeaderValue::from_static(
        "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'",
    );
    let mut response = next.run(request).await;
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, POLICY);
    response
}

/// Where the APIs and their documents are (RFC 9727, in the form of RFC 9264).
pub(crate) async fn api_catalog() -> Response {
    let api = |anchor: &str, name: &str| {
        json!({
            "anchor": anchor,
            "service-desc": [{ "href": format!("/openapi/{name}.json"), "type": "application/vnd.oai.openapi+json;version=3.1" }],
            "service-doc": [{ "href": "/docs/", "type": "text/html" }],
        })
    };
    let linkset = json!({ "linkset": [api(CATALOGUE, "catalogue"), api(REGISTRY, "registry"), api(OPERATIONS, "operations")] });
    let media_type = "application/linkset+json; profile=\"https://www.rfc-editor.org/info/rfc9727\"";
    ([(CONTENT_TYPE, media_type)], linkset.to_string()).into_response()
}
