//! A record with the fields of `yimen match`.

use std::path::Path;

use super::rows::Row;

/// The fields, by the names that `yimen match` has for them, in the order of [`Record::cells`].
pub(crate) const FIELDS: [&str; 13] = [
    "id",
    "department",
    "organisation",
    "name",
    "summary",
    "keywords",
    "itemCode",
    "basicCode",
    "kind",
    "audience",
    "region",
    "level",
    "endpoint",
];

/// One record; what is not stated is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) id: String,
    pub(crate) department: String,
    pub(crate) organisation: String,
    pub(crate) name: String,
    pub(crate) summary: String,
    pub(crate) keywords: String,
    pub(crate) item_code: String,
    pub(crate) basic_code: String,
    pub(crate) kind: String,
    pub(crate) audience: String,
    pub(crate) region: String,
    pub(crate) level: String,
    pub(crate) endpoint: String,
}

impl Record {
    /// A record of which only the name is known.
    pub(crate) fn named(id: &str, name: &str) -> Self {
        Self { id: id.to_owned(), name: name.to_owned(), ..Self::default() }
    }

    /// A row whose columns are already called so.
    pub(super) fn of(row: &Row) -> Self {
        let cell = |column| row.get(column).to_owned();
        Self {
            id: cell("id"),
            department: cell("department"),
            organisation: cell("organisation"),
            name: cell("name"),
            summary: cell("summary"),
            keywords: cell("keywords"),
            item_code: cell("itemCode"),
            basic_code: cell("basicCode"),
            kind: cell("kind"),
            audience: cell("audience"),
            region: cell("region"),
            level: cell("level"),
            endpoint: cell("endpoint"),
        }
    }

    /// The cells in the order of [`FIELDS`].
    pub(crate) fn cells(&self) -> [&str; 13] {
        [
            &self.id,
            &self.department,
            &self.organisation,
            &self.name,
            &self.summary,
            &self.keywords,
            &self.item_code,
            &self.basic_code,
            &self.kind,
            &self.audience,
            &self.region,
            &self.level,
            &self.endpoint,
        ]
    }
}

/// Writes rows as CSV with a header.
pub(crate) fn write<R>(path: &Path, head: &[&str], rows: impl Iterator<Item = R>) -> Result<(), String>
where
    R: IntoIterator,
    R::Item: AsRef<[u8]>,
{
    let at = |error: csv::Error| format!("{}: {error}", path.display());
    let mut writer = csv::Writer::from_path(path).map_err(at)?;
    writer.write_record(head).map_err(at)?;
    for row in rows {
        writer.write_record(row).map_err(at)?;
    }
    writer.flush().map_err(|error| format!("{}: {error}", path.display()))
}
