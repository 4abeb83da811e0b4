//! Why two items were taken for the same service, as it is stored and shown.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{ItemId, LocalizedText};

/// One feature's contribution to a decision.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Evidence {
    /// The feature that was compared, for example `name` or `shared-code`.
    #[schema(max_length = 64, pattern = "^[a-z][a-z0-9-]*$")]
    pub feature: String,
    /// Its weight; positive speaks for the same service, negative against it.
    pub weight: f64,
    /// The same in words.
    pub text: LocalizedText,
}

/// How two items of one service relate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Relation {
    /// The same service, offered by somebody else or somewhere else: the normal case.
    OtherImplementer,
    /// The same service for the same people in the same region: a matter for a steward.
    Duplicate,
}

/// What a placement or a suspicion rests on.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Basis {
    /// The item that was compared; absent where nothing was like it, or a steward decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compared_with: Option<ItemId>,
    /// Probability from 0 to 1 that both are the same service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probability: Option<f64>,
    /// The relation of the two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relation: Option<Relation>,
    /// The evidence, strongest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 64)]
    pub evidence: Vec<Evidence>,
}

impl Basis {
    /// The feature with the heaviest evidence, for or against; the first of equals.
    pub fn leading_feature(&self) -> Option<&str> {
        let heaviest = self.evidence.iter().rev().max_by(|a, b| a.weight.abs().total_cmp(&b.weight.abs()));
        heaviest.map(|evidence| evidence.feature.as_str())
    }

    /// What of it an event can hold: JSON has no NaN and no infinity, and neither is evidence of anything.
    pub(crate) fn recordable(&self) -> Self {
        let finite = |evidence: &&Evidence| evidence.weight.is_finite();
        Self {
            compared_with: self.compared_with,
            probability: self.probability.filter(|probability| probability.is_finite()),
            relation: self.relation,
            evidence: self.evidence.iter().filter(finite).cloned().collect(),
        }
    }
}
