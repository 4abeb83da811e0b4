//! The link to the next part of a list.

use axum::extract::OriginalUri;

use crate::location::query_value;

/// The address of this list's part that begins at `cursor`: the same conditions, another place.
pub(crate) fn next_link(uri: &OriginalUri, parameter: &str, cursor: &impl std::fmt::Display) -> String {
    let kept = uri.query().unwrap_or_default().split('&').filter(|pair| {
        let name = pair.split('=').next().unwrap_or_default();
        !name.is_empty() && name != parameter
    });
    let mut pairs: Vec<String> = kept.map(str::to_owned).collect();
    pairs.push(format!("{parameter}={}", query_value(cursor)));
    format!("{}?{}", uri.path(), pairs.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_stay_and_the_place_changes() {
        let uri = OriginalUri("/catalogue/v1/entries?q=%E5%85%BB&cursor=old&limit=5".parse().expect("a URI"));
        assert_eq!(
            next_link(&uri, "cursor", &"n=w"),
            "/catalogue/v1/entries?q=%E5%85%BB&limit=5&cursor=n%3Dw"
        );
        let bare = OriginalUri("/catalogue/v1/entries".parse().expect("a URI"));
        assert_eq!(next_link(&bare, "cursor", &"x"), "/catalogue/v1/entries?cursor=x");
    }
}
