//! 行政区划, administrative division codes (GB/T 2260, and the 9- and 12-digit statistical codes below it).

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::CodeError;

const WHAT: &str = "a division code";
const NATIONAL: &str = "000000";
/// The digits of a village.
const MOST_DIGITS: usize = 12;

/// A division in its shortest form: 6 digits to the county, 9 to the township, 12 to the village.
///
/// `000000` is the whole country. Abolished codes are accepted: well-formed is enough.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(
    value_type = String, min_length = 6, max_length = 12, pattern = "^([0-9]{6}|[0-9]{9}|[0-9]{12})$",
    example = "330106"
)]
pub struct Division(Digits);

/// A division's digits, without memory of their own: a catalogue holds some for each item.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Digits {
    /// ASCII, then zero bytes: so that the order is that of the text.
    bytes: [u8; MOST_DIGITS],
    length: u8,
}

impl Division {
    /// The whole country, `000000`.
    pub fn national() -> Self {
        Self::of(NATIONAL)
    }

    /// The division of these digits, [`MOST_DIGITS`] at most.
    fn of(text: &str) -> Self {
        let mut digits = Digits { bytes: [0; MOST_DIGITS], length: 0 };
        for (place, digit) in digits.bytes.iter_mut().zip(text.bytes()) {
            *place = digit;
            digits.length += 1;
        }
        Self(digits)
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        let digits = self.0.bytes.get(..self.0.length.into()).unwrap_or_default();
        std::str::from_utf8(digits).unwrap_or_default()
    }

    /// The division directly above, none above the whole country.
    pub fn parent(&self) -> Option<Self> {
        let digits = self.as_str();
        match digits.len() {
            12 => digits.get(..9),
            9 => digits.get(..6),
            _ => None,
        }
        .map(Self::of)
        .or_else(|| {
            if digits == NATIONAL {
                return None;
            }
            let (province, rest) = digits.split_at(2);
            let (city, county) = rest.split_at(2);
            Some(match (city, county) {
                ("00", "00") => Self::national(),
                (_, "00") => Self::of(&format!("{province}0000")),
                (_, _) => Self::of(&format!("{province}{city}00")),
            })
        })
    }

    /// This division, then every one above it up to the whole country: the order in which a service is looked for.
    pub fn lineage(&self) -> impl Iterator<Item = Self> {
        std::iter::successors(Some(self.clone()), Self::parent)
    }

    /// Whether `other` is this division or lies in it.
    pub fn contains(&self, other: &Self) -> bool {
        other.lineage().any(|division| division == *self)
    }

    /// How far below the country it lies: 0 the country, 1 a province … 5 a village.
    pub fn depth(&self) -> usize {
        self.lineage().count() - 1
    }

    /// The division's Chinese name, where the code is known.
    pub fn name(&self) -> Option<&'static str> {
        NAMES.get(self.as_str()).copied()
    }
}

static NAMES: LazyLock<HashMap<&'static str, &'static str>> = LazyLock::new(|| {
    include_str!("../../data/divisions.tsv")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once('\t'))
        .collect()
});

impl FromStr for Division {
    type Err = CodeError;

    fn from_str(text: &str) -> Result<Self, CodeError> {
        if let Some(found) = text.chars().find(|c| !c.is_ascii_digit()) {
            return Err(CodeError::Alphabet { what: WHAT, found });
        }
        if !matches!(text.len(), 6 | 9 | 12) {
            return Err(CodeError::Length { what: WHAT, expected: "6, 9 or 12" });
        }
        let mut digits = text;
        while digits.len() > 6 && digits.ends_with("000") {
            digits = digits.get(..digits.len() - 3).unwrap_or(digits);
        }
        let (province, city, county) = (&digits[..2], &digits[2..4], &digits[4..6]);
        if (province == "00" && digits != NATIONAL) || (city == "00" && county != "00") {
            return Err(CodeError::Shape(
                "a division code has no gap: no county without a city, no city without a province",
            ));
        }
        Ok(Self::of(digits))
    }
}

impl fmt::Display for Division {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Division {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Division").field(&self.as_str()).finish()
    }
}

impl TryFrom<String> for Division {
    type Error = CodeError;

    fn try_from(text: String) -> Result<Self, CodeError> {
        text.parse()
    }
}

impl From<Division> for String {
    fn from(division: Division) -> Self {
        division.as_str().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn division(text: &str) -> Division {
        text.parse().expect("well formed")
    }

    #[test]
    fn fallback_goes_up_the_digits() {
        let up: Vec<_> = division("330106001").lineage().map(|d| d.to_string()).collect();
        assert_eq!(up, ["330106001", "330106", "330100", "330000", "000000"]);
        assert_eq!(division("330106001002").depth(), 5);
    }

    #[test]
    fn padding_is_not_precision() {
        assert_eq!(division("511602000000"), division("511602"));
        assert_eq!(division("330106001000"), division("330106001"));
        assert_eq!(division("000000000000"), Division::national());
    }

    #[test]
    fn a_city_contains_its_districts_and_not_its_neighbours() {
        assert!(division("330100").contains(&division("330106")));
        assert!(Division::national().contains(&division("330106")));
        assert!(!division("330106").contains(&division("330100")));
        assert!(!division("330100").contains(&division("330200")));
    }

    #[test]
    fn known_codes_have_names_and_unknown_ones_are_accepted() {
        assert_eq!(division("330106").name(), Some("西湖区"));
        assert_eq!(division("330100").name(), Some("杭州市"));
        assert_eq!(division("339999").name(), None);
    }

    #[test]
    fn malformed_codes_are_refused() {
        for text in ["", "33010", "3301060", "33010a", "330006", "001000", "３３０１０６"] {
            assert!(text.parse::<Division>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_lineage_ends_at_the_country(text in "[1-9][0-9]{5}([0-9]{3}){0,2}") {
            if let Ok(found) = text.parse::<Division>() {
                let up: Vec<_> = found.lineage().collect();
                prop_assert_eq!(up.last(), Some(&Division::national()));
                prop_assert!(up.len() <= 6);
                prop_assert!(up.iter().all(|above| above.contains(&found)));
                prop_assert_eq!(found.to_string().parse::<Division>(), Ok(found));
            }
        }

        #[test]
        fn no_text_panics(text in "\\PC*") {
            let _ = text.parse::<Division>();
        }
    }
}
