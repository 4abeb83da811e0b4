//! How far a follower of the change feed has come.

use std::fmt;
use std::str::FromStr;

use domain::EntryId;
use event_store::Position;
use uuid::Uuid;

/// A place in the change feed of one log. Its text form is opaque to clients.
///
/// Tokens order within one log; the log is recognised by the identifier of its first event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChangeToken {
    pub(crate) log: Option<Uuid>,
    pub(crate) position: Position,
    /// The last entry that was seen of those that changed at `position`; `None` once all were.
    pub(crate) entry: Option<EntryId>,
}

impl ChangeToken {
    /// The place in the log: a read model that has not come so far can't answer yet.
    pub fn position(&self) -> Position {
        self.position
    }
}

/// The follower has to read everything anew: the token is not one of this log's, or lies in its future.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("resync required: the token is not of this log")]
pub struct ResyncRequired;

impl fmt::Display for ChangeToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.log.unwrap_or_default().simple(), self.position)?;
        match self.entry {
            Some(entry) => write!(f, ".{}", entry.as_uuid().simple()),
            None => Ok(()),
        }
    }
}

impl FromStr for ChangeToken {
    type Err = ResyncRequired;

    fn from_str(text: &str) -> Result<Self, ResyncRequired> {
        let mut parts = text.split('.');
        let log = parts.next().and_then(simple).ok_or(ResyncRequired)?;
        let position = parts.next().and_then(|part| part.parse().ok()).ok_or(ResyncRequired)?;
        let entry = match parts.next() {
            None => None,
            Some(part) => {
                let id = simple(part).ok_or(ResyncRequired)?;
                Some(id.hyphenated().to_string().parse().map_err(|_| ResyncRequired)?)
            }
        };
        let token = Self { log: (!log.is_nil()).then_some(log), position, entry };
        // One spelling per place.
        if parts.next().is_none() && token.to_string() == text { Ok(token) } else { Err(ResyncRequired) }
    }
}

fn simple(part: &str) -> Option<Uuid> {
    Uuid::try_parse(part).ok().filter(|_| part.len() == 32)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_text_is_refused_or_spells_one_token(text in "[0-9a-f]{32}\\.[0-9a-f]{16}(\\.[0-9a-f]{32})?|\\PC*") {
            if let Ok(token) = text.parse::<ChangeToken>() {
                prop_assert_eq!(token.to_string(), text);
            }
        }
    }

    #[test]
    fn tokens_round_trip() {
        let entry = "0d6f3c1e-0000-5000-8000-000000000001".parse().expect("well formed");
        for (log, entry) in
            [(None, None), (Some(Uuid::from_u128(7)), None), (Some(Uuid::from_u128(7)), Some(entry))]
        {
            let token = ChangeToken { log, position: Position::START, entry };
            assert_eq!(token.to_string().parse(), Ok(token));
        }
    }
}
