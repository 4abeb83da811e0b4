//! A department as the registry shows it.

use domain::department::Standing;
use domain::{DepartmentId, Division, LocalizedText};
use jiff::Timestamp;
use read_model::DepartmentView;
use serde::Serialize;
use utoipa::ToSchema;

/// A department.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DepartmentDocument {
    /// Its identifier.
    id: DepartmentId,
    /// Its name.
    name: LocalizedText,
    /// The division that it serves.
    region: Division,
    /// Whether it may act.
    standing: DepartmentStanding,
    /// Its revision, for `If-Match`.
    #[schema(maximum = 9_007_199_254_740_991u64)]
    revision: u64,
    /// When it changed last.
    updated_at: Timestamp,
}

/// Whether a department may act.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub(crate) enum DepartmentStanding {
    /// It may.
    Active,
    /// It may not, for now.
    Suspended {
        /// What the public is told.
        notice: LocalizedText,
    },
    /// Another department took its place.
    Succeeded {
        /// That department.
        by: DepartmentId,
    },
}

impl DepartmentDocument {
    pub(super) fn id(&self) -> &DepartmentId {
        &self.id
    }
}

impl From<&DepartmentView> for DepartmentDocument {
    fn from(view: &DepartmentView) -> Self {
        Self {
            id: view.id.clone(),
            name: view.name.clone(),
            region: view.region.clone(),
            standing: match &view.standing {
                Standing::Active => DepartmentStanding::Active,
                Standing::Suspended { notice } => DepartmentStanding::Suspended { notice: notice.clone() },
                Standing::Succeeded { by } => DepartmentStanding::Succeeded { by: by.clone() },
            },
            revision: view.revision,
            updated_at: view.updated_at,
        }
    }
}
