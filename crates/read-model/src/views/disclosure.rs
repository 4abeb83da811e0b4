//! What departments may learn of citizens.

use std::fmt;
use std::str::FromStr;

use domain::item::ApprovalBasis;
use domain::{DepartmentId, ItemId, LocalizedText, StaffId};
use event_store::Position;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One claim that one department may learn through one item, for one purpose: from when, and until when.
///
/// It goes on through later revisions of the item that declare the claim for the same purpose. Another purpose, and
/// another owner, is another disclosure. A suspension of the item stops calls and ends nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Disclosure {
    /// Its place in the list of all.
    pub place: DisclosurePlace,
    /// The item that declares it.
    pub item: ItemId,
    /// The department that owned the item then.
    pub department: DepartmentId,
    /// Name of the claim.
    pub claim: String,
    /// What it is needed for, as the reviewers approved it.
    pub purpose: LocalizedText,
    /// When it began: the content became public, or the department took the item over.
    pub since: Timestamp,
    /// The revision of the item with whose publication the claim came.
    pub revision: u64,
    /// Who approved that revision, in the order of the stages.
    pub approvals: Vec<Approval>,
    /// The department from which the item was taken over, where that is how it began.
    pub taken_over_from: Option<DepartmentId>,
    /// When and why it ended; none while it is in force.
    pub end: Option<DisclosureEnd>,
}

/// An approval of one revision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// What it rests on.
    pub basis: ApprovalBasis,
    /// Who gave it, or gave the command that led to it; absent if the event's metadata can't be read.
    pub by: Option<StaffId>,
    /// When.
    pub at: Timestamp,
}

/// The end of a disclosure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DisclosureEnd {
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: DisclosureEndReason,
}

/// Why a disclosure ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum DisclosureEndReason {
    /// A later revision no longer declares the claim for this purpose.
    Revised,
    /// The item went to another department.
    Transferred,
    /// The item ended.
    Retired,
}

/// Where a disclosure began: the place of the event in the log, and its own among those that began with it.
///
/// Written as `<position>-<number>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct DisclosurePlace {
    pub(crate) position: Position,
    pub(crate) number: u16,
}

/// The text is no place of a disclosure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a place in the list of disclosures")]
pub struct ForeignDisclosurePlace;

impl fmt::Display for DisclosurePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.position, self.number)
    }
}

impl FromStr for DisclosurePlace {
    type Err = ForeignDisclosurePlace;

    fn from_str(text: &str) -> Result<Self, ForeignDisclosurePlace> {
        let (position, number) = text.split_once('-').ok_or(ForeignDisclosurePlace)?;
        Ok(Self {
            position: position.parse().map_err(|_| ForeignDisclosurePlace)?,
            number: number.parse().map_err(|_| ForeignDisclosurePlace)?,
        })
    }
}
