//! What is known of a list, and the judgement of scored pairs by it.

use std::collections::{BTreeMap, HashMap};

use super::List;
use crate::evaluate::metrics::Judged;
use crate::evaluate::pairs::ScoredPair;

/// What is known.
#[derive(Debug)]
pub(crate) enum Truth {
    /// The entity of each record, in the list's order: every pair of the list is judged, equal entities are one service.
    Entities(Vec<String>),
    /// Only these pairs are known; others are not judged.
    Labelled(Vec<LabelledPair>),
}

/// Two records of which it is known whether they are one service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LabelledPair {
    /// Id of the one.
    pub(crate) a: String,
    /// Id of the other.
    pub(crate) b: String,
    /// Whether they are.
    pub(crate) same: bool,
}

impl List {
    /// How many pairs are the same service.
    pub(crate) fn true_pairs(&self) -> usize {
        match &self.truth {
            Truth::Labelled(pairs) => pairs.iter().filter(|pair| pair.same).count(),
            Truth::Entities(entities) => {
                let mut sizes: BTreeMap<&str, usize> = BTreeMap::new();
                for entity in entities {
                    *sizes.entry(entity).or_default() += 1;
                }
                sizes.values().map(|size| size * (size - 1) / 2).sum()
            }
        }
    }

    /// How many pairs are judged.
    pub(crate) fn judged_pairs(&self) -> usize {
        match &self.truth {
            Truth::Labelled(pairs) => pairs.len(),
            Truth::Entities(entities) => entities.len() * entities.len().saturating_sub(1) / 2,
        }
    }

    /// The scored pairs, each once and with what is true of it. Pairs of unknown ids or without a label are left out.
    pub(crate) fn judge(&self, pairs: &[ScoredPair]) -> Vec<Judged> {
        let places: HashMap<&str, usize> =
            self.records.iter().enumerate().map(|(place, record)| (record.id.as_str(), place)).collect();
        let key = |a: &str, b: &str| {
            let (a, b) = (*places.get(a)?, *places.get(b)?);
            (a != b).then(|| (a.min(b), a.max(b)))
        };
        let labels: HashMap<(usize, usize), bool> = match &self.truth {
            Truth::Labelled(known) => {
                known.iter().filter_map(|pair| Some((key(&pair.a, &pair.b)?, pair.same))).collect()
            }
            Truth::Entities(_) => HashMap::new(),
        };
        let same = |(a, b): (usize, usize)| match &self.truth {
            Truth::Entities(entities) => Some(entities.get(a)? == entities.get(b)?),
            Truth::Labelled(_) => labels.get(&(a, b)).copied(),
        };
        let mut judged: BTreeMap<(usize, usize), Judged> = BTreeMap::new();
        for pair in pairs {
            let Some(key) = key(&pair.a, &pair.b) else { continue };
            let Some(same) = same(key) else { continue };
            let merged = pair.verdict.as_deref().map(|verdict| verdict == "same");
            judged.entry(key).or_insert(Judged { score: pair.score, same, merged });
        }
        judged.into_values().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Half, Record};
    use super::*;

    fn list(truth: Truth) -> List {
        List {
            name: "x".to_owned(),
            note: String::new(),
            half: Half::Test,
            records: ["p", "q", "r", "s"].map(|id| Record::named(id, id)).to_vec(),
            truth,
            train: Vec::new(),
        }
    }

    fn scored(a: &str, b: &str, score: f64, verdict: Option<&str>) -> ScoredPair {
        ScoredPair { a: a.to_owned(), b: b.to_owned(), score, verdict: verdict.map(str::to_owned) }
    }

    #[test]
    fn equal_entities_are_one_service() {
        let list = list(Truth::Entities(["1", "1", "1", "2"].map(str::to_owned).to_vec()));
        assert_eq!((list.true_pairs(), list.judged_pairs()), (3, 6));
        let judged = list.judge(&[
            scored("q", "p", 0.9, Some("same")),
            scored("p", "q", 0.1, None),
            scored("p", "s", 0.4, Some("suspect")),
            scored("p", "unknown", 1.0, None),
            scored("p", "p", 1.0, None),
        ]);
        let expected = [
            Judged { score: 0.9, same: true, merged: Some(true) },
            Judged { score: 0.4, same: false, merged: Some(false) },
        ];
        assert_eq!(judged, expected);
    }

    #[test]
    fn only_labelled_pairs_are_judged() {
        let label = |a: &str, b: &str, same| LabelledPair { a: a.to_owned(), b: b.to_owned(), same };
        let list = list(Truth::Labelled(vec![label("q", "p", true), label("r", "s", false)]));
        assert_eq!((list.true_pairs(), list.judged_pairs()), (1, 2));
        let judged = list.judge(&[scored("p", "q", 0.7, None), scored("p", "r", 0.8, None)]);
        assert_eq!(judged, [Judged { score: 0.7, same: true, merged: None }]);
    }
}
