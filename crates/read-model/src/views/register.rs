//! Departments, channels, duplicate cases and revocations.

use domain::channel::{ChannelStanding, Filing};
use domain::department::Standing;
use domain::duplicate_case::Decision;
use domain::revocation::{Grounds, RevocationStanding, RevocationTarget};
use domain::{
    Basis, CaseId, ChannelId, DepartmentId, Division, ItemId, LocalizedText, RevocationId, StaffId,
};
use event_store::Position;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A department of the register.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DepartmentView {
    /// Its identifier.
    pub id: DepartmentId,
    /// Its name.
    pub name: LocalizedText,
    /// The division that it serves.
    pub region: Division,
    /// Whether it may act.
    pub standing: Standing,
    /// Place of the last event in its stream.
    pub revision: u64,
    /// When it changed last.
    pub updated_at: Timestamp,
}

/// A duplicate case, open or decided.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CaseView {
    /// Its identifier.
    pub id: CaseId,
    /// The two items, lower identifier first.
    pub items: [ItemId; 2],
    /// Why they are suspected.
    pub basis: Basis,
    /// What a steward decided.
    pub decision: Decision,
    /// How often a decision was taken back.
    pub reopenings: u32,
    /// Place of the last event in its stream.
    pub revision: u64,
    /// Place in the log at which it was opened first: the order of lists, and their cursor.
    pub suspected: Position,
    /// When it was opened first.
    pub suspected_at: Timestamp,
    /// When it changed last.
    pub updated_at: Timestamp,
}

impl CaseView {
    /// Whether a steward has confirmed or dismissed it, and not taken that back.
    pub fn is_decided(&self) -> bool {
        match self.decision {
            Decision::Open => false,
            Decision::Confirmed { .. } | Decision::Dismissed { .. } => true,
        }
    }
}

/// A channel through which citizens call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChannelView {
    /// Its client identifier.
    pub id: ChannelId,
    /// What was filed.
    pub filing: Filing,
    /// Who filed it.
    pub filed_by: StaffId,
    /// Who changed since what its senders have to prove.
    pub sender_changed_by: Option<StaffId>,
    /// Whether it may call.
    pub standing: ChannelStanding,
    /// Place of the last event in its stream.
    pub revision: u64,
    /// When it changed last.
    pub updated_at: Timestamp,
}

/// A subject or a token that is refused, or was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RevocationView {
    /// The mark of what is revoked.
    pub id: RevocationId,
    /// What is revoked.
    pub target: RevocationTarget,
    /// Why it was revoked last, and by whom.
    pub grounds: Grounds,
    /// Whether it is in force.
    pub standing: RevocationStanding,
    /// Place of the last event in its stream.
    pub revision: u64,
    /// When it changed last.
    pub updated_at: Timestamp,
}
