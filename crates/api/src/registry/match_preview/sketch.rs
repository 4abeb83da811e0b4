//! An item's content on its way to be a draft.

use std::collections::BTreeSet;

use curator::Description;
use domain::item::{Access, Audience, Backend, EntryPoint, Kind, Level, Material, Office, TimeLimits};
use domain::{Division, ItemCode, LocalizedText, OrganisationCode, Violations};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa::openapi::schema::{Array, ArrayBuilder, ObjectBuilder, Type};

use crate::problem::Problem;

/// Content as an item is drafted with, of which only the name has to be there.
///
/// What says nothing about which service it is may be sent along; it is read and not looked at.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "a draft's document is taken as it is, with fields that are not looked at")]
pub(super) struct Sketch {
    /// The item's name.
    name: LocalizedText,
    /// One or two sentences for somebody who does not know the service.
    #[serde(default)]
    summary: LocalizedText,
    /// 事项类型.
    kind: Option<Kind>,
    /// 服务对象.
    #[serde(default)]
    #[schema(max_items = 2)]
    audience: BTreeSet<Audience>,
    /// 实施层级.
    level: Option<Level>,
    /// Divisions whose people are served.
    #[serde(default)]
    #[schema(max_items = 1000)]
    regions: BTreeSet<Division>,
    /// Codes under which the item is known, each with its scheme.
    #[serde(default)]
    #[schema(max_items = 16)]
    codes: Vec<ItemCode>,
    /// 实施主体, the implementing body, where it is not the department itself.
    organisation: Option<OrganisationCode>,
    /// 设定依据: laws and articles.
    #[serde(default)]
    #[schema(max_items = 100)]
    legal_basis: Vec<LocalizedText>,
    /// Further words under which people search for it.
    #[serde(default)]
    #[schema(schema_with = keywords)]
    keywords: BTreeSet<String>,
    /// The service that the gateway calls.
    backend: Option<Backend>,
    /// 申请材料; not looked at.
    #[serde(default)]
    #[schema(max_items = 200)]
    materials: Vec<Material>,
    /// 办结时限; not looked at.
    #[serde(default)]
    time_limits: TimeLimits,
    /// What it costs; not looked at.
    #[serde(default)]
    fees: LocalizedText,
    /// 办理流程; not looked at.
    #[serde(default)]
    #[schema(max_items = 100)]
    steps: Vec<LocalizedText>,
    /// 办理地点; not looked at.
    #[serde(default)]
    office: Office,
    /// 监督投诉; not looked at.
    #[serde(default)]
    complaint: LocalizedText,
    /// Where each channel enters; not looked at.
    #[serde(default)]
    #[schema(max_items = 32)]
    entry_points: Vec<EntryPoint>,
    /// Who may call; not looked at.
    #[serde(default)]
    access: Access,
    /// The backend's own OpenAPI document; not looked at.
    #[schema(value_type = Option<Object>)]
    openapi: Option<Box<serde_json::Value>>,
}

/// Bounds that an attribute can't say of an element.
fn keywords() -> Array {
    let keyword = ObjectBuilder::new().schema_type(Type::String).max_length(Some(64));
    ArrayBuilder::new()
        .description(Some("Further words under which people search for it."))
        .items(keyword)
        .unique_items(true)
        .max_items(Some(100))
        .build()
}

impl Sketch {
    /// Refuses what no item could say, so that the work is bounded.
    pub(super) fn check(&self) -> Result<(), Problem> {
        let mut found = Violations::default();
        self.name.check("/name", 200, true, &mut found);
        self.summary.check("/summary", 2000, false, &mut found);
        found.check_count("/regions", self.regions.len(), 1000);
        found.check_count("/codes", self.codes.len(), 16);
        found.check_count("/legalBasis", self.legal_basis.len(), 100);
        for (index, basis) in self.legal_basis.iter().enumerate() {
            basis.check(&format!("/legalBasis/{index}"), 2000, false, &mut found);
        }
        found.check_count("/keywords", self.keywords.len(), 100);
        for keyword in &self.keywords {
            found.check_text("/keywords", keyword, 64);
        }
        if let Some(backend) = &self.backend {
            found.check_text("/backend/baseUrl", &backend.base_url, 2048);
        }
        let violations = found.into_vec();
        if violations.is_empty() { Ok(()) } else { Err(Problem::invalid(violations).under("/content")) }
    }

    /// What matching weighs of it.
    pub(super) fn description(&self) -> Description<'_> {
        Description {
            name: &self.name,
            summary: &self.summary,
            kind: self.kind,
            audience: &self.audience,
            level: self.level,
            regions: &self.regions,
            codes: &self.codes,
            organisation: self.organisation.as_ref(),
            legal_basis: &self.legal_basis,
            keywords: &self.keywords,
            base_url: self.backend.as_ref().map(|backend| backend.base_url.as_str()),
        }
    }
}
