//! Weighs two profiles against each other.

mod fields;
mod names;

use crate::{
    compare::compare,
    evidence::{Match, Relation, Verdict},
    name::normalise,
    profile::{self, Profile},
    weights as w,
};

/// Says whether two profiles are the same service, and why. Symmetric.
///
/// - [`Verdict::Same`] needs a shared code *and* compatible names, and no contradiction at all: not of act, direction, object,
///   subject, grade, scope or audience, however alike the rest.
/// - [`Verdict::Suspect`] is everything else that is more likely than not: one code under incompatible names, or (nearly)
///   the same name without a shared code.
/// - [`Verdict::Distinct`] is the rest.
///
/// The probability is the prior and the sum of the evidence, as odds; a contradiction keeps it at 0.9 or below.
///
/// **Names alone are never `Same`**, not even identical ones in two regions. 食品经营许可核发 in two districts is one service,
/// but 信息公开申请 in forty departments is forty, and nothing in such a name tells which case it is. A wrong merge sends a
/// citizen to the wrong office, a suspected case costs a steward one click, and confirming it is remembered.
#[must_use]
pub fn score(a: &Profile, b: &Profile) -> Match {
    // One order for both directions: the sum and the words come out the same to the last bit.
    let (a, b) = if a <= b { (a, b) } else { (b, a) };
    let (left, right) = (normalise(&a.name), normalise(&b.name));
    let comparison = compare(&left, &right);
    let codes = fields::codes(a, b);
    let audiences_meet = fields::meet(&a.audience, &b.audience);

    let mut evidence = Vec::new();
    evidence.extend(codes.evidence);
    names::evidence(&comparison, &mut evidence);
    evidence.extend(fields::kind(a, b));
    evidence.extend(fields::audience(a, b, audiences_meet));
    evidence.extend(fields::level(a, b));
    evidence.extend(fields::department(a, b));
    evidence.extend(fields::summary(a, b));
    evidence.extend(fields::keyword(a, b));
    evidence.extend(fields::endpoint(a, b));
    let regions_meet = profile::regions_meet(&a.regions, &b.regions);
    evidence.extend(fields::region(regions_meet));

    let contradicted =
        !comparison.clashes.is_empty() || !comparison.doubts.is_empty() || audiences_meet == Some(false);
    let bits = w::PRIOR + evidence.iter().map(|e| e.weight).sum::<f64>();
    let mut probability = 1.0 / (1.0 + (-bits).exp2());
    if contradicted {
        probability = probability.min(w::SAME_FLOOR);
    }
    let verdict = if codes.shared && comparison.compatible() && !contradicted && probability >= w::SAME_FLOOR
    {
        Verdict::Same
    } else if probability >= w::SUSPECT_FLOOR {
        Verdict::Suspect
    } else {
        Verdict::Distinct
    };
    evidence.sort_by(|x, y| y.weight.abs().total_cmp(&x.weight.abs()));
    let relation = relation(a, b, regions_meet, audiences_meet);
    Match { probability, verdict, relation, evidence }
}

/// A duplicate claims the same people of the same division. Where regions aren't stated, one department's two items do.
fn relation(a: &Profile, b: &Profile, regions_meet: Option<bool>, audiences_meet: Option<bool>) -> Relation {
    let same_place = regions_meet.unwrap_or_else(|| fields::same_department(a, b) == Some(true));
    if same_place && audiences_meet != Some(false) { Relation::Duplicate } else { Relation::OtherImplementer }
}
