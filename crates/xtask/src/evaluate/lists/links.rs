//! UK councils' links to their pages for national service codes: one service, hundreds of districts.
//!
//! The national name of the code would be the answer itself, and every council has the same. What the councils chose themselves
//! are their addresses, so the name is read off the last part of the link that has words (`/applying-for-a-school-place.aspx`),
//! the department is the council, and the code is to be found out. Links without two words (`?articleid=29318`) are left out;
//! so is the endpoint, from which the name comes. A service of 300 councils would be most of all pairs: of each at most
//! [`COUNCILS`] are taken, those with the lowest hash.

use std::collections::BTreeMap;
use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::{Half, List, Record, rows};

/// The most councils of one service.
const COUNCILS: usize = 20;

/// Reads it.
pub(super) fn read(data: &Path, half: Half) -> Result<List, String> {
    let folder = data.join("uk-local-links");
    let councils: BTreeMap<String, String> = rows::read(&folder.join("local-authorities.csv"))?
        .iter()
        .map(|row| (row.get("slug").to_owned(), row.get("name").to_owned()))
        .collect();
    let mut by_service: BTreeMap<String, BTreeMap<Vec<u8>, Record>> = BTreeMap::new();
    for row in rows::read(&folder.join("lgsl_lgil_fallback_links.csv"))? {
        // A row ends with two numbers that the header doesn't name; a link with commas is not quoted.
        let (council, service) = (row.get("la"), row.get("lgsl"));
        let Some(name) = words_of(&row.joined(3, row.len().saturating_sub(2))) else { continue };
        let record = Record {
            id: format!("{council}/{service}/{}", row.nth_last(1)),
            department: councils.get(council).cloned().unwrap_or_else(|| council.to_owned()),
            name,
            ..Record::default()
        };
        let hash = Sha256::digest(record.id.as_bytes()).to_vec();
        by_service.entry(service.to_owned()).or_default().insert(hash, record);
    }
    let all = by_service
        .into_iter()
        .flat_map(|(service, records)| {
            records.into_values().take(COUNCILS).map(move |record| (record, service.clone()))
        })
        .collect();
    let note = format!(
        "Pages of UK councils for national service codes; the name is read off the link, at most {COUNCILS} councils of each."
    );
    Ok(List::split("uk-links", note, half, all))
}

/// The words in the last part of a link's path that has at least two of them.
fn words_of(link: &str) -> Option<String> {
    let path = link.split_once("://").map_or(link, |(_, rest)| rest);
    let path = path.split(['?', '#']).next().unwrap_or_default();
    path.split('/').skip(1).collect::<Vec<_>>().into_iter().rev().find_map(words)
}

fn words(part: &str) -> Option<String> {
    let stem = part.rsplit_once('.').map_or(part, |(stem, _)| stem);
    let letters: Vec<char> = stem.chars().collect();
    let mut spaced = String::new();
    for (place, letter) in letters.iter().enumerate() {
        let before = place.checked_sub(1).and_then(|before| letters.get(before));
        let after = letters.get(place + 1);
        // A word begins at `Meals` in SchoolMeals, and at `School` in ASchool.
        let begins = before.is_some_and(|c| c.is_lowercase()) || after.is_some_and(|c| c.is_lowercase());
        if letter.is_uppercase() && begins {
            spaced.push(' ');
        }
        spaced.push(if letter.is_alphabetic() { letter.to_ascii_lowercase() } else { ' ' });
    }
    let words: Vec<&str> = spaced.split_whitespace().filter(|word| word.chars().count() > 2).collect();
    (words.len() > 1).then(|| words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::words_of;

    #[test]
    fn a_name_is_read_off_the_last_part_with_words() {
        let name = |link| words_of(link).unwrap_or_default();
        assert_eq!(name("http://a.uk/pages/ApplyingForASchoolPlace.aspx"), "applying for school place");
        assert_eq!(name("https://a.uk/info/200333/financial_support/2149/"), "financial support");
        assert_eq!(name("https://a.uk/school-meals/index.aspx?articleid=29318"), "school meals");
        assert_eq!(name("https://a.uk/pid4"), "");
        assert_eq!(name("not a link"), "");
    }
}
