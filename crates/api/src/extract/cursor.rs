//! Cursors: where the next part of a list begins, opaque to clients.

use std::fmt::{self, Display};
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Longest cursor that is looked at, in bytes.
const LONGEST: usize = 1024;

/// Where the next part of a list begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cursor<K>(pub(crate) K);

/// The text is not a cursor that the list gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ForeignCursor;

impl Display for ForeignCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a cursor of this list")
    }
}

impl<K: Display> Display for Cursor<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.0.to_string()))
    }
}

impl<K: FromStr> FromStr for Cursor<K> {
    type Err = ForeignCursor;

    fn from_str(text: &str) -> Result<Self, ForeignCursor> {
        let bytes = if text.len() > LONGEST { None } else { URL_SAFE_NO_PAD.decode(text).ok() };
        let key = bytes.and_then(|bytes| String::from_utf8(bytes).ok()?.parse().ok());
        key.map(Self).ok_or(ForeignCursor)
    }
}

impl<K: Display> Serialize for Cursor<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, K: FromStr> Deserialize<'de> for Cursor<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}
