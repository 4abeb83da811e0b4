//! What matching is told of an item.

use std::collections::BTreeSet;

use domain::item::{Audience, Kind, Level};
use domain::{DepartmentId, Division, ItemCode, ItemContent, ItemId, LocalizedText, OrganisationCode};
use matching::{Profile, SharedCode};
use read_model::Snapshot;

/// What an item says of itself that matching weighs. A draft may not say all of it yet.
#[derive(Debug, Clone, Copy)]
pub struct Description<'a> {
    /// Its name; all that is needed.
    pub name: &'a LocalizedText,
    /// What it is, in a sentence or two.
    pub summary: &'a LocalizedText,
    /// 事项类型.
    pub kind: Option<Kind>,
    /// 服务对象.
    pub audience: &'a BTreeSet<Audience>,
    /// 实施层级.
    pub level: Option<Level>,
    /// Divisions whose people are served.
    pub regions: &'a BTreeSet<Division>,
    /// Codes under which it is known.
    pub codes: &'a [ItemCode],
    /// 实施主体.
    pub organisation: Option<&'a OrganisationCode>,
    /// 设定依据.
    pub legal_basis: &'a [LocalizedText],
    /// Words under which people search for it.
    pub keywords: &'a BTreeSet<String>,
    /// Where the gateway calls it.
    pub base_url: Option<&'a str>,
}

impl<'a> From<&'a ItemContent> for Description<'a> {
    fn from(content: &'a ItemContent) -> Self {
        Self {
            name: &content.name,
            summary: &content.summary,
            kind: Some(content.kind),
            audience: &content.audience,
            level: Some(content.level),
            regions: &content.regions,
            codes: &content.codes,
            organisation: content.organisation.as_ref(),
            legal_basis: &content.legal_basis,
            keywords: &content.keywords,
            base_url: content.backend.as_ref().map(|backend| backend.base_url.as_str()),
        }
    }
}

impl Description<'_> {
    /// The profile of an item of the department of this name.
    pub fn profile(&self, department: Option<&str>) -> Profile {
        let summary = self.summary.default_text();
        let code = |code: &ItemCode| {
            let (scheme, value) = code.shared()?;
            Some(SharedCode { scheme: scheme.to_owned(), value: value.to_owned() })
        };
        Profile {
            name: self.name.default_text().to_owned(),
            codes: self.codes.iter().filter_map(code).collect(),
            kind: self.kind.map(|kind| kind.code().to_owned()),
            audience: self.audience.iter().map(|audience| audience.as_str().to_owned()).collect(),
            level: self.level.map(|level| level.get()),
            regions: self.regions.iter().map(ToString::to_string).collect(),
            department: department.map(str::to_owned),
            organisation: self.organisation.map(ToString::to_string),
            legal_basis: self.legal_basis.iter().map(|basis| basis.default_text().to_owned()).collect(),
            summary: (!summary.is_empty()).then(|| summary.to_owned()),
            keywords: self.keywords.iter().cloned().collect(),
            endpoint: self.base_url.map(str::to_owned),
        }
    }
}

/// What matching is told of a public item; `None` for one that is not public.
pub(crate) fn published(snapshot: &Snapshot, item: ItemId) -> Option<Profile> {
    let view = snapshot.item(item)?;
    let live = view.state.live()?;
    let department = department_name(snapshot, &view.state.department);
    Some(Description::from(&*live.content).profile(Some(&department)))
}

/// What matching is told of a department: its name, which shows its line (市场监督管理局 of two districts are counterparts),
/// or its identifier where the register does not know it.
pub fn department_name(snapshot: &Snapshot, department: &DepartmentId) -> String {
    match snapshot.department(department) {
        Some(view) => view.name.default_text().to_owned(),
        None => department.to_string(),
    }
}
