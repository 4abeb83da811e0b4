//! Codes of organisations, items and administrative divisions, each checked by its own standard.

mod division;
mod item_code;
mod organisation_code;
mod uscc;

pub use division::Division;
pub use item_code::{BASIC_CODE_SCHEME, BasicCode, HandlingCode, ImplementationCode, ItemCode, LOCAL_SCHEME};
pub use organisation_code::OrganisationCode;
pub use uscc::{Uscc, organisation_check_character};

/// Why a text is not a code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    /// Wrong number of characters.
    #[error("{what} has {expected} characters")]
    Length {
        /// The code's name.
        what: &'static str,
        /// The lengths that are allowed.
        expected: &'static str,
    },
    /// A character outside the code's alphabet.
    #[error("{what} may not hold {found:?}")]
    Alphabet {
        /// The code's name.
        what: &'static str,
        /// The first character that does not belong.
        found: char,
    },
    /// A check character that does not fit the rest.
    #[error("{what} has the wrong check character: {found} where {expected} belongs")]
    CheckCharacter {
        /// The code's name.
        what: &'static str,
        /// The character that is there.
        found: char,
        /// The character that the standard asks for.
        expected: char,
    },
    /// A part that the standard does not know.
    #[error("{0}")]
    Shape(&'static str),
}

/// A scheme's name: 1–63 characters of a–z, 0–9, `.` and `-`, such as `uscc` or a host name.
fn check_scheme(scheme: &str) -> Result<(), CodeError> {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'-');
    if (1..=63).contains(&scheme.len()) && scheme.bytes().all(allowed) {
        Ok(())
    } else {
        Err(CodeError::Shape("a scheme has 1 to 63 characters of a-z 0-9 . -"))
    }
}

/// A value of a scheme that Yimen does not know: kept as it is, within bounds.
fn check_opaque(value: &str) -> Result<(), CodeError> {
    if value.trim() != value || !(1..=128).contains(&value.chars().count()) {
        return Err(CodeError::Shape("a code has 1 to 128 characters and no blanks around it"));
    }
    match value.chars().find(|c| c.is_control()) {
        Some(found) => Err(CodeError::Alphabet { what: "a code", found }),
        None => Ok(()),
    }
}
