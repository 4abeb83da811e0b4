//! The OpenAPI documents, one per audience, made from the code.

mod wording;

use utoipa::openapi::extensions::Extensions;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{
    Components, ContactBuilder, InfoBuilder, License, OpenApi, OpenApiBuilder, RefOr, Server, ServerBuilder,
};
use utoipa::{PartialSchema, ToSchema};
use utoipa_axum::router::OpenApiRouter;

use crate::App;
use crate::command::Receipt;
use crate::problem::ProblemDetails;
use crate::responses::shared_problems;
use crate::router::{self, CATALOGUE, OPERATIONS, REGISTRY};
use crate::stack::API_VERSION;

/// The name of the security scheme of staff.
const STAFF: &str = "staff";

/// Every document, by the name under which it is served and committed.
pub fn openapi_documents() -> Vec<(&'static str, OpenApi)> {
    vec![
        (
            "catalogue",
            document(
                "Yimen catalogue",
                "The services of all departments, one entry for each, for mobile apps. Anybody may read it.",
                CATALOGUE,
                router::catalogue_routes(),
                false,
            ),
        ),
        (
            "registry",
            document(
                "Yimen registry",
                "Where departments register their service items, reviewers approve them, and stewards keep the catalogue in order.",
                REGISTRY,
                router::registry_routes(),
                true,
            ),
        ),
        (
            "operations",
            document(
                "Yimen operations",
                "Status, the health of backends, how often entries are called, the event log and its verification, revocations, and bulk migration, for operators and auditors.",
                OPERATIONS,
                router::operations_routes(),
                true,
            ),
        ),
    ]
}

fn document(
    title: &str,
    description: &str,
    prefix: &str,
    api: OpenApiRouter<App>,
    for_staff: bool,
) -> OpenApi {
    let mut license = License::new("Apache-2.0");
    license.identifier = Some("Apache-2.0".to_owned());
    let info = InfoBuilder::new()
        .title(title)
        .version(API_VERSION)
        .description(Some(description))
        .contact(Some(
            ContactBuilder::new().name(Some("Yimen")).url(Some("https://github.com/yimen/yimen")).build(),
        ))
        .license(Some(license));
    let empty = OpenApiBuilder::new().info(info).components(Some(shared(for_staff))).build();
    let mut document = OpenApiRouter::<App>::with_openapi(empty).nest(prefix, api).into_openapi();
    document.security = Some(vec![if for_staff {
        SecurityRequirement::new(STAFF, Vec::<String>::new())
    } else {
        SecurityRequirement::default()
    }]);
    document.servers = Some(vec![server(for_staff)]);
    prune(&mut document);
    wording::define_tags(&mut document);
    wording::name_fields_of_reads(&mut document);
    wording::bound_formats(&mut document);
    wording::close_requests(&mut document);
    document
}

/// Wherever the document came from: the same document serves every city.
fn server(for_staff: bool) -> Server {
    let description = "The host that this document came from, be it local, staging or production.";
    let audience = Extensions::builder().add("x-internal", for_staff).build();
    ServerBuilder::new().url("/").description(Some(description)).extensions(Some(audience)).build()
}

/// Leaves out what is shared and no operation of this document refers to.
fn prune(document: &mut OpenApi) {
    let paths = serde_json::to_string(&document.paths).unwrap_or_default();
    let is_used = |kind: &str, name: &str| paths.contains(&format!("\"#/components/{kind}/{name}\""));
    if let Some(components) = &mut document.components {
        components.responses.retain(|name, _| is_used("responses", name));
        components.schemas.retain(|name, _| name != "Receipt" || is_used("schemas", name));
    }
}

/// What every document refers to.
fn shared(for_staff: bool) -> Components {
    let mut components = Components::new();
    let mut schemas = vec![
        (ProblemDetails::name().into_owned(), ProblemDetails::schema()),
        (Receipt::name().into_owned(), Receipt::schema()),
    ];
    ProblemDetails::schemas(&mut schemas);
    Receipt::schemas(&mut schemas);
    components.schemas.extend(schemas);
    components.responses.extend(shared_problems().map(|(name, response)| (name, RefOr::T(response))));
    if for_staff {
        let mut bearer = Http::new(HttpAuthScheme::Bearer);
        bearer.bearer_format = Some("JWT (RFC 9068)".to_owned());
        bearer.description = Some(
            "An access token of a member of staff, with the claims `roles` and `department`.".to_owned(),
        );
        components.security_schemes.insert(STAFF.to_owned(), RefOr::T(SecurityScheme::Http(bearer)));
    }
    components
}
