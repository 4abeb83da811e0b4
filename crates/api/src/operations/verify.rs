//! The whole log, checked against its hashes.

use axum::Json;
use axum::extract::State;
use event_store::{Finding, Position, Report, Witnesses, verify};
use identity::AnchorKeys;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::App;
use crate::anchors::open_anchor;
use crate::command::BareCommand;
use crate::extract::{Acting, Auditor, Operator};
use crate::problem::Problem;
use crate::responses::VerificationProblems;

/// What a walk through the log found.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Verification {
    /// Whether every event is as it was written, and the log holds what its anchors say.
    clean: bool,
    /// Events read.
    #[schema(maximum = 9_007_199_254_740_991u64)]
    events: u64,
    /// Streams that they belong to.
    #[schema(value_type = u64, maximum = 9_007_199_254_740_991u64)]
    streams: usize,
    /// How many findings there are, listed or not.
    #[schema(maximum = 9_007_199_254_740_991u64)]
    found: u64,
    /// What is wrong, as far as it is listed.
    #[schema(max_items = 1000)]
    findings: Vec<FindingDocument>,
    /// What the log's signed anchors cover.
    anchors: AnchorsDocument,
}

/// What the signed anchors say of the log. Their keys are the log's own word: `yimen verify --keys` compares them.
#[derive(Debug, Serialize, ToSchema)]
struct AnchorsDocument {
    /// Anchors whose signature holds.
    #[schema(value_type = u64, maximum = 9_007_199_254_740_991u64)]
    count: usize,
    /// Events that the last of them covers, counted from the first of the log.
    #[schema(maximum = 9_007_199_254_740_991u64)]
    covered: u64,
    /// When it was signed.
    at: Option<Timestamp>,
    /// Whether the log holds what they say.
    hold: bool,
}

/// One thing that is wrong with the log.
#[derive(Debug, Serialize, ToSchema)]
struct FindingDocument {
    /// What was done: `altered`, `removed`, `reordered` or `inserted`.
    #[schema(max_length = 16, pattern = "^[a-z]+$")]
    fault: String,
    /// The stream, if that can be told.
    #[schema(max_length = 289)]
    stream: Option<String>,
    /// The place in the stream, if that can be told.
    #[schema(maximum = 9_007_199_254_740_991u64)]
    revision: Option<u64>,
    /// The place in the log, if there is one.
    #[schema(value_type = Option<String>, max_length = 16, pattern = "^[0-9a-f]{16}$")]
    position: Option<Position>,
    /// What gives it away.
    #[schema(max_length = 1024)]
    detail: String,
}

/// Verify the log
///
/// For auditors and operators. Walks the whole log and checks every hash chain and anchor; changes nothing.
#[utoipa::path(post, path = "/verification", tag = "log",
    responses((status = 200, description = "What was found.", body = Verification), VerificationProblems))]
pub(crate) async fn verify_log(
    State(app): State<App>,
    _staff: Acting<(Auditor, Operator)>,
    _bare: BareCommand,
) -> Result<Json<Verification>, Problem> {
    let mut keys = AnchorKeys::on_first_use();
    let mut open = |statement: &str| open_anchor(&mut keys, statement);
    let witnesses = Witnesses { open: &mut open, outside: Vec::new() };
    Ok(Json(verify(app.store.as_ref(), Some(witnesses), |_| {}).await?.into()))
}

impl From<Report> for Verification {
    fn from(report: Report) -> Self {
        let anchored = report.anchored.as_ref();
        Self {
            clean: report.is_clean(),
            events: report.events,
            streams: report.streams,
            anchors: AnchorsDocument {
                count: anchored.map_or(0, |anchored| anchored.anchors),
                covered: anchored.map_or(0, |anchored| anchored.covered),
                at: anchored.and_then(|anchored| anchored.at),
                hold: anchored.is_none_or(|anchored| anchored.holds),
            },
            found: report.found,
            findings: report.findings.into_iter().map(FindingDocument::from).collect(),
        }
    }
}

impl From<Finding> for FindingDocument {
    fn from(finding: Finding) -> Self {
        Self {
            fault: finding.fault.to_string(),
            stream: finding.stream.map(|stream| stream.as_str().to_owned()),
            revision: finding.revision,
            position: finding.position,
            detail: finding.detail,
        }
    }
}
