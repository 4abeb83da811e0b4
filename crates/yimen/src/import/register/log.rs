//! Rows into a log, by the API's own use case.

use std::sync::Arc;

use api::operations::{ImportRow, ImportSource, import_row};
use domain::{Actor, Policy, Role, StaffId};
use event_store::EventStore;
use event_store::sqlite::Sqlite;
use futures_util::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;

use super::{Answer, Handed, Outcome, Row};
use crate::failure::Failure;

/// Rows that are carried out at the same time: they share commits.
const AT_ONCE: usize = 64;
/// The operator, as events name whoever may write a data directory.
const OPERATOR: &str = "yimen-import";

/// The log of a gateway that is not running.
#[derive(Debug)]
pub struct Log {
    store: Arc<Sqlite>,
    source: String,
}

impl Log {
    pub(super) fn new(store: Arc<Sqlite>, source: &str) -> Self {
        Self { store, source: source.to_owned() }
    }

    pub(super) async fn take(&self, rows: Vec<Row>) -> Result<Vec<Outcome>, Failure> {
        carry_out(&*self.store, &self.source, rows).await
    }

    pub(super) async fn close(self) {
        self.store.close().await;
    }
}

/// Rows through the API's use case on any log.
pub(super) async fn carry_out(
    store: &dyn EventStore,
    source: &str,
    rows: Vec<Row>,
) -> Result<Vec<Outcome>, Failure> {
    let actor = Actor { id: StaffId(OPERATOR.to_owned()), role: Role::Operator, department: None };
    let policy = Policy::default();
    let source = ImportSource {
        store,
        policy: &policy,
        actor: &actor,
        name: source,
        now: Timestamp::now(),
        trace_id: None,
    };
    stream::iter(rows).map(|row| one(source, row)).buffered(AT_ONCE).try_collect().await
}

async fn one(source: ImportSource<'_>, row: Row) -> Result<Outcome, Failure> {
    let line = row.line;
    let department = row.department();
    let wire = ImportRow { line, department, local_code: row.local_code.clone(), content: row.content };
    let handed = Handed { line, document: row.document, local_code: row.local_code };
    match import_row(&source, wire).await {
        Ok(outcome) => Ok(Answer::from(outcome).about(handed)),
        Err(problem) => Err(Failure::new(format!(
            "line {line} can't be imported now: {} [{}]",
            problem.detail(),
            problem.code().as_str()
        ))),
    }
}
