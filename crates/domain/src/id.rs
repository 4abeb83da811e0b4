//! Identifiers. Each is a natural key or derived from one, so that uniqueness is the event store's own rule.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::code::{CodeError, OrganisationCode};

/// Namespace of Yimen's name-based identifiers (uuid v5); never changes.
const NAMESPACE: Uuid = Uuid::from_u128(0x9f0c_6c0e_6a55_5d1f_8a34_7c2b_51d0_11ea);

/// Why a text is not an identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// Not a UUID.
    #[error("not a UUID")]
    NotUuid,
    /// Not an organisation code.
    #[error(transparent)]
    Code(#[from] CodeError),
    /// Characters or length are not allowed.
    #[error("{0}")]
    Shape(&'static str),
}

/// A department, by its organisation code: `uscc:12441500196720244T`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(
    value_type = String, min_length = 3, max_length = 192, example = "uscc:12441500196720244T",
    pattern = r"^[a-z0-9.-]{1,63}:[^\s\x00-\x1f\x7f-\x9f]([^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f])?$"
)]
pub struct DepartmentId(OrganisationCode);

impl DepartmentId {
    /// The organisation code.
    pub fn code(&self) -> &OrganisationCode {
        &self.0
    }
}

impl From<OrganisationCode> for DepartmentId {
    fn from(code: OrganisationCode) -> Self {
        Self(code)
    }
}

impl fmt::Display for DepartmentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.0.scheme(), self.0.value())
    }
}

impl FromStr for DepartmentId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let (scheme, value) = text.split_once(':').ok_or(IdError::Shape(
            "a department is written scheme:code, for example uscc:12441500196720244T",
        ))?;
        Ok(Self(OrganisationCode::new(scheme, value)?))
    }
}

/// The code under which a department itself knows an item; unique within the department.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, min_length = 1, max_length = 128, pattern = r"\S", example = "SP-001")]
pub struct LocalCode(String);

impl fmt::Display for LocalCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for LocalCode {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let text = text.trim();
        if text.is_empty() || text.chars().count() > 128 || text.chars().any(char::is_control) {
            return Err(IdError::Shape(
                "a local item code has 1 to 128 characters and no control characters",
            ));
        }
        Ok(Self(text.to_owned()))
    }
}

/// A channel, by its client identifier.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, max_length = 64, pattern = "^[A-Za-z0-9._-]{1,64}$", example = "hangzhou-app")]
pub struct ChannelId(String);

impl fmt::Display for ChannelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for ChannelId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
        if !(1..=64).contains(&text.len()) || !text.bytes().all(allowed) {
            return Err(IdError::Shape("a client id has 1 to 64 characters of A-Z a-z 0-9 . _ -"));
        }
        Ok(Self(text.to_owned()))
    }
}

/// A revocation, by the mark of what is revoked: a keyed hash in base64url, from which nobody gets back to it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, min_length = 43, max_length = 43, pattern = "^[A-Za-z0-9_-]{43}$")]
pub struct RevocationId(String);

impl fmt::Display for RevocationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for RevocationId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
        if text.len() != 43 || !text.bytes().all(allowed) {
            return Err(IdError::Shape("a revocation's mark has 43 characters of A-Z a-z 0-9 _ -"));
        }
        Ok(Self(text.to_owned()))
    }
}

macro_rules! string_conversions {
    ($($name:ident),*) => {$(
        impl TryFrom<String> for $name {
            type Error = IdError;

            fn try_from(text: String) -> Result<Self, IdError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.to_string()
            }
        }
    )*};
}
string_conversions!(DepartmentId, LocalCode, ChannelId, RevocationId);

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
        #[serde(transparent)]
        #[schema(value_type = String, format = Uuid)]
        pub struct $name(Uuid);

        impl $name {
            /// The identifier as a UUID.
            pub const fn as_uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                // Only the hyphenated lower-case form, so that one resource has one URL.
                match Uuid::try_parse(text).map(Self) {
                    Ok(id) if id.to_string() == text => Ok(id),
                    Ok(_) | Err(_) => Err(IdError::NotUuid),
                }
            }
        }
    };
}

uuid_id!(
    /// A registered service item.
    ItemId
);
uuid_id!(
    /// An entry of the catalogue; the same UUID as the item that founded it.
    EntryId
);
uuid_id!(
    /// A duplicate case, by the unordered pair of its items.
    CaseId
);

uuid_id!(
    /// A batch of call counts, as its writer named it at random.
    CountId
);

impl From<Uuid> for CountId {
    fn from(batch: Uuid) -> Self {
        Self(batch)
    }
}

impl ItemId {
    /// The item that `department` knows under `code`.
    pub fn new(department: &DepartmentId, code: &LocalCode) -> Self {
        Self(Uuid::new_v5(&NAMESPACE, format!("item\0{department}\0{code}").as_bytes()))
    }
}

impl EntryId {
    /// The entry that `item` founds, or would found.
    pub const fn founded_by(item: ItemId) -> Self {
        Self(item.0)
    }

    /// The item that founded this entry.
    pub const fn founder(self) -> ItemId {
        ItemId(self.0)
    }
}

impl CaseId {
    /// The case of two items, in whichever order they are named.
    pub fn new(a: ItemId, b: ItemId) -> Self {
        let (low, high) = if a <= b { (a, b) } else { (b, a) };
        Self(Uuid::new_v5(&NAMESPACE, format!("case\0{low}\0{high}").as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_is_the_same_whoever_derives_it() {
        let department: DepartmentId = "local:区经信局".parse().expect("well formed");
        let code: LocalCode = " A-1 ".parse().expect("well formed");
        let item = ItemId::new(&department, &code);
        assert_eq!(item, ItemId::new(&department, &"A-1".parse().expect("well formed")));
        assert_eq!(EntryId::founded_by(item).founder(), item);
        let other = ItemId::new(&department, &"A-2".parse().expect("well formed"));
        assert_eq!(CaseId::new(item, other), CaseId::new(other, item));
        assert_ne!(item, other);
    }

    #[test]
    fn one_resource_has_one_spelling() {
        assert!("0d6f3c1e-0000-5000-8000-000000000001".parse::<EntryId>().is_ok());
        assert!("0d6f3c1e000050008000000000000001".parse::<EntryId>().is_err());
        assert!("0D6F3C1E-0000-5000-8000-000000000001".parse::<EntryId>().is_err());
        assert!("uscc:12441500196720244t".parse::<DepartmentId>().is_err());
        assert!("no-colon".parse::<DepartmentId>().is_err());
    }
}
