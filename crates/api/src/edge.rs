//! The one edge where refusals and failures of the inner rooms become problems. Nothing inside knows HTTP.

use domain::channel::ChannelRejection;
use domain::department::DepartmentRejection;
use domain::duplicate_case::DuplicateCaseRejection;
use domain::entry::EntryRejection;
use domain::item::ItemRejection;
use domain::placement::PlacementRejection;
use domain::revocation::RevocationRejection;
use event_store::{ExecuteError, StoreError};
use identity::CredentialError;

use crate::problem::{Code, Problem};

impl From<ItemRejection> for Problem {
    fn from(rejection: ItemRejection) -> Self {
        let detail = rejection.to_string();
        match rejection {
            ItemRejection::NotRegistered => Self::not_found("item"),
            ItemRejection::AlreadyRegistered => Self::new(Code::AlreadyRegistered, detail),
            ItemRejection::Invalid(violations) => Self::invalid(violations),
            ItemRejection::NotAllowed(_) => Self::new(Code::NotAllowed, detail),
            ItemRejection::FourEyes => Self::new(Code::FourEyes, detail),
            ItemRejection::OtherRevision { revision, content_hash } => Self::new(Code::OtherRevision, detail)
                .with_member("revision", revision)
                .with_member("contentHash", content_hash),
            ItemRejection::OtherStage => Self::new(Code::OtherStage, detail),
            ItemRejection::WrongState(_) => Self::new(Code::WrongState, detail),
            ItemRejection::NoticeTooShort { .. } => {
                Self::invalid_field("/effective", "notice-too-short", detail)
            }
            ItemRejection::NotYet => Self::new(Code::NotYet, detail),
            ItemRejection::RevisedSinceMigration => Self::new(Code::RevisedSinceMigration, detail),
        }
    }
}

impl From<DepartmentRejection> for Problem {
    fn from(rejection: DepartmentRejection) -> Self {
        let detail = rejection.to_string();
        match rejection {
            DepartmentRejection::NotAllowed => Self::new(Code::NotAllowed, detail),
            DepartmentRejection::NotEnrolled => Self::not_found("department"),
            DepartmentRejection::AlreadyEnrolled => Self::new(Code::AlreadyEnrolled, detail),
            DepartmentRejection::Succeeded(by) => {
                Self::new(Code::DepartmentSucceeded, detail).with_member("succeededBy", by)
            }
            DepartmentRejection::OwnSuccessor => Self::invalid_field("/by", "own-successor", detail),
            DepartmentRejection::NotSuspended => Self::new(Code::WrongState, detail),
            DepartmentRejection::Invalid(violations) => Self::invalid(violations),
        }
    }
}

impl From<ChannelRejection> for Problem {
    fn from(rejection: ChannelRejection) -> Self {
        let detail = rejection.to_string();
        match rejection {
            ChannelRejection::NotAllowed => Self::new(Code::NotAllowed, detail),
            ChannelRejection::NotFiled => Self::not_found("channel"),
            ChannelRejection::AlreadyFiled => Self::new(Code::AlreadyFiled, detail),
            ChannelRejection::FourEyes => Self::new(Code::FourEyes, detail),
            ChannelRejection::WrongState(_) => Self::new(Code::WrongState, detail),
            ChannelRejection::Invalid(violations) => Self::invalid(violations),
        }
    }
}

impl From<RevocationRejection> for Problem {
    fn from(rejection: RevocationRejection) -> Self {
        let detail = rejection.to_string();
        match rejection {
            RevocationRejection::NotAllowed => Self::new(Code::NotAllowed, detail),
            RevocationRejection::Unknown => Self::not_found("revocation"),
            RevocationRejection::WrongState(_) => Self::new(Code::WrongState, detail),
            RevocationRejection::Invalid(violations) => Self::invalid(violations),
        }
    }
}

impl From<EntryRejection> for Problem {
    fn from(rejection: EntryRejection) -> Self {
        let detail = rejection.to_string();
        match rejection {
            EntryRejection::NotAllowed => Self::new(Code::NotAllowed, detail),
            EntryRejection::NotFormed => Self::not_found("entry"),
            EntryRejection::Merged(into) => {
                Self::new(Code::EntryMerged, detail).with_member("mergedInto", into)
            }
            EntryRejection::NotMerged => Self::new(Code::WrongState, detail),
            EntryRejection::Loop => Self::new(Code::MergeLoop, detail),
            EntryRejection::Invalid(violations) => Self::invalid(violations),
        }
    }
}

impl From<PlacementRejection> for Problem {
    fn from(rejection: PlacementRejection) -> Self {
        let detail = rejection.to_string();
        match rejection {
            PlacementRejection::NotAllowed => Self::new(Code::NotAllowed, detail),
            PlacementRejection::NotPlaced => Self::new(Code::WrongState, detail),
            PlacementRejection::StewardDecided => Self::new(Code::StewardDecided, detail),
            PlacementRejection::Elsewhere(entry) => {
                Self::new(Code::ItemElsewhere, detail).with_member("entry", entry)
            }
        }
    }
}

impl From<DuplicateCaseRejection> for Problem {
    fn from(rejection: DuplicateCaseRejection) -> Self {
        let detail = rejection.to_string();
        match rejection {
            DuplicateCaseRejection::NotAllowed => Self::new(Code::NotAllowed, detail),
            DuplicateCaseRejection::NotSuspected => Self::not_found("duplicate case"),
            DuplicateCaseRejection::SameItem => Self::invalid_field("/items", "same-item", detail),
            DuplicateCaseRejection::Decided => Self::new(Code::CaseDecided, detail),
            DuplicateCaseRejection::StillOpen => Self::new(Code::WrongState, detail),
            DuplicateCaseRejection::ForeignPrimary => {
                Self::invalid_field("/primary", "foreign-primary", detail)
            }
            DuplicateCaseRejection::Invalid(violations) => Self::invalid(violations),
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable { .. } => Self::new(
                Code::LogUnavailable,
                "nothing is lost: repeat the request with the same Idempotency-Key",
            )
            .retry_after(5)
            .caused_by(error),
            StoreError::Corrupt { .. } => Self::internal(error),
        }
    }
}

impl<R> From<ExecuteError<R>> for Problem
where
    R: std::error::Error + Send + Sync + 'static,
    Problem: From<R>,
{
    fn from(error: ExecuteError<R>) -> Self {
        let detail = error.to_string();
        match error {
            ExecuteError::Rejected(rejection) => rejection.into(),
            ExecuteError::Stale { actual } => {
                Self::new(Code::StaleRevision, "If-Match names another revision; read the resource again")
                    .with_member("revision", actual)
            }
            ExecuteError::CommandReused => Self::new(
                Code::IdempotencyKeyReused,
                "each Idempotency-Key is for one request: the same method, path and body",
            ),
            ExecuteError::Contended => Self::new(Code::Contended, detail).retry_after(1),
            ExecuteError::TooLarge { .. } => Self::new(Code::ContentTooLarge, detail),
            ExecuteError::Store(error) => error.into(),
            error @ (ExecuteError::Name(_) | ExecuteError::Undecodable(_) | ExecuteError::Unencodable(_)) => {
                Self::internal(error)
            }
        }
    }
}

impl From<CredentialError> for Problem {
    fn from(error: CredentialError) -> Self {
        let problem = Self::new(Code::Credential(error), error.to_string());
        match error.www_authenticate() {
            Some(challenge) => problem.with_header(http::header::WWW_AUTHENTICATE, challenge),
            None => problem.retry_after(5),
        }
    }
}
