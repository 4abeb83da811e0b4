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
    #[schema(pattern = "^[a-z0-9.-]{1,63}$")]
    scheme: String,
    #[schema(min_length = 1, max_length = 128)]
    value: String,
}

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
