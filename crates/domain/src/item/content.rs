//! What a department says about its item, checked and hashed.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;
use utoipa::openapi::schema::{Array, ArrayBuilder, ObjectBuilder, Type};

use super::{Access, Audience, Backend, EntryPoint, Kind, Level, Material, Office, TimeLimits};
use crate::{Division, ItemCode, LocalizedText, OrganisationCode, RuleField, Violation, Violations};

/// Everything that a department registers about an item, and that a review looks at as one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ItemContent {
    /// The item's name, the same in every channel.
    pub name: LocalizedText,
    /// One or two sentences for somebody who does not know the service.
    #[serde(default, skip_serializing_if = "LocalizedText::is_empty")]
    pub summary: LocalizedText,
    /// 事项类型.
    pub kind: Kind,
    /// 服务对象; at least one.
    #[schema(min_items = 1, max_items = 2)]
    pub audience: BTreeSet<Audience>,
    /// 实施层级.
    pub level: Level,
    /// Divisions whose people are served; at least one.
    #[schema(min_items = 1, max_items = 1000)]
    pub regions: BTreeSet<Division>,
    /// Codes under which the item is known, each with its scheme.
    #[serde(default, deserialize_with = "exact", skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 16)]
    pub codes: Vec<ItemCode>,
    /// 实施主体, the implementing body, where it is not the department itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation: Option<OrganisationCode>,
    /// 设定依据: laws and articles.
    #[serde(default, deserialize_with = "exact", skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 100)]
    pub legal_basis: Vec<LocalizedText>,
    /// 申请材料.
    #[serde(default, deserialize_with = "exact", skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 200)]
    pub materials: Vec<Material>,
    /// 办结时限.
    #[serde(default)]
    pub time_limits: TimeLimits,
    /// What it costs; absent where it costs nothing.
    #[serde(default, skip_serializing_if = "LocalizedText::is_empty")]
    pub fees: LocalizedText,
    /// 办理流程, step by step.
    #[serde(default, deserialize_with = "exact", skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 100)]
    pub steps: Vec<LocalizedText>,
    /// 办理地点 and contact.
    #[serde(default)]
    pub office: Office,
    /// 监督投诉: where to complain.
    #[serde(default, skip_serializing_if = "LocalizedText::is_empty")]
    pub complaint: LocalizedText,
    /// Further words under which people search for it.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    #[schema(schema_with = keywords)]
    pub keywords: BTreeSet<String>,
    /// Where each channel enters.
    #[serde(default, deserialize_with = "exact", skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 32)]
    pub entry_points: Vec<EntryPoint>,
    /// The service that the gateway calls; absent where the item can't be called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backend: Option<Backend>,
    /// Who may call, and what the backend learns of them.
    #[serde(default)]
    pub access: Access,
    /// The backend's own OpenAPI document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub openapi: Option<Box<serde_json::Value>>,
}

/// A list that takes the memory of its elements: one that grew while it was read has room for more, for ever.
pub(super) fn exact<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    let mut list = Vec::deserialize(deserializer)?;
    list.shrink_to_fit();
    Ok(list)
}

/// The bounds that [`ItemContent::check`] sets, which an attribute can't say of an element.
fn keywords() -> Array {
    let keyword = ObjectBuilder::new().schema_type(Type::String).max_length(Some(64)).pattern(Some(r"\S"));
    ArrayBuilder::new()
        .description(Some("Further words under which people search for it."))
        .items(keyword)
        .unique_items(true)
        .max_items(Some(100))
        .build()
}

/// Most bytes that an item's content may have as JSON: an event has to fit every store.
const MAX_BYTES: usize = 512 * 1024;

impl ItemContent {
    /// Everything that is wrong with it; empty when it may be registered.
    pub fn check(&self) -> Vec<Violation> {
        let mut found = Violations::default();
        self.name.check("/name", 200, true, &mut found);
        self.summary.check("/summary", 2000, false, &mut found);
        for (pointer, missing) in
            [("/audience", self.audience.is_empty()), ("/regions", self.regions.is_empty())]
        {
            if missing {
                found.add(pointer, "required", "needs at least one element");
            }
        }
        found.check_count("/regions", self.regions.len(), 1000);
        self.check_codes(&mut found);
        check_texts("/legalBasis", &self.legal_basis, &mut found);
        check_texts("/steps", &self.steps, &mut found);
        found.check_count("/materials", self.materials.len(), 200);
        for (index, material) in self.materials.iter().enumerate() {
            material.name.check(&format!("/materials/{index}/name"), 500, true, &mut found);
        }
        self.time_limits.check(&mut found);
        self.fees.check("/fees", 2000, false, &mut found);
        self.office.address.check("/office/address", 500, false, &mut found);
        self.office.hours.check("/office/hours", 500, false, &mut found);
        found.check_text("/office/phone", self.office.phone.as_deref().unwrap_or_default(), 64);
        self.complaint.check("/complaint", 500, false, &mut found);
        found.check_count("/keywords", self.keywords.len(), 100);
        for keyword in &self.keywords {
            found.check_text("/keywords", keyword, 64);
            if keyword.trim().is_empty() {
                found.add("/keywords", "blank", "must not be blank");
            }
        }
        self.check_entry_points(&mut found);
        if let Some(backend) = &self.backend {
            backend.check(&mut found);
        }
        self.access.check(&mut found);
        if self.openapi.as_ref().is_some_and(|document| !document.is_object()) {
            found.add("/openapi", "object", "an OpenAPI document is a JSON object");
        }
        if serde_json::to_vec(self).map_or(true, |bytes| bytes.len() > MAX_BYTES) {
            found.add("", "too-large", format!("at most {MAX_BYTES} bytes as JSON"));
        }
        found.into_vec()
    }

    fn check_codes(&self, found: &mut Violations) {
        found.check_count("/codes", self.codes.len(), 16);
        let mut seen = BTreeSet::new();
        for (index, code) in self.codes.iter().enumerate() {
            if !seen.insert(code) {
                found.add(format!("/codes/{index}"), "repeated", "each code is given once");
            }
        }
    }

    fn check_entry_points(&self, found: &mut Violations) {
        found.check_count("/entryPoints", self.entry_points.len(), 32);
        for (index, point) in self.entry_points.iter().enumerate() {
            let pointer = format!("/entryPoints/{index}/target");
            found.check_text(&pointer, &point.target, 2048);
            if point.target.trim().is_empty() {
                found.add(pointer, "blank", "must not be blank");
            } else if !point.is_safe() {
                found.add(pointer, "url", "an http or https URL; never a script or data URL");
            }
        }
    }

    /// SHA-256 of the content in its one serialised form.
    ///
    /// The backend's document is the only part whose members come in any order; they are sorted first.
    pub fn hash(&self) -> ContentHash {
        let mut content = Cow::Borrowed(self);
        if self.openapi.is_some()
            && let Some(document) = &mut content.to_mut().openapi
        {
            document.sort_all_objects();
        }
        ContentHash(hex::encode(Sha256::digest(serde_json::to_vec(&content).unwrap_or_default())))
    }

    /// Whether everything but the fields in `fields` is the same in `other`.
    pub(super) fn same_but<'f>(&self, other: &Self, fields: impl IntoIterator<Item = &'f RuleField>) -> bool {
        let mut levelled = other.clone();
        for field in fields {
            match field {
                RuleField::Summary => levelled.summary = self.summary.clone(),
                RuleField::Keywords => levelled.keywords = self.keywords.clone(),
                RuleField::Office => levelled.office = self.office.clone(),
                RuleField::Complaint => levelled.complaint = self.complaint.clone(),
                RuleField::Steps => levelled.steps = self.steps.clone(),
                RuleField::Fees => levelled.fees = self.fees.clone(),
                RuleField::Materials => levelled.materials = self.materials.clone(),
            }
        }
        levelled == *self
    }
}

fn check_texts(pointer: &str, texts: &[LocalizedText], found: &mut Violations) {
    found.check_count(pointer, texts.len(), 100);
    for (index, text) in texts.iter().enumerate() {
        text.check(&format!("{pointer}/{index}"), 2000, true, found);
    }
}

/// SHA-256 of an item's content, in lower-case hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = String, min_length = 64, max_length = 64, pattern = "^[0-9a-f]{64}$")]
pub struct ContentHash(String);

impl fmt::Display for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
