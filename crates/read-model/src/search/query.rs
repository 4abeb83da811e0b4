//! What a reader typed, as a query of the index. Any text is only ever words.

use std::ops::Bound;

use tantivy::Term;
use tantivy::query::{
    BooleanQuery, BoostQuery, ConstScoreQuery, DisjunctionMaxQuery, Occur, PhrasePrefixQuery, PhraseQuery,
    Query, RangeQuery, TermQuery,
};
use tantivy::schema::{Field, IndexRecordOption};

use super::schema::{Fields, facet_term};
use super::text::{self, BEGINNING};
use crate::Filter;
use crate::facets::Facet;

/// Most words of a query that are looked for.
const MAX_WORDS: usize = 16;
/// Fewest letters that are taken for pinyin or its initials, and most.
const LETTERS: std::ops::RangeInclusive<usize> = 2..=32;
/// Fewest characters of a code that find it by its beginning.
const CODE_PREFIX: usize = 4;

type AnyQuery = Box<dyn Query>;

/// What the ranks are worth: each of the first three outweighs everything below it.
mod rank {
    pub(super) const EXACT: f32 = 100_000.0;
    pub(super) const PREFIX: f32 = 10_000.0;
    pub(super) const PHRASE: f32 = 1_000.0;
    pub(super) const CODE_PREFIX: f32 = 10.0;
}

impl Fields {
    /// Finds entries by words: the whole name first, then its beginning, then a part of it, then its words.
    ///
    /// Most of the words have to be found, each in any field; or the text is a code, or the beginning of one.
    /// `None` if there is no word in the text.
    pub(super) fn search(&self, text: &str, filter: &Filter) -> Option<AnyQuery> {
        let words: Vec<&str> = text::asked_words(text).into_iter().take(MAX_WORDS).collect();
        // Of every five words, one may be missing.
        let needed = words.len() - words.len() / 5;
        let found: Vec<AnyQuery> = words.iter().map(|word| self.word(word)).collect();
        if found.is_empty() {
            return None;
        }
        let mut ways: Vec<AnyQuery> =
            vec![Box::new(BooleanQuery::union_with_minimum_required_clauses(found, needed))];
        ways.push(worth(rank::PHRASE, self.term(self.codes, text)));
        if text.len() >= CODE_PREFIX && text.is_ascii() {
            ways.push(worth(rank::CODE_PREFIX, self.prefix(self.codes, text)));
        }
        let words: AnyQuery = Box::new(DisjunctionMaxQuery::new(ways));
        let phrase = self.phrase(self.characters, text::characters(text));
        let mut clauses = vec![
            (Occur::Must, words),
            (Occur::Should, worth(rank::EXACT, self.term(self.exact, text))),
            (Occur::Should, worth(rank::PREFIX, self.prefix(self.exact, text))),
        ];
        clauses.extend(phrase.map(|phrase| (Occur::Should, worth(rank::PHRASE, phrase))));
        clauses.extend(self.filter(filter));
        Some(Box::new(BooleanQuery::new(clauses)))
    }

    /// Finds entries that a text may be the beginning of, ranked by how.
    pub(super) fn suggest(&self, text: &str, filter: &Filter) -> Option<AnyQuery> {
        let characters = text::characters(text);
        if characters.is_empty() {
            return None;
        }
        let mut ways = vec![worth(6.0, self.prefix(self.exact, text))];
        ways.extend(self.phrase_prefix(self.characters, &characters).map(|way| worth(4.0, way)));
        let letters: String = text.split(' ').collect();
        if is_letters(&letters) {
            let initials: Vec<String> = letters.chars().map(String::from).collect();
            let initials: Vec<&str> = initials.iter().map(String::as_str).collect();
            let from_the_start = [&[BEGINNING], initials.as_slice()].concat();
            ways.extend(self.phrase(self.initials, from_the_start).map(|way| worth(5.0, way)));
            ways.extend(self.phrase(self.initials, initials).map(|way| worth(2.0, way)));
            if let Some((whole, rest)) = text::read_as_pinyin(&letters) {
                let syllables: Vec<&str> = whole.into_iter().chain(rest).collect();
                let from_the_start = [&[BEGINNING], syllables.as_slice()].concat();
                ways.extend(self.phrase_prefix(self.syllables, &from_the_start).map(|way| worth(5.0, way)));
                ways.extend(self.phrase_prefix(self.syllables, &syllables).map(|way| worth(3.0, way)));
            }
        }
        let ways: AnyQuery = Box::new(DisjunctionMaxQuery::new(ways));
        let mut clauses = vec![(Occur::Must, ways)];
        clauses.extend(self.filter(filter));
        Some(Box::new(BooleanQuery::new(clauses)))
    }

    /// One word, wherever it is found; the best place counts, the others a little.
    fn word(&self, word: &str) -> AnyQuery {
        let mut places = vec![
            boosted(4.0, self.scored(self.name, word)),
            boosted(2.0, self.scored(self.keywords, word)),
            boosted(1.0, self.scored(self.department, word)),
            boosted(0.5, self.scored(self.summary, word)),
        ];
        // A name may be cut into words otherwise than the query.
        places.extend(self.phrase(self.characters, text::characters(word)).map(|part| boosted(3.0, part)));
        if let [first, second, rest @ ..] = text::shorter_words(word).as_slice() {
            let parts = [first, second].into_iter().chain(rest);
            let parts = parts.map(|part| self.scored(self.name, part)).collect();
            places.push(Box::new(BooleanQuery::intersection(parts)));
        }
        if is_letters(word) {
            let letters: Vec<String> = word.chars().map(String::from).collect();
            let letters = letters.iter().map(String::as_str).collect();
            places.extend(self.phrase(self.initials, letters).map(|way| worth(1.0, way)));
            if let Some((syllables, None)) = text::read_as_pinyin(word) {
                places.extend(self.phrase(self.syllables, syllables).map(|way| worth(2.0, way)));
            }
        }
        Box::new(DisjunctionMaxQuery::with_tie_breaker(places, 0.1))
    }

    /// Every group of facets that the filter asks for, without weight.
    fn filter(&self, filter: &Filter) -> impl Iterator<Item = (Occur, AnyQuery)> {
        Facet::asked_by(filter).into_iter().map(|group| {
            let facets = group.iter().map(|facet| self.term(self.facet, &facet_term(facet))).collect();
            (Occur::Must, worth(0.0, Box::new(BooleanQuery::union(facets))))
        })
    }

    fn term(&self, field: Field, text: &str) -> AnyQuery {
        Box::new(TermQuery::new(Term::from_field_text(field, text), IndexRecordOption::Basic))
    }

    fn scored(&self, field: Field, text: &str) -> AnyQuery {
        Box::new(TermQuery::new(Term::from_field_text(field, text), IndexRecordOption::WithFreqs))
    }

    /// Terms that begin with `text`: no character sorts after U+10FFFF.
    fn prefix(&self, field: Field, text: &str) -> AnyQuery {
        Box::new(RangeQuery::new(
            Bound::Included(Term::from_field_text(field, text)),
            Bound::Excluded(Term::from_field_text(field, &format!("{text}{}", char::MAX))),
        ))
    }

    fn phrase(&self, field: Field, tokens: Vec<&str>) -> Option<AnyQuery> {
        match tokens.as_slice() {
            [] => None,
            [token] => Some(self.scored(field, token)),
            tokens => Some(Box::new(PhraseQuery::new(terms(field, tokens)))),
        }
    }

    /// A phrase whose last token need not be complete.
    fn phrase_prefix(&self, field: Field, tokens: &[&str]) -> Option<AnyQuery> {
        match tokens {
            [] => None,
            [token] => Some(self.prefix(field, token)),
            tokens => Some(Box::new(PhrasePrefixQuery::new(terms(field, tokens)))),
        }
    }
}

fn terms(field: Field, tokens: &[&str]) -> Vec<Term> {
    tokens.iter().map(|token| Term::from_field_text(field, token)).collect()
}

fn is_letters(text: &str) -> bool {
    LETTERS.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
}

fn worth(score: f32, query: AnyQuery) -> AnyQuery {
    Box::new(ConstScoreQuery::new(query, score))
}

fn boosted(factor: f32, query: AnyQuery) -> AnyQuery {
    Box::new(BoostQuery::new(query, factor))
}
