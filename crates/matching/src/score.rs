//! Weighs two profiles against each other.

mod fields;
mod glance;
mod memory;
mod names;
mod reasons;

use std::sync::Arc;

use crate::{
    compare::NameComparison,
    evidence::{Match, Relation, Verdict},
    lexicon::Lexicon,
    measure::{Context, Offices, Ready},
    model::{Measurements, prior, probability},
    profile::Profile,
    record::Record,
    weights as w,
};
pub(crate) use glance::Glance;
pub(crate) use memory::NameMemory;
pub(crate) use reasons::Reasons;

/// Says whether two profiles are the same service, and why. Symmetric.
///
/// - [`Verdict::Same`] needs compatible names and, beside them, a shared code, or else the very same name (in every part
///   that means something) of one department or of its counterpart in another district. No contradiction at all may
///   stand against it: not of act, direction, object, subject, grade, scope, audience or code, however alike the rest.
/// - [`Verdict::Suspect`] is everything else that is more likely than not.
/// - [`Verdict::Distinct`] is the rest.
///
/// The probability is the prior and the sum of the evidence, as odds; a contradiction keeps it at 0.9 or below.
///
/// **Names alone are never `Same`**, not even identical ones. 食品经营许可核发 in two districts is one service, but 信息公开申请
/// in forty departments is forty, and nothing in such a name tells which case it is. A wrong merge sends a citizen to the
/// wrong office, a suspected case costs a steward one click, and confirming it is remembered.
///
/// Knows nothing of other items: an [`Index`](crate::Index) or a [`Batch`](crate::Batch) also weighs how rare words are.
#[must_use]
pub fn score(a: &Profile, b: &Profile) -> Match {
    let context = Context::new(Arc::clone(Lexicon::built_in()));
    let (a, b) = (Record::alone(&context.lexicon, a), Record::alone(&context.lexicon, b));
    let ready = |record| Ready::new(record, &context);
    Glance::of(&ready(&a), &ready(&b), &context).in_words().into_match()
}

/// What follows from comparing two records.
#[derive(Debug)]
pub(crate) struct Judgement {
    pub(crate) measurements: Measurements,
    pub(crate) relation: Relation,
    pub(crate) standing: Standing,
    reasons: Reasons,
}

/// What may follow, whatever the probability.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Standing {
    /// Whether a contradiction keeps the probability down.
    contradicted: bool,
    /// Whether the two may be joined without asking, if they are probable enough.
    joinable: bool,
}

impl Standing {
    pub(crate) fn probability(self, bits: f64) -> f64 {
        let probability = probability(bits);
        if self.contradicted { probability.min(w::SAME_FLOOR) } else { probability }
    }

    pub(crate) fn verdict(self, probability: f64) -> Verdict {
        if self.joinable && probability >= w::SAME_FLOOR {
            Verdict::Same
        } else if probability >= w::SUSPECT_FLOOR {
            Verdict::Suspect
        } else {
            Verdict::Distinct
        }
    }
}

impl Judgement {
    fn of(
        [a, b]: [&Record; 2],
        names: &NameComparison,
        offices: Option<Offices>,
        measurements: Measurements,
        lexicon: &Lexicon,
        mut reasons: Reasons,
    ) -> Self {
        let codes = fields::codes(a, b, &mut reasons);
        names::reasons(lexicon, names, &measurements, &mut reasons);
        let audiences_meet = fields::audience(a, b, &mut reasons);
        fields::of_the_rest(a, b, offices, &measurements, &mut reasons);
        let regions_meet = fields::region(a, b, &mut reasons);
        let contradicted = !names.clashes.is_empty() || audiences_meet == Some(false);
        let joinable = !contradicted && joinable(names, codes, offices);
        let same_place = regions_meet.unwrap_or(offices == Some(Offices::Same));
        let relation = if same_place && audiences_meet != Some(false) {
            Relation::Duplicate
        } else {
            Relation::OtherImplementer
        };
        Self { measurements, relation, standing: Standing { contradicted, joinable }, reasons }
    }

    /// Log2-odds that the two are one service.
    pub(crate) fn bits(&self) -> f64 {
        prior() + self.reasons.bits()
    }

    pub(crate) fn probability(&self) -> f64 {
        self.standing.probability(self.bits())
    }

    /// Adds what other pairs tell.
    pub(crate) fn with_context(mut self, measurements: Measurements) -> Self {
        self.measurements = measurements;
        fields::of_other_pairs(&self.measurements, &mut self.reasons);
        self
    }

    pub(crate) fn into_match(self) -> Match {
        let probability = self.probability();
        Match {
            probability,
            verdict: self.standing.verdict(probability),
            relation: self.relation,
            evidence: self.reasons.into_evidence(),
        }
    }
}

/// Whether there is a reason to join beside likeness: a shared code, or one name at one department or its counterpart.
fn joinable(names: &NameComparison, shares_code: Option<bool>, offices: Option<Offices>) -> bool {
    match shares_code {
        Some(true) => names.compatible(),
        Some(false) => false,
        None => names.identical && matches!(offices, Some(Offices::Same | Offices::Counterparts)),
    }
}
