//! What speaks against one entry for two items, whatever else they have in common.

use domain::{Evidence, LocalizedText};
use matching::{Feature, Match, Verdict};

/// Longest name that is quoted in evidence, in characters.
const QUOTED: usize = 60;

/// Why an item does not join an entry although it is the same as one of its members.
#[derive(Debug)]
pub(super) enum Objection {
    /// Another member says something else.
    Contradicted {
        /// That member's name.
        name: String,
        /// How they compare.
        found: Match,
    },
    /// A steward said that it is not the same as another member.
    Dismissed {
        /// That member's name.
        name: String,
    },
}

/// Whether two items can't stand under one entry without anybody having been asked.
///
/// Being unlike is enough: members of one entry are all more likely than not the same.
pub(super) fn contradicts(found: &Match) -> bool {
    match found.verdict {
        Verdict::Same => false,
        Verdict::Suspect => contradiction(found).is_some(),
        Verdict::Distinct => true,
    }
}

/// The heaviest evidence that the two are different services.
pub(super) fn contradiction(found: &Match) -> Option<&matching::Evidence> {
    found.evidence.iter().find(|evidence| evidence.weight < 0.0 && tells_services_apart(evidence.feature))
}

fn tells_services_apart(feature: Feature) -> bool {
    matches!(
        feature,
        Feature::Act
            | Feature::Direction
            | Feature::Object
            | Feature::Subject
            | Feature::Grade
            | Feature::Scope
            | Feature::Qualifier
            | Feature::Audience
    )
}

impl Objection {
    /// The objection as evidence of a case; it weighs nothing in the pair's own probability.
    pub(super) fn evidence(&self) -> Evidence {
        match self {
            Self::Contradicted { name, found } => {
                let (zh, en) = reason(found);
                note(
                    format!("该入口的另一事项“{}”与之不符：{zh}", clip(name)),
                    format!("another item of that entry, “{}”, contradicts it: {en}", clip(name)),
                )
            }
            Self::Dismissed { name } => note(
                format!("已认定与该入口的“{}”不是同一服务", clip(name)),
                format!("a steward said that it is not the same service as “{}” of that entry", clip(name)),
            ),
        }
    }
}

/// Evidence that an item's new content contradicts a member of the entry that it is in.
pub(super) fn estrangement(found: &Match) -> Evidence {
    let (zh, en) = reason(found);
    note(
        format!("修改后与所在入口的该事项不符：{zh}"),
        format!("since it was revised it contradicts this item of its own entry: {en}"),
    )
}

fn reason(found: &Match) -> (String, String) {
    match contradiction(found) {
        Some(evidence) => (evidence.zh.clone(), evidence.en.clone()),
        None => ("两者不像同一服务".to_owned(), "the two don't look like one service".to_owned()),
    }
}

fn note(zh: String, en: String) -> Evidence {
    Evidence { feature: "entry".to_owned(), weight: 0.0, text: LocalizedText::zh(zh).with("en", en) }
}

fn clip(name: &str) -> String {
    match name.char_indices().nth(QUOTED) {
        Some((end, _)) => format!("{}…", name.get(..end).unwrap_or_default()),
        None => name.to_owned(),
    }
}
