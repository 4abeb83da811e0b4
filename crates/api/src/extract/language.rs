//! The reader's languages (`Accept-Language`, RFC 9110, section 12.5.4).

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use domain::LocalizedText;
use http::header::ACCEPT_LANGUAGE;
use http::request::Parts;

/// Most languages that are looked at.
const MOST: usize = 16;

/// The reader's languages, best first; empty where the reader has no preference, which means Chinese.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Languages(Vec<String>);

impl Languages {
    /// The version of `text` that this reader should see.
    pub(crate) fn pick(&self, text: &LocalizedText) -> String {
        text.best(self.0.iter().map(String::as_str)).to_owned()
    }

    fn parse(value: &str) -> Self {
        let ranges = value.split(',').take(MOST).filter_map(|range| {
            let mut parts = range.split(';');
            let tag = parts.next()?.trim();
            let quality = match parts.next() {
                None => 1.0,
                Some(weight) => weight.trim().strip_prefix("q=")?.trim().parse::<f32>().ok()?,
            };
            let named = !tag.is_empty() && tag != "*" && quality > 0.0 && quality <= 1.0;
            named.then(|| (quality, tag.to_owned()))
        });
        let mut ranges: Vec<_> = ranges.collect();
        ranges.sort_by(|(a, _), (b, _)| b.total_cmp(a));
        Self(ranges.into_iter().map(|(_, tag)| tag).collect())
    }
}

impl<S: Sync> FromRequestParts<S> for Languages {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        let value =
            parts.headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        Ok(Self::parse(value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_language_that_is_there_is_picked() {
        let text = LocalizedText::zh("结婚登记").with("en", "Marriage registration");
        assert_eq!(Languages::parse("fr, en-GB;q=0.8, zh;q=0.5").pick(&text), "Marriage registration");
        assert_eq!(Languages::parse("en;q=0.2, zh-CN").pick(&text), "结婚登记");
        assert_eq!(Languages::parse("en;q=0, *").pick(&text), "结婚登记");
        assert_eq!(Languages::parse("").pick(&text), "结婚登记");
        assert_eq!(Languages::parse(";;q=x,,").pick(&text), "结婚登记");
    }
}
