//! Is this the same service? Normalise, find candidates, score with evidence.
//!
//! Pure computation over its own [`Profile`]: no IO, no clock, no randomness, and no panic whatever the input. Three steps,
//! each usable alone:
//!
//! 1. [`normalise`] reads a name: width, case, brackets, synonyms, and the *act* (核发, 变更, 转入 …) apart from the object.
//! 2. [`Index`] proposes candidates for a profile from blocks of bounded size, so that the work for one query doesn't grow
//!    with the catalogue.
//! 3. [`score`] weighs two profiles and says [`Verdict::Same`], [`Verdict::Suspect`] or [`Verdict::Distinct`], with the
//!    [`Evidence`] in words that a steward can check.
//!
//! [`Batch`] takes a whole list through all of them, and forms clusters.
//!
//! Precision comes first: a wrong merge sends a citizen to the wrong office, a missed one leaves two lines in a list.
//! What is known about wording is data, in `data/*.tsv`.

mod align;
mod batch;
mod brackets;
mod compare;
mod department;
mod evidence;
mod facets;
mod fold;
mod han;
mod index;
mod latin;
mod lexicon;
mod line;
mod measure;
mod model;
mod name;
mod office;
mod place;
mod profile;
mod read;
mod record;
mod score;
mod tables;
mod terms;
mod weights;
mod words;

pub use batch::{Batch, Blocking, Pair, Reach};
pub use evidence::{Evidence, Feature, Match, Relation, Verdict};
pub use index::{Index, MAX_CANDIDATES};
pub use lexicon::{Act, Lexicon};
pub use model::{Measure, Measurements};
pub use name::{NormalisedName, normalise, normalise_with};
pub use profile::{Profile, SharedCode};
pub use score::score;
pub use tables::BadRow;
