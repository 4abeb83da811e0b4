//! The documents as they are served, the page that shows them, and where they are found.

use axum::response::{IntoResponse, Response};
use axum::Router;
use http::header::CONTENT_TYPE;
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
    SwaggerUi::new("/docs").urls(documents.collect()).config(Config::default()).into()
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
    let linkset =
        json!({ "linkset": [api(CATALOGUE, "catalogue"), api(REGISTRY, "registry"), api(OPERATIONS, "operations")] });
    let media_type = "application/linkset+json; profile=\"https://www.rfc-editor.org/info/rfc9727\"";
    ([(CONTENT_TYPE, media_type)], linkset.to_string()).into_response()
}
