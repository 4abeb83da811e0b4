//! What handlers take from a request, each refusing what it can't read with its own problem.

mod acting;
mod cursor;
mod language;
mod path;
mod query;
mod reading;

pub(crate) use acting::{Acting, Auditor, Clerk, DepartmentReviewer, Operator, Reviewer, Steward};
pub(crate) use cursor::Cursor;
pub(crate) use language::Languages;
pub(crate) use path::Id;
pub(crate) use query::{Limit, Query};
pub(crate) use reading::{Reading, Scope, StaffReading, refuse_overlong};
