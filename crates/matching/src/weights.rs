//! The numbers that no labelled list tells of, in bits (log2 of odds): set by hand from the order of what is reliable.
//!
//! A shared code comes first: alone it outweighs names that have nothing in common, which is a case for a steward. What could be measured is in `data/weights.tsv`.

/// One code of a shared scheme in common. Strong, and still no proof: real lists use one code for two services.
pub(crate) const SAME_CODE: f64 = 23.0;
/// Codes of one scheme, none in common. Weak: provinces number the same service differently.
pub(crate) const OTHER_CODE: f64 = -2.0;

/// A name that says nothing: no reason to take two such items for one service.
pub(crate) const NO_NAME: f64 = -4.0;
/// Similarity from which names under one code may be one service's two wordings.
pub(crate) const COMPATIBLE_SIMILARITY: f64 = 0.7;

/// Both names state the same act.
pub(crate) const SAME_ACT: f64 = 1.0;
/// Contradictions of act, direction, object, subject, grade or scope, all together: they may see one difference twice.
pub(crate) const CLASH: f64 = -8.0;
/// The same in a spaced script, where the words themselves are measured and a word that may be an act often isn't one: it
/// forbids `Same` and weighs little.
pub(crate) const CLASH_IN_WORDS: f64 = -1.0;
/// Characters in each other's place of which nothing is known, all together; nothing on top of a contradiction. In spaced
/// scripts the words themselves are measured.
pub(crate) const DOUBT: f64 = -5.0;

/// Audiences that have somebody in common.
pub(crate) const SAME_AUDIENCE: f64 = 0.3;
/// Audiences that have nobody in common; also forbids `Same`.
pub(crate) const OTHER_AUDIENCE: f64 = -4.0;
/// One service is offered at several levels, so this hardly tells.
pub(crate) const SAME_LEVEL: f64 = 0.2;
/// See [`SAME_LEVEL`].
pub(crate) const OTHER_LEVEL: f64 = -0.2;
/// Legal bases that share most of their words: one law carries many services.
pub(crate) const SAME_LEGAL_BASIS: f64 = 1.0;
/// Legal bases that share little: provinces cite their own rules for one service.
pub(crate) const OTHER_LEGAL_BASIS: f64 = -0.5;
/// One address.
pub(crate) const SAME_ENDPOINT: f64 = 2.0;

/// Probability below which nothing is placed without asking, and above which nothing contradictory may claim to be.
pub(crate) const SAME_FLOOR: f64 = 0.9;
/// Probability from which a steward is asked.
pub(crate) const SUSPECT_FLOOR: f64 = 0.5;
