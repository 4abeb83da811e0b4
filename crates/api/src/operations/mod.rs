//! Operations: health, how often entries are called, what departments may learn, the log as it is stored, its
//! verification, revocations, and bulk migration.

pub(crate) mod disclosures;
pub(crate) mod events;
pub(crate) mod import;
mod import_row;
pub(crate) mod offerings;
pub(crate) mod revocations;
pub(crate) mod status;
pub(crate) mod usage;
pub(crate) mod verify;

pub use import_row::{ImportDepartment, ImportOutcome, ImportRow, ImportSource, import_row};
pub use offerings::{BackendFailure, BackendHealth, BackendState, CallPath};
