//! Text in several languages.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::Violations;

/// Text by BCP 47 language tag; `zh-CN` is the default language.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LocalizedText(BTreeMap<String, String>);

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
        Self(BTreeMap::from([(DEFAULT_LANGUAGE.to_owned(), text.into())]))
    }

    /// The same text, with `text` as its `language` version.
    #[must_use]
    pub fn with(mut self, language: &str, text: impl Into<String>) -> Self {
        self.0.insert(language.to_owned(), text.into());
        self
    }

    /// Text in one language.
    pub fn of(language: &str, text: impl Into<String>) -> Self {
        Self(BTreeMap::from([(language.to_owned(), text.into())]))
    }

    /// The version in exactly that language.
    pub fn get(&self, language: &str) -> Option<&str> {
        self.0.get(language).map(String::as_str)
    }

    /// The version to show when nothing is known of the reader: `zh-CN`, else the first there is.
    pub fn default_text(&self) -> &str {
        self.get(DEFAULT_LANGUAGE).or_else(|| self.0.values().next().map(String::as_str)).unwrap_or_default()
    }

    /// The version of the first of `languages` that is there, comparing primary subtags; else the default.
    pub fn best<'a>(&self, languages: impl IntoIterator<Item = &'a str>) -> &str {
        let primary = |tag: &str| tag.split('-').next().unwrap_or_default().to_ascii_lowercase();
        for wanted in languages {
            if let Some((_, text)) = self.0.iter().find(|(tag, _)| primary(tag) == primary(wanted)) {
                return text;
            }
        }
        self.default_text()
    }

    /// Every language with its text, in order of the tags.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(tag, text)| (tag.as_str(), text.as_str()))
    }

    /// Whether there is no text in any language.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Notes what is wrong: tags, empty or over-long versions, and no version at all when `required`.
    pub fn check(&self, pointer: &str, max: usize, required: bool, violations: &mut Violations) {
        if required && self.0.is_empty() {
            violations.add(pointer, "required", "needs text in at least one language");
        }
        violations.check_count(pointer, self.0.len(), MOST_LANGUAGES);
        for (tag, text) in &self.0 {
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
