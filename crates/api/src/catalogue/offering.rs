//! One department's offering of an entry's service, as anybody sees it.

use domain::item::{Access, Audience, EntryPoint, Kind, Level, Material, Office, Outcome, TimeLimits};
use domain::{DepartmentId, ItemCode, ItemId, LocalizedText};
use jiff::Timestamp;
use read_model::{OfferingStanding, OfferingView};
use serde::Serialize;
use utoipa::ToSchema;

use super::summary::{DepartmentRef, RegionDocument};
use crate::extract::Languages;

/// One department's offering of an entry's service.
///
/// What only the gateway needs, such as the address of the department's own service, is not shown.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Offering)]
pub(super) struct OfferingDocument<'a> {
    /// The item.
    item: ItemId,
    /// The owner (主办单位).
    department: DepartmentRef<'a>,
    /// Its own name in the reader's language.
    #[schema(max_length = 200)]
    name: String,
    /// Its own name in every language.
    names: &'a LocalizedText,
    /// What it is, in every language.
    #[serde(skip_serializing_if = "LocalizedText::is_empty")]
    #[schema(required = false)]
    summaries: &'a LocalizedText,
    /// Whether it speaks for the entry.
    primary: bool,
    kind: Kind,
    #[schema(max_items = 2)]
    audience: Vec<Audience>,
    level: Level,
    /// The divisions whose people are served.
    #[schema(max_items = 1000)]
    regions: Vec<RegionDocument<'a>>,
    #[schema(max_items = 16)]
    codes: &'a [ItemCode],
    /// How it stands.
    standing: StandingDocument<'a>,
    /// An announced change of owner.
    #[serde(skip_serializing_if = "Option::is_none")]
    transfer: Option<TransferNotice<'a>>,
    time_limits: TimeLimits,
    #[schema(max_items = 200)]
    materials: &'a [Material],
    /// What it costs; absent where it costs nothing.
    #[serde(skip_serializing_if = "LocalizedText::is_empty")]
    #[schema(required = false)]
    fees: &'a LocalizedText,
    #[schema(max_items = 100)]
    steps: &'a [LocalizedText],
    office: &'a Office,
    #[serde(skip_serializing_if = "LocalizedText::is_empty")]
    #[schema(required = false)]
    complaint: &'a LocalizedText,
    #[schema(max_items = 100)]
    legal_basis: &'a [LocalizedText],
    #[schema(max_items = 32)]
    entry_points: &'a [EntryPoint],
    /// Who may call it, and what its department learns of them, and why (一证通办), in every language.
    access: &'a Access,
    /// What its department learns of a caller, and why, in the reader's language: for apps to show before a call.
    #[schema(max_items = 32)]
    learns: Vec<LearnedDocument<'a>>,
    /// Whether it can be called through the gateway now.
    callable: bool,
}

/// A claim of the caller's that the department gets with a call.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LearnedClaim)]
struct LearnedDocument<'a> {
    /// Name of the claim.
    #[schema(max_length = 64)]
    claim: &'a str,
    /// What it is needed for.
    #[schema(max_length = 500)]
    purpose: String,
}

/// How an offering stands.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "kebab-case")]
#[schema(as = OfferingStanding)]
enum StandingDocument<'a> {
    /// It can be used.
    Published,
    /// It can't be used for now.
    Suspended {
        /// Why, for the public.
        notice: &'a LocalizedText,
    },
    /// It can be used until its announced end.
    Retiring {
        /// Why, and what people can do instead.
        explanation: &'a LocalizedText,
        /// What takes its place.
        outcome: &'a Outcome,
        /// When it ends.
        effective: Timestamp,
    },
}

/// An announced change of owner.
#[derive(Debug, Serialize, ToSchema)]
struct TransferNotice<'a> {
    /// The department that will own it.
    to: &'a DepartmentId,
    /// What the public is told.
    announcement: &'a LocalizedText,
    /// When it takes effect.
    effective: Timestamp,
}

impl<'a> OfferingDocument<'a> {
    pub(super) fn new(view: &'a OfferingView, primary: bool, languages: &Languages) -> Self {
        let content = &view.content;
        Self {
            item: view.item,
            department: DepartmentRef::new(&view.department, languages),
            name: languages.pick(&content.name),
            names: &content.name,
            summaries: &content.summary,
            primary,
            kind: content.kind,
            audience: content.audience.iter().copied().collect(),
            level: content.level,
            regions: content.regions.iter().map(RegionDocument::new).collect(),
            codes: &content.codes,
            standing: match view.standing() {
                OfferingStanding::Published => StandingDocument::Published,
                OfferingStanding::Suspended { notice } => StandingDocument::Suspended { notice },
                OfferingStanding::Retiring(retirement) => StandingDocument::Retiring {
                    explanation: &retirement.explanation,
                    outcome: &retirement.outcome,
                    effective: retirement.effective,
                },
            },
            transfer: view.transfer.as_deref().map(|transfer| TransferNotice {
                to: &transfer.to,
                announcement: &transfer.announcement,
                effective: transfer.effective,
            }),
            time_limits: content.time_limits,
            materials: &content.materials,
            fees: &content.fees,
            steps: &content.steps,
            office: &content.office,
            complaint: &content.complaint,
            legal_basis: &content.legal_basis,
            entry_points: &content.entry_points,
            access: &content.access,
            learns: content
                .access
                .claims
                .iter()
                .map(|request| LearnedDocument {
                    claim: &request.claim,
                    purpose: languages.pick(&request.purpose),
                })
                .collect(),
            callable: view.is_callable(),
        }
    }
}
