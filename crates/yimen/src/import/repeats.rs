//! Rows of one file that would be the same item: the second would silently replace the first.

use std::collections::HashMap;

use event_store::Digest;

use super::{Field, Refusal, Row};

/// The items that the file has named so far.
#[derive(Debug, Default)]
pub struct Repeats(HashMap<(String, String), (u64, Digest)>);

impl Repeats {
    /// Lets a row through unless an earlier one is the same item with other content.
    pub fn check(&mut self, row: Row) -> Result<Row, Refusal> {
        let department = row
            .department_code
            .as_ref()
            .map_or_else(|| row.department_name.default_text().to_owned(), ToString::to_string);
        let digest = Digest::of(row.content.to_string().as_bytes());
        match self.0.entry((department, row.local_code.trim().to_owned())) {
            std::collections::hash_map::Entry::Vacant(place) => {
                place.insert((row.line, digest));
                Ok(row)
            }
            std::collections::hash_map::Entry::Occupied(first) if first.get().1 == digest => Ok(row),
            std::collections::hash_map::Entry::Occupied(first) => {
                let detail =
                    format!("line {} has the same department and code, and other content", first.get().0);
                Err(Refusal::of_field(row.line, Field::Id, "repeated", detail))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::{Division, LocalizedText};
    use serde_json::json;

    use super::*;

    #[test]
    fn the_same_item_twice_is_refused_unless_it_says_the_same() {
        let row = |line, name: &str| Row {
            line,
            document: None,
            department_code: None,
            department_name: LocalizedText::zh("甲"),
            region: Division::national(),
            local_code: "1".to_owned(),
            content: json!({ "name": name }),
        };
        let mut repeats = Repeats::default();
        assert!(repeats.check(row(2, "a")).is_ok());
        assert!(repeats.check(row(3, "a")).is_ok());
        let refusal = repeats.check(row(4, "b")).expect_err("other content");
        assert_eq!((refusal.line, refusal.codes()), (4, vec!["repeated"]));
        assert!(refusal.errors[0].detail.starts_with("line 2 "), "{refusal:?}");
    }
}
