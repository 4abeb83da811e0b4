//! What a node answers.
#![expect(clippy::result_large_err, reason = "a status is what the library answers with")]

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tonic::metadata::MetadataMap;
use tonic::service::Routes;
use tonic::{Code, Extensions, Request, Response, Status, Streaming};
use uuid::Uuid;

use crate::cluster::Shared;
use crate::fault::{Call, Fault};
use crate::log::{Expected, Outcome, Proposed};
use crate::node::Connection;
use crate::protocol::event_store::client::gossip::gossip_server::{Gossip, GossipServer};
use crate::protocol::event_store::client::gossip::member_info::VNodeState;
use crate::protocol::event_store::client::gossip::{ClusterInfo, EndPoint, MemberInfo};
use crate::protocol::event_store::client::server_features::SupportedMethods;
use crate::protocol::event_store::client::server_features::server_features_server::{
    ServerFeatures, ServerFeaturesServer,
};
use crate::protocol::event_store::client::streams::append_req::{Content, ProposedMessage};
use crate::protocol::event_store::client::streams::append_resp::success::{
    CurrentRevisionOption, PositionOption,
};
use crate::protocol::event_store::client::streams::append_resp::{
    Position, Result as Answer, Success, WrongExpectedVersion, wrong_expected_version,
};
use crate::protocol::event_store::client::streams::streams_server::{Streams, StreamsServer};
use crate::protocol::event_store::client::streams::{AppendReq, AppendResp, ReadReq, append_req};
use crate::protocol::event_store::client::{Empty, Uuid as WireUuid, uuid as wire_uuid};
use crate::reading::{self, Page};

/// The version that the stand-in models.
const VERSION: &str = "24.10.0";
/// The longest message that is taken.
const MAX_MESSAGE_BYTES: usize = 17 * 1024 * 1024;

#[derive(Debug, Clone)]
pub(crate) struct Service {
    number: usize,
    shared: Arc<Shared>,
}

/// Everything that node `number` answers.
pub(crate) fn routes(number: usize, shared: &Arc<Shared>) -> Routes {
    let service = Service { number, shared: Arc::clone(shared) };
    Routes::new(StreamsServer::new(service.clone()).max_decoding_message_size(MAX_MESSAGE_BYTES))
        .add_service(GossipServer::new(service.clone()))
        .add_service(ServerFeaturesServer::new(service))
        .prepare()
}

impl Service {
    /// What can be said before looking at the request: the fault, the credentials, the leader.
    async fn admit(
        &self,
        call: Call,
        metadata: &MetadataMap,
        extensions: &Extensions,
    ) -> Result<Option<Fault>, Status> {
        let fault = self.shared.arrive(call);
        match fault {
            Some(Fault::Refuse) => return Err(Status::unavailable("Server Is Not Ready")),
            Some(Fault::CutBefore) => return cut(extensions).await,
            Some(Fault::Hang) => return pending().await,
            Some(Fault::NotLeader) => return Err(self.not_leader()),
            Some(Fault::Delay(time)) => tokio::time::sleep(time).await,
            Some(
                Fault::CutAfter
                | Fault::HangAfter
                | Fault::AbortAfter
                | Fault::Twice
                | Fault::EndAfter(_)
                | Fault::CutAfterEvents(_),
            )
            | None => {}
        }
        self.authenticate(metadata)?;
        Ok(fault)
    }

    fn authenticate(&self, metadata: &MetadataMap) -> Result<(), Status> {
        let Some(due) = &self.shared.options.credentials else { return Ok(()) };
        let due = format!("Basic {}", STANDARD.encode(due));
        match metadata.get("authorization") {
            Some(given) if given.as_bytes() == due.as_bytes() => Ok(()),
            Some(_) | None => Err(Status::unauthenticated("Unauthenticated")),
        }
    }

    fn must_lead(&self, metadata: &MetadataMap) -> Result<(), Status> {
        let required = metadata.get("requires-leader").is_some_and(|value| value.as_bytes() == b"true");
        if required && self.shared.leader() != self.number { Err(self.not_leader()) } else { Ok(()) }
    }

    fn not_leader(&self) -> Status {
        let leader = self.shared.nodes[self.shared.leader()].address();
        let mut status = Status::new(Code::NotFound, "Leader info available");
        for (name, value) in [
            ("exception", "not-leader".to_owned()),
            ("leader-endpoint-host", self.shared.host().to_owned()),
            ("leader-endpoint-port", leader.port().to_string()),
        ] {
            if let Ok(value) = value.parse() {
                status.metadata_mut().insert(name, value);
            }
        }
        status
    }

    fn apply(&self, stream: &str, expected: Expected, events: &[Proposed]) -> Result<AppendResp, Status> {
        let result = match self.shared.log().append(stream, expected, events) {
            Outcome::Written { revision, position } => Answer::Success(Success {
                current_revision_option: Some(CurrentRevisionOption::CurrentRevision(revision)),
                position_option: Some(PositionOption::Position(Position {
                    commit_position: position,
                    prepare_position: position,
                })),
            }),
            Outcome::WrongRevision => Answer::WrongExpectedVersion(misleading()),
            Outcome::Tombstoned => return Err(reading::stream_deleted(stream)),
        };
        Ok(AppendResp { result: Some(result) })
    }
}

/// What the server says of a conflict can't be relied on; the stand-in never says the truth, so that nobody does.
fn misleading() -> WrongExpectedVersion {
    use wrong_expected_version::{CurrentRevisionOption, ExpectedRevisionOption};
    WrongExpectedVersion {
        current_revision_option: Some(CurrentRevisionOption::CurrentRevision(4711)),
        expected_revision_option: Some(ExpectedRevisionOption::ExpectedAny(Empty {})),
        ..WrongExpectedVersion::default()
    }
}

/// Cuts the connection; the answer is never seen.
pub(crate) async fn cut<T>(extensions: &Extensions) -> T {
    if let Some(Connection(end)) = extensions.get::<Connection>() {
        end.cancel();
    }
    pending().await
}

fn id(id: Option<WireUuid>) -> Result<Uuid, Status> {
    match id.and_then(|id| id.value) {
        Some(wire_uuid::Value::Structured(halves)) => {
            let high = halves.most_significant_bits.cast_unsigned();
            Ok(Uuid::from_u64_pair(high, halves.least_significant_bits.cast_unsigned()))
        }
        Some(wire_uuid::Value::String(text)) => {
            text.parse().map_err(|_| Status::invalid_argument("an event's id is no UUID"))
        }
        None => Err(Status::invalid_argument("an event has no id")),
    }
}

fn proposed(message: ProposedMessage) -> Result<Proposed, Status> {
    let property = |name: &str| {
        let missing = || Status::invalid_argument(format!("Required Metadata Property '{name}' is missing"));
        message.metadata.get(name).cloned().ok_or_else(missing)
    };
    Ok(Proposed {
        event_type: property("type")?,
        content_type: property("content-type")?,
        id: id(message.id.clone())?,
        data: message.data,
        custom_metadata: message.custom_metadata,
    })
}

fn header(message: Option<AppendReq>) -> Result<(String, Expected), Status> {
    use append_req::options::ExpectedStreamRevision as Wire;
    let Some(AppendReq { content: Some(Content::Options(options)) }) = message else {
        return Err(Status::unknown("an append begins with its options"));
    };
    let stream = reading::stream_name(options.stream_identifier)?;
    let expected = match options.expected_stream_revision {
        // The server reads this one as "no stream".
        Some(Wire::Revision(u64::MAX)) | Some(Wire::NoStream(_)) => Expected::NoStream,
        Some(Wire::Revision(revision)) => Expected::Revision(revision),
        Some(Wire::Any(_)) => Expected::Any,
        Some(Wire::StreamExists(_)) => Expected::Exists,
        None => return Err(Status::unknown("an append has an expected revision")),
    };
    Ok((stream, expected))
}

#[tonic::async_trait]
impl Streams for Service {
    type ReadStream = Page;

    async fn read(&self, request: Request<ReadReq>) -> Result<Response<Page>, Status> {
        let (metadata, extensions, request) = request.into_parts();
        let fault = self.admit(Call::Read, &metadata, &extensions).await?;
        self.must_lead(&metadata)?;
        if reading::is_subscription(&request) {
            self.shared.subscriptions.fetch_add(1, Ordering::SeqCst);
            return Err(Status::unimplemented("the wire stand-in has no subscriptions"));
        }
        let page = reading::page(&self.shared.log(), request)?;
        Ok(Response::new(reading::deliver(page, fault, extensions)))
    }

    async fn append(&self, request: Request<Streaming<AppendReq>>) -> Result<Response<AppendResp>, Status> {
        let (metadata, extensions, mut messages) = request.into_parts();
        let fault = self.admit(Call::Append, &metadata, &extensions).await?;
        self.must_lead(&metadata)?;
        let (stream, expected) = header(messages.message().await?)?;
        let mut events = Vec::new();
        while let Some(message) = messages.message().await? {
            let Some(Content::ProposedMessage(message)) = message.content else {
                return Err(Status::unknown("after its options, an append has events"));
            };
            events.push(proposed(message)?);
            let limit = self.shared.options.max_append_bytes;
            if events.iter().map(Proposed::size).sum::<usize>() > limit {
                return Err(Status::invalid_argument(format!("Maximum Append Size of {limit} Exceeded.")));
            }
        }
        let mut answer = self.apply(&stream, expected, &events)?;
        match fault {
            Some(Fault::Twice) => answer = self.apply(&stream, expected, &events)?,
            Some(Fault::CutAfter) => return cut(&extensions).await,
            Some(Fault::HangAfter) => return pending().await,
            Some(Fault::AbortAfter) => return Err(Status::aborted("Operation timed out: Commit")),
            Some(
                Fault::Refuse
                | Fault::CutBefore
                | Fault::Hang
                | Fault::Delay(_)
                | Fault::NotLeader
                | Fault::EndAfter(_)
                | Fault::CutAfterEvents(_),
            )
            | None => {}
        }
        Ok(Response::new(answer))
    }
}

#[tonic::async_trait]
impl Gossip for Service {
    async fn read(&self, request: Request<Empty>) -> Result<Response<ClusterInfo>, Status> {
        self.admit(Call::Gossip, request.metadata(), request.extensions()).await?;
        let leader = self.shared.leader();
        let members = self.shared.nodes.iter().enumerate().map(|(number, node)| MemberInfo {
            instance_id: None,
            time_stamp: 0,
            state: if number == leader { VNodeState::Leader } else { VNodeState::Follower }.into(),
            is_alive: node.is_running(),
            http_end_point: Some(EndPoint {
                address: self.shared.host().to_owned(),
                port: node.address().port().into(),
            }),
        });
        Ok(Response::new(ClusterInfo { members: members.collect() }))
    }
}

#[tonic::async_trait]
impl ServerFeatures for Service {
    async fn get_supported_methods(
        &self,
        request: Request<Empty>,
    ) -> Result<Response<SupportedMethods>, Status> {
        let fault = self.shared.arrive(Call::Features);
        match fault {
            Some(Fault::Refuse) => return Err(Status::unavailable("Server Is Not Ready")),
            Some(Fault::Hang | Fault::HangAfter) => return pending().await,
            Some(Fault::CutBefore | Fault::CutAfter) => return cut(request.extensions()).await,
            Some(Fault::Delay(time)) => tokio::time::sleep(time).await,
            Some(
                Fault::AbortAfter
                | Fault::NotLeader
                | Fault::Twice
                | Fault::EndAfter(_)
                | Fault::CutAfterEvents(_),
            )
            | None => {}
        }
        Ok(Response::new(SupportedMethods {
            methods: Vec::new(),
            event_store_server_version: VERSION.to_owned(),
        }))
    }
}
