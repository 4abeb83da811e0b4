//! Real items multiplied over real divisions.
//!
//! Every item of one district's real list is offered in one city after another, in each by at most [`OFFICES`] of its districts,
//! and each office has its own way of writing it ([`super::variants`]). What is true is known: which item, in which city. The
//! number of true pairs grows with the list, not with its square.

use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::variants;
use crate::evaluate::lists::{FIELDS, Record, record, rows};

/// The most offices of a city that offer one item.
pub(super) const OFFICES: usize = 8;

/// What is multiplied.
#[derive(Debug)]
pub(super) struct Multiplied {
    items: Vec<Item>,
    cities: Vec<City>,
}

#[derive(Debug)]
struct Item {
    name: String,
    department: String,
    code: String,
    kind: String,
}

#[derive(Debug)]
struct City {
    number: u32,
    /// Code and name of its districts.
    districts: Vec<(String, String)>,
}

/// A list that was made.
#[derive(Debug, Default)]
pub(super) struct Made {
    /// City and item of each row.
    pub(super) places: Vec<(u32, u32)>,
}

impl Made {
    /// The row of an id.
    pub(super) fn row_of(&self, id: &str) -> Option<usize> {
        id.parse().ok().filter(|row| *row < self.places.len())
    }

    /// How many cities it covers.
    pub(super) fn cities(&self) -> usize {
        let mut cities: Vec<u32> = self.places.iter().map(|(city, _)| *city).collect();
        cities.dedup();
        cities.len()
    }
}

impl Multiplied {
    /// Reads items and divisions. Items of one name, of which the real list has two, are one item.
    pub(super) fn read(data: &Path) -> Result<Self, String> {
        let mut items: Vec<Item> = rows::read(&data.join("cn-guangan-items/items.csv"))?
            .iter()
            .map(|row| Item {
                name: row.get("name").to_owned(),
                department: row.get("dept").to_owned(),
                code: row.get("base_code").to_owned(),
                kind: row.get("task_type").to_owned(),
            })
            .collect();
        items.sort_by(|x, y| x.name.cmp(&y.name));
        items.dedup_by(|x, y| x.name == y.name);
        let mut cities: Vec<City> = Vec::new();
        for area in rows::read(&data.join("cn-divisions/areas.csv"))? {
            let number = area.get("cityCode").parse().map_err(|_| "a city's code is no number")?;
            let district = (area.get("code").to_owned(), area.get("name").to_owned());
            match cities.last_mut() {
                Some(city) if city.number == number => city.districts.push(district),
                _ => cities.push(City { number, districts: vec![district] }),
            }
        }
        Ok(Self { items, cities })
    }

    /// How many names it has.
    pub(super) fn names(&self) -> usize {
        self.items.len()
    }

    /// The rows, without an end to speak of: with the city and item of each.
    pub(super) fn rows(&self) -> impl Iterator<Item = ((u32, u32), Record)> + '_ {
        self.cities.iter().flat_map(move |city| {
            (0..).zip(&self.items).flat_map(move |(number, item)| {
                let districts = city.districts.iter().take(OFFICES);
                districts.map(move |district| ((city.number, number), offered(item, district)))
            })
        })
    }

    /// Writes a list of so many items.
    pub(super) fn write(&self, path: &Path, items: usize) -> Result<Made, String> {
        let mut made = Made::default();
        let numbered = self.rows().take(items).enumerate().map(|(row, (place, record))| {
            made.places.push(place);
            Record { id: row.to_string(), ..record }.cells().map(str::to_owned)
        });
        record::write(path, &FIELDS, numbered)?;
        if made.places.len() < items {
            return Err(format!("names and divisions give only {} items", made.places.len()));
        }
        Ok(made)
    }
}

fn offered(item: &Item, (code, division): &(String, String)) -> Record {
    let seed = seed(&item.name, code);
    Record {
        department: variants::department(&item.department, division, seed / 7),
        name: variants::name(&item.name, division, seed),
        basic_code: if variants::states_code(seed / 11) { item.code.clone() } else { String::new() },
        kind: item.kind.clone(),
        region: code.clone(),
        ..Record::default()
    }
}

/// The same for the same office and item, always.
fn seed(name: &str, division: &str) -> u64 {
    let digest = Sha256::new().chain_update(name).chain_update([0]).chain_update(division).finalize();
    digest.iter().take(6).fold(0, |seed, byte| seed << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_is_offered_by_few_offices_of_each_city() {
        let district = |code: &str| (code.to_owned(), format!("{code}区"));
        let item = |name: &str| Item {
            name: name.to_owned(),
            department: "区民政局".to_owned(),
            code: "511A0138000000".to_owned(),
            kind: "1".to_owned(),
        };
        let list = Multiplied {
            items: vec![item("婚姻登记"), item("收养登记")],
            cities: vec![
                City { number: 1, districts: (101..120).map(|code| district(&code.to_string())).collect() },
                City { number: 2, districts: vec![district("201")] },
            ],
        };
        let rows: Vec<_> = list.rows().collect();
        assert_eq!(rows.len(), 2 * OFFICES + 2);
        assert_eq!(rows.iter().filter(|(place, _)| *place == (1, 1)).count(), OFFICES);
        assert_eq!(rows, list.rows().collect::<Vec<_>>(), "made anew, it is the same list");
    }
}
