//! Paths of resources, for `Location` and links.

use std::fmt::Display;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// All but the unreserved characters of RFC 3986 and the colon, which a path segment may hold.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b':');

/// The path of one resource of a collection.
pub(crate) fn location(collection: &str, id: &impl Display) -> String {
    format!("{collection}/{}", utf8_percent_encode(&id.to_string(), SEGMENT))
}

/// A text as part of a query.
pub(crate) fn query_value(text: &impl Display) -> String {
    utf8_percent_encode(&text.to_string(), SEGMENT).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_is_one_segment_of_ascii() {
        assert_eq!(location("/d", &"uscc:12441500196720244T"), "/d/uscc:12441500196720244T");
        assert_eq!(location("/d", &"local:区/局"), "/d/local:%E5%8C%BA%2F%E5%B1%80");
    }
}
