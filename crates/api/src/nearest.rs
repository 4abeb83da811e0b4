//! Did you mean …?

/// Least similarity (Jaro–Winkler) at which a name is worth suggesting.
const SIMILAR: f64 = 0.75;

/// The known name most like an unknown one, if any is like it at all.
pub(crate) fn nearest<'n>(unknown: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let rated = known.into_iter().map(|name| (strsim::jaro_winkler(unknown, name), name));
    let best = rated.filter(|(similar, _)| *similar >= SIMILAR).max_by(|(a, _), (b, _)| a.total_cmp(b));
    best.map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_similar_name_is_suggested_and_nothing_far_off() {
        assert_eq!(nearest("adience", ["kind", "audience", "level"]), Some("audience"));
        assert_eq!(nearest("zzz", ["kind", "audience", "level"]), None);
    }
}
