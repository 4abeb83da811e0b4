//! What readers ask for: one projection of the whole log into immutable snapshots, and a full-text index beside it.
//!
//! * [`ReadModel`] is the handle: snapshots without a lock, waiting for a position, search and type-ahead.
//! * [`Snapshot`] answers everything that needs no full text: entries, items, departments, cases, channels,
//!   filtered lists, the change feed, the review queue, the calendar and the route table.
//! * The follower that [`ReadModel::start`] returns keeps both going; whoever starts it spawns it.
//!
//! The rules are the domain's: the projection folds with each aggregate's own `evolve`. What it adds are
//! indexes, each at a cost per event that does not grow with the catalogue.

mod cases;
mod change_token;
mod disclosures;
mod facets;
mod filter;
mod follower;
mod kept;
mod lists;
mod matching_report;
mod model;
mod node;
mod projection;
mod search;
mod snapshot;
mod views;

pub use cases::{CaseFilter, CaseOrder, CasePlace, ForeignPlace, Rank};
pub use change_token::{ChangeToken, ResyncRequired};
pub use disclosures::DisclosureFilter;
pub use filter::Filter;
pub use lists::Changes;
pub use matching_report::{CaseTally, Floor, JoinTally, MatchingReport, Share, TARGET_PRECISION, Verdicts};
pub use model::{Behind, Options, ReadModel, SnapshotFile, StartError};
pub use search::{MAX_QUERY_CHARS, SearchError, SearchPage, SearchQuery, Suggestions};
pub use snapshot::Snapshot;
pub use views::{
    AnnouncedTransfer, Approval, CaseView, Change, ChannelView, DayCalls, DepartmentView, Disclosure,
    DisclosureEnd, DisclosureEndReason, DisclosurePlace, Due, DueAction, EntryStanding, EntryUsage,
    EntryView, ForeignDisclosurePlace, ItemView, Join, OfferingStanding, OfferingView, Page, Removal,
    RetiredView, RevocationView, Route, Submission,
};
