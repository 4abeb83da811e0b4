//! Text in several languages.

use std::fmt;
use std::sync::Arc;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::Violations;
use crate::language_tag::Tag;

/// Text by BCP 47 language tag; `zh-CN` is the default language. Cheap to clone.
///
/// A catalogue holds a dozen of them for each item, most in one language: a map's node would be ten times the text.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LocalizedText(
    /// In order of the tags, each once; `None` for no text at all.
    Option<Arc<[Version]>>,
);

/// A text in one language.
type Version = (Tag, Box<str>);

/// The language that is shown when the reader's own is not there.
const DEFAULT_LANGUAGE: &str = "zh-CN";
/// Most languages that one text has.
const MOST_LANGUAGES: usize = 16;
/// Longest language tag, in characters.
const LONGEST_TAG: usize = 35;
/// Longest version of any text, in characters; most texts have a lower limit of their own.
const LONGEST_TEXT: usize = 2000;

impl LocalizedText {
    /// Text in the default language.
    pub fn zh(text: impl Into<String>) -> Self {
        Self::of(DEFAULT_LANGUAGE, text)
    }

    /// The same text, with `text` as its `language` version.
    #[must_use]
    pub fn with(self, language: &str, text: impl Into<String>) -> Self {
        let mut versions = self.versions().to_vec();
        insert(&mut versions, Tag::from(language), text.into().into());
        Self(Some(versions.into()))
    }

    /// Text in one language.
    pub fn of(language: &str, text: impl Into<String>) -> Self {
        Self(Some(Arc::new([(Tag::from(language), text.into().into())])))
    }

    /// The version in exactly that language.
    pub fn get(&self, language: &str) -> Option<&str> {
        self.iter().find(|(tag, _)| *tag == language).map(|(_, text)| text)
    }

    /// The version to show when nothing is known of the reader: `zh-CN`, else the first there is.
    pub fn default_text(&self) -> &str {
        self.get(DEFAULT_LANGUAGE).or_else(|| self.iter().next().map(|(_, text)| text)).unwrap_or_default()
    }

    /// The version of the first of `languages` that is there, comparing primary subtags; else the default.
    pub fn best<'a>(&self, languages: impl IntoIterator<Item = &'a str>) -> &str {
        let primary = |tag: &str| tag.split('-').next().unwrap_or_default().to_ascii_lowercase();
        for wanted in languages {
            if let Some((_, text)) = self.iter().find(|(tag, _)| primary(tag) == primary(wanted)) {
                return text;
            }
        }
        self.default_text()
    }

    /// Every language with its text, in order of the tags.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.versions().iter().map(|(tag, text)| (tag.as_str(), &**text))
    }

    /// Whether there is no text in any language.
    pub fn is_empty(&self) -> bool {
        self.versions().is_empty()
    }

    fn versions(&self) -> &[Version] {
        self.0.as_deref().unwrap_or_default()
    }

    /// Notes what is wrong: tags, empty or over-long versions, and no version at all when `required`.
    pub fn check(&self, pointer: &str, max: usize, required: bool, violations: &mut Violations) {
        if required && self.is_empty() {
            violations.add(pointer, "required", "needs text in at least one language");
        }
        violations.check_count(pointer, self.versions().len(), MOST_LANGUAGES);
        for (tag, text) in self.iter() {
            let pointer = format!("{pointer}/{}", tag.replace('~', "~0").replace('/', "~1"));
            if !is_language_tag(tag) {
                violations.add(&pointer, "language-tag", "not a BCP 47 language tag");
            }
            if text.trim().is_empty() {
                violations.add(&pointer, "blank", "must not be blank");
            }
            violations.check_text(&pointer, text, max.min(LONGEST_TEXT));
        }
    }
}

impl fmt::Debug for LocalizedText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl Serialize for LocalizedText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de> Deserialize<'de> for LocalizedText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Versions)
    }
}

/// Reads a map from language tags to texts; of a tag that comes twice, the last text counts.
struct Versions;

impl<'de> Visitor<'de> for Versions {
    type Value = LocalizedText;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map of texts by language")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<LocalizedText, A::Error> {
        let mut versions = Vec::new();
        while let Some((tag, text)) = map.next_entry::<Tag, Box<str>>()? {
            insert(&mut versions, tag, text);
        }
        Ok(LocalizedText((!versions.is_empty()).then(|| versions.into())))
    }
}

fn insert(versions: &mut Vec<Version>, tag: Tag, text: Box<str>) {
    match versions.binary_search_by(|(known, _)| known.as_str().cmp(tag.as_str())) {
        Ok(at) => {
            if let Some((_, known)) = versions.get_mut(at) {
                *known = text;
            }
        }
        Err(at) => versions.insert(at, (tag, text)),
    }
}

/// Whether `tag` has the shape of a BCP 47 tag: a 2–3 letter language and further subtags of 1–8 characters.
fn is_language_tag(tag: &str) -> bool {
    let mut parts = tag.split('-');
    let language = parts.next().unwrap_or_default();
    (2..=3).contains(&language.len())
        && language.bytes().all(|b| b.is_ascii_alphabetic())
        && tag.len() <= LONGEST_TAG
        && parts.all(|part| (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric()))
}

/// Written by hand: a derive can't say which names and versions a map may have.
impl PartialSchema for LocalizedText {
    fn schema() -> RefOr<Schema> {
        let tag = ObjectBuilder::new()
            .schema_type(Type::String)
            .max_length(Some(LONGEST_TAG))
            .pattern(Some("^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$"));
        let version = ObjectBuilder::new()
            .schema_type(Type::String)
            .min_length(Some(1))
            .max_length(Some(LONGEST_TEXT))
            .pattern(Some(r"\S"));
        let text = ObjectBuilder::new()
            .schema_type(Type::Object)
            .description(Some("Text by BCP 47 language tag; `zh-CN` is the default language."))
            .property_names(Some(tag.build()))
            .additional_properties(Some(RefOr::T(Schema::from(version.build()))))
            .max_properties(Some(MOST_LANGUAGES))
            .examples([serde_json::json!({"zh-CN": "食品经营许可", "en": "Food business licence"})]);
        text.build().into()
    }
}

impl ToSchema for LocalizedText {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn best_prefers_the_readers_language_and_falls_back_to_chinese() {
        let text = LocalizedText::zh("结婚登记").with("en", "Marriage registration");
        assert_eq!(text.best(["en-GB", "zh"]), "Marriage registration");
        assert_eq!(text.best(["fr"]), "结婚登记");
        assert_eq!(LocalizedText::of("en", "Driving License").best(["zh-CN"]), "Driving License");
    }

    #[test]
    fn a_text_is_read_as_a_map_is() {
        let json = r#"{"zh-CN":"甲","fr":"un","en":"one","fr":"deux"}"#;
        let text: LocalizedText = serde_json::from_str(json).expect("texts");
        assert_eq!(
            text,
            LocalizedText::of("fr", "deux").with("en", "two").with("zh-CN", "甲").with("en", "one")
        );
        let tags: Vec<_> = text.iter().collect();
        assert_eq!(tags, [("en", "one"), ("fr", "deux"), ("zh-CN", "甲")], "in order of the tags");
        assert_eq!(serde_json::to_string(&text).expect("JSON"), r#"{"en":"one","fr":"deux","zh-CN":"甲"}"#);
        assert!(LocalizedText::zh("一") < LocalizedText::zh("一").with("zh-Hant", "壹"));
        let none: LocalizedText = serde_json::from_str("{}").expect("texts");
        assert_eq!(none, LocalizedText::default());
    }

    #[test]
    fn what_is_wrong_is_said_with_a_pointer() {
        let mut violations = Violations::default();
        LocalizedText::zh(" ").with("english language", "x".repeat(5)).check(
            "/name",
            4,
            true,
            &mut violations,
        );
        let found: Vec<_> = violations.into_vec().into_iter().map(|v| (v.pointer, v.code)).collect();
        let expected = [
            ("/name/english language", "language-tag"),
            ("/name/english language", "too-long"),
            ("/name/zh-CN", "blank"),
        ];
        assert_eq!(found, expected.map(|(p, c)| (p.to_owned(), c.to_owned())));
    }
}
