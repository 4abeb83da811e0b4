//! A place in the whole log.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A place in the whole log: opaque, ordered, and not necessarily without gaps.
///
/// Its text form is a token that clients hand back unread. Tokens of different logs don't compare.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position(u64);

impl Position {
    /// Before the first event.
    pub const START: Self = Self(0);

    /// The place that an adapter numbers `raw`, counted from 1.
    pub(crate) const fn from_raw(raw: u64) -> Self {
        Self(raw)
    }

    /// The number that the adapter gave. Outside adapters it is for gauges and graphs only: positions are opaque.
    pub const fn raw(self) -> u64 {
        self.0
    }
}

/// The text is not a position token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a position of this log")]
pub struct PositionError;

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl FromStr for Position {
    type Err = PositionError;

    fn from_str(token: &str) -> Result<Self, PositionError> {
        let position = u64::from_str_radix(token, 16).map(Self).map_err(|_| PositionError)?;
        // One spelling per position: `from_str_radix` alone takes signs, capitals and any length.
        if position.to_string() == token { Ok(position) } else { Err(PositionError) }
    }
}

impl Serialize for Position {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Position {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn tokens_round_trip_and_keep_their_order(a: u64, b: u64) {
            let (a, b) = (Position(a), Position(b));
            prop_assert_eq!(a.to_string().parse(), Ok(a));
            prop_assert_eq!(a.to_string().cmp(&b.to_string()), a.cmp(&b));
        }

        #[test]
        fn any_other_text_is_refused_or_is_the_token_itself(text: String) {
            if let Ok(position) = text.parse::<Position>() {
                prop_assert_eq!(position.to_string(), text);
            }
        }
    }

    #[test]
    fn refuses_other_spellings() {
        for token in
            ["", "1", "+000000000000001", "000000000000000A", "00000000000000001", " 000000000000001"]
        {
            assert_eq!(token.parse::<Position>(), Err(PositionError), "{token:?}");
        }
    }
}
