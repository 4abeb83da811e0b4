//! Events as the API shows them: as they are stored, with who caused them.

use domain::{DepartmentId, Role, StaffId};
use event_store::{Position, Recorded};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::problem::Problem;

/// An event of the log.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EventDocument {
    /// Its identifier.
    id: Uuid,
    /// Its stream.
    #[schema(max_length = 289)]
    stream: String,
    /// Its place in the stream.
    #[schema(maximum = 9_007_199_254_740_991u64)]
    revision: u64,
    /// Its place in the log.
    #[schema(value_type = String, max_length = 16, pattern = "^[0-9a-f]{16}$")]
    position: Position,
    /// What happened.
    #[serde(rename = "type")]
    #[schema(max_length = 128, pattern = "^[A-Z][A-Za-z]*$")]
    event_type: String,
    /// The version of its data's schema.
    #[schema(minimum = 1, maximum = 65535)]
    version: u16,
    /// When the command was received.
    at: Timestamp,
    /// Who gave the command.
    actor: StaffId,
    /// The role in which it was given.
    role: Role,
    /// The department that the actor belonged to.
    #[serde(skip_serializing_if = "Option::is_none")]
    department: Option<DepartmentId>,
    /// The reason that the actor gave.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 4000)]
    reason: Option<String>,
    /// The command that led to it.
    command_id: Uuid,
    /// The W3C trace id of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 32, pattern = "^[0-9a-f]{32}$")]
    trace_id: Option<String>,
    /// Its data, as it was written.
    #[schema(value_type = Object)]
    data: Box<RawValue>,
}

impl TryFrom<Recorded> for EventDocument {
    type Error = Problem;

    fn try_from(recorded: Recorded) -> Result<Self, Problem> {
        let metadata = recorded.metadata().map_err(Problem::internal)?;
        let data = serde_json::from_slice(&recorded.data).map_err(Problem::internal)?;
        Ok(Self {
            id: recorded.id,
            stream: recorded.stream.as_str().to_owned(),
            revision: recorded.revision,
            position: recorded.position,
            event_type: recorded.event_type,
            version: recorded.version,
            at: metadata.at,
            actor: metadata.actor,
            role: metadata.role,
            department: metadata.department,
            reason: metadata.reason,
            command_id: metadata.command_id,
            trace_id: metadata.trace_id,
            data,
        })
    }
}
