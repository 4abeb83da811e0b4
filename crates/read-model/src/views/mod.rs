//! What readers see: immutable views, shared by `Arc` between snapshots.

mod change;
mod disclosure;
mod entry;
mod item;
mod offering;
mod register;
mod route;
mod usage;

pub use change::{Change, Removal};
pub use disclosure::{
    Approval, Disclosure, DisclosureEnd, DisclosureEndReason, DisclosurePlace, ForeignDisclosurePlace,
};
pub use entry::{EntryStanding, EntryView, RetiredView};
pub use item::{Due, DueAction, ItemView, Join, Submission};
pub use offering::{AnnouncedTransfer, OfferingStanding, OfferingView};
pub use register::{CaseView, ChannelView, DepartmentView, RevocationView};
pub use route::Route;
pub use usage::{DayCalls, EntryUsage};

/// A part of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Page<T, C> {
    /// The elements, in the list's order.
    pub items: Vec<T>,
    /// Where the next part begins; `None` at the end.
    pub next: Option<C>,
}
