//! The code of an organisation: its scheme and the value in it.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{CodeError, Uscc, check_opaque, check_scheme};

/// An organisation's code. `uscc` is checked by GB 32100; other authorities' schemes are kept as they are.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "RawCode")]
#[schema(example = json!({"scheme": "uscc", "value": "12441500196720244T"}))]
pub struct OrganisationCode {
    /// The scheme: who gives the code, and how it is read.
    #[schema(max_length = 63, pattern = "^[a-z0-9.-]{1,63}$")]
    scheme: String,
    /// The code itself, without blanks around it.
    #[schema(min_length = 1, max_length = 128, pattern = r"^\S(.*\S)?$")]
    value: String,
}

/// Most bytes of a value: with its scheme it has to fit the name of a stream.
const MOST_BYTES: usize = 192;

#[derive(Deserialize)]
struct RawCode {
    scheme: String,
    value: String,
}

impl OrganisationCode {
    /// The scheme of unified social credit codes.
    pub const USCC: &str = "uscc";

    /// Checks `value` as `scheme` asks.
    pub fn new(scheme: &str, value: &str) -> Result<Self, CodeError> {
        check_scheme(scheme)?;
        if scheme == Self::USCC {
            value.parse::<Uscc>()?;
        } else {
            check_opaque(value)?;
            if value.len() > MOST_BYTES {
                return Err(CodeError::Shape("an organisation code has at most 192 bytes of UTF-8"));
            }
        }
        Ok(Self { scheme: scheme.to_owned(), value: value.to_owned() })
    }

    /// The code under its own scheme where it is a valid USCC, else under `other`.
    pub fn recognise(value: &str, other: &str) -> Result<Self, CodeError> {
        Self::new(Self::USCC, value).or_else(|_| Self::new(other, value))
    }

    /// The scheme's name.
    pub fn scheme(&self) -> &str {
        &self.scheme
    }

    /// The value in the scheme.
    pub fn value(&self) -> &str {
        &self.value
    }
}

impl TryFrom<RawCode> for OrganisationCode {
    type Error = CodeError;

    fn try_from(raw: RawCode) -> Result<Self, CodeError> {
        Self::new(&raw.scheme, &raw.value)
    }
}

impl fmt::Display for OrganisationCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.scheme, self.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_fits_the_name_of_a_stream() {
        let longest_scheme = "s".repeat(63);
        let longest = OrganisationCode::new(&longest_scheme, &"局".repeat(64)).expect("192 bytes");
        assert!(longest.to_string().len() <= 256);
        assert!(OrganisationCode::new("local", &"局".repeat(65)).is_err());
        assert!(OrganisationCode::new("local", &"x".repeat(129)).is_err());
    }
}
