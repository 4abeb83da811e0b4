//! One channel.

use axum::response::Response;
use domain::ChannelId;
use http::HeaderMap;

use super::document::ChannelDocument;
use crate::extract::{Id, StaffReading};
use crate::problem::Problem;
use crate::representation::Representation;
use crate::responses::{ReadHeaders, ReadProblems, Unchanged};

/// Read a channel
///
/// For all staff.
#[utoipa::path(get, path = "/channels/{channel}", tag = "channels",
    params(("channel" = ChannelId, Path, description = "The channel."), ReadHeaders),
    responses((status = 200, description = "The channel.", body = ChannelDocument), Unchanged, ReadProblems))]
pub(crate) async fn get_channel(
    reading: StaffReading,
    Id(id): Id<ChannelId>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let view = reading.snapshot.channel(&id).ok_or_else(|| Problem::not_found("channel"))?;
    Ok(Representation::of_revision(&ChannelDocument::from(view.as_ref()), view.revision)?.answer(&headers))
}
