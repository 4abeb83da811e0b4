//! Canada's federal service inventory, several yearly editions: rows of one service id are one service.
//!
//! Rows whose id is no number (`aafc-aac - 10`) are left out: they may be services that have a number elsewhere. The newest
//! edition writes numbers as `SRV02800`; those stay. The programme that a service belongs to is its search word.

use std::path::Path;

use super::rows::{self, Row};
use super::{Half, List, Record};

/// The language that names, descriptions and departments are taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    English,
    French,
}

/// Reads it. Programme and link are in English only, so the French list does without them.
pub(super) fn read(data: &Path, half: Half, language: Language) -> Result<List, String> {
    let rows = rows::read(&data.join("ca-service-inventory/records.csv"))?;
    let numbered = rows.iter().filter(|row| is_numbered(row.get("service_id")));
    let all = numbered.map(|row| (record(row, language), row.get("entity").to_owned())).collect();
    let (name, note) = match language {
        Language::English => ("canada", "Canada's service inventory in English."),
        Language::French => ("canada-fr", "Canada's service inventory in French; no programme, no link."),
    };
    Ok(List::split(name, note.to_owned(), half, all))
}

fn is_numbered(id: &str) -> bool {
    let digits = id.strip_prefix("SRV").unwrap_or(id);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

fn record(row: &Row, language: Language) -> Record {
    let cell = |column| row.get(column).to_owned();
    let common = Record { id: cell("rec_id"), kind: cell("service_type"), ..Record::default() };
    match language {
        Language::English => Record {
            department: cell("dept_en"),
            name: cell("service_name_en"),
            summary: cell("service_description_en"),
            keywords: cell("program_name_en"),
            endpoint: cell("service_url_en"),
            ..common
        },
        Language::French => Record {
            department: cell("dept_fr"),
            name: cell("service_name_fr"),
            summary: cell("service_description_fr"),
            ..common
        },
    }
}

#[cfg(test)]
mod tests {
    use super::is_numbered;

    #[test]
    fn a_departments_own_label_is_no_number() {
        assert!(is_numbered("135") && is_numbered("SRV02800"));
        assert!(!is_numbered("aafc-aac - 10") && !is_numbered("SRV") && !is_numbered(""));
    }
}
