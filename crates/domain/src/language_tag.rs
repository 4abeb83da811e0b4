//! Language tags as texts hold them.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer};

/// A tag, as it was written; the two that nearly every text has take no memory of their own.
#[derive(Debug, Clone)]
pub(crate) enum Tag {
    /// `zh-CN`.
    Chinese,
    /// `en`.
    English,
    /// Any other.
    Other(Box<str>),
}

impl Tag {
    pub(crate) fn as_str(&self) -> &str {
        match self {
            Self::Chinese => "zh-CN",
            Self::English => "en",
            Self::Other(tag) => tag,
        }
    }
}

impl From<&str> for Tag {
    fn from(tag: &str) -> Self {
        [Self::Chinese, Self::English]
            .into_iter()
            .find(|known| known.as_str() == tag)
            .unwrap_or_else(|| Self::Other(tag.into()))
    }
}

impl PartialEq for Tag {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Tag {}

impl PartialOrd for Tag {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Tag {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_str().cmp(other.as_str())
    }
}

impl Hash for Tag {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl<'de> Deserialize<'de> for Tag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Spelled)
    }
}

struct Spelled;

impl Visitor<'_> for Spelled {
    type Value = Tag;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a language tag")
    }

    fn visit_str<E: Error>(self, tag: &str) -> Result<Tag, E> {
        Ok(Tag::from(tag))
    }
}
