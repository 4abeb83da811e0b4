//! Codes of service items: 基本编码, 实施编码, 业务办理项编码 (GB/T 39046, 国办 item-code rules), and codes of other families.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{CodeError, Uscc, check_opaque, check_scheme};

/// The scheme of national basic codes.
pub const BASIC_CODE_SCHEME: &str = "cn-basic";
/// The scheme of codes that mean something in one department only; never evidence of a shared service.
pub const LOCAL_SCHEME: &str = "local";
const IMPLEMENTATION_SCHEME: &str = "cn-implementation";
const HANDLING_SCHEME: &str = "cn-handling";

/// 基本编码: 2 digits region prefix, 2 item type, 5 main item, 3 sub-item (`000` for none).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BasicCode(String);

impl BasicCode {
    /// The code's 12 digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The sub-item's number, none where the code names a main item.
    pub fn sub_item(&self) -> Option<&str> {
        self.0.get(9..).filter(|sub| *sub != "000")
    }
}

impl FromStr for BasicCode {
    type Err = CodeError;

    fn from_str(text: &str) -> Result<Self, CodeError> {
        const WHAT: &str = "a basic code";
        match text.chars().find(|c| !c.is_ascii_digit()) {
            Some(found) => Err(CodeError::Alphabet { what: WHAT, found }),
            None if text.len() != 12 => Err(CodeError::Length { what: WHAT, expected: "12" }),
            None => Ok(Self(text.to_owned())),
        }
    }
}

/// 实施编码: the implementing body's USCC (18), the level (1), and the basic code (12).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ImplementationCode {
    /// The implementing body.
    pub organisation: Uscc,
    /// 1 national … 5 township, 6 village.
    pub level: u8,
    /// The basic code that is implemented.
    pub basic: BasicCode,
}

impl FromStr for ImplementationCode {
    type Err = CodeError;

    fn from_str(text: &str) -> Result<Self, CodeError> {
        if text.len() != 31 || !text.is_ascii() {
            return Err(CodeError::Length { what: "an implementation code", expected: "31" });
        }
        let level = match text.as_bytes().get(18) {
            Some(level @ b'1'..=b'6') => level - b'0',
            Some(_) | None => return Err(CodeError::Shape("the level of an implementation code is 1 to 6")),
        };
        Ok(Self { organisation: text[..18].parse()?, level, basic: text[19..].parse()? })
    }
}

/// 业务办理项编码: an implementation code (31) and the number of the handling item (2 digits).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct HandlingCode {
    /// The implementation code.
    pub implementation: ImplementationCode,
    /// The two digits of the handling item.
    pub number: u8,
}

impl FromStr for HandlingCode {
    type Err = CodeError;

    fn from_str(text: &str) -> Result<Self, CodeError> {
        if text.len() != 33 || !text.is_ascii() {
            return Err(CodeError::Length { what: "a handling code", expected: "33" });
        }
        let (head, number) = text.split_at(31);
        if !number.bytes().all(|b| b.is_ascii_digit()) {
            return Err(CodeError::Shape("a handling code ends in two digits"));
        }
        let number = number.parse().map_err(|_| CodeError::Shape("a handling code ends in two digits"))?;
        Ok(Self { implementation: head.parse()?, number })
    }
}

/// A code of an item: checked where the scheme is known, kept as it is elsewhere.
///
/// Known schemes: `cn-basic`, `cn-implementation`, `cn-handling`. `local` codes mean something in one
/// department only; every other scheme is shared by those who write it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "RawCode")]
#[schema(example = json!({"scheme": "cn-basic", "value": "442199806003"}))]
pub struct ItemCode {
    /// The scheme: who gives the code, and how it is read.
    #[schema(max_length = 63, pattern = "^[a-z0-9.-]{1,63}$")]
    scheme: String,
    /// The code itself, without blanks around it.
    #[schema(min_length = 1, max_length = 128, pattern = r"^\S(.*\S)?$")]
    value: String,
}

#[derive(Deserialize)]
struct RawCode {
    scheme: String,
    value: String,
}

impl ItemCode {
    /// Checks `value` as `scheme` asks.
    pub fn new(scheme: &str, value: &str) -> Result<Self, CodeError> {
        check_scheme(scheme)?;
        match scheme {
            BASIC_CODE_SCHEME => drop(value.parse::<BasicCode>()?),
            IMPLEMENTATION_SCHEME => drop(value.parse::<ImplementationCode>()?),
            HANDLING_SCHEME => drop(value.parse::<HandlingCode>()?),
            _ => check_opaque(value)?,
        }
        Ok(Self { scheme: scheme.to_owned(), value: value.to_owned() })
    }

    /// The scheme's name.
    pub fn scheme(&self) -> &str {
        &self.scheme
    }

    /// The value in the scheme.
    pub fn value(&self) -> &str {
        &self.value
    }

    /// The code under which other departments would know the same service, as (scheme, value).
    ///
    /// Implementation and handling codes hold a basic code; local codes are shared with nobody.
    pub fn shared(&self) -> Option<(&str, &str)> {
        match self.scheme.as_str() {
            LOCAL_SCHEME => None,
            IMPLEMENTATION_SCHEME | HANDLING_SCHEME => {
                self.value.get(19..31).map(|basic| (BASIC_CODE_SCHEME, basic))
            }
            scheme => Some((scheme, &self.value)),
        }
    }
}

impl TryFrom<RawCode> for ItemCode {
    type Error = CodeError;

    fn try_from(raw: RawCode) -> Result<Self, CodeError> {
        Self::new(&raw.scheme, &raw.value)
    }
}

impl fmt::Display for ItemCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.scheme, self.value)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const IMPLEMENTATION: &str = "12441500196720244T3442199806003";

    #[test]
    fn the_codes_hold_one_another() {
        let handling: HandlingCode = format!("{IMPLEMENTATION}01").parse().expect("well formed");
        assert_eq!(handling.number, 1);
        assert_eq!(handling.implementation.level, 3);
        assert_eq!(handling.implementation.organisation.as_str(), "12441500196720244T");
        assert_eq!(handling.implementation.basic.as_str(), "442199806003");
        assert_eq!(handling.implementation.basic.sub_item(), Some("003"));
        assert_eq!("442199806000".parse::<BasicCode>().expect("well formed").sub_item(), None);
    }

    #[test]
    fn a_shared_code_is_the_basic_code_whichever_form_holds_it() {
        let shared = |scheme, value: &str| {
            ItemCode::new(scheme, value)
                .expect("well formed")
                .shared()
                .map(|(s, v)| (s.to_owned(), v.to_owned()))
        };
        let basic = Some(("cn-basic".to_owned(), "442199806003".to_owned()));
        assert_eq!(shared("cn-basic", "442199806003"), basic);
        assert_eq!(shared("cn-implementation", IMPLEMENTATION), basic);
        assert_eq!(shared("cn-handling", &format!("{IMPLEMENTATION}01")), basic);
        assert_eq!(shared("local", "G-000007-001"), None);
        assert_eq!(
            shared("sichuan", "511A0138000000"),
            Some(("sichuan".to_owned(), "511A0138000000".to_owned()))
        );
    }

    #[test]
    fn wrong_codes_are_refused() {
        assert!(ItemCode::new("cn-basic", "511Z07001006").is_err());
        assert!(ItemCode::new("cn-implementation", "12441500196720244T7442199806003").is_err());
        assert!(ItemCode::new("cn-implementation", "12441500196720244X3442199806003").is_err());
        assert!(ItemCode::new("cn-handling", &format!("{IMPLEMENTATION}0x")).is_err());
        assert!(ItemCode::new("Local", "x").is_err());
        assert!(ItemCode::new("local", "").is_err());
    }

    proptest! {
        #[test]
        fn no_text_panics(scheme in "cn-basic|cn-implementation|cn-handling|local|\\PC*", value in "\\PC*") {
            if let Ok(code) = ItemCode::new(&scheme, &value) {
                let _ = code.shared();
                prop_assert_eq!(code.value(), value);
            }
        }
    }
}
