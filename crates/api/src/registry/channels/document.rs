//! A channel as the registry shows it.

use domain::channel::{ChannelStanding, Filing};
use domain::{ChannelId, StaffId};
use jiff::Timestamp;
use read_model::ChannelView;
use serde::Serialize;
use utoipa::ToSchema;

/// A channel.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ChannelDocument {
    /// Its client identifier.
    pub(super) id: ChannelId,
    /// What was filed.
    filing: Filing,
    /// Who filed it.
    filed_by: StaffId,
    /// Whether it may call.
    standing: StandingDocument,
    /// Its revision, for `If-Match`.
    #[schema(maximum = 9_007_199_254_740_991u64)]
    revision: u64,
    /// When it changed last.
    updated_at: Timestamp,
}

/// Whether a channel may call.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "kebab-case")]
#[schema(as = ChannelStanding)]
enum StandingDocument {
    /// Waits for approval.
    Pending,
    /// It may.
    Approved,
    /// It may not, for now.
    Suspended {
        /// Why.
        #[schema(max_length = 2000)]
        reason: String,
    },
    /// It never will again.
    Closed,
}

impl From<&ChannelView> for ChannelDocument {
    fn from(view: &ChannelView) -> Self {
        Self {
            id: view.id.clone(),
            filing: view.filing.clone(),
            filed_by: view.filed_by.clone(),
            standing: match &view.standing {
                ChannelStanding::Pending => StandingDocument::Pending,
                ChannelStanding::Approved => StandingDocument::Approved,
                ChannelStanding::Suspended { reason } => {
                    StandingDocument::Suspended { reason: reason.clone() }
                }
                ChannelStanding::Closed => StandingDocument::Closed,
            },
            revision: view.revision,
            updated_at: view.updated_at,
        }
    }
}
