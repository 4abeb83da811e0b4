//! Which column holds which field, and what a field is where no column says so.

use std::collections::BTreeMap;
use std::str::FromStr;

use url::Url;

use super::Field;

/// Columns by field, from `--map field=column,…`. A column with a field's own name needs no mention.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mapping(BTreeMap<Field, String>);

impl Mapping {
    /// The column of a field: the one that was named, else one of the field's own name.
    pub fn column(&self, field: Field) -> &str {
        self.0.get(&field).map_or(field.as_str(), String::as_str)
    }

    /// The columns that were named, which have to be there.
    pub fn named(&self) -> impl Iterator<Item = (Field, &str)> {
        self.0.iter().map(|(field, column)| (*field, column.as_str()))
    }
}

impl FromStr for Mapping {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        pairs(text).map(Self)
    }
}

/// Values by field, from `--default field=value,…`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Defaults(BTreeMap<Field, String>);

impl Defaults {
    /// What the field is where nothing else says so.
    pub fn get(&self, field: Field) -> Option<&str> {
        self.0.get(&field).map(String::as_str)
    }

    /// Adds what a flag of its own says.
    #[must_use]
    pub fn with(mut self, field: Field, value: Option<&str>) -> Self {
        if let Some(value) = value {
            self.0.insert(field, value.to_owned());
        }
        self
    }
}

impl FromStr for Defaults {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        pairs(text).map(Self)
    }
}

fn pairs(text: &str) -> Result<BTreeMap<Field, String>, String> {
    let mut found = BTreeMap::new();
    for pair in text.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
        let (field, value) =
            pair.split_once('=').ok_or_else(|| format!("{pair} has no =; write field=column"))?;
        let field: Field = field.trim().parse()?;
        if value.trim().is_empty() {
            return Err(format!("{field} has nothing after its ="));
        }
        if found.insert(field, value.trim().to_owned()).is_some() {
            return Err(format!("{field} is there twice"));
        }
    }
    Ok(found)
}

/// A beginning of backend addresses, and what takes its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rewrite {
    prefix: String,
    url: String,
}

impl Rewrite {
    /// The address with its beginning replaced, if it begins so and a part of the path ends there.
    pub fn apply(&self, address: &str) -> Option<String> {
        let rest = address.strip_prefix(&self.prefix)?;
        (rest.is_empty() || rest.starts_with('/')).then(|| format!("{}{rest}", self.url))
    }
}

impl FromStr for Rewrite {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (prefix, url) = text
            .split_once('=')
            .ok_or("write PREFIX=URL, for example https://api.example=http://127.0.0.1:9001")?;
        let trimmed = |part: &str| {
            let part = part.trim().trim_end_matches('/');
            match Url::parse(part) {
                Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(part.to_owned()),
                Ok(_) | Err(_) => Err(format!("{part} is not an http or https address")),
            }
        };
        Ok(Self { prefix: trimmed(prefix)?, url: trimmed(url)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mapping_names_columns_and_falls_back_to_the_fields_own_names() {
        let mapping: Mapping = "department=dept, itemCode=item_code".parse().expect("well formed");
        assert_eq!(mapping.column(Field::Department), "dept");
        assert_eq!(mapping.column(Field::ItemCode), "item_code");
        assert_eq!(mapping.column(Field::Name), "name");
        assert_eq!(mapping.named().count(), 2);
        assert_eq!("".parse(), Ok(Mapping::default()));
    }

    #[test]
    fn slips_are_refused_with_a_suggestion() {
        let error = |text: &str| text.parse::<Mapping>().expect_err("wrong");
        assert_eq!(error("itemcode=a"), "there is no field itemcode; did you mean itemCode?");
        assert_eq!(error("name"), "name has no =; write field=column");
        assert_eq!(error("name="), "name has nothing after its =");
        assert_eq!(error("name=a,name=b"), "name is there twice");
    }

    #[test]
    fn a_rewrite_ends_at_a_border_of_the_path() {
        let rewrite: Rewrite = "https://apis.example/=http://127.0.0.1:9001".parse().expect("well formed");
        assert_eq!(
            rewrite.apply("https://apis.example/acko/v3").as_deref(),
            Some("http://127.0.0.1:9001/acko/v3")
        );
        assert_eq!(rewrite.apply("https://apis.example").as_deref(), Some("http://127.0.0.1:9001"));
        assert_eq!(rewrite.apply("https://apis.example.org/x"), None);
        assert!("apis.example=http://x".parse::<Rewrite>().is_err());
    }
}
