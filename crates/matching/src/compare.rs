//! Two names: how alike, and what they contradict each other on.

use std::collections::BTreeSet;

use crate::{
    align::{Gap, align},
    evidence::{Feature, clip},
    fold::is_ideographic,
    lexicon::{Act, Lexicon},
    name::NormalisedName,
    weights::COMPATIBLE_SIMILARITY,
};

/// What the comparison of two names found.
#[derive(Debug)]
pub(crate) struct NameComparison {
    /// Whether both have an object at all; without, nothing else means anything.
    pub(crate) comparable: bool,
    /// Whether they are the same in every part that means something.
    pub(crate) identical: bool,
    /// Whether they are written without blanks, where another character is another word.
    pub(crate) in_characters: bool,
    /// Common share of the objects, 0 to 1.
    pub(crate) similarity: f64,
    /// The act that both state, if they do.
    pub(crate) stated_act: Option<Act>,
    /// Contradictions by act, direction, object, subject, grade or scope: known to make another service.
    pub(crate) clashes: Vec<Clash>,
    /// Words in each other's place that may or may not mean the same.
    pub(crate) doubts: Vec<Clash>,
}

/// A place where two names say different things.
#[derive(Debug)]
pub(crate) struct Clash {
    pub(crate) feature: Feature,
    /// What the first name says; empty when only the second says something.
    pub(crate) left: Saying,
    pub(crate) right: Saying,
}

/// The longest saying, in characters: evidence is stored and shown, and a name may be 10,000 characters long.
const MAX_SAYING_CHARS: usize = 40;

/// The most places that are listed: whoever has read so many knows that the names differ.
const MAX_DOUBTS: usize = 6;

/// What a name says at one place, for readers of Chinese and of English.
#[derive(Debug, Default)]
pub(crate) struct Saying {
    pub(crate) zh: String,
    pub(crate) en: String,
}

impl Saying {
    pub(crate) fn is_empty(&self) -> bool {
        self.zh.is_empty()
    }

    /// Words of the name itself: there is no other language to say them in.
    fn verbatim(words: &str) -> Self {
        let zh = clip(words, MAX_SAYING_CHARS);
        Self { en: zh.clone(), zh }
    }

    fn list<'t>(words: impl IntoIterator<Item = (&'t str, &'t str)>) -> Self {
        let (zh, en): (Vec<&str>, Vec<&str>) = words.into_iter().unzip();
        Self { zh: zh.join("、"), en: en.join(", ") }
    }
}

impl NameComparison {
    /// Whether nothing in the names forbids that items with one code are one service.
    pub(crate) fn compatible(&self) -> bool {
        self.comparable
            && self.clashes.is_empty()
            && self.doubts.is_empty()
            && (self.identical || self.similarity >= COMPATIBLE_SIMILARITY)
    }
}

/// Whether two names both have an object.
pub(crate) fn comparable(a: &NormalisedName, b: &NormalisedName) -> bool {
    !a.object().is_empty() && !b.object().is_empty()
}

/// Compares two names.
pub(crate) fn compare(lexicon: &Lexicon, a: &NormalisedName, b: &NormalisedName) -> NameComparison {
    let alignment = align(a.object(), b.object());
    let mut clashes = Vec::new();
    clashes.extend(act_clash(lexicon, a, b));
    clashes.extend(marker_clashes(lexicon, a, b));
    clashes.extend(word_clash(Feature::Grade, a.numbers(), b.numbers()));
    let mut doubts = Vec::new();
    if !a.qualifier_set().is_empty() && !b.qualifier_set().is_empty() {
        doubts.extend(word_clash(Feature::Qualifier, a.qualifier_set(), b.qualifier_set()));
    }
    match alignment.gaps {
        Some(gaps) => gaps.into_iter().for_each(|gap| weigh_gap(lexicon, gap, &mut clashes, &mut doubts)),
        // Too long to see what differs: only an identical object is beyond doubt.
        None if a.object() != b.object() => {
            doubts.push(Clash {
                feature: Feature::Object,
                left: Saying::default(),
                right: Saying::default(),
            });
        }
        None => {}
    }
    let comparable = comparable(a, b);
    let identical = comparable
        && a.object() == b.object()
        && a.qualifier_set() == b.qualifier_set()
        && clashes.is_empty();
    let stated: Vec<Act> = a.acts().collect();
    let stated_act = stated.first().copied().filter(|_| stated.iter().copied().eq(b.acts()));
    let in_characters = [a, b].iter().any(|name| name.object().contains(is_ideographic));
    NameComparison {
        comparable,
        identical,
        in_characters,
        similarity: alignment.similarity,
        stated_act,
        clashes,
        doubts,
    }
}

/// Sorts a place where two objects differ: known opposites clash, exchanged words are doubtful, an addition is neither.
fn weigh_gap(lexicon: &Lexicon, gap: Gap, clashes: &mut Vec<Clash>, doubts: &mut Vec<Clash>) {
    if let Some(feature) = lexicon.opposite(&gap.left, &gap.right) {
        // 转入/转出 is already known as an act, 一级/二级 as a grade.
        if clashes.iter().all(|clash| clash.feature != feature) {
            clashes.push(Clash {
                feature,
                left: Saying::verbatim(&gap.left),
                right: Saying::verbatim(&gap.right),
            });
        }
    } else if gap.exchanges_words() && doubts.len() < MAX_DOUBTS {
        doubts.push(Clash {
            feature: Feature::Object,
            left: Saying::verbatim(&gap.left),
            right: Saying::verbatim(&gap.right),
        });
    }
}

fn act_clash(lexicon: &Lexicon, a: &NormalisedName, b: &NormalisedName) -> Option<Clash> {
    let (left, right) = (a.meant_acts(), b.meant_acts());
    if left == right {
        return None;
    }
    let directed = left.iter().chain(&right).all(|act| act.feature(lexicon) == Feature::Direction);
    let feature = if directed { Feature::Direction } else { Feature::Act };
    let say = |acts: &BTreeSet<Act>| Saying::list(acts.iter().map(|act| (act.zh(lexicon), act.en(lexicon))));
    Some(Clash { feature, left: say(&left), right: say(&right) })
}

fn marker_clashes(lexicon: &Lexicon, a: &NormalisedName, b: &NormalisedName) -> Vec<Clash> {
    let only = |here: &NormalisedName, there: &NormalisedName, feature: Feature| {
        let markers =
            here.markers().difference(there.markers()).filter(|marker| marker.feature(lexicon) == feature);
        Saying::list(markers.map(|marker| (marker.zh(lexicon), marker.en(lexicon))))
    };
    let features: BTreeSet<Feature> =
        a.markers().symmetric_difference(b.markers()).map(|marker| marker.feature(lexicon)).collect();
    features
        .into_iter()
        .map(|feature| Clash { feature, left: only(a, b, feature), right: only(b, a, feature) })
        .collect()
}

/// A clash of what only one of two sets of words holds, if there is such.
fn word_clash(feature: Feature, a: &BTreeSet<String>, b: &BTreeSet<String>) -> Option<Clash> {
    let only = |here: &BTreeSet<String>, there: &BTreeSet<String>| {
        // A word is a character at least.
        let words: Vec<&str> =
            here.difference(there).map(String::as_str).take(MAX_SAYING_CHARS + 1).collect();
        Saying::verbatim(&words.join("、"))
    };
    (a != b).then(|| Clash { feature, left: only(a, b), right: only(b, a) })
}
