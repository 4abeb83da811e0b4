//! The table of contents of the API.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouterExt};
use utoipa_axum::routes;

use crate::problem::Problem;
use crate::registry::{
    channels, departments, duplicate_cases, entries, items, match_preview, matching_report,
};
use crate::{App, catalogue, docs, freshness, operations, stack};

/// Where each audience's API begins.
pub(crate) const CATALOGUE: &str = "/catalogue/v1";
pub(crate) const REGISTRY: &str = "/registry/v1";
pub(crate) const OPERATIONS: &str = "/operations/v1";

/// Everything of the control plane: the three APIs, their documents and the page that shows them.
///
/// It answers every path, the unknown ones with a 404: whoever merges it with other routers gives those no fallback.
pub fn router(app: App) -> Router {
    let apis = Router::new()
        .nest(CATALOGUE, catalogue_routes().into())
        .nest(REGISTRY, registry_routes().into())
        .nest(OPERATIONS, operations_routes().into())
        .route_layer(from_fn_with_state(app.clone(), freshness::within_bound))
        .with_state(app)
        .merge(docs::router())
        .route("/.well-known/api-catalog", get(docs::api_catalog))
        .fallback(unknown);
    stack::around(apis)
}

/// For anybody, made for mobile apps.
#[rustfmt::skip]
pub(crate) fn catalogue_routes() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(routes!(catalogue::search::list_entries))
        .routes(routes!(catalogue::entry::get_entry))
        .routes(routes!(catalogue::suggest::suggest_entries))
        .routes(routes!(catalogue::changes::list_changes))
}

/// For departments, reviewers, stewards and operators.
#[rustfmt::skip]
pub(crate) fn registry_routes() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        // departments: an operator keeps the register
        .routes(routes!(departments::list::list_departments, departments::enrol::enrol_department))
        .routes(routes!(departments::get::get_department))
        .routes(routes!(departments::rename::rename_department))
        .routes(routes!(departments::suspend::suspend_department))
        .routes(routes!(departments::resume::resume_department))
        .routes(routes!(departments::succeed::succeed_department))
        // items: a clerk writes, submits, withdraws
        .routes(routes!(items::list::list_items, items::draft::draft_item))
        .routes(routes!(items::get::get_item))
        .routes(routes!(items::revise::revise_item))
        .routes(routes!(items::history::list_item_events))
        .routes(routes!(items::submit::submit_item))
        .routes(routes!(items::withdraw::withdraw_item))
        .routes(routes!(match_preview::preview_match))
        // reviews: others approve, in two stages
        .routes(routes!(items::queue::list_reviews))
        .routes(routes!(items::review::review_item))
        // what is public
        .routes(routes!(items::publish::publish_item))
        .routes(routes!(items::suspend::suspend_item))
        .routes(routes!(items::resume::resume_item))
        .routes(routes!(items::propose_transfer::propose_item_transfer))
        .routes(routes!(items::accept_transfer::accept_item_transfer))
        .routes(routes!(items::cancel_transfer::cancel_item_transfer))
        .routes(routes!(items::announce_retirement::announce_item_retirement))
        .routes(routes!(items::cancel_retirement::cancel_item_retirement))
        // entries and duplicates: a steward's work
        .routes(routes!(items::place::place_item))
        .routes(routes!(entries::get::get_registry_entry))
        .routes(routes!(entries::rename::rename_entry))
        .routes(routes!(entries::choose_primary::choose_entry_primary))
        .routes(routes!(entries::merge::merge_entry))
        .routes(routes!(entries::restore::restore_entry))
        .routes(routes!(entries::split::split_entry))
        .routes(routes!(duplicate_cases::list::list_duplicate_cases))
        .routes(routes!(duplicate_cases::get::get_duplicate_case))
        .routes(routes!(duplicate_cases::confirm::confirm_duplicate))
        .routes(routes!(duplicate_cases::dismiss::dismiss_duplicate))
        .routes(routes!(duplicate_cases::reopen::reopen_duplicate_case))
        .routes(routes!(matching_report::get_matching_report))
        // channels: filed by one, approved by another
        .routes(routes!(channels::list::list_channels, channels::file::file_channel))
        .routes(routes!(channels::get::get_channel))
        .routes(routes!(channels::approve::approve_channel))
        .routes(routes!(channels::suspend::suspend_channel))
        .routes(routes!(channels::constrain_sender::constrain_channel_sender))
        .routes(routes!(channels::close::close_channel))
}

/// For operators and auditors.
#[rustfmt::skip]
pub(crate) fn operations_routes() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(routes!(operations::status::get_status))
        .routes(routes!(operations::offerings::list_offerings))
        .routes(routes!(operations::usage::list_usage))
        .routes(routes!(operations::disclosures::list_disclosures))
        .routes(routes!(operations::events::list_events))
        .routes(routes!(operations::verify::verify_log))
        .routes(routes!(operations::revocations::list::list_revocations, operations::revocations::revoke::revoke_credential))
        .routes(routes!(operations::revocations::get::get_revocation))
        .routes(routes!(operations::revocations::lift::lift_revocation))
        .routes(routes!(operations::import::import_items).layer(DefaultBodyLimit::max(stack::MAX_IMPORT)))
}

async fn unknown() -> Problem {
    Problem::not_found("resource")
}
