//! Names of event streams.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// The name of one aggregate's stream, `category-key`, for example `item-5e1c…` or `placement-…`.
///
/// The category is an ASCII lower-case word of at most [`StreamName::MAX_CATEGORY_BYTES`] without a dash,
/// so the first dash ends it, and so that it can't begin with `$` as EventStoreDB's own streams do. The key
/// may hold any text without control characters or white space at its ends. Two names are the same stream
/// only if they are the same bytes: whoever makes the key normalises it.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StreamName(Arc<str>);

/// Why a text can't name a stream.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StreamNameError {
    /// There is no dash between category and key.
    #[error("a stream name is a category, a dash and a key")]
    Shape,
    /// The category is not a lower-case ASCII word.
    #[error(
        "a stream's category is a lower-case ASCII word of at most {} letters",
        StreamName::MAX_CATEGORY_BYTES
    )]
    Category,
    /// The key is empty, too long, or holds control characters or white space at its ends.
    #[error(
        "a stream's key is text of 1 to {} bytes without control characters or white space around it",
        StreamName::MAX_KEY_BYTES
    )]
    Key,
}

impl StreamName {
    /// Longest category, in bytes.
    pub const MAX_CATEGORY_BYTES: usize = 32;
    /// Longest key, in bytes of UTF-8.
    pub const MAX_KEY_BYTES: usize = 256;

    /// The stream of `category` and `key`.
    pub fn new(category: &str, key: &str) -> Result<Self, StreamNameError> {
        check(category, key)?;
        Ok(Self(format!("{category}-{key}").into()))
    }

    /// The stream of a name that the code itself spells; its tests hold that it is well formed.
    pub(crate) fn constant(name: &'static str) -> Self {
        Self(name.into())
    }

    /// The part before the first dash: which kind of aggregate this is.
    pub fn category(&self) -> &str {
        self.0.split_once('-').map_or("", |(category, _)| category)
    }

    /// The part after the first dash: which one of its kind.
    pub fn key(&self) -> &str {
        self.0.split_once('-').map_or("", |(_, key)| key)
    }

    /// The whole name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn check(category: &str, key: &str) -> Result<(), StreamNameError> {
    let mut letters = category.bytes();
    let starts_well = letters.next().is_some_and(|first| first.is_ascii_lowercase());
    let goes_on_well = letters.all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    if !starts_well || !goes_on_well || category.len() > StreamName::MAX_CATEGORY_BYTES {
        return Err(StreamNameError::Category);
    }
    let sized = (1..=StreamName::MAX_KEY_BYTES).contains(&key.len());
    if !sized || key.trim() != key || key.chars().any(char::is_control) {
        return Err(StreamNameError::Key);
    }
    Ok(())
}

impl FromStr for StreamName {
    type Err = StreamNameError;

    fn from_str(name: &str) -> Result<Self, StreamNameError> {
        let (category, key) = name.split_once('-').ok_or(StreamNameError::Shape)?;
        check(category, key)?;
        Ok(Self(name.into()))
    }
}

impl fmt::Display for StreamName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for StreamName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StreamName({:?})", &*self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_names_of_our_own_are_well_formed() {
        let anchors = crate::anchor::stream();
        assert_eq!(anchors.as_str().parse(), Ok(anchors.clone()));
        assert_eq!(anchors.category(), crate::ANCHOR_CATEGORY);
    }

    #[test]
    fn splits_at_the_first_dash() {
        let name: StreamName = "department-local:区经信局-2".parse().expect("well-formed");
        assert_eq!((name.category(), name.key()), ("department", "local:区经信局-2"));
        assert_eq!(StreamName::new("department", "local:区经信局-2"), Ok(name));
    }

    #[test]
    fn refuses_what_could_be_taken_for_something_else() {
        use StreamNameError::{Category, Key, Shape};
        for (text, error) in [
            ("item", Shape),
            ("$all-1", Category),
            ("Item-1", Category),
            ("-1", Category),
            ("1item-1", Category),
            ("item-", Key),
            ("item- 1", Key),
            ("item-a\nb", Key),
            ("item-a\0", Key),
        ] {
            assert_eq!(text.parse::<StreamName>(), Err(error), "{text:?}");
        }
        assert_eq!(StreamName::new("it-em", "1"), Err(Category));
        assert_eq!(StreamName::new("item", &"x".repeat(257)), Err(Key));
        assert_eq!(StreamName::new(&"x".repeat(33), "1"), Err(Category));
    }

    proptest! {
        #[test]
        fn what_is_accepted_round_trips(category in "[a-z][a-z0-9_]{0,31}", key in "\\PC{0,80}") {
            if let Ok(name) = StreamName::new(&category, &key) {
                prop_assert_eq!(name.category(), &category);
                prop_assert_eq!(name.key(), &key);
                prop_assert_eq!(name.to_string().parse(), Ok(name));
            }
        }

        #[test]
        fn parsing_never_panics(text: String) {
            if let Ok(name) = text.parse::<StreamName>() {
                prop_assert_eq!(name.as_str(), text);
            }
        }
    }
}
