//! What can be asked of an item.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{ContentHash, ItemContent};
use crate::{DepartmentId, EntryId, LocalCode, LocalizedText};

/// A command to an item.
#[derive(Debug, Clone)]
pub enum ItemCommand {
    /// Registers the item with its first draft.
    Draft {
        /// The department that will own it.
        department: DepartmentId,
        /// The department's own code for it.
        local_code: LocalCode,
        /// The draft.
        content: Box<ItemContent>,
    },
    /// Replaces the draft, or starts the next revision of a published item.
    Revise {
        /// The new draft.
        content: Box<ItemContent>,
    },
    /// Hands the draft to review.
    Submit,
    /// Takes a submission back into draft.
    Withdraw,
    /// A reviewer's verdict on exactly one revision.
    Review {
        /// The revision (place in the stream) that was read.
        revision: u64,
        /// The hash of the content that was read.
        content_hash: ContentHash,
        /// What the reviewer says.
        verdict: Verdict,
    },
    /// Makes the approved content public, in one step.
    Publish,
    /// Stops calls at once, with a notice to the public.
    Suspend {
        /// What callers are told.
        notice: LocalizedText,
    },
    /// Ends a suspension.
    Resume,
    /// The owner offers the item to another department.
    ProposeTransfer {
        /// The department that would own it.
        to: DepartmentId,
    },
    /// The new owner accepts; announced to the public.
    AcceptTransfer {
        /// What the public is told.
        announcement: LocalizedText,
        /// When the new owner takes over; not before the notice period ends.
        effective: Timestamp,
    },
    /// Either side calls a transfer off before it takes effect.
    CancelTransfer,
    /// Carries out an accepted transfer whose time has come.
    CompleteTransfer,
    /// Announces that the item will end.
    AnnounceRetirement {
        /// Why, and what people can do instead.
        explanation: LocalizedText,
        /// What takes its place.
        outcome: Outcome,
        /// When it ends; not before the notice period ends.
        effective: Timestamp,
    },
    /// Calls a retirement off before it takes effect.
    CancelRetirement,
    /// Carries out an announced retirement whose time has come.
    Retire,
    /// An operator's bulk migration: registers and publishes what another system had already reviewed.
    Migrate {
        /// The department that owns it.
        department: DepartmentId,
        /// The department's own code for it.
        local_code: LocalCode,
        /// The content as it was public there.
        content: Box<ItemContent>,
        /// Where it comes from, for example the file's name.
        source: String,
    },
}

/// What a reviewer says of a submission.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "decision", rename_all = "kebab-case")]
pub enum Verdict {
    /// It may go on.
    Approve,
    /// The author has to change something first.
    RequestChanges {
        /// What has to change.
        #[schema(min_length = 1, max_length = 4000)]
        comment: String,
    },
    /// It will not be published.
    Reject {
        /// Why not.
        #[schema(min_length = 1, max_length = 4000)]
        comment: String,
    },
}

/// What is there instead of a retired item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum Outcome {
    /// Another entry: callers are redirected.
    ReplacedBy {
        /// The entry that replaces it.
        entry: EntryId,
    },
    /// Nothing: callers are told that it is gone.
    Gone,
}
