//! An entry in a list.

use std::collections::BTreeSet;

use domain::item::{Audience, Kind};
use domain::{DepartmentId, Division, EntryId, LocalizedText};
use read_model::{DepartmentView, EntryView, OfferingView};
use serde::Serialize;
use utoipa::ToSchema;

use crate::extract::Languages;

/// An entry in a list.
///
/// `name` and `summary` are in the reader's language, or in Chinese where there is no such version.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = EntrySummary)]
pub(crate) struct EntrySummary<'a> {
    /// Its identifier; stays for ever.
    pub(super) id: EntryId,
    /// Its name in the reader's language.
    #[schema(max_length = 200)]
    name: String,
    /// Its name in every language.
    names: &'a LocalizedText,
    /// What it is, in the reader's language.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schema(max_length = 2000, required = false)]
    summary: String,
    /// 事项类型.
    kind: Kind,
    /// 服务对象.
    #[schema(max_items = 2)]
    audience: &'a BTreeSet<Audience>,
    /// The divisions that its offerings serve.
    #[schema(max_items = 10000)]
    regions: Vec<RegionDocument<'a>>,
    /// The departments that offer it.
    #[schema(max_items = 10000)]
    departments: Vec<DepartmentRef<'a>>,
    /// How many offerings it has.
    #[schema(value_type = u64, maximum = 9_007_199_254_740_991u64)]
    offering_count: usize,
    /// Whether it can be called through the gateway now.
    callable: bool,
}

/// A division.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[schema(as = Region)]
pub(super) struct RegionDocument<'a> {
    /// Its code (GB/T 2260).
    code: &'a Division,
    /// Its Chinese name, where the code is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 100)]
    name: Option<&'static str>,
}

/// A department, by name.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DepartmentRef)]
pub(super) struct DepartmentRef<'a> {
    /// Its identifier.
    id: &'a DepartmentId,
    /// Its name in the reader's language.
    #[schema(max_length = 200)]
    name: String,
    /// Its name in every language.
    names: &'a LocalizedText,
}

impl<'a> EntrySummary<'a> {
    pub(super) fn new(view: &'a EntryView, languages: &Languages) -> Self {
        let mut departments: Vec<&DepartmentView> = Vec::new();
        for offering in &view.offerings {
            if !departments.iter().any(|department| department.id == offering.department.id) {
                departments.push(&offering.department);
            }
        }
        let regions: BTreeSet<&Division> =
            view.offerings.iter().flat_map(|offering| &offering.content.regions).collect();
        Self {
            id: view.id,
            name: languages.pick(view.name()),
            names: view.name(),
            summary: languages.pick(&view.content.summary),
            kind: view.content.kind,
            audience: &view.content.audience,
            regions: regions.into_iter().map(RegionDocument::new).collect(),
            departments: departments
                .into_iter()
                .map(|department| DepartmentRef::new(department, languages))
                .collect(),
            offering_count: view.offerings.len(),
            callable: view.offerings.iter().any(OfferingView::is_callable),
        }
    }
}

impl<'a> RegionDocument<'a> {
    pub(super) fn new(code: &'a Division) -> Self {
        Self { code, name: code.name() }
    }
}

impl<'a> DepartmentRef<'a> {
    pub(super) fn new(view: &'a DepartmentView, languages: &Languages) -> Self {
        Self { id: &view.id, name: languages.pick(&view.name), names: &view.name }
    }
}
