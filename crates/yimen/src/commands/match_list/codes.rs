//! Which codes of a row are shared: evidence that two departments mean one service.
//!
//! As in an import, a code goes under the scheme that its form tells. Where an import would call a code local because
//! no scheme is named for it, a list by itself still knows which column it stands in: that column is the scheme.

use domain::code::{BASIC_CODE_SCHEME, BasicCode, LOCAL_SCHEME};
use domain::{Division, ItemCode, Uscc};
use matching::SharedCode;

use crate::import::standard_item_code;

/// Scheme of item codes that no standard describes and that aren't recognisably a department's own.
const ITEM_CODE_SCHEME: &str = "item-code";
/// Letters and digits below which an item code is a department's own count: others get as far, too.
const FEWEST_SHARED: usize = 8;
/// Length of a unified social credit code (GB 32100).
const USCC_CHARS: usize = 18;

/// The shared codes of a row. `owners` are the codes of its organisation, department and regions.
pub fn shared(item: Option<&str>, basic: Option<&str>, scheme: &str, owners: &[&str]) -> Vec<SharedCode> {
    let mut codes: Vec<SharedCode> = item.and_then(|value| of_item(value, owners)).into_iter().collect();
    if let Some(value) = basic {
        let scheme = if value.parse::<BasicCode>().is_ok() { BASIC_CODE_SCHEME } else { scheme };
        let code = SharedCode { scheme: scheme.to_owned(), value: value.to_owned() };
        if scheme != LOCAL_SCHEME && !codes.contains(&code) {
            codes.push(code);
        }
    }
    codes
}

fn of_item(value: &str, owners: &[&str]) -> Option<SharedCode> {
    let standard = standard_item_code(value);
    let (scheme, value) = match standard.as_ref().map(ItemCode::shared) {
        Some(shared) => shared?,
        None if is_local(value, owners) => return None,
        None => (ITEM_CODE_SCHEME, value),
    };
    Some(SharedCode { scheme: scheme.to_owned(), value: value.to_owned() })
}

/// Whether an item code can be seen to be its department's own: it names its owner, or it only counts.
///
/// A number alone is such a count unless it has the form of a basic code.
fn is_local(value: &str, owners: &[&str]) -> bool {
    let characters = value.chars().filter(|c| c.is_alphanumeric()).count();
    let counts = value.bytes().all(|b| b.is_ascii_digit()) && value.parse::<BasicCode>().is_err();
    characters < FEWEST_SHARED
        || counts
        || owners.iter().any(|owner| names(value, owner))
        || holds_uscc(value)
}

/// Whether a code holds that of its owner. The code of the whole country is too plain to be found by accident.
fn names(value: &str, owner: &str) -> bool {
    owner.len() >= Division::national().as_str().len()
        && owner != Division::national().as_str()
        && value.contains(owner)
}

fn holds_uscc(value: &str) -> bool {
    value.is_ascii()
        && (0..)
            .map_while(|start| value.get(start..start + USCC_CHARS))
            .any(|part| part.parse::<Uscc>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(item: &str, basic: &str, owners: &[&str]) -> Vec<String> {
        let cell = |text: &'static str| (!text.is_empty()).then_some(text);
        let (item, basic) = (item.to_owned().leak(), basic.to_owned().leak());
        shared(cell(item), cell(basic), "basic-code", owners)
            .into_iter()
            .map(|code| format!("{}:{}", code.scheme, code.value))
            .collect()
    }

    #[test]
    fn the_basic_code_counts_wherever_it_stands() {
        let item = "12441500196720244T3442199806003";
        assert_eq!(codes(item, "442199806003", &[]), ["cn-basic:442199806003"]);
        assert_eq!(codes("", "511Z07001006", &[]), ["basic-code:511Z07001006"]);
        assert_eq!(codes(item, "G-7", &[]), ["cn-basic:442199806003", "basic-code:G-7"]);
    }

    #[test]
    fn item_codes_that_name_their_owner_or_count_are_local() {
        let guangan = "511Z07001006-511602000000-000-11511301008778183N-1-00";
        for owners in [&["511602"][..], &["11511301008778183N"]] {
            assert_eq!(codes(guangan, "", owners), [""; 0]);
        }
        for counted in ["1", "A-0001", "2026000123", "99999999999999"] {
            assert_eq!(codes(counted, "", &[]), [""; 0], "{counted}");
        }
        assert_eq!(codes("X12441500196720244T", "", &[]), [""; 0], "a credit code is its owner's");
    }

    #[test]
    fn other_item_codes_are_shared() {
        assert_eq!(codes("511A0138000000", "", &["000000"]), ["item-code:511A0138000000"]);
        assert_eq!(codes("442199806003", "", &[]), ["item-code:442199806003"]);
        assert_eq!(codes("许可〔2026〕第12号甲", "", &[]), ["item-code:许可〔2026〕第12号甲"]);
    }

    #[test]
    fn a_local_scheme_proves_nothing() {
        assert_eq!(shared(None, Some("A-1"), "local", &[]), []);
    }
}
