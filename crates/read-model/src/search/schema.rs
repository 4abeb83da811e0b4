//! The fields of the index, and an entry as a document.

use std::collections::BTreeSet;

use domain::{EntryId, LocalizedText};
use tantivy::TantivyDocument;
use tantivy::schema::{
    FAST, Field, IndexRecordOption, STRING, Schema, SchemaBuilder, TextFieldIndexing, TextOptions,
};

use super::text::{self, BEGINNING};
use crate::EntryView;
use crate::facets::Facet;

/// Longest summary that is indexed of each language, in characters.
const SUMMARY_CHARS: usize = 500;

/// Handles of the fields. Texts come cut already: their tokens are separated by blanks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fields {
    /// The entry's identifier, to replace it by.
    pub(super) id: Field,
    /// The identifier's halves, to read it back.
    pub(super) id_high: Field,
    pub(super) id_low: Field,
    /// Length of the name: of two that fit alike, the shorter one is meant.
    pub(super) length: Field,
    /// Whole names.
    pub(super) exact: Field,
    /// Words of the names.
    pub(super) name: Field,
    /// Characters of the names, in order.
    pub(super) characters: Field,
    pub(super) keywords: Field,
    pub(super) summary: Field,
    pub(super) department: Field,
    pub(super) codes: Field,
    /// Pinyin of the names, in order.
    pub(super) syllables: Field,
    /// Initials of the pinyin, in order.
    pub(super) initials: Field,
    pub(super) facet: Field,
}

impl Fields {
    /// The schema; a change to it asks for another [`super::index::FORMAT`].
    pub(super) fn schema() -> (Schema, Self) {
        let mut builder = SchemaBuilder::new();
        let fields = Self {
            id: builder.add_text_field("id", STRING),
            id_high: builder.add_u64_field("id_high", FAST),
            id_low: builder.add_u64_field("id_low", FAST),
            length: builder.add_u64_field("length", FAST),
            exact: builder.add_text_field("exact", STRING),
            name: builder.add_text_field("name", tokens(IndexRecordOption::WithFreqs)),
            characters: builder
                .add_text_field("characters", tokens(IndexRecordOption::WithFreqsAndPositions)),
            keywords: builder.add_text_field("keywords", tokens(IndexRecordOption::WithFreqs)),
            summary: builder.add_text_field("summary", tokens(IndexRecordOption::WithFreqs)),
            department: builder.add_text_field("department", tokens(IndexRecordOption::WithFreqs)),
            codes: builder.add_text_field("codes", STRING),
            syllables: builder.add_text_field("syllables", tokens(IndexRecordOption::WithFreqsAndPositions)),
            initials: builder.add_text_field("initials", tokens(IndexRecordOption::WithFreqsAndPositions)),
            facet: builder.add_text_field("facet", STRING),
        };
        (builder.build(), fields)
    }

    /// The document that stands for an entry.
    pub(super) fn document(&self, entry: &EntryView) -> TantivyDocument {
        let mut document = TantivyDocument::new();
        let (high, low) = entry.id.as_uuid().as_u64_pair();
        document.add_text(self.id, entry_term(entry.id));
        document.add_u64(self.id_high, high);
        document.add_u64(self.id_low, low);
        document.add_u64(self.length, entry.name().default_text().chars().count() as u64);
        self.add_names(entry, &mut document);
        self.add_words(entry, &mut document);
        for facet in Facet::of(entry) {
            document.add_text(self.facet, facet_term(&facet));
        }
        document
    }

    fn add_names(&self, entry: &EntryView, document: &mut TantivyDocument) {
        let mut names = normalised([entry.name()]);
        names.extend(normalised(entry.offerings.iter().map(|offering| &offering.content.name)));
        for name in &names {
            document.add_text(self.exact, name);
            document.add_text(self.name, text::indexed_words(name).join(" "));
            document.add_text(self.characters, text::characters(name).join(" "));
            let syllables = text::syllables(name).join(" ");
            document.add_text(self.syllables, format!("{BEGINNING} {syllables}"));
            let mut initials = BEGINNING.to_owned();
            for letter in text::initials(name) {
                initials.extend([' ', letter]);
            }
            document.add_text(self.initials, initials);
        }
    }

    fn add_words(&self, entry: &EntryView, document: &mut TantivyDocument) {
        for (_, summary) in entry.content.summary.iter() {
            let summary: String = summary.chars().take(SUMMARY_CHARS).collect();
            document.add_text(self.summary, text::indexed_words(&text::normalise(&summary)).join(" "));
        }
        let offerings = || entry.offerings.iter();
        for department in normalised(offerings().map(|offering| &offering.department.name)) {
            document.add_text(self.department, text::indexed_words(&department).join(" "));
        }
        let keywords: BTreeSet<&String> =
            offerings().flat_map(|offering| &offering.content.keywords).collect();
        for keyword in keywords {
            document.add_text(self.keywords, text::indexed_words(&text::normalise(keyword)).join(" "));
        }
        let codes: BTreeSet<String> = offerings()
            .flat_map(|offering| &offering.content.codes)
            .map(|code| text::normalise(code.value()))
            .collect();
        for code in codes {
            document.add_text(self.codes, code);
        }
    }
}

fn tokens(record: IndexRecordOption) -> TextOptions {
    TextOptions::default().set_indexing_options(
        TextFieldIndexing::default().set_tokenizer("whitespace").set_index_option(record),
    )
}

fn normalised<'t>(texts: impl IntoIterator<Item = &'t LocalizedText>) -> BTreeSet<String> {
    // Offerings of one entry mostly have the same few names: normalise each once.
    let distinct: BTreeSet<&str> =
        texts.into_iter().flat_map(|text| text.iter().map(|(_, text)| text)).collect();
    distinct.into_iter().map(text::normalise).collect()
}

/// The entry's identifier as a term.
pub(super) fn entry_term(id: EntryId) -> String {
    id.as_uuid().simple().to_string()
}

/// A facet as a term.
pub(super) fn facet_term(facet: &Facet) -> String {
    match facet {
        Facet::Region(region) => format!("r:{region}"),
        Facet::Department(department) => format!("d:{department}"),
        Facet::Kind(kind) => format!("k:{}", kind.code()),
        Facet::Audience(audience) => format!("a:{}", audience.as_str()),
        Facet::Channel(channel) => format!("c:{}", channel.as_str()),
    }
}
