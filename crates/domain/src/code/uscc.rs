//! 统一社会信用代码, the unified social credit code (GB 32100-2015), with its organisation code (GB 11714-1997).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::CodeError;

const WHAT: &str = "a unified social credit code";
const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
const ORGANISATION_WEIGHTS: [u32; 8] = [3, 7, 9, 10, 5, 8, 4, 2];

/// A unified social credit code: 18 characters whose two check characters are right.
///
/// Characters 3–8 name the division that registered the body, which need not be the one that it serves.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, max_length = 18, pattern = "^[0-9A-HJ-NPQRTUWXY]{18}$", example = "12441500196720244T")]
pub struct Uscc(String);

impl Uscc {
    /// The code's 18 characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Uscc {
    type Err = CodeError;

    fn from_str(text: &str) -> Result<Self, CodeError> {
        if text.chars().count() != 18 {
            return Err(CodeError::Length { what: WHAT, expected: "18" });
        }
        let mut sum = 0;
        let mut weight = 1;
        for found in text.chars().take(17) {
            sum += value_of(found)? * weight;
            weight = weight * 3 % 31;
        }
        let organisation: String = text.chars().skip(8).take(8).collect();
        expect_check(text.chars().nth(16), organisation_check_character(&organisation)?)?;
        let index = usize::try_from((31 - sum % 31) % 31).unwrap_or_default();
        let last = text.chars().nth(17);
        last.map(value_of).transpose()?;
        expect_check(last, ALPHABET.get(index).map_or('0', |b| char::from(*b)))?;
        Ok(Self(text.to_owned()))
    }
}

/// Position of a character in the alphabet of GB 32100, which leaves out I, O, S, V and Z.
fn value_of(found: char) -> Result<u32, CodeError> {
    ALPHABET
        .iter()
        .position(|b| char::from(*b) == found)
        .and_then(|position| u32::try_from(position).ok())
        .ok_or(CodeError::Alphabet { what: WHAT, found })
}

fn expect_check(found: Option<char>, expected: char) -> Result<(), CodeError> {
    match found {
        Some(found) if found == expected => Ok(()),
        Some(found) => Err(CodeError::CheckCharacter { what: WHAT, found, expected }),
        None => Err(CodeError::Length { what: WHAT, expected: "18" }),
    }
}

/// The check character of GB 11714 over the first eight characters of an organisation code.
pub fn organisation_check_character(body: &str) -> Result<char, CodeError> {
    const WHAT: &str = "an organisation code";
    if body.chars().count() != 8 {
        return Err(CodeError::Length { what: WHAT, expected: "8 and a check character" });
    }
    let mut sum = 0;
    for (found, weight) in body.chars().zip(ORGANISATION_WEIGHTS) {
        let value = match found {
            '0'..='9' | 'A'..='Z' => found.to_digit(36).unwrap_or_default(),
            _ => return Err(CodeError::Alphabet { what: WHAT, found }),
        };
        sum += value * weight;
    }
    Ok(match 11 - sum % 11 {
        10 => 'X',
        11 => '0',
        digit => char::from_digit(digit, 10).unwrap_or('0'),
    })
}

impl fmt::Display for Uscc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Uscc {
    type Error = CodeError;

    fn try_from(text: String) -> Result<Self, CodeError> {
        text.parse()
    }
}

impl From<Uscc> for String {
    fn from(code: Uscc) -> Self {
        code.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn codes_of_real_bodies_pass() {
        for code in ["12441500196720244T", "51420000MJH2003604"] {
            assert!(code.parse::<Uscc>().is_ok(), "{code}");
        }
    }

    #[test]
    fn each_kind_of_mistake_has_its_own_error() {
        let error = |text: &str| text.parse::<Uscc>().expect_err("must be refused");
        assert!(matches!(error("11330100MA27XW1300"), CodeError::CheckCharacter { .. }));
        assert!(matches!(error("12441500196720244"), CodeError::Length { .. }));
        assert!(matches!(
            error("1244150019672024ZT"),
            CodeError::Alphabet { .. } | CodeError::CheckCharacter { .. }
        ));
        assert!(matches!(error("I2441500196720244T"), CodeError::Alphabet { found: 'I', .. }));
        assert!(matches!(error("12441500196720244t"), CodeError::Alphabet { found: 't', .. }));
    }

    proptest! {
        #[test]
        fn one_changed_character_is_always_found(position in 0usize..18, replacement in 0usize..31) {
            let valid = "12441500196720244T";
            let mut changed: Vec<char> = valid.chars().collect();
            changed[position] = char::from(ALPHABET[replacement]);
            let changed: String = changed.into_iter().collect();
            prop_assert_eq!(changed.parse::<Uscc>().is_ok(), changed == valid);
        }

        #[test]
        fn no_text_panics(text in "\\PC*") {
            if let Ok(code) = text.parse::<Uscc>() {
                prop_assert_eq!(code.to_string(), text);
            }
        }
    }
}
