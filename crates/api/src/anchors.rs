//! An anchor of the log, whose signature `identity` checks and whose meaning `event-store` knows.

use event_store::{Anchor, Opened};
use identity::AnchorKeys;

/// Takes a signed statement apart; the error says, for a person, why it isn't to be believed.
///
/// # Errors
/// When no key that is believed signed it, or it states something else.
pub fn open_anchor(keys: &mut AnchorKeys, statement: &str) -> Result<Opened, String> {
    let believed = keys.open::<Anchor>(statement).map_err(|error| error.to_string())?;
    Ok(Opened { anchor: believed.claims, trusted: believed.trusted })
}
