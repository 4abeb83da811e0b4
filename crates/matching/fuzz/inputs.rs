//! Bytes as profiles: half of a text is pieces of real names, so that reading gets beyond the first character.

use arbitrary::{Arbitrary, Result, Unstructured};
use matching::{Profile, SharedCode};

/// Pieces that reading a name reacts to.
const PIECES: [&str; 48] = [
    "食品",
    "经营许可证",
    "核发",
    "新办",
    "变更",
    "注销",
    "转入",
    "转出",
    "首次",
    "申领",
    "补（换）发",
    "分支机构",
    "社保卡",
    "甲类",
    "第二类",
    "一级",
    "县级",
    "含",
    "和",
    "（",
    "）",
    "(",
    ")",
    "《",
    "》",
    "杭州市",
    "西湖区",
    "市场监督管理局",
    "公安局",
    "下沙街道",
    "東京都",
    "世田谷区",
    "の",
    "交付",
    "Driving",
    " licences ",
    "renewal ",
    "of ",
    "l'",
    "d’",
    "Class ",
    "XII",
    "12",
    "companies",
    "\u{3099}",
    "\u{301}",
    "🚗",
    "\u{0}",
];

/// A text of pieces and of anything else.
#[derive(Clone, Debug)]
pub struct Text(pub String);

impl<'b> Arbitrary<'b> for Text {
    fn arbitrary(bytes: &mut Unstructured<'b>) -> Result<Self> {
        let mut text = String::new();
        for _ in 0..bytes.int_in_range(0..=9)? {
            if bytes.ratio(2, 3)? {
                text.push_str(bytes.choose(&PIECES)?);
            } else {
                text.push_str(bytes.arbitrary()?);
            }
        }
        // Bytes that have run out say yes: a short input is no long text.
        let times = if bytes.ratio(199, 200)? { 1 } else { 1_000 };
        Ok(Self(text.repeat(times)))
    }
}

/// A profile of such texts, with values that often meet those of another one.
#[derive(Clone, Debug)]
pub struct Item(pub Profile);

impl<'b> Arbitrary<'b> for Item {
    fn arbitrary(bytes: &mut Unstructured<'b>) -> Result<Self> {
        let level = bytes.arbitrary()?;
        let codes = many(bytes, &["1", "A2", "0000", "无"])?
            .into_iter()
            .map(|value| SharedCode { scheme: "cn-basic".to_owned(), value })
            .collect();
        Ok(Self(Profile {
            name: text(bytes)?,
            codes,
            kind: one(bytes, &["01", "20", "01,20", "；"])?,
            audience: many(bytes, &["natural-person", "legal-person", ""])?,
            level,
            regions: many(bytes, &["330100", "330106", "330106001000", "000000", "", "区"])?,
            department: one(bytes, &["杭州市水利局", "宁波市水利局", "Ministry of Health", "", "局"])?,
            organisation: one(bytes, &["x", "y", ""])?,
            legal_basis: many(bytes, &["《中华人民共和国水法》第七条", "《食品安全法》", ""])?,
            summary: one(bytes, &["取用水资源的单位和个人", "companies that fish"])?,
            keywords: many(bytes, &["水", "permits", ""])?,
            endpoint: one(bytes, &["https://a.cn/x", "http://", "://", "HTTPS://a.cn/x#y"])?,
        }))
    }
}

fn text(bytes: &mut Unstructured) -> Result<String> {
    Ok(Text::arbitrary(bytes)?.0)
}

/// Nothing, one of these values, or any text.
fn one(bytes: &mut Unstructured, values: &[&str]) -> Result<Option<String>> {
    Ok(match bytes.int_in_range(0..=3)? {
        0 => None,
        1 => Some(text(bytes)?),
        _ => Some((*bytes.choose(values)?).to_owned()),
    })
}

fn many(bytes: &mut Unstructured, values: &[&str]) -> Result<Vec<String>> {
    let count = bytes.int_in_range(0..=3)?;
    let found: Result<Vec<Option<String>>> = (0..count).map(|_| one(bytes, values)).collect();
    Ok(found?.into_iter().flatten().collect())
}
