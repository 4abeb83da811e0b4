//! Two items' contents, field by field.

use domain::item::{EntryPoint, Material};
use domain::{ItemContent, LocalizedText};
use serde::Serialize;
use utoipa::ToSchema;

use super::difference::{self, Segment};

/// One field of two items. A text in several languages is one field for each of them.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FieldComparison {
    /// Where the field is in an item's content, as a JSON pointer (RFC 6901).
    #[schema(max_length = 100, pattern = "^/", example = "/name/zh-CN")]
    field: String,
    /// The field's name in words.
    label: LocalizedText,
    /// Whether the two say the same.
    outcome: Outcome,
    /// What the left item says; empty where it says nothing.
    #[schema(max_items = 1000)]
    left: Vec<Said>,
    /// What the right item says.
    #[schema(max_items = 1000)]
    right: Vec<Said>,
    /// Of a text: its spans; put together, those that are not right-only are the left text, and those that are not
    /// left-only the right one. Of a list: its elements.
    #[schema(max_items = 20000)]
    segments: Vec<Segment>,
}

/// One value of a field, as text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = String, max_length = 10000)]
pub(crate) struct Said(String);

/// Whether two items say the same of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Outcome {
    /// They do.
    Equal,
    /// They don't.
    Different,
    /// Only the left one says anything.
    LeftOnly,
    /// Only the right one says anything.
    RightOnly,
}

/// Every field of which at least one of the two says something, the telling ones first.
pub(super) fn compare(left: &ItemContent, right: &ItemContent) -> Vec<FieldComparison> {
    let mut fields = Fields { left, right, found: Vec::new() };
    fields.text("name", "名称", "Name", |content| &content.name);
    fields.text("summary", "简介", "Summary", |content| &content.summary);
    fields.list("kind", "事项类型", "Kind", |content| {
        vec![format!("{} {}", content.kind.code(), content.kind.name())]
    });
    fields.list("audience", "服务对象", "Audience", |content| {
        content.audience.iter().map(|audience| audience.as_str().to_owned()).collect()
    });
    fields.list("level", "实施层级", "Level", |content| vec![content.level.get().to_string()]);
    fields.list("regions", "服务区划", "Regions", |content| {
        content.regions.iter().map(|region| with_name(region.as_str(), region.name())).collect()
    });
    fields.list("codes", "编码", "Codes", |content| {
        content.codes.iter().map(|code| format!("{}:{}", code.scheme(), code.value())).collect()
    });
    fields.list("organisation", "实施主体", "Implementing body", |content| {
        content.organisation.iter().map(|code| format!("{}:{}", code.scheme(), code.value())).collect()
    });
    fields.list("legalBasis", "设定依据", "Legal basis", |content| defaults(&content.legal_basis));
    fields.list("keywords", "关键词", "Keywords", |content| content.keywords.iter().cloned().collect());
    fields.list("materials", "申请材料", "Materials", |content| {
        content.materials.iter().map(|Material { name, .. }| name.default_text().to_owned()).collect()
    });
    fields.list(
        "timeLimits/promisedDays",
        "承诺办结时限（工作日）",
        "Promised working days",
        |content| content.time_limits.promised_days.iter().map(u16::to_string).collect(),
    );
    fields.list(
        "timeLimits/legalDays",
        "法定办结时限（工作日）",
        "Legal working days",
        |content| content.time_limits.legal_days.iter().map(u16::to_string).collect(),
    );
    fields.text("fees", "收费", "Fees", |content| &content.fees);
    fields.list("steps", "办理流程", "Steps", |content| defaults(&content.steps));
    fields.text("office/address", "办理地点", "Office", |content| &content.office.address);
    fields.list("entryPoints", "办理入口", "Entry points", |content| {
        content
            .entry_points
            .iter()
            .map(|EntryPoint { channel, target, .. }| format!("{} {target}", channel.as_str()))
            .collect()
    });
    fields.found
}

struct Fields<'c> {
    left: &'c ItemContent,
    right: &'c ItemContent,
    found: Vec<FieldComparison>,
}

impl<'c> Fields<'c> {
    /// A text, language by language.
    fn text(&mut self, field: &str, zh: &str, en: &str, of: impl Fn(&'c ItemContent) -> &'c LocalizedText) {
        let (left, right) = (of(self.left), of(self.right));
        let mut languages: Vec<&str> = left.iter().chain(right.iter()).map(|(tag, _)| tag).collect();
        // The default language first.
        languages.sort_unstable_by_key(|tag| (*tag != "zh-CN", *tag));
        languages.dedup();
        for tag in languages {
            let (left, right) = (left.get(tag), right.get(tag));
            let segments = difference::of_texts(left.unwrap_or_default(), right.unwrap_or_default());
            let (left, right) = (left.map(str::to_owned), right.map(str::to_owned));
            let label = LocalizedText::zh(format!("{zh}（{tag}）")).with("en", format!("{en} ({tag})"));
            let pointer = format!("/{field}/{}", tag.replace('~', "~0").replace('/', "~1"));
            self.note(pointer, label, left.into_iter().collect(), right.into_iter().collect(), segments);
        }
    }

    fn list(&mut self, field: &str, zh: &str, en: &str, of: impl Fn(&ItemContent) -> Vec<String>) {
        let (left, right) = (of(self.left), of(self.right));
        let segments = difference::of_lists(&left, &right);
        self.note(format!("/{field}"), LocalizedText::zh(zh).with("en", en), left, right, segments);
    }

    fn note(
        &mut self,
        field: String,
        label: LocalizedText,
        left: Vec<String>,
        right: Vec<String>,
        segments: Vec<Segment>,
    ) {
        let outcome = match (left.is_empty(), right.is_empty()) {
            (true, true) => return,
            (false, true) => Outcome::LeftOnly,
            (true, false) => Outcome::RightOnly,
            (false, false) if left == right => Outcome::Equal,
            (false, false) => Outcome::Different,
        };
        let said = |values: Vec<String>| values.into_iter().map(Said).collect();
        self.found.push(FieldComparison {
            field,
            label,
            outcome,
            left: said(left),
            right: said(right),
            segments,
        });
    }
}

fn defaults(texts: &[LocalizedText]) -> Vec<String> {
    texts.iter().map(|text| text.default_text().to_owned()).collect()
}

fn with_name(code: &str, name: Option<&str>) -> String {
    name.map_or_else(|| code.to_owned(), |name| format!("{code} {name}"))
}
