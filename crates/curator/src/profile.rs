//! What matching is told of an item.

use domain::{DepartmentId, ItemContent};
use matching::{Profile, SharedCode};

/// The profile of an item that `department` registers with this content.
pub fn profile_of(department: &DepartmentId, content: &ItemContent) -> Profile {
    let summary = content.summary.default_text();
    let code = |code: &domain::ItemCode| {
        code.shared().map(|(scheme, value)| SharedCode { scheme: scheme.to_owned(), value: value.to_owned() })
    };
    Profile {
        name: content.name.default_text().to_owned(),
        codes: content.codes.iter().filter_map(code).collect(),
        kind: Some(content.kind.code().to_owned()),
        audience: content.audience.iter().map(|audience| audience.as_str().to_owned()).collect(),
        level: Some(content.level.get()),
        regions: content.regions.iter().map(ToString::to_string).collect(),
        department: Some(department.to_string()),
        organisation: content.organisation.as_ref().map(ToString::to_string),
        summary: (!summary.is_empty()).then(|| summary.to_owned()),
        keywords: content.keywords.iter().cloned().collect(),
        endpoint: content.backend.as_ref().map(|backend| backend.base_url.clone()),
    }
}
