//! What sort of service an item is, for whom, and at which level of government.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// 事项类型 by GB/T 39046 Annex A; written as its two digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
pub enum Kind {
    /// 行政许可, administrative licence.
    #[serde(rename = "01")]
    Licence,
    /// 行政处罚, administrative penalty.
    #[serde(rename = "02")]
    Penalty,
    /// 行政强制, administrative compulsion.
    #[serde(rename = "03")]
    Compulsion,
    /// 行政征收, administrative levy.
    #[serde(rename = "04")]
    Levy,
    /// 行政给付, administrative benefit.
    #[serde(rename = "05")]
    Benefit,
    /// 行政检查, administrative inspection.
    #[serde(rename = "06")]
    Inspection,
    /// 行政确认, administrative confirmation.
    #[serde(rename = "07")]
    Confirmation,
    /// 行政奖励, administrative reward.
    #[serde(rename = "08")]
    Reward,
    /// 行政裁决, administrative adjudication.
    #[serde(rename = "09")]
    Adjudication,
    /// 其他行政权力, other administrative power.
    #[serde(rename = "10")]
    Other,
    /// 公共服务, public service.
    #[serde(rename = "20")]
    PublicService,
}

impl Kind {
    /// Every kind, in order of its code.
    pub const ALL: [Self; 11] = [
        Self::Licence,
        Self::Penalty,
        Self::Compulsion,
        Self::Levy,
        Self::Benefit,
        Self::Inspection,
        Self::Confirmation,
        Self::Reward,
        Self::Adjudication,
        Self::Other,
        Self::PublicService,
    ];

    /// The code's two digits.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Licence => "01",
            Self::Penalty => "02",
            Self::Compulsion => "03",
            Self::Levy => "04",
            Self::Benefit => "05",
            Self::Inspection => "06",
            Self::Confirmation => "07",
            Self::Reward => "08",
            Self::Adjudication => "09",
            Self::Other => "10",
            Self::PublicService => "20",
        }
    }

    /// The kind's Chinese name in the standard.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Licence => "行政许可",
            Self::Penalty => "行政处罚",
            Self::Compulsion => "行政强制",
            Self::Levy => "行政征收",
            Self::Benefit => "行政给付",
            Self::Inspection => "行政检查",
            Self::Confirmation => "行政确认",
            Self::Reward => "行政奖励",
            Self::Adjudication => "行政裁决",
            Self::Other => "其他行政权力",
            Self::PublicService => "公共服务",
        }
    }

    /// The kind that spreadsheets write as `01`, `1` or `行政许可`.
    pub fn recognise(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| {
            kind.code() == text || kind.code().strip_prefix('0') == Some(text) || kind.name() == text
        })
    }
}

/// 服务对象: for whom the service is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Audience {
    /// 自然人.
    NaturalPerson,
    /// 法人 and other organisations.
    LegalPerson,
}

impl Audience {
    /// The name that the API writes.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NaturalPerson => "natural-person",
            Self::LegalPerson => "legal-person",
        }
    }

    /// The audience that spreadsheets write as `natural-person`, `自然人`, `个人`, `法人` or `企业`.
    pub fn recognise(text: &str) -> Option<Self> {
        match text {
            "natural-person" | "自然人" | "个人" => Some(Self::NaturalPerson),
            "legal-person" | "法人" | "企业" => Some(Self::LegalPerson),
            _ => None,
        }
    }
}

/// 实施层级: 1 national, 2 province, 3 prefecture-level city, 4 county, 5 township, 6 village.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "u8", into = "u8")]
#[schema(value_type = u8, minimum = 1, maximum = 6)]
pub struct Level(u8);

impl Level {
    /// The level's digit.
    pub const fn get(self) -> u8 {
        self.0
    }

    /// The level of an item that serves a division of that depth (see [`crate::Division::depth`]).
    pub fn of_depth(depth: usize) -> Self {
        u8::try_from(depth + 1).ok().and_then(|level| Self::try_from(level).ok()).unwrap_or(Self(6))
    }
}

impl TryFrom<u8> for Level {
    type Error = &'static str;

    fn try_from(level: u8) -> Result<Self, Self::Error> {
        if (1..=6).contains(&level) { Ok(Self(level)) } else { Err("a level is a number from 1 to 6") }
    }
}

impl From<Level> for u8 {
    fn from(level: Level) -> Self {
        level.0
    }
}
