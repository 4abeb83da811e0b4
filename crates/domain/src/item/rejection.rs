//! Why a command to an item is refused.

use crate::Violation;

/// A refusal. Knows no HTTP: the API's edge maps each to its problem.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ItemRejection {
    /// No such item.
    #[error("the item is not registered")]
    NotRegistered,
    /// The department already uses that local code.
    #[error("the department has already registered an item under this code")]
    AlreadyRegistered,
    /// The content breaks rules.
    #[error("the content breaks {} rule(s)", .0.len())]
    Invalid(Vec<Violation>),
    /// The role or the department does not allow it.
    #[error("{0}")]
    NotAllowed(&'static str),
    /// Somebody would review their own work.
    #[error("a reviewer may not be an author of the revision or a reviewer of its earlier stage")]
    FourEyes,
    /// The review is of another revision or content than the one that is submitted.
    #[error("the submission is revision {revision} with content {content_hash}; review that")]
    OtherRevision {
        /// The revision that is under review.
        revision: u64,
        /// The hash of its content.
        content_hash: String,
    },
    /// The review is at another stage.
    #[error("the submission is not at your stage of review")]
    OtherStage,
    /// Where it stands in its life, the command has no meaning.
    #[error("{0}")]
    WrongState(&'static str),
    /// The public needs longer notice.
    #[error("takes effect {days} days after its announcement at the earliest")]
    NoticeTooShort {
        /// The configured notice period.
        days: u16,
    },
    /// The announced time has not come.
    #[error("the announced time has not come yet")]
    NotYet,
    /// A migration would undo what the department did since.
    #[error("the department has revised the item since it was migrated")]
    RevisedSinceMigration,
}
