//! What matching needs to know of an item: its own type, so that it depends on nobody's.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// A code of a scheme that several departments share.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SharedCode {
    /// Name of the scheme, for example `cn-basic` (政务服务事项基本编码).
    pub scheme: String,
    /// The code, as written.
    pub value: String,
}

/// One service item as matching sees it. Only the name is needed; every other field may be empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Profile {
    /// Name of the service, in any language.
    pub name: String,
    /// Codes of schemes that departments share. Never a department's local codes: two departments may both count from 1.
    pub codes: Vec<SharedCode>,
    /// Kind of item (GB/T 39046 Annex A, for example `01` for 行政许可).
    pub kind: Option<String>,
    /// Who may ask for it, for example `natural-person`. Empty: not stated.
    pub audience: Vec<String>,
    /// Administrative level, 1 (national) to 6 (village).
    pub level: Option<u8>,
    /// Regions served: GB/T 2260 digits (6, 9 or 12). Empty: not stated.
    pub regions: Vec<String>,
    /// Name of the department that answers for it, as written, or its code where there is no name.
    pub department: Option<String>,
    /// Organisation that the department belongs to, or its code.
    pub organisation: Option<String>,
    /// Laws, regulations and rules that it rests on (设定依据), as written.
    pub legal_basis: Vec<String>,
    /// What the service is, in a few sentences.
    pub summary: Option<String>,
    /// Search words.
    pub keywords: Vec<String>,
    /// Where it is called or opened, as an absolute URL.
    pub endpoint: Option<String>,
}

impl Profile {
    /// Codes that can be evidence, as (scheme, value) without placeholders, each once.
    pub(crate) fn usable_codes(&self) -> BTreeSet<(String, String)> {
        self.codes
            .iter()
            .map(|code| (code.scheme.trim().to_lowercase(), code.value.trim().to_uppercase()))
            .filter(|(_, value)| !is_placeholder(value))
            .collect()
    }

    /// The endpoint in one spelling, unless it is missing or only the front page of a site, which many items share.
    pub(crate) fn usable_endpoint(&self) -> Option<String> {
        let url = self.endpoint.as_deref()?.trim();
        let url = url.split('#').next().unwrap_or_default().trim_end_matches('/');
        let (scheme, rest) = url.split_once("://")?;
        let host_ends = rest.find(['/', '?'])?;
        let (host, path) = rest.split_at(host_ends);
        Some(format!("{}://{}{path}", scheme.to_lowercase(), host.to_lowercase()))
    }
}

/// Real lists fill an obligatory code column with dashes, zeros or "none".
fn is_placeholder(value: &str) -> bool {
    matches!(value, "无" | "暂无" | "NONE" | "NULL" | "N/A" | "NA")
        || !value.chars().any(|c| c.is_alphanumeric() && c != '0')
        || (value.chars().count() > 3 && value.chars().all(|c| value.starts_with(c)))
}

/// The digits that narrow a GB/T 2260 division: `330100` is `3301`, `000000` is the whole country.
pub(crate) fn significant_digits(region: &str) -> &str {
    let mut digits = region.trim();
    for (length, step) in [(12, 3), (9, 3), (6, 2), (4, 2), (2, 2)] {
        if digits.len() == length && digits.is_char_boundary(length - step) {
            let (head, tail) = digits.split_at(length - step);
            if tail.bytes().all(|b| b == b'0') {
                digits = head;
            }
        }
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn divisions_are_told_apart_by_their_significant_digits() {
        let meet = |a: &str, b: &str| significant_digits(a) == significant_digits(b);
        assert!(meet("330106", " 330106000000 "));
        assert!(meet("000000", "000000000"));
        assert!(!meet("330106", "330110"));
        assert!(!meet("330100", "330106"), "a city's office beside a district's own");
        assert!(!meet("000000", "420000"));
        assert!(!meet("区", "💧"));
    }

    #[test]
    fn placeholders_are_no_codes() {
        for value in ["", " ", "-", "0000", "无", "n/a", "99999999"] {
            let code = SharedCode { scheme: "cn-basic".into(), value: value.into() };
            let profile = Profile { codes: vec![code], ..Profile::default() };
            assert!(profile.usable_codes().is_empty(), "{value:?}");
        }
    }

    #[test]
    fn a_front_page_is_no_endpoint_and_spelling_does_not_matter() {
        let at = |url: &str| Profile { endpoint: Some(url.into()), ..Profile::default() }.usable_endpoint();
        assert_eq!(at("https://Example.CN/a/"), at("HTTPS://example.cn/a#top"));
        assert_eq!(at("https://example.cn/"), None);
        assert_eq!(at("not a url"), None);
    }
}
