//! Judges groups of a made list, pair by pair within each city.

use std::collections::HashMap;
use std::hash::Hash;
use std::path::Path;

use serde::Deserialize;

use super::multiply::Made;
use crate::evaluate::metrics::share;

/// Pairs within a city.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Grouping {
    /// In one group.
    pub(super) grouped: usize,
    /// Of one item.
    pub(super) same: usize,
    /// Both.
    pub(super) right: usize,
}

impl Grouping {
    /// Counts pairs from each row's group and (city, item), without forming them.
    pub(super) fn of(groups: &[u32], places: &[(u32, u32)]) -> Self {
        let rows = || groups.iter().zip(places);
        Self {
            grouped: pairs(rows().map(|(group, (city, _))| (*group, *city))),
            same: pairs(places.iter().copied()),
            right: pairs(rows().map(|(group, place)| (*group, *place))),
        }
    }

    pub(super) fn precision(&self) -> f64 {
        share(self.right, self.grouped)
    }

    pub(super) fn recall(&self) -> f64 {
        share(self.right, self.same)
    }

    pub(super) fn f1(&self) -> f64 {
        share(2 * self.right, self.grouped + self.same)
    }
}

fn pairs<K: Eq + Hash>(keys: impl Iterator<Item = K>) -> usize {
    let mut sizes: HashMap<K, usize> = HashMap::new();
    for key in keys {
        *sizes.entry(key).or_default() += 1;
    }
    sizes.values().map(|size| size * (size - 1) / 2).sum()
}

#[derive(Deserialize)]
struct ClusterLine {
    items: Vec<String>,
}

/// The clusters that `yimen match` wrote.
pub(super) fn read_clusters(path: &Path, made: &Made) -> Result<Grouping, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let mut groups = vec![u32::MAX; made.places.len()];
    for (number, line) in (0..).zip(text.lines()) {
        let line: ClusterLine =
            serde_json::from_str(line).map_err(|error| format!("{}: {error}", path.display()))?;
        for id in &line.items {
            let group = made.row_of(id).and_then(|row| groups.get_mut(row));
            *group.ok_or_else(|| format!("{} tells of {id}, which was not asked", path.display()))? = number;
        }
    }
    if groups.contains(&u32::MAX) {
        return Err(format!("{} leaves items out", path.display()));
    }
    Ok(Grouping::of(&groups, &made.places))
}

/// The best of several groupings: a CSV with a column `id`, and one of group numbers for each threshold, which heads it.
pub(super) fn read_best_column(path: &Path, made: &Made) -> Result<(String, Grouping), String> {
    let at = |error: csv::Error| format!("{}: {error}", path.display());
    let mut reader = csv::Reader::from_path(path).map_err(at)?;
    let thresholds: Vec<String> = reader.headers().map_err(at)?.iter().skip(1).map(str::to_owned).collect();
    let mut groups = vec![vec![u32::MAX; made.places.len()]; thresholds.len()];
    for row in reader.records() {
        let row = row.map_err(at)?;
        let Some(place) = row.get(0).and_then(|id| made.row_of(id)) else { continue };
        for (column, cell) in groups.iter_mut().zip(row.iter().skip(1)) {
            if let (Some(group), Ok(number)) = (column.get_mut(place), cell.parse()) {
                *group = number;
            }
        }
    }
    let judged = thresholds
        .into_iter()
        .zip(groups)
        .map(|(threshold, groups)| (threshold, Grouping::of(&groups, &made.places)));
    judged
        .max_by(|(_, x), (_, y)| x.f1().total_cmp(&y.f1()))
        .ok_or_else(|| format!("{} holds no grouping", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_of_two_cities_are_not_judged() {
        // City 1 has item 7 three times and item 8 once; city 2 has item 7 twice.
        let places = [(1, 7), (1, 7), (1, 7), (1, 8), (2, 7), (2, 7)];
        // One group holds all of item 7 but one, over both cities; item 8 went in by mistake.
        let grouping = Grouping::of(&[0, 0, 1, 0, 0, 0], &places);
        // City 1: {7, 7, 8} are 3 pairs, 1 of them right; city 2: 1 pair, right. True: 3 + 1.
        assert_eq!(grouping, Grouping { grouped: 4, same: 4, right: 2 });
        assert_eq!((grouping.precision(), grouping.recall(), grouping.f1()), (0.5, 0.5, 0.5));
    }
}
