//! The place at the beginning of a name: 杭州市西湖区 in 杭州市西湖区市场监督管理局食品经营许可.

use crate::lexicon::{Lexicon, Place};

/// The most divisions, one inside the other, that a name begins with.
const MAX_DEPTH: usize = 5;

/// The most characters of a township or a Japanese district without its last word: 下沙 in 下沙街道.
const MAX_STEM: usize = 4;

/// The shortest county that is one without its city before it: 云和县, but not 和县.
const MIN_COUNTY_BYTES: usize = 9;

/// How many bytes of a folded text are a place. 0 when it doesn't begin with one; short forms (浙江) count when `short`.
pub(crate) fn leading_place(lexicon: &Lexicon, text: &str, short: bool) -> usize {
    let mut end = 0;
    let mut last = None;
    for _ in 0..MAX_DEPTH {
        let Some(rest) = text.get(end..) else { break };
        let found = listed(lexicon, rest, last, short).or_else(|| by_rule(lexicon, rest, last?));
        let Some((length, place)) = found else { break };
        end += length;
        last = Some(place);
    }
    end
}

/// A listed place, the longest that may stand after `last`.
fn listed(lexicon: &Lexicon, text: &str, last: Option<Place>, short: bool) -> Option<(usize, Place)> {
    let (length, place) = lexicon.places.leading(text, |length, place| {
        let allowed = match place {
            Place::Division | Place::Japan => true,
            Place::County => last.is_some() || length >= MIN_COUNTY_BYTES,
            Place::Zone => last.is_some(),
            Place::Short => short,
            Place::Country | Place::Not | Place::Compound | Place::Apart => false,
        };
        allowed && (*place == Place::Short || ends_as_place(lexicon, text, length))
    })?;
    Some((length, *place))
}

/// Whether no compound word runs over the end of a place, as 市场 does in 吉林市场.
fn ends_as_place(lexicon: &Lexicon, text: &str, length: usize) -> bool {
    let Some(last) = text.get(..length).and_then(|place| place.chars().next_back()) else { return false };
    let over = text.get(length - last.len_utf8()..).unwrap_or_default();
    let joined = |_: usize, place: &Place| matches!(place, Place::Compound | Place::Apart);
    !matches!(lexicon.places.leading(over, joined), Some((_, Place::Compound)))
}

/// A township of a county, or a district of a Japanese city: a few characters and a word for it.
fn by_rule(lexicon: &Lexicon, text: &str, last: Place) -> Option<(usize, Place)> {
    let endings: &[&str] = match last {
        Place::County | Place::Zone => &["街道", "镇", "乡"],
        Place::Japan => &["市", "区", "町", "村", "郡"],
        Place::Division | Place::Short | Place::Country | Place::Not | Place::Compound | Place::Apart => {
            return None;
        }
    };
    let stems = text.char_indices().map(|(at, _)| at).skip(1).take(MAX_STEM);
    let (length, _) = stems
        .filter_map(|at| {
            let rest = text.get(at..)?;
            endings.iter().find(|ending| rest.starts_with(**ending)).map(|ending| (at + ending.len(), ending))
        })
        .next()?;
    let written = text.get(..length)?;
    let none = written
        .char_indices()
        .any(|(at, _)| written.get(at..).is_some_and(|end| lexicon.not_places.contains(end)));
    (!none && ends_as_place(lexicon, text, length)).then_some((length, last))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fold::fold;

    fn place(text: &str) -> String {
        let text = fold(text);
        text.get(..leading_place(Lexicon::built_in(), &text, false)).unwrap_or_default().to_owned()
    }

    #[test]
    fn a_place_is_read_as_far_as_it_goes() {
        assert_eq!(place("杭州市西湖区市场监督管理局食品经营许可核发"), "杭州市西湖区");
        assert_eq!(place("浙江省杭州市余杭区仓前街道居住证申领"), "浙江省杭州市余杭区仓前街道");
        assert_eq!(place("内蒙古自治区锡林郭勒盟多伦县草原征占用审核"), "内蒙古自治区锡林郭勒盟多伦县");
        assert_eq!(place("义乌市住房公积金提取"), "义乌市");
        assert_eq!(place("杭州市民政局结婚登记"), "杭州市");
        assert_eq!(place("東京都世田谷区住民票の写し"), "东京都世田谷区");
        assert_eq!(place("横浜市中区 転入届"), "横浜市中区");
    }

    #[test]
    fn what_only_sounds_like_a_place_is_none() {
        for name in [
            "城市道路挖掘许可",
            "市场主体登记",
            "社区矫正",
            "吉林市场调查",
            "城镇职工参保",
            "和县",
            "浙江绿卡",
            "",
            "县级文物保护",
            "企业上市奖励",
            "City of Toronto",
        ] {
            assert_eq!(place(name), "", "{name}");
        }
        assert_eq!(place("杭州市西湖区城乡居民参保"), "杭州市西湖区");
        assert_eq!(place("杭州市西湖区乡镇企业"), "杭州市西湖区");
        assert_eq!(place("杭州市市民卡申领"), "杭州市");
        assert_eq!(place("杭州市民卡申领"), "");
    }
}
