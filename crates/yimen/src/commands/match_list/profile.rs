//! What matching is told of a row: what the gateway would tell it of the item, had it been registered.
//!
//! Nothing is refused here. What no standard knows stays as it is written, and what isn't stated stays unstated.

use std::collections::BTreeSet;

use domain::item::{Audience, Kind, Level};
use domain::{Division, OrganisationCode};
use matching::Profile;

use super::codes;
use crate::import::{Defaults, Field, Record, legal_texts, listed};

/// The profile of a row. `code_scheme` is that of basic codes which are no 12 digits.
pub fn profile(record: &Record, defaults: &Defaults, code_scheme: &str) -> Profile {
    let cell = |field| record.get(field, defaults);
    let text = |field| cell(field).map(str::to_owned);
    let regions = regions(cell(Field::Region));
    let mut owners: Vec<&str> =
        [Field::Organisation, Field::DepartmentCode].into_iter().filter_map(cell).collect();
    owners.extend(regions.iter().map(String::as_str));
    Profile {
        name: text(Field::Name).unwrap_or_default(),
        codes: codes::shared(cell(Field::ItemCode), cell(Field::BasicCode), code_scheme, &owners),
        kind: cell(Field::Kind)
            .map(|text| Kind::recognise(text).map_or_else(|| text.to_owned(), |kind| kind.code().to_owned())),
        audience: audience(cell(Field::Audience)),
        level: level(cell(Field::Level), &regions),
        regions,
        department: text(Field::Department).or_else(|| text(Field::DepartmentCode)),
        organisation: cell(Field::Organisation).map(organisation),
        legal_basis: cell(Field::LegalBasis).into_iter().flat_map(legal_texts).map(str::to_owned).collect(),
        summary: text(Field::Summary),
        keywords: set(cell(Field::Keywords).into_iter().flat_map(listed).map(str::to_owned)),
        endpoint: text(Field::Endpoint),
    }
}

/// Each once, in order, as registered items have them.
fn set(parts: impl Iterator<Item = String>) -> Vec<String> {
    parts.collect::<BTreeSet<_>>().into_iter().collect()
}

/// Divisions in their shortest form.
fn regions(text: Option<&str>) -> Vec<String> {
    let shortest =
        |part: &str| part.parse().map_or_else(|_| part.to_owned(), |known: Division| known.to_string());
    set(text.into_iter().flat_map(listed).map(shortest))
}

fn audience(text: Option<&str>) -> Vec<String> {
    let known = |part: &str| {
        Audience::recognise(part).map_or_else(|| part.to_owned(), |known| known.as_str().to_owned())
    };
    set(text.into_iter().flat_map(listed).map(known))
}

/// The level that is stated, else that of the division served, where it is one.
fn level(text: Option<&str>, regions: &[String]) -> Option<u8> {
    if let Some(text) = text {
        return text.parse().ok().and_then(|digit: u8| Level::try_from(digit).ok()).map(Level::get);
    }
    let [region] = regions else { return None };
    region.parse().ok().map(|division: Division| Level::of_depth(division.depth()).get())
}

fn organisation(text: &str) -> String {
    OrganisationCode::new(OrganisationCode::USCC, text)
        .map_or_else(|_| text.to_owned(), |code| code.to_string())
}

#[cfg(test)]
mod tests {
    use matching::SharedCode;

    use super::*;

    fn of(cells: &[(Field, &str)]) -> Profile {
        let mut record = Record::new(2);
        for (field, text) in cells {
            record.set(*field, text);
        }
        profile(&record, &Defaults::default(), "basic-code")
    }

    #[test]
    fn cells_are_read_as_an_import_reads_them() {
        let code = SharedCode { scheme: "cn-basic".to_owned(), value: "442199806003".to_owned() };
        let own = |parts: &[&str]| parts.iter().map(ToString::to_string).collect::<Vec<_>>();
        let profile = of(&[
            (Field::Name, "食品经营许可核发"),
            (Field::Department, "区市场监管局"),
            (Field::DepartmentCode, "7"),
            (Field::Organisation, "12441500196720244T"),
            (Field::BasicCode, "442199806003"),
            (Field::Kind, "行政许可"),
            (Field::Audience, "企业；个人"),
            (Field::Region, "511602000000"),
            (Field::Keywords, "餐饮，食品、餐饮"),
            (Field::LegalBasis, "《食品安全法》第三十五条，第三十六条；《行政许可法》"),
        ]);
        let expected = Profile {
            name: "食品经营许可核发".to_owned(),
            codes: vec![code],
            kind: Some("01".to_owned()),
            audience: own(&["legal-person", "natural-person"]),
            level: Some(4),
            regions: own(&["511602"]),
            department: Some("区市场监管局".to_owned()),
            organisation: Some("uscc:12441500196720244T".to_owned()),
            legal_basis: own(&["《食品安全法》第三十五条，第三十六条", "《行政许可法》"]),
            keywords: own(&["食品", "餐饮"]),
            ..Profile::default()
        };
        assert_eq!(profile, expected);
    }

    #[test]
    fn what_is_not_stated_or_not_known_is_neither_guessed_nor_refused() {
        let silent = of(&[(Field::Name, "n")]);
        assert_eq!(silent, Profile { name: "n".to_owned(), ..Profile::default() });
        let strange = of(&[
            (Field::Name, "n"),
            (Field::Kind, "licence"),
            (Field::Audience, "farmers"),
            (Field::Region, "Ontario; 33"),
            (Field::Level, "federal"),
            (Field::Organisation, "Crown"),
            (Field::DepartmentCode, "D-1"),
        ]);
        assert_eq!((strange.kind.as_deref(), strange.level), (Some("licence"), None));
        assert_eq!(
            (strange.audience, strange.regions),
            (vec!["farmers".to_owned()], vec!["33".to_owned(), "Ontario".to_owned()])
        );
        assert_eq!(
            (strange.organisation.as_deref(), strange.department.as_deref()),
            (Some("Crown"), Some("D-1"))
        );
    }
}
