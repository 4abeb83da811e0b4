//! API Setu: operations of many Indian issuers that hand out documents; one document code is one service.
//!
//! The document code is what is to be found out. The path of every operation contains it (`/ratcr/certificate`), so no endpoint
//! is given: the server's address alone is the issuer's, not the service's. Names and descriptions ("API to verify Ration
//! Card.") are written from a table of codes: of 179 codes each has one name, and no two share one. Equal names settle the true
//! pairs, then, for every tool; what the list shows is whether look-alikes (Class X and Class XII Marksheet, a dozen kinds of
//! insurance policy) are kept apart, and whether one name is found again at three dozen issuers. It says nothing about wording.
//!
//! With the code given (as `basicCode`: it is shared by the issuers, and too short to be seen as that in an `itemCode`) the
//! answer is in the question; that run only shows that nothing else in a record outvotes a shared code.

use std::path::Path;

use super::{Half, List, Record, rows};

/// Whether the document code is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Code {
    Withheld,
    Given,
}

/// Reads it.
pub(super) fn read(data: &Path, half: Half, code: Code) -> Result<List, String> {
    let rows = rows::read(&data.join("in-apisetu/operations.csv"))?;
    let all = rows.iter().map(|row| {
        let cell = |column| row.get(column).to_owned();
        let record = Record {
            id: format!("{}{}", row.get("provider_slug"), row.get("path")),
            department: cell("provider_name"),
            name: cell("name"),
            summary: cell("description"),
            basic_code: match code {
                Code::Withheld => String::new(),
                Code::Given => cell("doc_code"),
            },
            ..Record::default()
        };
        (record, cell("doc_code"))
    });
    let (name, note) = match code {
        Code::Withheld => (
            "apisetu",
            "Document services of Indian issuers, the code withheld. Equal codes have equal names here.",
        ),
        Code::Given => (
            "apisetu-code",
            "The same with the code given: the answer is in the question, the run is a check.",
        ),
    };
    Ok(List::split(name, note.to_owned(), half, all.collect()))
}
