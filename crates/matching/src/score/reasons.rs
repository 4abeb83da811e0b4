//! Collects what speaks for and against, with or without the words.

use crate::evidence::{Evidence, Feature};

/// The sum of the evidence, and its wording if anybody will read it.
#[derive(Debug, Default)]
pub(crate) struct Reasons {
    bits: f64,
    evidence: Option<Vec<Evidence>>,
}

impl Reasons {
    /// For a pair that somebody reads about.
    pub(crate) fn in_words() -> Self {
        Self { bits: 0.0, evidence: Some(Vec::new()) }
    }

    /// For one of a million pairs.
    pub(crate) fn only_counted() -> Self {
        Self::default()
    }

    /// Adds a reason; its words, in Chinese and in English, are only made for readers.
    pub(crate) fn add<Z: AsRef<str>, E: AsRef<str>>(
        &mut self,
        feature: Feature,
        bits: f64,
        words: impl FnOnce() -> (Z, E),
    ) {
        self.bits += bits;
        if let Some(evidence) = &mut self.evidence {
            let (zh, en) = words();
            evidence.push(Evidence::new(feature, bits, zh, en));
        }
    }

    pub(crate) fn bits(&self) -> f64 {
        self.bits
    }

    /// The reasons, the heaviest first.
    pub(crate) fn into_evidence(self) -> Vec<Evidence> {
        let mut evidence = self.evidence.unwrap_or_default();
        evidence.sort_by(|x, y| y.weight.abs().total_cmp(&x.weight.abs()));
        evidence
    }
}
