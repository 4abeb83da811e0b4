//! Where an item stands, in one word each for its proposal and its publication.

use domain::item::{Publication, Registered, Review};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where an item stands. A published item whose next revision is under way stands in two places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ItemState {
    /// Its next content is being written.
    Draft,
    /// Under review.
    Submitted,
    /// A reviewer wants something changed.
    ChangesRequested,
    /// Refused.
    Rejected,
    /// Passed all stages; may be published.
    Approved,
    /// Public.
    Published,
    /// Public, and out of use for now.
    Suspended,
    /// Public until its announced end.
    Retiring,
    /// Ended.
    Retired,
}

impl ItemState {
    /// Everywhere that the item stands.
    pub(super) fn of(item: &Registered) -> impl Iterator<Item = Self> {
        let proposed = item.proposal.as_ref().map(|proposal| match proposal.review {
            Review::Draft => Self::Draft,
            Review::Submitted { .. } => Self::Submitted,
            Review::ChangesRequested { .. } => Self::ChangesRequested,
            Review::Rejected { .. } => Self::Rejected,
            Review::Approved { .. } => Self::Approved,
        });
        let public = match &item.publication {
            Publication::Never => None,
            Publication::Live(live) if live.suspension.is_some() => Some(Self::Suspended),
            Publication::Live(live) if live.retirement.is_some() => Some(Self::Retiring),
            Publication::Live(_) => Some(Self::Published),
            Publication::Retired { .. } => Some(Self::Retired),
        };
        proposed.into_iter().chain(public)
    }

    /// Whether everybody may know.
    pub(super) fn is_public(self) -> bool {
        match self {
            Self::Published | Self::Suspended | Self::Retiring | Self::Retired => true,
            Self::Draft | Self::Submitted | Self::ChangesRequested | Self::Rejected | Self::Approved => false,
        }
    }
}
