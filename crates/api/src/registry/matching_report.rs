//! What stewards made of what matching said: the figures on which its thresholds are set.

use axum::response::Response;
use domain::Relation;
use event_store::Position;
use http::HeaderMap;
use read_model::{CaseTally, Floor, JoinTally, MatchingReport, Share, TARGET_PRECISION};
use serde::Serialize;
use utoipa::ToSchema;

use crate::extract::{Acting, Auditor, Reading, Steward};
use crate::problem::Problem;
use crate::representation::Representation;
use crate::responses::{ReadHeaders, ReadProblems, Unchanged};

/// What stewards made of what matching said.
///
/// Stewards look at what seems doubtful: among the decided pairs more are wrong than among all.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MatchingReportDocument {
    /// The place in the log that the figures are from.
    #[schema(value_type = String, max_length = 16, pattern = "^[0-9a-f]{16}$")]
    position: Position,
    /// What became of suspicions.
    cases: CaseFigures,
    /// What became of the items that the curator put into another's entry without asking.
    joins: JoinFigures,
    /// The precision that a floor has to have.
    #[schema(minimum = 0, maximum = 1)]
    target_precision: f64,
    /// The lowest stated probability from which on the decided automatic joins have that precision; absent where there is
    /// none.
    #[serde(skip_serializing_if = "Option::is_none")]
    floor_of_joins: Option<FloorDocument>,
    /// The same among all decided pairs: the joined ones, and those that were only suspected.
    #[serde(skip_serializing_if = "Option::is_none")]
    floor_of_pairs: Option<FloorDocument>,
}

macro_rules! figures {
    ($(#[$doc:meta])* $figures:ident of $tally:ident: $by_probability:ident, $by_feature:ident, $by_relation:ident) => {
        $(#[$doc])*
        #[derive(Debug, Serialize, ToSchema)]
        #[serde(rename_all = "camelCase")]
        pub(crate) struct $figures {
            /// All of them.
            total: $tally,
            /// By the probability that was stated, the highest first; what states none is in the total alone.
            #[schema(max_items = 6)]
            by_probability: Vec<$by_probability>,
            /// By the feature with the heaviest evidence, the most frequent first.
            #[schema(max_items = 64)]
            by_feature: Vec<$by_feature>,
            /// By the relation of the two, the most frequent first.
            #[schema(max_items = 3)]
            by_relation: Vec<$by_relation>,
        }

        /// The figures of a range of probability.
        #[derive(Debug, Serialize, ToSchema)]
        pub(crate) struct $by_probability {
            /// Its lower bound, which belongs to it.
            #[schema(minimum = 0, maximum = 1)]
            from: f64,
            /// Its upper bound, which belongs to the next range; 1 belongs to the last.
            #[schema(minimum = 0, maximum = 1)]
            to: f64,
            /// The figures.
            figures: $tally,
        }

        /// The figures of a feature.
        #[derive(Debug, Serialize, ToSchema)]
        pub(crate) struct $by_feature {
            /// The feature; absent where there was no evidence.
            #[serde(skip_serializing_if = "Option::is_none")]
            #[schema(max_length = 64, pattern = "^[a-z][a-z0-9-]*$")]
            feature: Option<String>,
            /// The figures.
            figures: $tally,
        }

        /// The figures of a relation.
        #[derive(Debug, Serialize, ToSchema)]
        pub(crate) struct $by_relation {
            /// The relation; absent where none was stated.
            #[serde(skip_serializing_if = "Option::is_none")]
            relation: Option<Relation>,
            /// The figures.
            figures: $tally,
        }

        impl<T> From<Share<T>> for $figures
        where
            $tally: From<T>,
        {
            fn from(share: Share<T>) -> Self {
                let ranges = share.by_probability.into_iter();
                let features = share.by_feature.into_iter();
                let relations = share.by_relation.into_iter();
                Self {
                    total: share.total.into(),
                    by_probability: ranges
                        .map(|(from, to, tally)| $by_probability { from, to, figures: tally.into() })
                        .collect(),
                    by_feature: features
                        .map(|(feature, tally)| $by_feature { feature, figures: tally.into() })
                        .collect(),
                    by_relation: relations
                        .map(|(relation, tally)| $by_relation { relation, figures: tally.into() })
                        .collect(),
                }
            }
        }
    };
}

figures! {
    /// What became of suspicions.
    CaseFigures of CaseCounts: CasesByProbability, CasesByFeature, CasesByRelation
}
figures! {
    /// What became of automatic joins.
    JoinFigures of JoinCounts: JoinsByProbability, JoinsByFeature, JoinsByRelation
}

/// How many suspicions there were, and what became of them.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CaseCounts {
    /// All of them.
    #[schema(maximum = 9_007_199_254_740_991u64)]
    suspected: u64,
    /// Those that wait for a steward.
    #[schema(maximum = 9_007_199_254_740_991u64)]
    open: u64,
    /// Those that are the same service.
    #[schema(maximum = 9_007_199_254_740_991u64)]
    confirmed: u64,
    /// Those that are different services.
    #[schema(maximum = 9_007_199_254_740_991u64)]
    dismissed: u64,
    /// Those of which a decision was taken back at least once, whatever they are now.
    #[schema(maximum = 9_007_199_254_740_991u64)]
    reopened: u64,
}

/// How many automatic joins there were, and what became of them.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct JoinCounts {
    /// All of them.
    #[schema(maximum = 9_007_199_254_740_991u64)]
    joined: u64,
    /// Those that nobody has said anything about.
    #[schema(maximum = 9_007_199_254_740_991u64)]
    unseen: u64,
    /// Those that a steward confirmed: the item stays there, or a case of the two says so.
    #[schema(maximum = 9_007_199_254_740_991u64)]
    right: u64,
    /// Wrong merges: a steward split the item from the entry, or dismissed a case of the two.
    #[schema(maximum = 9_007_199_254_740_991u64)]
    wrong: u64,
    /// The share of the right ones among those that were decided; absent where none was.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 1)]
    precision: Option<f64>,
}

/// A probability from which on everything could have been joined without asking.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FloorDocument {
    /// The probability.
    #[schema(minimum = 0, maximum = 1)]
    probability: f64,
    /// How many of the decided pairs at or above it are the same service.
    #[schema(maximum = 9_007_199_254_740_991u64)]
    right: u64,
    /// How many are different services.
    #[schema(maximum = 9_007_199_254_740_991u64)]
    wrong: u64,
}

impl From<CaseTally> for CaseCounts {
    fn from(tally: CaseTally) -> Self {
        let CaseTally { suspected, open, confirmed, dismissed, reopened } = tally;
        Self { suspected, open, confirmed, dismissed, reopened }
    }
}

impl From<JoinTally> for JoinCounts {
    fn from(tally: JoinTally) -> Self {
        let JoinTally { joined, unseen, decided } = tally;
        Self { joined, unseen, right: decided.right, wrong: decided.wrong, precision: decided.precision() }
    }
}

impl From<Floor> for FloorDocument {
    fn from(floor: Floor) -> Self {
        let Floor { probability, decided } = floor;
        Self { probability, right: decided.right, wrong: decided.wrong }
    }
}

/// Read how matching does
///
/// For stewards and auditors. Every decided case says whether the stated probability was worth it, and every automatic
/// join that a steward split again is a wrong merge. Beside each share stand the numbers that it is made of.
#[utoipa::path(get, path = "/matching-report", tag = "duplicate-cases", params(ReadHeaders),
    responses((status = 200, description = "The figures.", body = MatchingReportDocument), Unchanged, ReadProblems))]
pub(crate) async fn get_matching_report(
    _reader: Acting<(Steward, Auditor)>,
    Reading { snapshot, .. }: Reading,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let position = snapshot.position();
    // In proportion to everything that was ever joined or suspected: too long for a thread that serves others.
    let report = tokio::task::spawn_blocking(move || MatchingReport::of(&snapshot));
    let report = report.await.map_err(Problem::internal)?;
    let document = MatchingReportDocument {
        position,
        cases: report.cases.into(),
        joins: report.joins.into(),
        target_precision: TARGET_PRECISION,
        floor_of_joins: report.floor_of_joins.map(FloorDocument::from),
        floor_of_pairs: report.floor_of_pairs.map(FloorDocument::from),
    };
    Ok(Representation::private(&document)?.answer(&headers))
}
