//! What became of a sequence of events: which are gone, which are new, which changed places.

use std::collections::{HashMap, HashSet};

use crate::anchor::Mark;

/// Where the log departs from what its anchors say. `at` counts the log's events, `first` and `before` the anchors' ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Departure {
    /// Another event is in the place of one that should be there.
    Altered { at: usize },
    /// So many events are not there any more; what comes after them is at `at`.
    Removed { first: usize, count: usize, at: usize },
    /// The event should be elsewhere.
    Reordered { at: usize, before: usize },
    /// The event should not be there.
    Inserted { at: usize },
}

/// Compares what should be there with what is, in time n log n. What nobody knows of (`None`) fits everything; what is
/// after the end of `expected` is not looked at. What is `genuine` by itself is never strange.
pub(super) fn align(
    expected: &[Option<Mark>],
    actual: &[Option<Mark>],
    genuine: &HashSet<Mark>,
) -> Vec<Departure> {
    let is_genuine = |at: &usize| actual[*at].is_some_and(|mark| genuine.contains(&mark));
    let mut places: HashMap<Mark, usize> = HashMap::with_capacity(expected.len());
    for (place, mark) in expected.iter().enumerate() {
        if let Some(mark) = mark {
            places.entry(*mark).or_insert(place);
        }
    }
    let mut known = Vec::new();
    for (at, mark) in actual.iter().enumerate() {
        if let Some(place) = mark.and_then(|mark| places.remove(&mark)) {
            known.push((at, place));
        }
    }
    let kept = longest_in_order(&known);
    let moved: HashMap<usize, usize> =
        known.iter().filter(|pair| kept.binary_search(pair).is_err()).copied().collect();
    let gone: HashSet<usize> = moved.values().copied().collect();

    let mut departures = Vec::new();
    let (mut at, mut place) = (0, 0);
    let beyond = (actual.len(), expected.len());
    for &(next_at, next_place) in kept.iter().chain([&beyond]) {
        let missing: Vec<usize> = (place..next_place).filter(|place| !gone.contains(place)).collect();
        let strange: Vec<usize> =
            (at..next_at).filter(|at| !moved.contains_key(at) && !is_genuine(at)).collect();
        let paired = missing.len().min(strange.len());
        for (place, at) in missing.iter().zip(&strange) {
            if expected[*place].is_some() {
                departures.push(Departure::Altered { at: *at });
            }
        }
        runs(&missing[paired..], next_at, &mut departures);
        // After the last anchor anything may come.
        if next_place < expected.len() {
            departures.extend(strange[paired..].iter().map(|at| Departure::Inserted { at: *at }));
        }
        (at, place) = (next_at + 1, next_place + 1);
    }
    let mut moved: Vec<_> = moved.into_iter().collect();
    moved.sort_unstable();
    departures.extend(moved.into_iter().map(|(at, before)| Departure::Reordered { at, before }));
    departures
}

fn runs(missing: &[usize], at: usize, departures: &mut Vec<Departure>) {
    for run in missing.chunk_by(|one, next| one + 1 == *next) {
        departures.push(Departure::Removed { first: run[0], count: run.len(), at });
    }
}

/// The longest part of `pairs`, which are in order of their first members, whose second members are in order, too.
fn longest_in_order(pairs: &[(usize, usize)]) -> Vec<(usize, usize)> {
    // Patience sorting: for each length, the pair with the smallest end, and for each pair the one before it.
    let mut ends: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = vec![None; pairs.len()];
    for (index, (_, place)) in pairs.iter().enumerate() {
        let length = ends.partition_point(|end| pairs[*end].1 < *place);
        before[index] = length.checked_sub(1).map(|shorter| ends[shorter]);
        if length == ends.len() {
            ends.push(index);
        } else {
            ends[length] = index;
        }
    }
    let mut longest = Vec::with_capacity(ends.len());
    let mut next = ends.last().copied();
    while let Some(index) = next {
        longest.push(pairs[index]);
        next = before[index];
    }
    longest.reverse();
    longest
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Digest;

    fn marks(text: &str) -> Vec<Option<Mark>> {
        text.bytes().map(|byte| (byte != b'?').then(|| Mark::of(Digest::of(&[byte])))).collect()
    }

    fn departures(expected: &str, actual: &str) -> Vec<Departure> {
        align(&marks(expected), &marks(actual), &marks("Y").into_iter().flatten().collect())
    }

    #[test]
    fn each_way_of_tampering_is_told_apart() {
        use Departure::{Altered, Inserted, Removed, Reordered};
        assert_eq!(departures("abcd", "abcd"), []);
        assert_eq!(departures("abcd", "abXd"), [Altered { at: 2 }]);
        assert_eq!(departures("abcd", "abd"), [Removed { first: 2, count: 1, at: 2 }]);
        assert_eq!(departures("abcd", "ab"), [Removed { first: 2, count: 2, at: 2 }]);
        assert_eq!(departures("abcd", ""), [Removed { first: 0, count: 4, at: 0 }]);
        assert_eq!(departures("abcd", "abXcd"), [Inserted { at: 2 }]);
        assert_eq!(departures("abcd", "abcdXY"), [], "what no anchor covers is not judged");
        assert_eq!(departures("abcdef", "abecdf"), [Reordered { at: 2, before: 4 }]);
        assert_eq!(departures("abcd", "aXcWdZ"), [Altered { at: 1 }, Inserted { at: 3 }]);
        let gone = Removed { first: 3, count: 1, at: 4 };
        assert_eq!(
            departures("abcd", "abcY"),
            [gone],
            "an anchor that is genuine is not another event's place"
        );
        assert_eq!(departures("ab?d", "abcd"), [], "an anchor that is missing accuses nobody");
        assert_eq!(departures("ab?d", "abd"), [Removed { first: 2, count: 1, at: 2 }]);
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic_and_only_the_same_is_clean(expected in "[a-f?]{0,12}", actual in "[a-f?]{0,12}") {
            let found = departures(&expected, &actual);
            if !expected.contains('?') && found.is_empty() && expected.bytes().collect::<std::collections::HashSet<_>>().len() == expected.len() {
                prop_assert!(actual.starts_with(&expected));
            }
        }
    }
}
