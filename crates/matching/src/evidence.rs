//! What matching answers: a verdict, a probability, and the reasons for them in words.

use serde::{Deserialize, Serialize};

/// What a piece of evidence speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Feature {
    /// A code of a shared scheme.
    Code,
    /// The name as a whole.
    Name,
    /// What is done: 核发, 变更, 注销 …
    Act,
    /// Which way: 转入 or 转出.
    Direction,
    /// What it is done to.
    Object,
    /// Whom it is for, by the name: 公司 or 分公司.
    Subject,
    /// Grade, class or number: 甲类 or 乙类.
    Grade,
    /// Reach: 省内 or 省外.
    Scope,
    /// A restriction in brackets.
    Qualifier,
    /// Kind of item (GB/T 39046).
    Kind,
    /// Natural or legal persons.
    Audience,
    /// Administrative level.
    Level,
    /// Regions served.
    Region,
    /// Department or organisation.
    Department,
    /// The summary.
    Summary,
    /// The search words.
    Keywords,
    /// Laws and rules that it rests on.
    LegalBasis,
    /// The address where it is called.
    Endpoint,
    /// Another item that is closer.
    Rival,
    /// A third item that both are the same as.
    Neighbour,
}

impl Feature {
    /// The features that the word lists may name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "act" => Self::Act,
            "direction" => Self::Direction,
            "object" => Self::Object,
            "subject" => Self::Subject,
            "grade" => Self::Grade,
            "scope" => Self::Scope,
            _ => return None,
        })
    }

    /// The feature's name as it is serialised.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Name => "name",
            Self::Act => "act",
            Self::Direction => "direction",
            Self::Object => "object",
            Self::Subject => "subject",
            Self::Grade => "grade",
            Self::Scope => "scope",
            Self::Qualifier => "qualifier",
            Self::Kind => "kind",
            Self::Audience => "audience",
            Self::Level => "level",
            Self::Region => "region",
            Self::Department => "department",
            Self::Summary => "summary",
            Self::Keywords => "keywords",
            Self::LegalBasis => "legal-basis",
            Self::Endpoint => "endpoint",
            Self::Rival => "rival",
            Self::Neighbour => "neighbour",
        }
    }

    /// The feature in Chinese, for evidence.
    pub(crate) fn zh(self) -> &'static str {
        match self {
            Self::Code => "编码",
            Self::Name => "名称",
            Self::Act => "办理环节",
            Self::Direction => "方向",
            Self::Object => "办理对象",
            Self::Subject => "主体",
            Self::Grade => "等级或编号",
            Self::Scope => "范围",
            Self::Qualifier => "限定说明",
            Self::Kind => "事项类型",
            Self::Audience => "服务对象",
            Self::Level => "行使层级",
            Self::Region => "服务区域",
            Self::Department => "部门",
            Self::Summary => "事项简介",
            Self::Keywords => "关键词",
            Self::LegalBasis => "设定依据",
            Self::Endpoint => "服务地址",
            Self::Rival => "更相近的事项",
            Self::Neighbour => "共同的第三事项",
        }
    }

    /// The feature in English, for evidence.
    pub(crate) fn en(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Name => "name",
            Self::Act => "act",
            Self::Direction => "direction",
            Self::Object => "object",
            Self::Subject => "subject",
            Self::Grade => "grade or number",
            Self::Scope => "scope",
            Self::Qualifier => "restriction",
            Self::Kind => "kind",
            Self::Audience => "audience",
            Self::Level => "level",
            Self::Region => "region",
            Self::Department => "department",
            Self::Summary => "summary",
            Self::Keywords => "keywords",
            Self::LegalBasis => "legal basis",
            Self::Endpoint => "endpoint",
            Self::Rival => "closer item",
            Self::Neighbour => "common third item",
        }
    }
}

/// One reason for or against, readable without knowing the model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Evidence {
    /// What it speaks of.
    pub feature: Feature,
    /// Weight in bits: +1 doubles the odds of one service, −1 halves them, 0 only informs.
    pub weight: f64,
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
}

/// The longest wording of one piece of evidence, in characters: codes and audiences are a client's bytes.
const MAX_WORDING_CHARS: usize = 160;

impl Evidence {
    /// A reason, its wording cut to a bounded length.
    pub(crate) fn new(feature: Feature, weight: f64, zh: impl AsRef<str>, en: impl AsRef<str>) -> Self {
        let [zh, en] = [zh.as_ref(), en.as_ref()].map(|wording| clip(wording, MAX_WORDING_CHARS));
        // Two digits are more than the model knows.
        let weight = (weight * 100.0).round() / 100.0 + 0.0;
        Self { feature, weight, zh, en }
    }
}

/// The first `most` characters of a text, with an ellipsis if it is longer.
pub(crate) fn clip(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// What follows from a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Strong evidence, no contradiction: one entry, without asking anybody.
    Same,
    /// Middling evidence: a case for a steward.
    Suspect,
    /// Two services.
    Distinct,
}

/// What two items are to each other if they are the same service. Says nothing about whether they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Relation {
    /// The same service for other people or in another region: the normal case.
    OtherImplementer,
    /// The same service for the same people in the same region: one of the two is too many, or has a reason.
    Duplicate,
}

/// The answer to "is this the same service?".
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Match {
    /// Stated probability that the two are one service, 0 to 1.
    pub probability: f64,
    /// What follows.
    pub verdict: Verdict,
    /// What they would be to each other.
    pub relation: Relation,
    /// The reasons, the heaviest first.
    pub evidence: Vec<Evidence>,
}
