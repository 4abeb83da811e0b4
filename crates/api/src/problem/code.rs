//! Every kind of problem, with its status and its title.

use http::StatusCode;
use identity::{CredentialError, Fault};

/// A kind of problem. Its name is part of the API and never changes its meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// The credential was not accepted, for this reason.
    Credential(CredentialError),
    /// Any other kind.
    Of(Kind),
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident = $status:literal $code:literal $title:literal;)*) => {
        /// A kind of problem that is not about credentials.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Kind { $($(#[$doc])* $variant,)* }

        impl Kind {
            const fn parts(self) -> (u16, &'static str, &'static str) {
                match self { $(Self::$variant => ($status, $code, $title),)* }
            }

            /// Every kind, in order of status.
            pub const ALL: &[Self] = &[$(Self::$variant),*];
        }

        #[expect(non_upper_case_globals, reason = "each stands for the variant of the same name")]
        impl Code { $($(#[$doc])* pub const $variant: Self = Self::Of(Kind::$variant);)* }
    };
}

kinds! {
    /// The body is not JSON.
    MalformedJson = 400 "malformed-json" "The body is not JSON";
    /// A query parameter is unknown or malformed.
    InvalidParameter = 400 "invalid-parameter" "A query parameter is not acceptable";
    /// A header field is malformed.
    InvalidHeader = 400 "invalid-header" "A header field is not acceptable";
    /// The request can't be read.
    MalformedRequest = 400 "malformed-request" "The request can't be read";
    /// The role does not allow the operation.
    RoleNotAllowed = 403 "role-not-allowed" "The role does not allow this";
    /// The rules do not allow it to this person here.
    NotAllowed = 403 "not-allowed" "This is not allowed";
    /// Somebody would review their own work.
    FourEyes = 403 "four-eyes" "Somebody else has to do this";
    /// No such resource.
    NotFound = 404 "not-found" "There is no such resource";
    /// The resource knows no such method.
    MethodNotAllowed = 405 "method-not-allowed" "The resource does not know this method";
    /// The body did not arrive in time.
    RequestTimeout = 408 "request-timeout" "The request took too long to arrive";
    /// The local code is taken.
    AlreadyRegistered = 409 "already-registered" "The item is already registered";
    /// The department is there under another name or region.
    AlreadyEnrolled = 409 "already-enrolled" "The department is already enrolled";
    /// The client identifier is taken.
    AlreadyFiled = 409 "already-filed" "The channel is already filed";
    /// The department is unknown, suspended or succeeded.
    DepartmentNotActive = 409 "department-not-active" "The department may not act";
    /// Another department took its place.
    DepartmentSucceeded = 409 "department-succeeded" "Another department took its place";
    /// The review is of other content than what is submitted.
    OtherRevision = 409 "other-revision" "Another revision is under review";
    /// The review is at another stage.
    OtherStage = 409 "other-stage" "The submission is at another stage";
    /// Where the resource stands, the command has no meaning.
    WrongState = 409 "wrong-state" "The resource is not in a state for this";
    /// The announced time has not come.
    NotYet = 409 "not-yet" "The announced time has not come";
    /// A migration would undo what the department did since.
    RevisedSinceMigration = 409 "revised-since-migration" "The department has revised the item since";
    /// The entry is an alias.
    EntryMerged = 409 "entry-merged" "The entry is merged into another";
    /// Its identifier would lead nowhere.
    EntryEmptied = 409 "entry-emptied" "The entry would be left with nothing";
    /// Somebody moved the item in the meantime.
    ItemElsewhere = 409 "item-elsewhere" "The item is in another entry now";
    /// The merge would close a loop.
    MergeLoop = 409 "merge-loop" "The merge would close a loop";
    /// A steward decided where the item belongs.
    StewardDecided = 409 "steward-decided" "A steward has decided this";
    /// The case is decided.
    CaseDecided = 409 "case-decided" "The case is decided";
    /// Others wrote to the same subject each time.
    Contended = 409 "contended" "Too many changes at once";
    /// The same command is being carried out.
    IdempotencyInFlight = 409 "idempotency-in-flight" "The same command is being carried out";
    /// The entry ended.
    EntryRetired = 410 "entry-retired" "The entry is retired";
    /// The changes asked for are no longer kept.
    ResyncRequired = 410 "resync-required" "Start again from the whole catalogue";
    /// The resource has changed since it was read.
    StaleRevision = 412 "stale-revision" "The resource has changed since it was read";
    /// The body is too large.
    ContentTooLarge = 413 "content-too-large" "The body is too large";
    /// The body is of another media type.
    UnsupportedMediaType = 415 "unsupported-media-type" "The body has to be JSON";
    /// The content breaks rules.
    InvalidContent = 422 "invalid-content" "The content breaks rules";
    /// The key has been used for another command.
    IdempotencyKeyReused = 422 "idempotency-key-reused" "The key was used for another command";
    /// A change needs `If-Match`.
    PreconditionRequired = 428 "precondition-required" "Say which revision is to be changed";
    /// Our fault.
    Internal = 500 "internal" "Something went wrong here";
    /// The log can't be reached or written now.
    LogUnavailable = 503 "log-unavailable" "The event log is not available";
    /// The read model has not reached the position.
    ReadModelBehind = 503 "read-model-behind" "The read model is behind";
}

impl Code {
    /// The status of the answer.
    pub fn status(self) -> StatusCode {
        let status = match self {
            Self::Of(kind) => kind.parts().0,
            Self::Credential(error) => match error.fault() {
                // RFC 6750, section 3.1: `invalid_request` is a 400.
                Fault::Request => 400,
                Fault::NoCredential | Fault::Token | Fault::Proof => 401,
                Fault::Provider => 503,
            },
        };
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// The stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Of(kind) => kind.parts().1,
            Self::Credential(error) => error.code(),
        }
    }

    /// What all problems of the kind have in common, in words.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Of(kind) => kind.parts().2,
            Self::Credential(_) => "The credential was not accepted",
        }
    }

    /// The kind that stands for a refusal of the framework's own.
    pub(super) fn of_status(status: StatusCode) -> Self {
        match status {
            StatusCode::NOT_FOUND => Self::NotFound,
            StatusCode::METHOD_NOT_ALLOWED => Self::MethodNotAllowed,
            StatusCode::PAYLOAD_TOO_LARGE => Self::ContentTooLarge,
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Self::UnsupportedMediaType,
            status if status.is_client_error() => Self::MalformedRequest,
            _ => Self::Internal,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_kind_has_a_name_of_its_own_and_an_error_status() {
        let names: BTreeSet<_> = Kind::ALL.iter().map(|kind| Code::Of(*kind).as_str()).collect();
        assert_eq!(names.len(), Kind::ALL.len());
        for kind in Kind::ALL {
            let status = Code::Of(*kind).status();
            assert_eq!(status.as_u16(), kind.parts().0);
            assert!(status.is_client_error() || status.is_server_error(), "{kind:?}");
        }
    }
}
