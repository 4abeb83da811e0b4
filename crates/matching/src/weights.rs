//! The model's numbers, all in one place, in bits (log2 of odds), in the manner of Fellegi and Sunter (1969).
//!
//! They are set by hand from the order of what is reliable: a shared code, then the name, then the rest. Evidence adds up;
//! the rules in `score` decide what may follow from it.

/// Odds that two candidates are one service before anything is known of them: one in eight.
pub(crate) const PRIOR: f64 = -3.0;

/// One code of a shared scheme in common. Strong, and still no proof: real lists use one code for two services.
pub(crate) const SAME_CODE: f64 = 14.0;
/// Codes of one scheme, none in common. Weak: provinces number the same service differently.
pub(crate) const OTHER_CODE: f64 = -2.0;

/// The names are the same in every part that means something.
pub(crate) const IDENTICAL_NAME: f64 = 7.0;
/// Names that are as alike as can be without being identical; less similarity weighs less in proportion …
pub(crate) const ALIKE_NAME: f64 = 6.0;
/// … down to this at `UNLIKE_SIMILARITY` and below.
pub(crate) const UNLIKE_NAME: f64 = -8.0;
/// Similarity of two names that have nothing in common but the usual characters.
pub(crate) const UNLIKE_SIMILARITY: f64 = 0.4;
/// Similarity from which names under one code may be one service's two wordings.
pub(crate) const COMPATIBLE_SIMILARITY: f64 = 0.7;

/// Both names state the same act.
pub(crate) const SAME_ACT: f64 = 1.0;
/// Contradictions of act, direction, object, subject, grade or scope, all together: they may see one difference twice.
pub(crate) const CLASH: f64 = -8.0;
/// Words in each other's place of which nothing is known, all together; nothing on top of a contradiction.
pub(crate) const DOUBT: f64 = -5.0;

/// Same and other kind of item.
pub(crate) const SAME_KIND: f64 = 0.5;
/// Lists file one service under 行政许可 here and 公共服务 there, but not often.
pub(crate) const OTHER_KIND: f64 = -3.0;
/// Audiences that have somebody in common.
pub(crate) const SAME_AUDIENCE: f64 = 0.3;
/// Audiences that have nobody in common; also forbids `Same`.
pub(crate) const OTHER_AUDIENCE: f64 = -4.0;
/// One service is offered at several levels, so this hardly tells.
pub(crate) const SAME_LEVEL: f64 = 0.2;
/// See [`SAME_LEVEL`].
pub(crate) const OTHER_LEVEL: f64 = -0.2;
/// One department, or one organisation.
pub(crate) const SAME_DEPARTMENT: f64 = 1.0;
/// Other departments are the normal case of one service, but one name such as 信息公开 serves many.
pub(crate) const OTHER_DEPARTMENT: f64 = -0.5;
/// Summaries that share most of their wording.
pub(crate) const SAME_SUMMARY: f64 = 1.0;
/// Summaries that share nearly nothing.
pub(crate) const OTHER_SUMMARY: f64 = -0.5;
/// A search word in common.
pub(crate) const SAME_KEYWORD: f64 = 0.5;
/// One address.
pub(crate) const SAME_ENDPOINT: f64 = 2.0;

/// Share of common bigrams from which summaries are the same.
pub(crate) const ALIKE_SUMMARY: f64 = 0.6;
/// Share of common bigrams below which summaries are different.
pub(crate) const UNLIKE_SUMMARY: f64 = 0.15;

/// Probability below which nothing is placed without asking, and above which nothing contradictory may claim to be.
pub(crate) const SAME_FLOOR: f64 = 0.9;
/// Probability from which a steward is asked.
pub(crate) const SUSPECT_FLOOR: f64 = 0.5;
