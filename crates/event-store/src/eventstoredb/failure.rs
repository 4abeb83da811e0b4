//! What the client's errors mean for a call.

use eventstore::Error;

/// Why a call to the cluster failed.
#[derive(Debug, Clone, thiserror::Error)]
pub(super) enum Failure {
    /// The stream is not at the expected revision; the error's own details are unreliable and left out.
    #[error("the stream is at another revision than expected")]
    Conflict,
    /// The stream was deleted for good.
    #[error("the stream was deleted for good")]
    Tombstoned,
    /// The append is larger than the server takes.
    #[error("the server takes no append so large: {0}")]
    TooLarge(String),
    /// Another node leads; the client goes there by itself.
    #[error("another node leads")]
    NotLeader,
    /// It may be otherwise in a moment, with another client; what was asked may have been done.
    #[error("{0}")]
    Lost(String),
    /// It may be otherwise once the file with the credentials has changed; a new client reads it.
    #[error("the cluster refuses the credentials, or they may not do this")]
    Denied,
    /// It won't be otherwise in a moment.
    #[error("{0}")]
    Refused(String),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::WrongExpectedVersion { .. } => Self::Conflict,
            Error::ResourceDeleted => Self::Tombstoned,
            Error::NotLeaderException(_) => Self::NotLeader,
            Error::AccessDenied => Self::Denied,
            Error::Grpc { code: tonic::Code::InvalidArgument, message }
                if message.starts_with("Maximum Append") =>
            {
                Self::TooLarge(message)
            }
            Error::Grpc { code: tonic::Code::InvalidArgument | tonic::Code::OutOfRange, message } => {
                Self::Refused(message)
            }
            Error::UnsupportedFeature => Self::Refused(error.to_string()),
            // "Not found" as a status is no empty stream: a node says it when it doesn't know the leader's address.
            Error::ResourceNotFound
            | Error::ServerError(_)
            | Error::ConnectionClosed
            | Error::Grpc { .. }
            | Error::GrpcConnectionError(_)
            | Error::InternalParsingError(_)
            | Error::ResourceAlreadyExists
            | Error::InternalClientError
            | Error::DeadlineExceeded
            | Error::InitializationError(_)
            | Error::IllegalStateError(_) => Self::Lost(error.to_string()),
        }
    }
}
